package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// people makes one account, or none, of each class. Their names have one length,
// and for each address one mail has been asked.
func people(w *apptest.World) []string {
	w.Helper()
	operator(w, "known01", true)
	operator(w, "block01", false)
	from(w, "10.1.0.1").Post("/api/auth/register", apptest.Form("unver01", "unver01@example.com")).Is(201)
	for i, n := range []string{"known01", "block01", "fresh01"} {
		from(w, fmt.Sprintf("10.2.%d.1", i)).Post("/api/auth/verify-email/resend", object{"email": n + "@example.com"}).Is(200)
	}
	w.Drain()
	return []string{"known01", "unver01", "block01", "fresh01"}
}

// probe makes the same request about everybody, each from a network of its own.
func probe(w *apptest.World, reads bool, ask func(c *apptest.Client, name string) *apptest.Answer) map[string]seen {
	w.Helper()
	got := map[string]seen{}
	for i, n := range people(w) {
		c := from(w, fmt.Sprintf("10.3.%d.1", i))
		got[n] = observe(w, reads, []string{n, "newbi" + n[:2]}, func() *apptest.Answer { return ask(c, n) })
	}
	return got
}

func TestA1_ASVS6_3_8_RegisterKnownAddress(t *testing.T) {
	w := apptest.New(t, behindProxy)
	got := probe(w, true, func(c *apptest.Client, name string) *apptest.Answer {
		return c.Post("/api/auth/register", apptest.Form("newbi"+name[:2], name+"@example.com"))
	})
	same(t, got)
	if s := got["known01"]; s.status != 201 {
		t.Errorf("status %d", s.status)
	}
	w.Mail("known01@example.com", "exists")
	w.Mail("fresh01@example.com", "confirm")
	for _, m := range w.Mails("known01@example.com") {
		if m.Kind == "confirm" {
			t.Error("the owner of a confirmed address was asked to confirm it")
		}
	}
}

func TestA2_A3_KRATOS_ASVS6_3_8_LoginUnknownWrongAndLocked(t *testing.T) {
	for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
		for field, suffix := range map[string]string{"username": "", "email": "@example.com"} {
			w := apptest.New(t, behindProxy)
			got := probe(w, false, func(c *apptest.Client, name string) *apptest.Answer {
				return c.Post(path, object{field: name + suffix, "password": "not the password"})
			})
			// The state of a disabled account is not told even to the right password.
			c := from(w, "10.4.0.1")
			w.Clock.Add(time.Hour)
			got["right01"] = observe(w, false, nil, func() *apptest.Answer {
				return c.Post(path, object{field: "block01" + suffix, "password": apptest.Password})
			})
			right := got["right01"]
			delete(got, "right01")
			same(t, got)
			if right.status != 400 || right.body != got["fresh01"].body || right.header != got["fresh01"].header {
				t.Errorf("disabled, right password: %d %s", right.status, right.body)
			}
			if s := got["fresh01"]; s.status != 400 || s.body != `{"non_field_errors":["Unable to log in with provided credentials."]}` {
				t.Errorf("%s by %s: %d %s", path, field, s.status, s.body)
			}
		}
	}
}

func TestA2_A3_BasicUnknownAndWrong(t *testing.T) {
	w := apptest.New(t, behindProxy)
	got := probe(w, false, func(c *apptest.Client, name string) *apptest.Answer {
		return c.With("Authorization", basic(name, "not the password")).Get("/api/users/self")
	})
	same(t, got)
	if s := got["fresh01"]; s.status != 401 {
		t.Errorf("status %d %s", s.status, s.body)
	}
}

func TestA2_KRATOS_SameHashCost(t *testing.T) {
	w := apptest.New(t, apptest.RealHash)
	h := w.Parts.Hasher
	stored, err := h.Hash(w.Context(), apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := h.Cost(stored), h.Cost(h.Dummy()); a != b || a == "unsupported" {
		t.Errorf("a stored hash costs %q, that of nobody %q", a, b)
	}
}

// TestA12_LoginTime compares the fastest of interleaved samples: whatever else the
// machine does only makes a sample slower, so they are taken until the fastest are
// alike, and a class that never gets there takes longer by its nature.
func TestA12_LoginTime(t *testing.T) {
	w := apptest.New(t, apptest.RealHash, limitsOff)
	names := people(w)
	best := map[string]time.Duration{}
	c := w.Client()
	apart := func() (n string) {
		for _, n := range names {
			if r := float64(best[n]) / float64(best["fresh01"]); r < 0.6 || r > 1.7 {
				return n
			}
		}
		return ""
	}
	for round := 0; round < 8 || apart() != "" && round < 60; round++ {
		for _, n := range names {
			start := time.Now()
			c.Post("/api/auth/login", object{"username": n, "password": "not the password"}).Is(400)
			if d := time.Since(start); best[n] == 0 || d < best[n] {
				best[n] = d
			}
		}
	}
	if n := apart(); n != "" {
		t.Errorf("%s takes %v, nobody %v", n, best[n], best["fresh01"])
	}
}

func TestA4_ASVS6_3_8_ResetKnownAndUnknown(t *testing.T) {
	w := apptest.New(t, behindProxy)
	got := probe(w, true, func(c *apptest.Client, name string) *apptest.Answer {
		return c.Post("/api/auth/password/reset", object{"email": name + "@example.com"})
	})
	same(t, got)
	w.Mail("known01@example.com", "reset")
	for _, n := range []string{"block01", "fresh01", "unver01"} {
		for _, m := range w.Mails(n + "@example.com") {
			if m.Kind == "reset" {
				t.Errorf("%s got a link to reset a password", n)
			}
		}
	}
}

func TestA5_ASVS6_3_8_ResendKnownAndUnknown(t *testing.T) {
	w := apptest.New(t, behindProxy)
	same(t, probe(w, true, func(c *apptest.Client, name string) *apptest.Answer {
		return c.Post("/api/auth/verify-email/resend", object{"email": name + "@example.com"})
	}))
	if m := w.Mails("fresh01@example.com"); len(m) != 0 {
		t.Errorf("a mail %q to somebody who never asked", m[0].Kind)
	}
}

func TestA7_ASVS6_3_8_ChangeToTakenAddress(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "mover01", true)
	got := map[string]seen{}
	for i, n := range people(w) {
		c := from(w, fmt.Sprintf("10.3.%d.1", i))
		c.Post("/api/auth/login", object{"username": "mover01", "password": apptest.Password}).Is(200)
		got[n] = observe(w, false, []string{n}, func() *apptest.Answer { return c.Post("/api/auth/email", object{"email": n + "@example.com"}) })
		w.Drain()
	}
	same(t, got)
	if s := got["known01"]; s.status != 200 {
		t.Fatalf("%d %s", s.status, s.body)
	}
	w.Mail("known01@example.com", "email-taken")
	w.Mail("fresh01@example.com", "email-confirm")
	for _, m := range w.Mails("known01@example.com") {
		if m.Kind == "email-confirm" {
			t.Error("the owner of the address was asked to give it away")
		}
	}
}

func TestA9_ZIT23511_LimitsOfKnownAndUnknown(t *testing.T) {
	w := apptest.New(t, behindProxy)
	names := people(w)
	first := map[string][]string{}
	for i, n := range names {
		c := from(w, fmt.Sprintf("10.3.%d.1", i))
		for range 13 {
			a := c.Post("/api/auth/login", object{"username": n, "password": "not the password"})
			first[n] = append(first[n], fmt.Sprint(a.Status, a.Header.Get("Retry-After"), a.Body))
		}
	}
	for _, n := range names {
		if !slices.Equal(first[n], first["fresh01"]) {
			t.Errorf("%s: %q\nnobody: %q", n, first[n], first["fresh01"])
		}
	}
}

func TestA11_ASVS8_2_2_ForeignAndMissingObjects(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	operator(w, "stranger", true)
	c := w.SignIn("stranger")
	for _, o := range [][3]string{{"GET DELETE PATCH", "/api/users/", fmt.Sprint(h.uid)}, {"GET DELETE PATCH", "/api/auth/access_tokens/", h.tokenID}, {"DELETE", "/api/auth/sessions/", h.session}} {
		for _, method := range strings.Fields(o[0]) {
			got := map[string]seen{}
			missing := o[2][:len(o[2])-3] + "000"
			for what, id := range map[string]string{"foreign": o[2], "missing": missing} {
				got[what] = observe(w, false, nil, func() *apptest.Answer { return c.Do(method, o[1]+id, map[bool]any{true: object{}}[method == "PATCH"]) })
			}
			same(t, got)
			if s := got["foreign"]; s.status != 404 {
				t.Errorf("%s %s: %d %s", method, o[1], s.status, s.body)
			}
		}
	}
	c.Get("/api/users?search=holder01").Is(200).Has(`"count":0`)
}
