package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// heirs is an offer of an organization, and the form by which it is accepted.
func heirs(w *apptest.World) (team *apptest.Team, heir *apptest.Client, accept func(c *apptest.Client, pw, once string) *apptest.Answer) {
	w.Helper()
	w.Join("founder", "founder@example.org")
	team = w.Found(w.SignIn("founder"), "acme")
	heir = team.Join("heir01", "worker")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": heir.Get("/api/users/self").Int("id")}).Is(200)
	page := heir.Get("/auth/organization?org=acme").Is(200).Body
	_, mark, _ := strings.Cut(page, `name="offer" value="`)
	mark, _, _ = strings.Cut(mark, `"`)
	return team, heir, func(c *apptest.Client, pw, once string) *apptest.Answer {
		form := url.Values{"org": {"acme"}, "answer": {"accept"}, "once": {once}, "password": {pw}, "offer": {mark}}
		return c.With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL).With("X-CSRFToken", "").Post("/auth/organization", form.Encode())
	}
}

func shownOwner(team *apptest.Team) string {
	owner, _ := team.Owner.Get(team.Path("")).Is(200).JSON()["owner"].(map[string]any)
	name, _ := owner["username"].(string)
	return name
}

// takesOver is the transaction that hands an organization over.
func takesOver(call any) bool {
	tx, ok := call.(store.Tx)
	return ok && len(tx.Ops) > 5
}

// TestG16_PasswordChangesMeanwhile changes the password of an heir while their page
// takes the organization over: the old one hands over nothing, and nothing of it stays.
func TestG16_PasswordChangesMeanwhile(t *testing.T) {
	for name, at := range map[string]func(any) bool{"before the account is read": wholeAccount, "before the change": takesOver} {
		t.Run(name, func(t *testing.T) {
			w, cut := interruptible(t, transferOn)
			team, heir, accept := heirs(w)
			other := w.SignIn("heir01")
			cut.before(at, func() { changed(other).Is(200) })
			if to := accept(heir, apptest.Password, "n1").Is(303).Header.Get("Location"); !strings.HasPrefix(to, "/auth/login") {
				t.Errorf("led to %s", to)
			}
			if !cut.happened() {
				t.Fatal("nothing came between")
			}
			if got := shownOwner(team); got != "founder" {
				t.Errorf("%s owns it", got)
			}
			accept(other, apptest.Password, "n1").Is(400) // what was not done is not remembered
			accept(other, newPassword, "n2").Is(303)
			if got := shownOwner(team); got != "heir01" {
				t.Errorf("%s owns it", got)
			}
		})
	}
}

// TestG16_OnceDoesNotStandForAPassword sends the key of a form that was carried out
// again, with another password, and after the organization went back.
func TestG16_OnceDoesNotStandForAPassword(t *testing.T) {
	w, cut := interruptible(t, transferOn)
	team, heir, accept := heirs(w)
	cut.before(wholeAccount, func() { accept(heir, apptest.Password, "n1").Is(303) })
	if a := accept(heir, "not the password", "n1"); a.Status == 303 && !strings.Contains(a.Header.Get("Location"), "acme") {
		t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
	}
	heir.Post(team.Path("/ownership"), object{"user_id": team.Owner.Get("/api/users/self").Int("id")}).Is(200)
	confirmed(team.Owner).Is(200)
	team.Owner.Post(team.Path("/ownership/accept"), nil).Is(200)
	accept(heir, apptest.Password, "n1").Is(303)
	if got := shownOwner(team); got != "founder" {
		t.Errorf("%s owns it", got)
	}
}

// room is how many places the line has left.
func room(w *apptest.World) (n int) {
	w.Helper()
	var all []func()
	for {
		_, leave, err := w.Parts.Hasher.Admit(w.Context())
		if err != nil {
			break
		}
		all = append(all, leave)
	}
	for _, leave := range all {
		leave()
	}
	return len(all)
}

// TestB12_NoPlaceIsLost: however a request ends, its place in the line is free again.
func TestB12_NoPlaceIsLost(t *testing.T) {
	w, cut := interruptible(t, transferOn)
	operator(w, "shed01", true)
	c := w.SignIn("shed01")
	old := frozen(c, w)
	strangers, known := hashing(w, c)
	_, heir, accept := heirs(w)
	all := []func() *apptest.Answer{
		func() *apptest.Answer { return guess(w.Client(), "shed01") },
		func() *apptest.Answer { return guess(w.Client(), "nobody01") },
		func() *apptest.Answer { return accept(heir, "wrong", "n1") },
		func() *apptest.Answer { return confirmed(c) },
		func() *apptest.Answer { return confirmed(old) },
		func() *apptest.Answer { return w.Client().Post("/api/auth/login", object{"username": "shed01"}) },
		func() *apptest.Answer {
			cut.before(wholeAccount, func() { panic("review") })
			return w.Client().Post("/api/auth/login", login("shed01")).Is(500)
		},
		func() *apptest.Answer {
			return w.Client().With("Authorization", basic("shed01", "wrong")).Get("/api/users/self")
		},
	}
	for _, m := range []map[string]func() *apptest.Answer{strangers, known} {
		for _, send := range m {
			all = append(all, send)
		}
	}
	for range 15 {
		guess(w.Client(), "shed01") // until it is refused for that
	}
	want := room(w)
	for n, send := range all {
		send()
		if got := room(w); got != want {
			t.Fatalf("request %d: %d places are left, want %d", n, got, want)
		}
	}
}
