package invite

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/tenant"
)

func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for n, key := range []string{newKey(), newKey(), rowKey("seed", 1, "a@example.org", 0), rowKey("seed", 1, "a@example.org", 1),
		rowKey("seed", 2, "a@example.org", 0), rowKey("seed", 1, "b@example.org", 0), rowKey("other", 1, "a@example.org", 0)} {
		if len(key) != 64 || strings.Trim(key, alnum) != "" || seen[key] {
			t.Errorf("key %d is %q", n, key)
		}
		if rowOf(key) != org.InvitationKey(key) {
			t.Errorf("%q leads to %v", key, rowOf(key))
		}
		seen[key] = true
	}
	if again := rowKey("seed", 1, "a@example.org", 0); !seen[again] {
		t.Error("a repeated row gets another key")
	}
	for _, key := range []string{"", "x", strings.Repeat("a", 63), strings.Repeat("a", 65), strings.Repeat("a", 63) + "#", strings.Repeat("ä", 32), strings.Repeat("\xff", 5000)} {
		if rowOf(key) != org.InvitationKey("-") {
			t.Errorf("%.70q leads to a row", key)
		}
	}
}

func TestMerged(t *testing.T) {
	got := merged([]string{"c", "a"}, nil, []string{"", "b", "a", ""})
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
	if got := merged(nil, []string{""}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestDistinct(t *testing.T) {
	k, other := store.Key{PK: "a", SK: "b"}, store.Key{PK: "a", SK: "c"}
	got := distinct([]store.Op{store.Check(k, 1), store.Check(other, 2), store.Delete(k, 1), store.Check(k, 1), store.Check(other, 2)})
	if len(got) != 2 || got[0].Verb != store.VerbDelete || got[0].Key != k || got[1].Verb != store.VerbCheck || got[1].Key != other {
		t.Errorf("%+v", got)
	}
}

func TestRows(t *testing.T) {
	for sent, want := range map[string]string{
		`{"email":" A@Example.org ","role":"worker"}`: "",
		`{"email":"a@example.org","role":"boss"}`:     `{"role":["\"boss\" is not a valid choice."]}`,
		`{"email":"a@example.org","role":""}`:         `{"role":["\"\" is not a valid choice."]}`,
		`{"email":"nobody","Role":"worker"}`:          `{"role":["This field is required."],"email":["Enter a valid email address."],"Role":["Unknown field."]}`,
		`{"email":null,"role":["worker"]}`:            `{"email":["This field may not be null."],"role":["Not a valid string."]}`,
		`5`:                                           `{"non_field_errors":["Invalid data. Expected a dictionary."]}`,
		`null`:                                        `{"non_field_errors":["Invalid data. Expected a dictionary."]}`,
		`{"email":"` + strings.Repeat("a", 2000) + `","role":"worker"}`: `{"email":["Ensure this field has no more than 254 characters."]}`,
	} {
		r := readRow(json.RawMessage(sent))
		got := ""
		if r.bad.Err() != nil {
			b, err := json.Marshal(&r.bad)
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		} else if r.draft.email != "a@example.org" || r.draft.role != "worker" || r.email != "A@Example.org" {
			t.Errorf("%s: %+v", sent, r)
		}
		if got != want {
			t.Errorf("%.80s:\n got %s\nwant %s", sent, got, want)
		}
	}
	if r := readRow(json.RawMessage(`{"email":"a@example.org","role":"owner"}`)); !r.bad.Has("role") {
		t.Error("somebody is invited as owner")
	}
}

func TestExplain(t *testing.T) {
	for want, err := range map[string]error{
		`{"non_field_errors":["The user is a member of the organization already."]}`: alreadyMember(),
		`{"role":["You do not have permission to perform this action."]}`:            fault.Forbidden(),
		`{"non_field_errors":["The service is busy. Try again in a moment."]}`:       &store.ConflictError{Ops: []int{1}},
	} {
		bad, lost := explain(err)
		b, _ := json.Marshal(bad)
		if lost != nil || string(b) != want {
			t.Errorf("%v: %s, %v", err, b, lost)
		}
	}
	if _, err := explain(store.ErrUnavailable); err == nil {
		t.Error("a store that does not answer is the row's fault")
	}
}

var start = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)

// newService is a service on an empty table; now is its clock.
func newService(t *testing.T, now *time.Time) (*Service, *secret.Keys) {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "db"))
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	k, err := secret.Parse(secret.Generate("k1"))
	must(t, err)
	site := mail.Site{Name: "Gatehouse", BaseURL: "https://gatehouse.example"}
	s := &Service{Table: store.New(db, func() time.Time { return *now }), Secrets: secret.Static(k), Policy: policy.Default(),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Settings: Settings{Site: site, Confirm: true}}
	s.Orgs = &org.Service{Table: s.Table, Secrets: s.Secrets, Log: s.Log, Settings: org.Settings{Site: site}}
	return s, k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	orgID, boss = 7, 11
	guest       = "guest@example.org"
)

// given writes an organization with its owner, and an invitation with its mail.
func given(t *testing.T, s *Service, now time.Time) (org.Invitation, mail.Job) {
	t.Helper()
	i := org.Invitation{Key: newKey(), Org: orgID, ID: 12, Email: guest, Role: "worker", Inviter: boss, Created: now.UnixMilli()}
	job := invitationMail(now, i.Key)
	s.send(&i, job, now)
	m := tenant.Member{ID: 13, Org: orgID, UID: boss, Role: "owner", Joined: 1}
	must(t, s.Table.Transact(t.Context(),
		tenant.States.Put(tenant.Key(orgID), tenant.State{ID: orgID, Slug: "acme", Owner: boss, State: tenant.Active, Seats: 2}, store.Always),
		tenant.Members.Put(tenant.MemberKey(boss, orgID), m, store.Always),
		profile.Profiles.Put(profile.Key(boss), profile.Profile{UID: boss, Username: "boss"}, store.Always),
		session.Authorities.Put(session.AuthorityKey(boss), session.Authority{Status: session.Active, Groups: []string{"user"}}, store.Always),
		org.Invitations.Put(org.InvitationKey(i.Key), i, store.Absent)))
	return i, job
}

func TestCompose(t *testing.T) {
	now := start
	s, k := newService(t, &now)
	i, job := given(t, s, now)
	if !Composes(job.Kind) || Composes("confirm") {
		t.Error("the wrong jobs are composed")
	}
	m, err := s.Compose(t.Context(), job)
	must(t, err)
	if m == nil || m.To != guest || !strings.Contains(m.Text, "boss") || !strings.Contains(m.Text, "acme") || !strings.Contains(m.Text, "7 days") {
		t.Fatalf("message %+v", m)
	}
	link := "https://gatehouse.example/auth/invitation?invitation=" + i.Key + "&t=" + url.QueryEscape(mailed(k, i))
	if !slices.Contains(m.Links, link) {
		t.Errorf("links %q, want %q", m.Links, link)
	}
	none := func(why string) {
		t.Helper()
		if m, err := s.Compose(t.Context(), job); err != nil || m != nil {
			t.Errorf("%s: %v, %v", why, m, err)
		}
	}
	must(t, s.Table.Transact(t.Context(), store.Delete(profile.Key(boss), store.Present)))
	if m, err := s.Compose(t.Context(), job); err != nil || m == nil || strings.Contains(m.Text, "boss") {
		t.Errorf("without the inviter: %+v, %v", m, err)
	}
	now = start.Add(7 * 24 * time.Hour)
	none("expired")
	newer := i
	s.send(&newer, invitationMail(now, i.Key), now)
	must(t, s.Table.Transact(t.Context(), org.Invitations.Put(org.InvitationKey(i.Key), newer, store.Present)))
	none("sent again")
	must(t, s.Table.Transact(t.Context(), store.Delete(org.InvitationKey(i.Key), store.Present)))
	none("withdrawn")
}

func TestProven(t *testing.T) {
	now := start
	s, k := newService(t, &now)
	i, _ := given(t, s, now)
	other, _ := given(t, s, now)
	check := func(why, key, secret, email string, want bool) {
		t.Helper()
		if ok, err := s.Proven(t.Context(), key, secret, email); err != nil || ok != want {
			t.Errorf("%s: %v, %v", why, ok, err)
		}
	}
	good := mailed(k, i)
	check("good", i.Key, good, guest, true)
	check("another address", i.Key, good, "other@example.org", false)
	check("another invitation", other.Key, good, guest, false)
	check("no secret", i.Key, "", guest, false)
	check("no key", "", good, guest, false)
	now = start.Add(time.Hour)
	newer := i
	s.send(&newer, invitationMail(now, i.Key), now)
	must(t, s.Table.Transact(t.Context(), org.Invitations.Put(org.InvitationKey(i.Key), newer, store.Present)))
	check("sent again", i.Key, good, guest, false)
	check("the newest", i.Key, mailed(k, newer), guest, true)
	now = now.Add(7 * 24 * time.Hour)
	check("expired", i.Key, mailed(k, newer), guest, false)
	now = start
	must(t, s.Table.Transact(t.Context(), tenant.States.Put(tenant.Key(orgID), tenant.State{ID: orgID, State: tenant.Going}, store.Present)))
	check("deleted organization", i.Key, mailed(k, newer), guest, false)
}

func TestJoin(t *testing.T) {
	now := start
	s, k := newService(t, &now)
	i, _ := given(t, s, now)
	secret := mailed(k, i)
	p := profile.Profile{UID: 20, Username: "guest", Email: guest, Verified: true}
	refused := func(why, want string, p profile.Profile) {
		t.Helper()
		_, err := s.Join(t.Context(), i.Key, secret, p)
		b, _ := json.Marshal(fault.Of(err).Body)
		if fault.Of(err).Status != 400 || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v %s", why, err, b)
		}
	}
	st := tenant.State{ID: orgID}
	must(t, s.Table.Transact(t.Context(), st.Join(1), st.Seat(2)))
	refused("unproven", "not valid any more", profile.Profile{UID: 20, Email: guest})
	refused("another address", "not valid any more", profile.Profile{UID: 20, Email: "x@example.org", Verified: true})
	must(t, s.Table.Transact(t.Context(), st.Join(1)))
	refused("full", "no free seat", p)
	must(t, s.Table.Transact(t.Context(), st.Join(-1)))
	secret = mailed(k, org.Invitation{Key: i.Key, Seed: "of the mail before"})
	refused("an older mail", "not valid any more", p)
	secret = mailed(k, i)
	ops, err := s.Join(t.Context(), i.Key, secret, p)
	must(t, err)
	must(t, s.Table.Transact(t.Context(), session.Authorities.Put(session.AuthorityKey(boss), session.Authority{Status: session.Disabled}, store.Present)))
	if _, lost := store.Conflict(s.Table.Transact(t.Context(), ops...)); !lost {
		t.Error("somebody joins on the word of a disabled account")
	}
	refused("inviter disabled", "may not invite any more", p)
	must(t, s.Table.Transact(t.Context(), session.Authorities.Put(session.AuthorityKey(boss), session.Authority{Status: session.Active, Groups: []string{"user"}}, store.Present)))
	ops, err = s.Join(t.Context(), i.Key, secret, p)
	must(t, err)
	must(t, s.Table.Transact(t.Context(), ops...))
	refused("again", "not valid any more", p)
	items, err := s.Table.Get(t.Context(), tenant.MemberKey(20, orgID), tenant.SeatsKey(orgID), tenant.MembersKey(orgID))
	must(t, err)
	if m, err := tenant.Members.Of(items[0]); err != nil || m.ID != i.ID || m.Role != "worker" || m.Invitation != i.Key || tenant.Count(items[1]) != 2 || tenant.Count(items[2]) != 2 {
		t.Errorf("member %+v, %d seats, %d members (%v)", m, tenant.Count(items[1]), tenant.Count(items[2]), err)
	}
}
