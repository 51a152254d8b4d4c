package app_test

import (
	"testing"

	"gatehouse/internal/apptest"
)

// TestIdempotency repeats requests with their key: the same answer, no second
// effect; another request with the key is refused; another caller has keys of
// their own.
func TestIdempotency(t *testing.T) {
	w := apptest.New(t)
	w.Join("somebody", "somebody@x.test")
	w.Join("another1", "another@x.test")
	c, other := w.SignIn("somebody").With("Idempotency-Key", "k1"), w.SignIn("another1").With("Idempotency-Key", "k1")
	body := map[string]any{"name": "ci"}
	first := c.Post("/api/auth/access_tokens", body).Is(201)
	c.Post("/api/auth/access_tokens", body).Is(201).Says(first.Body)
	c.Post("/api/auth/access_tokens", map[string]any{"name": "cd"}).Is(422).Has("This Idempotency-Key was used with another request.")
	if a := other.Post("/api/auth/access_tokens", body).Is(201); a.Body == first.Body {
		t.Error("somebody else's token was told")
	}
	c.Get("/api/auth/access_tokens").Is(200).Has(`"count":1`)
	c.With("Idempotency-Key", "").Get("/api/auth/access_tokens").Is(200)

	anonymous := w.Client().With("Idempotency-Key", "k2")
	form := apptest.Form("newcomer", "newcomer@x.test")
	one := anonymous.Post("/api/auth/register", form).Is(201)
	anonymous.Post("/api/auth/register", form).Is(201).Says(one.Body)
	anonymous.Post("/api/auth/password/reset", map[string]any{"email": "somebody@x.test"}).Is(200)
	anonymous.Post("/api/auth/password/reset", map[string]any{"email": "somebody@x.test"}).Is(200)
	for kind, to := range map[string]string{"confirm": "newcomer@x.test", "reset": "somebody@x.test"} {
		n := 0
		for _, m := range w.Mails(to) {
			if m.Kind == kind {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d mails %q", n, kind)
		}
	}
	w.Clock.Add(25 * 3600e9)
	anonymous.Post("/api/auth/register", apptest.Form("latecomer", "late@x.test")).Is(201)
}
