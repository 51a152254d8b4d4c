package app_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/policy"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
	"gatehouse/internal/tenant"
)

// ownerIs reports whether somebody has the role of the owner in an organization.
func ownerIs(w *apptest.World, id, uid int64) bool {
	w.Helper()
	items, err := w.Parts.Table.Get(w.Context(), tenant.MemberKey(uid, id))
	if err != nil {
		w.Fatal(err)
	}
	m, err := tenant.Members.Of(items[0])
	if err != nil {
		w.Fatal(err)
	}
	return m.Role == policy.Owner.String()
}

// state fails the test unless an organization lives and belongs to somebody.
func state(t *testing.T, w *apptest.World, id, owner int64) {
	t.Helper()
	items, err := w.Parts.Table.Get(w.Context(), tenant.Key(id))
	if err != nil {
		t.Fatal(err)
	}
	st, err := tenant.States.Of(items[0])
	if err != nil || st.State != tenant.Active || st.Owner != owner || !ownerIs(w, id, owner) {
		t.Errorf("%+v, %v; want the owner %d", st, err, owner)
	}
	owned(t, w, id)
}

// TestG16_HandingOverTakesTwoWordsAndAPassword: neither an offer alone, nor a session
// whose password was given long ago, nor a token moves an organization.
func TestG16_HandingOverTakesTwoWordsAndAPassword(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	heir := team.Join("heir01", "worker")
	uid, to := team.Owner.Get("/api/users/self").Int("id"), heir.Get("/api/users/self").Int("id")
	offer := func(c *apptest.Client) *apptest.Answer {
		return c.Post(team.Path("/ownership"), object{"user_id": to})
	}
	key := bearer(w, team.Owner.Post("/api/auth/access_tokens", object{"name": "robot", "read_only": false}).Is(201).String("value"))
	token := w.Client().With("Authorization", "Token "+w.Client().Post("/api/auth/login", login("founder")).Is(200).String("key"))
	w.Clock.Add(5*time.Minute + time.Second)
	key.Get("/api/users/self").Is(200) // notes that it is used
	for _, c := range []*apptest.Client{team.Owner, key, token} {
		unchanged(t, w, func() { offer(c).Is(403) })
	}
	offer(team.Owner).Is(403).Has("reauth")
	offer(w.SignIn("founder")).Is(200)
	state(t, w, team.ID, uid)
	again := w.SignIn("founder")
	unchanged(t, w, func() {
		heir.Post(team.Path("/ownership/accept"), nil).Is(403).Has("reauth")
		again.Post(team.Path("/ownership/accept"), nil).Is(404)
	})
	w.Clock.Add(7 * 24 * time.Hour)
	state(t, w, team.ID, uid)
	late := w.SignIn("heir01")
	late.Post(team.Path("/ownership/accept"), nil).Is(404)
	offer(w.SignIn("founder")).Is(200)
	late.Post(team.Path("/ownership/accept"), nil).Is(200)
	state(t, w, team.ID, to)
}

// hitch is a driver that can be exchanged for one that fails, once.
type hitch struct {
	store.Driver
	sound store.Driver
}

// faulty is a world whose store can be made to fail at one call.
func faulty(t *testing.T, opts ...apptest.Option) (*apptest.World, *hitch) {
	h := &hitch{}
	opts = append(opts, limitsOff, apptest.Driver(func(d store.Driver) store.Driver {
		h.Driver, h.sound = d, d
		return h
	}))
	return apptest.New(t, opts...), h
}

// next makes call number n from now on fail; hit tells whether it came.
func (h *hitch) next(n int, mode storetest.Mode) (hit func() bool) {
	f := storetest.NewFault(h.sound, n, mode)
	h.Driver = f
	return func() bool { h.Driver = h.sound; return f.Hit() }
}

// TestG16_CrashWhileHandingOver fails at every call that accepting an organization
// makes of the store: it has one owner all the time, and the repetition ends well.
func TestG16_CrashWhileHandingOver(t *testing.T) {
	w, h := faulty(t, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	sides := []*apptest.Client{team.Owner, team.Join("heir01", "maintainer")}
	uids := []int64{sides[0].Get("/api/users/self").Int("id"), sides[1].Get("/api/users/self").Int("id")}
	from, done, tried := 0, false, 0
	for n := 1; !done; n++ {
		done = true
		for _, mode := range storetest.Modes() {
			to := 1 - from
			sides[from].Post(team.Path("/ownership"), object{"user_id": uids[to]}).Is(200)
			hit := h.next(n, mode)
			a := sides[to].Post(team.Path("/ownership/accept"), nil)
			if hit() {
				done, tried = false, tried+1
			}
			if a.Status != 200 && a.Status < 500 || strings.Contains(a.Body, "injected") {
				t.Errorf("call %d, %s: %d %s", n, mode, a.Status, a.Body)
			}
			owned(t, w, team.ID)
			if a := sides[to].Post(team.Path("/ownership/accept"), nil); a.Status != 200 && a.Status != 404 {
				t.Errorf("call %d, %s, again: %d %s", n, mode, a.Status, a.Body)
			}
			state(t, w, team.ID, uids[to])
			if ownerIs(w, team.ID, uids[from]) {
				t.Fatalf("call %d, %s: two owners", n, mode)
			}
			from = to
		}
	}
	if tried < 5*len(storetest.Modes()) {
		t.Errorf("only %d faults came", tried)
	}
}
