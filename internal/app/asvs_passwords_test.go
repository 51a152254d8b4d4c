package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// setPassword are the ways to choose a password. Each makes an account of its own and
// tells what the product said.
func setPassword(w *apptest.World) map[string]func(n int, pw string) *apptest.Answer {
	team := func() *apptest.Team {
		w.Join("founder", "founder@example.org")
		return w.Found(w.SignIn("founder"), "acme")
	}()
	return map[string]func(n int, pw string) *apptest.Answer{
		"registration": func(n int, pw string) *apptest.Answer {
			f := apptest.Form(fmt.Sprintf("newbie%04d", n), fmt.Sprintf("newbie%04d@example.com", n))
			f["password1"], f["password2"] = pw, pw
			return w.Client().Post("/api/auth/register", f)
		},
		"change": func(n int, pw string) *apptest.Answer {
			name := fmt.Sprintf("change%04d", n)
			operator(w, name, true)
			return w.SignIn(name).Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": pw, "new_password2": pw})
		},
		"reset": func(n int, pw string) *apptest.Answer {
			name := fmt.Sprintf("reset%04d", n)
			operator(w, name, true)
			return resetPassword(w, name+"@example.com", pw)
		},
		"invitation": func(n int, pw string) *apptest.Answer {
			email := fmt.Sprintf("guest%04d@example.org", n)
			f := apptest.Form(fmt.Sprintf("guest%04d", n), email)
			f["invitation"], f["invitation_secret"] = team.Invite(email, "worker"), team.Secret(email)
			f["password1"], f["password2"] = pw, pw
			return w.Client().Post("/api/auth/register", f)
		},
	}
}

// TestASVS6_2_4_ASVS6_2_11_NIST3_1_1_2c_RefusedEverywhere: what the policy refuses, every
// way to choose a password refuses, and says why.
func TestASVS6_2_4_ASVS6_2_11_NIST3_1_1_2c_RefusedEverywhere(t *testing.T) {
	w := apptest.New(t, limitsOff)
	n := 0
	for way, set := range setPassword(w) {
		for pw, why := range map[string]string{
			"passwordpassword": "This password is too common.", "TRUSTNO1": "This password is too common.", "Gatehouse2026": "This password is too common.",
			"gatehouse123": "This password is too common.", "cvat12345": "This password is too common.",
		} {
			n++
			if a := set(n, pw); a.Status != 400 || !strings.Contains(a.Body, why) {
				t.Errorf("%s takes %q: %d %s", way, pw, a.Status, a.Body)
			}
			if a := set(n+1000, pw+" in a longer sentence"); a.Status >= 300 {
				t.Errorf("%s refuses a sentence with %q in it: %d %s", way, pw, a.Status, a.Body)
			}
		}
	}
	f := apptest.Form("annabelle", "anna@example.com")
	f["password1"], f["password2"] = "Annabelle99", "Annabelle99"
	w.Client().Post("/api/auth/register", f).Is(400).Has("The password is too similar to the username.")
}

// TestASVS6_2_1_ASVS6_2_9_LengthEverywhere: seven characters are too few, and any number
// from eight to 256 is taken, counted in code points, on every way.
func TestASVS6_2_1_ASVS6_2_9_LengthEverywhere(t *testing.T) {
	w := apptest.New(t, limitsOff)
	n := 0
	for way, set := range setPassword(w) {
		for length, good := range map[int]bool{0: false, 1: false, 7: false, 8: true, 64: true, 65: true, 128: true, 256: true, 257: false} {
			n++
			pw := strings.Repeat("é🂡x-", 65)
			pw = string([]rune(pw)[:length])
			if a := set(n, pw); a.Status < 300 != good || a.Status >= 500 {
				t.Errorf("%s of %d characters: %d %s", way, length, a.Status, a.Body)
			}
		}
	}
}

// TestASVS6_2_2_ASVS6_2_3_ChangeNeedsThePresentOne changes a password without, with a
// wrong, and with the present one.
func TestASVS6_2_2_ASVS6_2_3_ChangeNeedsThePresentOne(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	before := w.Dump()
	for _, old := range []any{nil, "", "wrong password", newPassword, strings.ToUpper(apptest.Password), apptest.Password + " ", " " + apptest.Password} {
		form := object{"new_password1": newPassword, "new_password2": newPassword}
		if old != nil {
			form["old_password"] = old
		}
		c.Post("/api/auth/password/change", form).Is(400)
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
	w.Client().Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}).Is(401)
	c.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}).Is(200)
	w.Client().Post("/api/auth/login", object{"username": "holder01", "password": apptest.Password}).Is(400)
	w.Client().Post("/api/auth/login", object{"username": "holder01", "password": newPassword}).Is(200)
}

// TestASVS6_2_8_ExactComparison signs in with passwords that are nearly right.
func TestASVS6_2_8_ExactComparison(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	long := strings.Repeat("long Enough ", 20) + "é end"
	resetPassword(w, "holder01@example.com", long).Is(200)
	sign := func(pw string) int {
		return w.Client().Post("/api/auth/login", object{"username": "holder01", "password": pw}).Status
	}
	for _, pw := range []string{strings.ToLower(long), strings.ToUpper(long), long[:72], long[:128], long[:len(long)-1], long + "x", long + " ", " " + long, strings.ReplaceAll(long, "é", "e"), strings.TrimSpace(long[:12]), strings.ReplaceAll(long, " ", "")} {
		if sign(pw) == 200 {
			t.Errorf("%.20q… (%d bytes) is taken for the password", pw, len(pw))
		}
	}
	if got := sign(long); got != 200 {
		t.Errorf("the right one: %d", got)
	}
}

// TestASVS6_2_10_NoForcedRotation comes back after ten years.
func TestASVS6_2_10_NoForcedRotation(t *testing.T) {
	w := apptest.New(t)
	w.Join("holder01", "holder01@example.com")
	w.Clock.Add(10 * 365 * 24 * time.Hour)
	for _, job := range []string{"erase", "organizations", "audit", "rotate-keys"} {
		w.Sweep(job)
	}
	c := w.SignIn("holder01")
	c.Get("/api/users/self").Is(200)
	for _, m := range w.Mails("holder01@example.com") {
		if strings.Contains(m.Kind, "password") {
			t.Errorf("a mail %q", m.Kind)
		}
	}
}
