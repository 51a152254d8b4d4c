package app_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// cookiesSet are the cookies of all answers of a story with every cookie that the
// product has, with the answers.
func cookiesSet(t *testing.T) (lines []string, answers []*apptest.Answer) {
	t.Helper()
	w := apptest.New(t, limitsOff, behindTLS, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", "optional"))
	name := strings.Repeat("n", 150)
	note := func(a *apptest.Answer) *apptest.Answer {
		answers = append(answers, a)
		lines = append(lines, a.Header["Set-Cookie"]...)
		return a
	}
	form := func() *apptest.Client {
		return w.Client().With("Content-Type", "application/x-www-form-urlencoded").With("Origin", secureBase)
	}
	w.Client().Post("/api/auth/register", apptest.Form(name, "holder@example.com")).Is(201)
	sign := object{"username": name, "password": apptest.Password}
	c := note(w.Client().Post("/api/auth/login", sign).Is(200))
	session := w.Client().With("Cookie", cookieHeader(c)).With("X-CSRFToken", cookieOf(c, "csrftoken")).With("Origin", secureBase)
	note(session.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}).Is(200))
	sign["password"] = newPassword
	note(form().Do("POST", "/auth/login", "username="+name+"&password="+strings.ReplaceAll(newPassword, " ", "+")).Is(303))
	again := w.Client().Post("/api/auth/login", sign).Is(200)
	again2 := w.Client().With("Cookie", cookieHeader(again)).With("X-CSRFToken", cookieOf(again, "csrftoken")).With("Origin", secureBase)
	note(again2.Post("/api/auth/reauthenticate", object{"password": newPassword}).Is(200))
	w.Client().Post("/api/auth/password/reset", object{"email": "holder@example.com"}).Is(200)
	note(w.Client().Get(strings.TrimPrefix(w.Mail("holder@example.com", "reset").Links[0], secureBase)).Is(303))
	note(w.Client().Post("/api/auth/logout", nil).Is(200))
	return lines, answers
}

// cookieHeader is what a browser would send after an answer.
func cookieHeader(a *apptest.Answer) string {
	var pairs []string
	for _, line := range a.Header["Set-Cookie"] {
		pair, _, _ := strings.Cut(line, ";")
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "; ")
}

func cookieOf(a *apptest.Answer, name string) string {
	for _, line := range a.Header["Set-Cookie"] {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			v, _, _ = strings.Cut(v, ";")
			return v
		}
	}
	return ""
}

// TestASVS3_3_2_ASVS3_3_4_ASVS3_3_5_NIST5_1_1_Cookies judges every cookie that is set.
func TestASVS3_3_2_ASVS3_3_4_ASVS3_3_5_NIST5_1_1_Cookies(t *testing.T) {
	lines, _ := cookiesSet(t)
	seen := map[string]bool{}
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		seen[c.Name] = true
		if !c.Secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: not Secure, or of another path or domain", line)
		}
		if c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode {
			t.Errorf("%s: SameSite", line)
		}
		if c.HttpOnly == (c.Name == "csrftoken") { // which scripts read, and nothing else
			t.Errorf("%s: HttpOnly is %t", line, c.HttpOnly)
		}
		if len(c.Name)+len(c.Value) > 4096 {
			t.Errorf("%s has %d bytes", c.Name, len(line))
		}
		if strings.Contains(line, "holder@") || strings.Contains(line, "nnnn") {
			t.Errorf("%s tells who somebody is", line)
		}
	}
	for _, name := range []string{"sessionid", "csrftoken", "__Host-gh_device", "__Host-gh_flow"} {
		if !seen[name] {
			t.Errorf("%s was not set", name)
		}
	}
}

// TestASVS4_2_5_HeadersAreSmall: the largest answers leave room below the limits of
// gateways, and no input becomes a line of its own.
func TestASVS4_2_5_HeadersAreSmall(t *testing.T) {
	_, answers := cookiesSet(t)
	w := apptest.New(t, limitsOff)
	w.Join("holder01", "holder01@example.com")
	c := w.SignIn("holder01")
	for _, evil := range []string{"a%0d%0aX-Evil:%201", "a%0aSet-Cookie:%20evil=1", "a%00", strings.Repeat("x", 6000)} {
		for _, p := range []string{"/auth/login?next=", "/auth/verify?key=", "/auth/invitation?key=", "/api/users?search=", "/api/users/self?org=", "/api/auth/account-confirm-email/"} {
			answers = append(answers, c.Get(p+evil), c.Get(p+evil+"/"), c.With("X-Organization", strings.Repeat("x", 6000)).Get("/api/users/self"))
		}
	}
	for _, a := range answers {
		size := 0
		for k, values := range a.Header {
			for _, v := range values {
				size += len(k) + len(v) + 4
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Errorf("%s: %q", k, v)
				}
			}
		}
		if a.Header.Get("X-Evil") != "" || strings.Contains(headerText(a.Header), "Set-Cookieevil") {
			t.Errorf("an input is a header: %v", a.Header)
		}
		if size > 4<<10 {
			t.Errorf("%d: %d bytes of headers: %.300v", a.Status, size, a.Header)
		}
	}
}
