package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func TestOthersFollowNamesAndState(t *testing.T) {
	s := newSite(t)
	uid, admin := s.user("worker"), s.user("admin", "admin")
	name := fmt.Sprint(uid)
	for _, c := range []struct{ body, want string }{
		{`{"is_staff":true,"email":"else@example.com"}`, ""},
		{`{"first_name":"Ada"}`, ""}, // as it was
		{`{"first_name":"Eve"}`, "worker Eve true"},
		{`{"username":"worker2"}`, "worker2 Eve true"},
		{`{"is_active":false}`, "worker2 Eve false"},
		{`{"is_active":true,"last_name":"Byron"}`, "worker2 Eve true"},
	} {
		s.as(admin, "PATCH "+path(uid), c.body).is(200)
		if got := s.noted(name); got != c.want {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
	s.as(uid, "DELETE "+path(uid), "").is(204)
	if got := s.noted(name); got != "worker2 Eve false" {
		t.Errorf("who leaves: %q", got)
	}
	s.call(session.Ticket{}, "DELETE /api/users/self/deletion", `{"key":"`+s.mailed("else@example.com", "deletion")+`"}`).is(200)
	if got := s.noted(name); got != "worker2 Eve true" {
		t.Errorf("who comes back: %q", got)
	}
	s.as(admin, "DELETE "+path(uid), "").is(204)
	if got := s.noted(name); got != "worker2 Eve false" {
		t.Errorf("who was deleted: %q", got)
	}
}

// mailed is the secret in the newest mail of a kind to an address.
func (s *site) mailed(to, kind string) string {
	s.Helper()
	box := &box{}
	w := &mail.Worker{Table: s.accounts.Table, Sender: box, Compose: s.accounts.Compose, From: "no-reply@gatehouse.example", Log: s.accounts.Log}
	if _, err := w.Drain(s.Context()); err != nil {
		s.Fatal(err)
	}
	for _, m := range box.list {
		if _, key, ok := strings.Cut(m.Links[0], "?key="); ok && m.To == to && m.Kind == kind {
			return key
		}
	}
	s.Fatalf("no mail %s to %s", kind, to)
	return ""
}

func TestOwnersStay(t *testing.T) {
	s := newSite(t)
	uid, admin := s.user("worker"), s.user("admin", "admin")
	ways := func(status int, parts ...string) {
		t.Helper()
		s.as(uid, "DELETE "+path(uid), "").is(status, parts...)
		s.as(admin, "DELETE "+path(uid), "").is(status, parts...)
		if s.status(uid) != session.Active {
			t.Error("the account is gone")
		}
	}
	s.follow.owned = []string{"b", "a"}
	ways(409, `{"detail":"This account owns organizations: a, b. Hand them over or delete them first.","code":"owns_organizations","organizations":["a","b"]}`)
	// An organization that is made at the same moment: only the transaction knows.
	s.follow.owned = nil
	if err := s.accounts.Table.Transact(s.Context(), tenant.Own(uid, 1)); err != nil {
		t.Fatal(err)
	}
	ways(503)
	if err := s.accounts.Table.Transact(s.Context(), tenant.Own(uid, -1)); err != nil {
		t.Fatal(err)
	}
	s.as(uid, "DELETE "+path(uid), "").is(204)
}

func (s *site) sweep(want int) {
	s.Helper()
	if n, err := s.accounts.EraseDue(s.Context()); n != want || err != nil && s.follow.fail == nil {
		s.Errorf("%d erased, want %d: %v", n, want, err)
	}
}

func TestErasedAccountsAreForgotten(t *testing.T) {
	s := newSite(t)
	uid := s.user("worker")
	s.as(uid, "DELETE "+path(uid), "").is(204)
	s.now = s.now.Add(31 * 24 * time.Hour)
	s.follow.owned = []string{"a"}
	s.sweep(0)
	if s.status(uid) != session.Leaving || s.follow.gone != nil {
		t.Error("an owner was erased")
	}
	s.follow.owned, s.follow.fail = nil, errors.New("cut off")
	s.sweep(0)
	if s.status(uid) != session.Erased || !s.follow.kept {
		t.Error("others cannot look up whom they are to forget")
	}
	s.follow.fail = nil
	s.sweep(1)
	s.sweep(0)
	if len(s.follow.gone) != 2 || !s.follow.kept {
		t.Errorf("forgotten %v, profile there: %v", s.follow.gone, s.follow.kept)
	}
}

func form(more string) string {
	return `{"username":"newbie01","email":"New@example.com","password1":"` + phrase + `","password2":"` + phrase + `"` + more + `}`
}

const invited = `,"invitation":"inv","invitation_secret":"secret"`

func TestRegisterByInvitation(t *testing.T) {
	s := newSite(t)
	s.invites.email = "new@example.com"
	s.accounts.Settings.Verification = "optional"
	s.call(session.Ticket{}, "POST /api/auth/register", strings.Replace(form(""), "newbie01", "squatter", 1)).is(201) // has the address unconfirmed
	s.accounts.Settings.Verification = "mandatory"
	for _, bad := range []string{`,"invitation":"inv"`, `,"invitation_secret":"secret"`, `,"invitation":"inv","invitation_secret":"old"`, `,"invitation":"x","invitation_secret":"secret"`} {
		s.call(session.Ticket{}, "POST /api/auth/register", form(bad)).is(400, `{"invitation":["The invitation is not valid any more`)
	}
	s.call(session.Ticket{}, "POST /api/auth/register", strings.Replace(form(invited), "New@", "other@", 1)).is(400, `{"invitation":[`)
	s.call(session.Ticket{}, "POST /api/auth/register", strings.Replace(form(invited), "newbie01", "squatter", 1)).is(400, `{"username":[`)
	once := []string{"idempotency-key", "one"}
	a := s.call(session.Ticket{}, "POST /api/auth/register", form(invited), once...).is(201, `"email_verification_required":false`, `"key":"`)
	if len(a.Cookies) < 2 || !strings.HasPrefix(a.Cookies[0], "sessionid=") {
		t.Errorf("not signed in: %q", a.Cookies)
	}
	again := s.call(session.Ticket{}, "POST /api/auth/register", form(invited), once...).is(201)
	if string(again.Body) != string(a.Body) {
		t.Errorf("%s\nand the second time\n%s", a.Body, again.Body)
	}
	uid, err := s.accounts.FindUser(s.Context(), "new@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.noted("inv"); got != fmt.Sprint(uid, " new@example.com") {
		t.Errorf("joined: %q", got)
	}
	s.as(uid, "GET /api/users/self", "").is(200, `"username":"newbie01"`, `"email":"new@example.com"`)
	p, err := s.accounts.Table.Query(s.Context(), store.Query{PK: audit.UserPK(uid), Limit: 10})
	if err != nil || len(p.Items) != 1 || !strings.Contains(string(p.Items[0].Body), `"invitation":"inv"`) {
		t.Errorf("audit: %v %v", p.Items, err)
	}
	squatter, err := s.accounts.FindUser(s.Context(), "squatter")
	if err != nil {
		t.Fatal(err)
	}
	s.as(squatter, "GET /api/users/self", "").is(200, `"email":""`)
}

func TestInvitedOwnersOfAnAddressSignIn(t *testing.T) {
	s := newSite(t)
	s.user("new")
	s.invites.email = "new@example.com"
	s.call(session.Ticket{}, "POST /api/auth/register", form(invited)).is(400, `{"email":["User is already registered with this e-mail address."]}`)
}

func TestAClassJoinsBehindOneAddress(t *testing.T) {
	s := newSite(t)
	for i := range 25 {
		s.invites.email = fmt.Sprintf("n%d@example.com", i)
		body := strings.NewReplacer("newbie01", fmt.Sprint("newbie", i), "New@example.com", s.invites.email).Replace(form(invited))
		s.call(session.Ticket{}, "POST /api/auth/register", body).is(201)
		if err := s.accounts.Table.Transact(s.Context(), store.Delete(noteKey("inv"), store.Present)); err != nil {
			t.Fatal(err)
		}
	}
}
