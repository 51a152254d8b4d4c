package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/session"
)

// documents are the texts that tell operators and readers what the product does.
func documents(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, name := range []string{"../../README.md", "../doc.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	return strings.NewReplacer("\n// ", " ", "\n", " ").Replace(out.String())
}

// documentsSay fails the test unless the documents hold every sentence.
func documentsSay(t *testing.T, sentences ...string) {
	t.Helper()
	text := documents(t)
	for _, s := range sentences {
		if !strings.Contains(text, s) {
			t.Errorf("no document says %q", s)
		}
	}
}

// TestASVS7_1_1_LifetimesAreAsDocumented walks the clock by what the documents say.
func TestASVS7_1_1_LifetimesAreAsDocumented(t *testing.T) {
	days := func(d time.Duration) int { return int(d / (24 * time.Hour)) }
	documentsSay(t, fmt.Sprintf("%d days idle and %d absolute", days(session.Idle), days(session.Absolute)), "access JWT of five minutes")
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	access, _ := tokens(w, "holder01")
	w.Clock.Add(5*time.Minute - time.Second)
	bearer(w, access).Get("/api/users/self").Is(200)
	w.Clock.Add(time.Second)
	bearer(w, access).Get("/api/users/self").Is(401)
}

// TestASVS6_1_1_LimitsAreAsDocumented guesses until the account is closed, and shows that
// this keeps its owner out of nothing.
func TestASVS6_1_1_LimitsAreAsDocumented(t *testing.T) {
	documentsSay(t, "After a hundred failures in a row an account is closed to unknown browsers until its password is reset; a known browser has a bucket of its own.",
		"the take of the account's bucket is a conditional write before the hash")
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	owner := from(w, "192.0.2.7")
	owner.Post("/api/auth/login", login("victim01")).Is(200)
	evaluated := 0
	for i := range 130 {
		if guess(from(w, fmt.Sprintf("10.1.%d.1", i)), "victim01").Status == 400 {
			evaluated++
		}
		w.Clock.Add(time.Minute)
	}
	if evaluated != 100 {
		t.Errorf("%d guesses evaluated, the documents say a hundred", evaluated)
	}
	from(w, "10.9.0.1").Post("/api/auth/login", login("victim01")).Is(429)
	owner.Post("/api/auth/login", login("victim01")).Is(200)
	resetPassword(w, "victim01@example.com", newPassword).Is(200)
	from(w, "10.9.0.2").Post("/api/auth/login", object{"username": "victim01", "password": newPassword}).Is(200)
}

// TestASVS7_2_2_SessionsAreMadeAnew: every sign-in has another secret, and what stands
// for an API key ends like a session.
func TestASVS7_2_2_SessionsAreMadeAnew(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	seen := map[string]bool{}
	for range 5 {
		c := w.SignIn("holder01")
		access, refresh := tokens(w, "holder01")
		for _, v := range []string{c.Cookie("sessionid"), c.Cookie("csrftoken"), access, refresh} {
			if v == "" || seen[v] {
				t.Errorf("%q again", v)
			}
			seen[v] = true
		}
	}
	key := w.Client().Post("/api/auth/login", login("holder01")).Is(200).String("key")
	use := func() *apptest.Answer { return w.Client().With("Authorization", "Token "+key).Get("/api/users/self") }
	for range 5 {
		w.Clock.Add(6*24*time.Hour - time.Hour)
		use().Is(200)
	}
	w.Clock.Add(6 * 24 * time.Hour)
	use().Is(401)
	if again := w.Client().Post("/api/auth/login", login("holder01")).Is(200).String("key"); again == key {
		t.Error("a key that has ended came back")
	}
}

// TestASVS7_3_1_ASVS7_3_2_NIST2_1_3_CookieEnds walks a browser's session to both ends.
func TestASVS7_3_1_ASVS7_3_2_NIST2_1_3_CookieEnds(t *testing.T) {
	if session.Absolute > 30*24*time.Hour || session.Idle > session.Absolute {
		t.Errorf("a session may last %v, %v without use", session.Absolute, session.Idle)
	}
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	idle, used := w.SignIn("holder01"), w.SignIn("holder01")
	end := w.Clock.Now().Add(session.Absolute)
	w.Clock.Add(session.Idle - time.Second)
	used.Get("/api/users/self").Is(200)
	w.Clock.Add(time.Second)
	idle.Get("/api/users/self").Is(401)
	for end.Sub(w.Clock.Now()) > session.Idle/2 {
		w.Clock.Add(session.Idle / 2)
		used.Get("/api/users/self").Is(200)
	}
	w.Clock.Add(end.Sub(w.Clock.Now()) - time.Second)
	used.Get("/api/users/self").Is(200)
	w.Clock.Add(time.Second)
	used.Get("/api/users/self").Is(401)
}

// TestASVS7_5_2_NIST5_1a_OwnSessions lists sessions and ends them: the list holds nothing
// that signs in, and what was ended or signed out is dead at once.
func TestASVS7_5_2_NIST5_1a_OwnSessions(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	operator(w, "stranger", true)
	mine, other := frozen(h.mine, w), frozen(h.other, w)
	a := h.mine.Get("/api/auth/sessions").Is(200)
	for _, secret := range []string{h.mine.Cookie("sessionid"), h.other.Cookie("sessionid"), h.refresh, h.mine.Cookie("csrftoken"), "127.0.0.1"} {
		if strings.Contains(a.Body, secret) {
			t.Errorf("the list tells %q", secret)
		}
	}
	for _, s := range a.JSON()["results"].([]any) {
		for _, part := range []string{"id", "kind", "network", "agent", "current"} {
			if _, ok := s.(object)[part]; !ok {
				t.Errorf("%v has no %s", s, part)
			}
		}
	}
	w.SignIn("stranger").Delete("/api/auth/sessions/" + h.session).Is(404)
	other.Get("/api/users/self").Is(200)
	h.mine.Delete("/api/auth/sessions/" + h.session).Is(204)
	other.Get("/api/users/self").Is(401)
	mine.Post("/api/auth/logout", nil).Is(200)
	mine.Get("/api/users/self").Is(401)
	w.Client().With("Cookie", "sessionid="+strings.Repeat("0", len(h.mine.Cookie("sessionid")))).Get("/api/users/self").Is(401)
}
