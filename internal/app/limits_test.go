package app_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// guess gives a wrong password.
func guess(c *apptest.Client, name string) *apptest.Answer {
	return c.Post("/api/auth/login", object{"username": name, "password": "not the password"})
}

// throttled fails the test unless the answer is a whole refusal by a limit.
func throttled(t *testing.T, a *apptest.Answer) int {
	t.Helper()
	a.Is(429).Has("Request was throttled. Expected available in ")
	n, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || n < 1 {
		t.Fatalf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	return n
}

func TestB1_ASVS6_3_1_GuessesAtOneAccount(t *testing.T) {
	for _, name := range []string{"victim01", "nobody01"} {
		w := apptest.New(t)
		operator(w, "victim01", true)
		evaluated := 0
		for range 100 {
			if a := guess(w.Client(), name); a.Status == 400 {
				evaluated++
			} else {
				throttled(t, a)
			}
		}
		if evaluated != 10 {
			t.Errorf("%s: %d guesses evaluated", name, evaluated)
		}
		// The wait that is told is the true one.
		wait := throttled(t, guess(w.Client(), name))
		w.Clock.Add(time.Duration(wait-1) * time.Second)
		guess(w.Client(), name).Is(429)
		w.Clock.Add(time.Second)
		guess(w.Client(), name).Is(400)
	}
}

func TestB2_B5_ASVS6_3_1_NIST3_2_2_GuessesFromEverywhere(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	evaluated := 0
	for i := range 400 {
		if guess(from(w, fmt.Sprintf("10.%d.%d.1", i/200, i%200)), "victim01").Status == 400 {
			evaluated++
		}
		w.Clock.Add(time.Minute)
	}
	if evaluated != 100 {
		t.Errorf("%d guesses evaluated in 400 minutes, want 100", evaluated)
	}
	// Now only a reset helps whoever comes from an unknown browser.
	c := from(w, "10.99.0.1")
	throttled(t, c.Post("/api/auth/login", object{"username": "victim01", "password": apptest.Password}))
	resetPassword(w, "victim01@example.com", newPassword).Is(200)
	c.Post("/api/auth/login", object{"username": "victim01", "password": newPassword}).Is(200)
}

func TestB3_ASVS6_3_1_Spray(t *testing.T) {
	w := apptest.New(t, behindProxy)
	evaluated := 0
	for i := range 300 {
		a := guess(from(w, fmt.Sprintf("203.0.113.%d", i%200)), fmt.Sprintf("victim%04d", i))
		if a.Status == 400 {
			evaluated++
		} else {
			throttled(t, a)
		}
	}
	if evaluated != 100 {
		t.Errorf("%d guesses evaluated from one network", evaluated)
	}
	guess(from(w, "203.0.114.1"), "victim0000").Is(400)
}

func TestB5_LockOutIsNoWeapon(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	owner := from(w, "192.0.2.7")
	sign := object{"username": "victim01", "password": apptest.Password}
	owner.Post("/api/auth/login", sign).Is(200)
	owner.Post("/api/auth/logout", nil).Is(200)
	evaluated := 0
	for i := range 1000 {
		if guess(from(w, fmt.Sprintf("10.%d.%d.1", i/200, i%200)), "victim01").Status == 400 {
			evaluated++
		}
		if i%2 == 0 {
			w.Clock.Add(time.Minute)
		}
	}
	if evaluated > 100 {
		t.Errorf("%d guesses evaluated", evaluated)
	}
	owner.Post("/api/auth/login", sign).Is(200)
	owner.Get("/api/users/self").Is(200)
}

func TestB6_DeviceCookieOfAnotherAccount(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	operator(w, "attack01", true)
	thief := from(w, "10.5.0.1")
	thief.Post("/api/auth/login", object{"username": "attack01", "password": apptest.Password}).Is(200)
	device := thief.Cookie("gh_device")
	if device == "" {
		t.Fatal("no device cookie")
	}
	for range 10 {
		guess(from(w, "10.6.0.1"), "victim01").Is(400)
	}
	last := device[len(device)-1:]
	forged := device[:len(device)-1] + map[bool]string{true: "b", false: "a"}[last == "a"]
	for _, v := range []string{device, forged, "x", strings.Repeat("x", 2000)} {
		throttled(t, guess(from(w, "10.7.0.1").With("Cookie", "gh_device="+v), "victim01"))
	}
}

func TestB7_RightPasswordWhileThrottled(t *testing.T) {
	w := apptest.New(t)
	operator(w, "victim01", true)
	for range 10 {
		guess(w.Client(), "victim01").Is(400)
	}
	wrong := guess(w.Client(), "victim01")
	right := w.Client().Post("/api/auth/login", object{"username": "victim01", "password": apptest.Password})
	if throttled(t, right) != throttled(t, wrong) || right.Body != wrong.Body {
		t.Errorf("right: %s, wrong: %s", right.Body, wrong.Body)
	}
}

// TestB8_KC9798_ZIT64102_ASVS6_3_1_ASVS6_3_4_OneCounter guesses by every way there is.
func TestB8_KC9798_ZIT64102_ASVS6_3_1_ASVS6_3_4_OneCounter(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	stolen := from(w, "10.8.0.1")
	access := stolen.Post("/api/auth/token", object{"username": "victim01", "password": apptest.Password}).Is(200).String("access_token")
	thief := func() *apptest.Client { return from(w, "10.9.0.1") }
	by := thief().With("Authorization", "Bearer "+access)
	ways := []func() *apptest.Answer{
		func() *apptest.Answer { return guess(thief(), "victim01") },
		func() *apptest.Answer { return guess(thief(), "VICTIM01") },
		func() *apptest.Answer {
			return thief().Post("/api/auth/login", object{"email": "Victim01@Example.com", "password": "wrong password"})
		},
		func() *apptest.Answer {
			return thief().Post("/api/auth/token", object{"username": "victim01", "password": "wrong password"})
		},
		func() *apptest.Answer {
			return thief().With("Authorization", basic("victim01", "wrong")).Get("/api/users/self")
		},
		func() *apptest.Answer {
			return by.Post("/api/auth/reauthenticate", object{"password": "wrong password"})
		},
		func() *apptest.Answer {
			return by.Post("/api/auth/password/change", object{"old_password": "wrong password", "new_password1": newPassword, "new_password2": newPassword})
		},
	}
	evaluated := 0
	for range 4 {
		for i, way := range ways {
			switch a := way(); a.Status {
			case 400, 401:
				evaluated++
			case 429:
			default:
				t.Fatalf("way %d: %d %s", i, a.Status, a.Body)
			}
		}
	}
	if evaluated != 10 {
		t.Errorf("%d guesses evaluated over all ways", evaluated)
	}
}

func TestB10_AddressesOfOneNetwork(t *testing.T) {
	w := apptest.New(t, behindProxy)
	evaluated := 0
	for i := range 150 {
		if guess(from(w, fmt.Sprintf("2001:db8:1:2::%x", i+1)), fmt.Sprintf("victim%04d", i)).Status == 400 {
			evaluated++
		}
	}
	if evaluated != 100 {
		t.Errorf("%d guesses evaluated from one /64", evaluated)
	}
}

func TestC13_ASVS2_4_1_MailBombing(t *testing.T) {
	for _, path := range []string{"/api/auth/password/reset", "/api/auth/verify-email/resend"} {
		w := apptest.New(t, behindProxy)
		operator(w, "victim01", true)
		sent := func() int { return len(w.Mails("victim01@example.com")) }
		for i := range 200 {
			from(w, fmt.Sprintf("10.1.%d.1", i)).Post(path, object{"email": "Victim01@example.com"})
		}
		if n := sent(); n != 3 {
			t.Errorf("%s: %d mails at once", path, n)
		}
		for i := range 24*6 - 1 {
			w.Clock.Add(10 * time.Minute)
			from(w, fmt.Sprintf("10.2.%d.1", i)).Post(path, object{"email": "victim01@example.com"})
			if n := sent(); i < 5 && n != 3 {
				t.Errorf("%s: %d mails in an hour", path, n)
			}
		}
		if n := sent(); n > 10 || n < 8 {
			t.Errorf("%s: %d mails in a day", path, n)
		}
	}
}

func TestC13_MailsFromOneNetwork(t *testing.T) {
	w := apptest.New(t, behindProxy)
	for i := range 60 {
		w.Client().With("X-Forwarded-For", "10.1.1.1").Post("/api/auth/password/reset", object{"email": fmt.Sprintf("victim%02d@example.com", i)})
	}
	throttled(t, from(w, "10.1.1.2").Post("/api/auth/password/reset", object{"email": "another@example.com"}))
	from(w, "10.1.2.1").Post("/api/auth/password/reset", object{"email": "another@example.com"}).Is(200)
}

func TestB1_ASVS2_4_1_SignupFromOneNetwork(t *testing.T) {
	for _, mode := range []string{"none", "mandatory"} {
		w := apptest.New(t, behindProxy, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", mode))
		made := 0
		for i := range 40 {
			a := from(w, fmt.Sprintf("10.1.1.%d", i+1)).Post("/api/auth/register", apptest.Form(fmt.Sprintf("joiner%02d", i), fmt.Sprintf("joiner%02d@example.com", i)))
			if a.Status == 201 {
				made++
			} else {
				throttled(t, a)
			}
		}
		if made != 20 {
			t.Errorf("%s: %d registrations from one network", mode, made)
		}
	}
}
