package app_test

import (
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/session"
	"gatehouse/internal/tenant"
)

// ownerOf reads the account of an owner and what they are in the organization.
func ownerOf(t *testing.T, w *apptest.World, st tenant.State) (status string, m tenant.Member) {
	t.Helper()
	items, err := w.Parts.Table.Get(w.Context(), session.AuthorityKey(st.Owner), tenant.MemberKey(st.Owner, st.ID))
	if err != nil {
		t.Fatal(err)
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		t.Fatal(err)
	}
	if m, err = tenant.Members.Of(items[1]); err != nil {
		t.Fatal(err)
	}
	return a.Status, m
}
