package main

import (
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// TestCheck: the store of a server is sound, beside it and after it; what somebody
// has changed in its file is found, and told by the code as well.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := serving(t)
	s.join("grace.hopper", "grace@example.com")
	s.client().Post("/api/auth/register", map[string]any{}).Is(400)
	s.admin("", "check").is(t, 0, "check: ", " items, 0 violations\n")
	s.stop()
	if r := s.admin("", "check"); r.code != 0 || strings.HasPrefix(r.out, "check: 0 ") || r.err != "" {
		t.Errorf("code %d\n%s%s", r.code, r.out, r.err)
	}

	s.inside(0, func(_ *installation, table *store.Table) {
		items, err := table.Get(t.Context(), account.Keys.Email("grace@example.com"))
		if err != nil || !items[0].Exists() {
			t.Fatalf("no claim: %v", err)
		}
		gone := tenant.State{ID: 7, Slug: "gone", State: tenant.Going}
		if err := table.Transact(t.Context(), store.Delete(items[0].Key, store.Present), tenant.States.Put(tenant.Key(7), gone, store.Absent)); err != nil {
			t.Fatal(err)
		}
	})
	r := s.admin("", "check")
	r.is(t, 1, "email {", "grace@example.com", "removal {", "items, 2 violations\n", "gatehouse admin: the store contradicts itself")
	if lines := strings.Split(strings.TrimRight(r.out, "\n"), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[2], "check: ") {
		t.Errorf("the last line is not the sum:\n%s", r.out)
	}
	s.admin("", "check", "more").is(t, 2, "1 arguments given")
	s.admin("", "check", "--help").is(t, 0, "-data")
	tool(t, "", nil, "admin", "--help").is(t, 0, "  check  ")
}
