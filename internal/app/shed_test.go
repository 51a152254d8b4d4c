package app_test

import (
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// fillLine takes every place in the line for hashes, and gives them up when empty is
// called.
func fillLine(w *apptest.World) (empty func()) {
	w.Helper()
	var all []func()
	for len(all) < 1000 {
		_, leave, err := w.Parts.Hasher.Admit(w.Context())
		if err != nil {
			return func() {
				for _, leave := range all {
					leave()
				}
			}
		}
		all = append(all, leave)
	}
	w.Fatal("the line has no end")
	return nil
}

// hashing are the requests that need a password hash: those of strangers, and those of
// somebody who has signed in, whose session is read before anything else.
func hashing(w *apptest.World, c *apptest.Client) (strangers, known map[string]func() *apptest.Answer) {
	w.Client().Post("/api/auth/password/reset", object{"email": "shed01@example.com"}).Is(200)
	reset := resetForm(w, "shed01@example.com", newPassword)
	post := func(c *apptest.Client, path string, body object) func() *apptest.Answer {
		return func() *apptest.Answer { return c.Post(path, body) }
	}
	any := w.Client()
	return map[string]func() *apptest.Answer{
			"sign-in":             post(any, "/api/auth/login", login("shed01")),
			"sign-in by address":  post(any, "/api/auth/login", login("shed01@example.com")),
			"sign-in of nobody":   post(any, "/api/auth/login", login("nobody01")),
			"tokens":              post(any, "/api/auth/token", login("shed01")),
			"registration":        post(any, "/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")),
			"reset of a password": post(any, "/api/auth/password/reset/confirm", reset),
			"Basic": func() *apptest.Answer {
				return any.With("Authorization", basic("shed01", apptest.Password)).Get("/api/users/self")
			},
		}, map[string]func() *apptest.Answer{
			"change of a password": post(c, "/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}),
			"reauthentication":     post(c, "/api/auth/reauthenticate", object{"password": apptest.Password}),
		}
}

// TestB12_ShedBeforeTheHash: where the line for hashes is full, whatever needs one is
// refused with 503 and Retry-After, before a hash is begun and before anything is
// written; what needs none is served.
func TestB12_ShedBeforeTheHash(t *testing.T) {
	w := apptest.New(t)
	operator(w, "shed01", true)
	c := w.SignIn("shed01")
	strangers, known := hashing(w, c)
	before, begun := w.Dump(), w.Parts.Hasher.Begun()
	empty := fillLine(w)
	for name, send := range strangers {
		w.Recorder.Reset()
		busy(t, name, send())
		if calls := w.Recorder.Calls(); len(calls) > 0 {
			t.Errorf("%s: %d store calls before it was refused", name, len(calls))
		}
	}
	for name, send := range known {
		busy(t, name, send())
	}
	c.Get("/api/users/self").Is(200)
	if n := w.Parts.Hasher.Begun() - begun; n != 0 {
		t.Errorf("%d hashes were begun", n)
	}
	if w.Dump() != before {
		t.Error("a refused request has written something")
	}
	empty()
	strangers["sign-in"]().Is(200)
}

// busy fails the test unless the answer is a whole refusal for want of a place.
func busy(t *testing.T, name string, a *apptest.Answer) {
	t.Helper()
	if a.Status != 503 || a.Header.Get("Retry-After") != "2" {
		t.Errorf("%s: status %d, Retry-After %q: %s", name, a.Status, a.Header.Get("Retry-After"), a.Body)
	}
}

// TestB5_BusyCostsNoAttempt: however often somebody was told that the server is
// busy, they have all their attempts, and are not locked out.
func TestB5_BusyCostsNoAttempt(t *testing.T) {
	w := apptest.New(t)
	operator(w, "shed01", true)
	empty := fillLine(w)
	for range 150 {
		w.Client().Post("/api/auth/login", login("shed01")).Is(503)
		w.Clock.Add(time.Minute)
	}
	empty()
	for range 9 {
		guess(w.Client(), "shed01").Is(400)
	}
	w.Client().Post("/api/auth/login", login("shed01")).Is(200)
}
