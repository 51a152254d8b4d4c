package app_test

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/password"
	"gatehouse/internal/store"
)

// form posts a form of the pages as a browser does. fields are names and values.
func form(c *apptest.Client, w *apptest.World, path string, fields ...string) *apptest.Answer {
	w.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return c.With("Origin", w.URL).With("Content-Type", "application/x-www-form-urlencoded").Do("POST", path, v.Encode())
}

// gather lets the first n writes of a bucket of an account wait for each other, so
// that all of them have read it as it was.
type gather struct {
	store.Driver
	n    atomic.Int32
	seen atomic.Int32
	all  chan struct{}
}

func (g *gather) Transact(ctx context.Context, tx store.Tx) error {
	for _, o := range tx.Ops {
		if n := g.n.Load(); o.Key.SK == "~a" && n > 0 {
			if g.seen.Add(1) == n {
				close(g.all)
			}
			select {
			case <-g.all:
			case <-ctx.Done():
			}
		}
	}
	return g.Driver.Transact(ctx, tx)
}

// TestB4_TheLastGuessAtOnce leaves one guess, and makes 64, of which as many as the line
// for hashes lets in have seen it left.
func TestB4_TheLastGuessAtOnce(t *testing.T) {
	for name, send := range map[string]func(c *apptest.Client) *apptest.Answer{
		"login": func(c *apptest.Client) *apptest.Answer { return guess(c, "racer001") },
		"token": func(c *apptest.Client) *apptest.Answer {
			return c.Post("/api/auth/token", object{"email": "racer001@example.com", "password": "not the password"})
		},
		"basic": func(c *apptest.Client) *apptest.Answer {
			return c.With("Authorization", basic("racer001", "not the password")).Get("/api/users/self")
		},
	} {
		g := &gather{all: make(chan struct{})}
		w := apptest.New(t, apptest.Driver(func(d store.Driver) store.Driver {
			g.Driver = d
			return g
		}))
		operator(w, "racer001", true)
		for range 9 {
			guess(w.Client(), "racer001").Is(400)
		}
		g.n.Store(int32(min(racers, room(w))))
		got := parallel(racers, func(int) int { return patient(func() *apptest.Answer { return send(w.Client()) }).Status })
		if got[400]+got[401] != 1 || got[429] != racers-1 {
			t.Errorf("%s: answers %v, want one guess evaluated", name, got)
		}
	}
}

// TestB6_StolenDeviceCookie: however many have the cookie of a browser, they share
// the guesses of that one browser.
func TestB6_StolenDeviceCookie(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	owner := from(w, "192.0.2.7")
	owner.Post("/api/auth/login", object{"username": "victim01", "password": apptest.Password}).Is(200)
	stolen := "gh_device=" + owner.Cookie("gh_device")
	evaluated := 0
	for i := range 60 {
		if guess(from(w, fmt.Sprintf("10.1.%d.1", i)).With("Cookie", stolen), "victim01").Status == 400 {
			evaluated++
		}
	}
	if evaluated != 10 {
		t.Errorf("%d guesses evaluated with the cookie of one browser", evaluated)
	}
	from(w, "10.2.0.1").With("Cookie", stolen).Get("/api/users/self").Is(401)
	throttled(t, from(w, "10.2.0.1").With("Cookie", stolen).Post("/api/auth/login", object{"username": "victim01", "password": apptest.Password}))
}

// TestB7_SuccessElsewhereResets: whoever signs in in time fills the bucket again.
func TestB7_SuccessElsewhereResets(t *testing.T) {
	w := apptest.New(t)
	operator(w, "victim01", true)
	for range 2 {
		for range 9 {
			guess(w.Client(), "victim01").Is(400)
		}
		w.SignIn("victim01")
	}
	for range 10 {
		guess(w.Client(), "victim01").Is(400)
	}
	throttled(t, guess(w.Client(), "victim01"))
}

// TestB8_KC9798_ZIT64102_PagesCountToo: the pages are no second way to guess.
func TestB8_KC9798_ZIT64102_PagesCountToo(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	page := func() *apptest.Answer {
		return form(from(w, "10.1.0.1"), w, "/auth/login", "username", "victim01", "password", "not the password")
	}
	for range 5 {
		page().Is(400)
		guess(from(w, "10.2.0.1"), "victim01").Is(400)
	}
	page().Is(429)
	throttled(t, guess(from(w, "10.2.0.1"), "victim01"))
	form(from(w, "10.1.0.1"), w, "/auth/login", "username", "victim01", "password", apptest.Password).Is(429)
}

// TestB11_KnownPasswordsAreRefused sets passwords that everybody tries first, by
// every way to set one.
func TestB11_KnownPasswordsAreRefused(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	c := w.SignIn("victim01")
	w.Client().Post("/api/auth/password/reset", object{"email": "victim01@example.com"}).Is(200)
	before := ""
	for pw, reason := range map[string]string{"password1": "too common", "Iloveyou1": "too common", "qwertyuiop": "too common", "84736251948": "entirely numeric", "victim01": "too similar", "victim01@example.com": "too similar"} {
		reset := resetForm(w, "victim01@example.com", pw)
		if before == "" {
			before = w.Dump()
		}
		f := apptest.Form("victim01", "victim01@example.com")
		f["password1"], f["password2"] = pw, pw
		w.Client().Post("/api/auth/register", f).Is(400).Has(reason)
		c.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": pw, "new_password2": pw}).Is(400).Has(reason)
		confirmReset(w, reset).Is(400).Has(reason)
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
	w.SignIn("victim01")
}

// TestB12_LimitsStandBeforeTheHash spends the limits, and breaks the hash: whoever
// is throttled does not get that far.
func TestB12_LimitsStandBeforeTheHash(t *testing.T) {
	w := apptest.New(t, behindProxy)
	for i := range 100 {
		guess(from(w, "203.0.113.1"), fmt.Sprintf("nobody%03d", i)).Is(400)
	}
	for range 10 {
		guess(from(w, "198.51.100.1"), "nobody-one").Is(400)
	}
	for i := range 20 {
		from(w, "192.0.2.1").Post("/api/auth/register", apptest.Form(fmt.Sprintf("joiner%02d", i), fmt.Sprintf("joiner%02d@example.com", i))).Is(201)
	}
	*w.Parts.Hasher = *password.New(password.Params{}, 1, password.Peppers{})
	for i := range 200 {
		c := from(w, "203.0.113.2")
		name := fmt.Sprintf("absent%03d", i)
		throttled(t, guess(c, name))
		throttled(t, c.Post("/api/auth/token", object{"email": name + "@example.com", "password": "not the password"}))
		throttled(t, c.With("Authorization", basic(name, "not the password")).Get("/api/users/self"))
	}
	throttled(t, guess(from(w, "198.51.100.1"), "nobody-one"))
	throttled(t, from(w, "192.0.2.1").Post("/api/auth/register", apptest.Form("joiner99", "joiner99@example.com")))
	guess(from(w, "10.1.0.1"), "absent001").Is(500) // there the hash is asked
}
