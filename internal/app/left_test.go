package app_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// successions are the requests that put another session in the place of the
// caller's, as a client would repeat them.
var successions = []struct {
	name, path string
	body       object
}{
	{"password confirmed", "/api/auth/reauthenticate", object{"password": apptest.Password}},
	{"password changed", "/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}},
}

func eachSuccession(t *testing.T, do func(t *testing.T, w *apptest.World, c, old *apptest.Client, again func(c *apptest.Client) *apptest.Answer)) {
	for _, s := range successions {
		t.Run(s.name, func(t *testing.T) {
			w := apptest.New(t)
			operator(w, "holder01", true)
			c := w.SignIn("holder01")
			old := frozen(c, w)
			again := func(c *apptest.Client) *apptest.Answer { return c.Post(s.path, s.body) }
			again(c).Is(200)
			do(t, w, c, old, again)
		})
	}
}

func sessionOf(a *apptest.Answer) string {
	for _, line := range a.Header["Set-Cookie"] {
		if v, ok := strings.CutPrefix(line, "sessionid="); ok {
			v, _, _ = strings.Cut(v, ";")
			return v
		}
	}
	return ""
}

func TestD3_LostReplyGivesTheSameSessionAgain(t *testing.T) {
	eachSuccession(t, func(t *testing.T, w *apptest.World, c, old *apptest.Client, again func(*apptest.Client) *apptest.Answer) {
		for range 2 { // each in a browser that never heard the answer
			deaf := w.Client().With("Cookie", old.Header.Get("Cookie")).With("X-CSRFToken", old.Header.Get("X-CSRFToken"))
			if got := sessionOf(again(deaf).Is(200)); got == "" || got != c.Cookie("sessionid") {
				t.Errorf("a repetition gives the session %q, want %q", got, c.Cookie("sessionid"))
			}
		}
		c.Get("/api/users/self").Is(200)
		if n := strings.Count(w.Logged.String(), `"level":"ERROR"`); n > 0 {
			t.Error(w.Logged)
		}
	})
}

func TestD1_LeftSessionOpensNothing(t *testing.T) {
	eachSuccession(t, func(t *testing.T, w *apptest.World, c, old *apptest.Client, again func(*apptest.Client) *apptest.Answer) {
		old.Get("/api/users/self").Is(401)
		old.Get("/api/auth/sessions").Is(401)
		old.Patch("/api/users/self", object{"first_name": "Eve"}).Is(401)
		old.Post("/api/auth/email", object{"email": "eve@example.org"}).Is(401)
		old.Delete("/api/auth/sessions").Is(401)
		if to := old.Get("/auth/account").Is(303).Header.Get("Location"); !strings.HasPrefix(to, "/auth/login") {
			t.Errorf("the page of the account leads to %s", to)
		}
		old.Post("/api/auth/reauthenticate", object{"password": "not the password"}).Is(401)
		old.Post("/api/auth/password/change", object{"old_password": newPassword, "new_password1": "ivory compass 17 lantern", "new_password2": "ivory compass 17 lantern"}).Is(401)
		again(w.Client().With("Cookie", strings.Split(old.Header.Get("Cookie"), ";")[0])).Is(403) // without the token of forms
		c.Get("/api/users/self").Is(200)
	})
}

func TestD3_LeftSessionIsForgottenSoon(t *testing.T) {
	eachSuccession(t, func(_ *testing.T, w *apptest.World, c, old *apptest.Client, again func(*apptest.Client) *apptest.Answer) {
		w.Clock.Add(29 * time.Second)
		again(old).Is(200)
		w.Clock.Add(time.Second)
		again(old).Is(401)
		c.Get("/api/users/self").Is(200)
	})
}

// What ended with the successor does not come back through the session before.
func TestD7_LeftSessionBringsNoEndedOneBack(t *testing.T) {
	ends := map[string]func(w *apptest.World, c *apptest.Client){
		"signed out": func(_ *apptest.World, c *apptest.Client) { c.Post("/api/auth/logout", nil).Is(200) },
		"ended by the operator": func(w *apptest.World, c *apptest.Client) {
			id := c.Get("/api/users/self").Is(200).String("username")
			uid, err := w.Accounts.FindUser(w.Context(), id)
			if err != nil {
				w.Fatal(err)
			}
			if err := w.Accounts.EndSessions(w.Context(), uid, true); err != nil {
				w.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			eachSuccession(t, func(_ *testing.T, w *apptest.World, c, old *apptest.Client, again func(*apptest.Client) *apptest.Answer) {
				end(w, c)
				again(old).Is(401)
			})
		})
	}
}

func TestB8_LeftSessionIsNoFurtherWayToGuess(t *testing.T) {
	eachSuccession(t, func(t *testing.T, _ *apptest.World, _, old *apptest.Client, _ func(*apptest.Client) *apptest.Answer) {
		n := 0
		for range 30 {
			if old.Post("/api/auth/reauthenticate", object{"password": "not the password"}).Status == 401 {
				n++
			}
		}
		if n > 11 {
			t.Errorf("%d guesses were looked at", n)
		}
	})
}

func TestD4_ConfirmedTwiceAtOnce(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range 4 {
		tab := frozen(c, w)
		wg.Go(func() {
			a := tab.Post("/api/auth/reauthenticate", object{"password": apptest.Password})
			mu.Lock()
			defer mu.Unlock()
			got[sessionOf(a)]++
		})
	}
	wg.Wait()
	if len(got) != 1 || got[""] > 0 {
		t.Errorf("four tabs get %v", got)
	}
}
