package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gatehouse/internal/apptest"
)

func decode(t testing.TB, body string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
}

func parameter(t testing.TB, link, name string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

// needCurl skips a test of the script where there is no curl, but not in CI.
func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("scripts/tour needs curl, which is not in PATH")
		}
		t.Skip("scripts/tour needs curl, which is not in PATH")
	}
}

// TestTour runs the script that people try first, twice on one server, as they do.
func TestTour(t *testing.T) {
	needCurl(t)
	s := serving(t)
	for range 2 {
		cmd := exec.CommandContext(t.Context(), "../../scripts/tour", s.url)
		cmd.Env = environment()
		out, err := cmd.CombinedOutput()
		if err != nil || !regexp.MustCompile(`\ntour: \d+ steps, 0 failed\n$`).Match(out) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// TestTourFails: a script that cannot fail proves nothing.
func TestTourFails(t *testing.T) {
	needCurl(t)
	s := serving(t, "GATEHOUSE_EMAIL_VERIFICATION=none")
	out, err := exec.CommandContext(t.Context(), "../../scripts/tour", s.url).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "FAILED") || !strings.Contains(string(out), ", 1 failed\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

const newPassword = "pewter harvest 31 canyon"

// story is the life of an account in steps. Each leaves what the next ones need.
func story(s *machine) []func() {
	const name, email = "ada.byron", "ada@example.com"
	var (
		key, uid, token      string
		browser, program     = s.client(), s.client()
		bearer, refresh, pat string
		link                 string
	)
	self := func(c *apptest.Client) { c.Get("/api/users/self").Is(200).Has(`"username":"` + name + `"`) }
	dead := func(c *apptest.Client) { c.Get("/api/users/self").Is(401) }
	return []func(){
		func() { s.client().Post("/api/auth/register", apptest.Form(name, email)).Is(201) },
		func() { key = parameter(s, s.link(email, "/auth/verify"), "key") },
		func() { s.client().Post("/api/auth/verify-email", map[string]any{"key": key}).Is(200) },
		func() { // once is enough
			s.client().Post("/api/auth/register", apptest.Form(name, "other@example.com")).Is(400).Has("already exists")
		},
		func() {
			browser.Post("/api/auth/login", map[string]any{"username": name, "password": apptest.Password}).Is(200)
		},
		func() { self(browser) },
		func() {
			program.Post("/api/auth/login", map[string]any{"email": "ADA@Example.COM", "password": apptest.Password}).Is(200)
		},
		func() { self(program); self(browser) },
		func() {
			pat = browser.Post("/api/auth/access_tokens", map[string]any{"name": "ci"}).Is(201).String("value")
		},
		func() { self(s.client().With("Authorization", "Bearer "+pat)) },
		func() {
			a := s.client().Post("/api/auth/token", map[string]any{"username": name, "password": apptest.Password}).Is(200)
			bearer, refresh = a.String("access_token"), a.String("refresh_token")
		},
		func() { self(s.client().With("Authorization", "Bearer "+bearer)) },
		func() {
			a := s.client().Post("/api/auth/token/refresh", map[string]any{"refresh_token": refresh}).Is(200)
			bearer, refresh = a.String("access_token"), a.String("refresh_token")
		},
		func() { self(s.client().With("Authorization", "Bearer "+bearer)) },
		func() { browser.Patch("/api/users/"+idOf(browser), map[string]any{"first_name": "Augusta"}).Is(200) },
		func() { program.Get("/api/users/self").Is(200).Has(`"first_name":"Augusta"`) },
		func() { s.client().Post("/api/auth/password/reset", map[string]any{"email": email}).Is(200) },
		func() {
			link = s.link(email, "/auth/password/reset/confirm")
			uid, token = parameter(s, link, "uid"), parameter(s, link, "token")
		},
		func() {
			s.client().Post("/api/auth/password/reset/confirm", map[string]any{"uid": uid, "token": token, "new_password1": newPassword, "new_password2": newPassword}).Is(200)
		},
		func() {
			dead(browser)
			dead(program)
			dead(s.client().With("Authorization", "Bearer "+bearer))
			dead(s.client().With("Authorization", "Bearer "+pat))
			s.client().Post("/api/auth/token/refresh", map[string]any{"refresh_token": refresh}).Is(401)
		},
		func() { // the link works once
			s.client().Post("/api/auth/password/reset/confirm", map[string]any{"uid": uid, "token": token, "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		},
		func() {
			s.client().Post("/api/auth/login", map[string]any{"username": name, "password": apptest.Password}).Is(400)
		},
		func() { browser = s.signIn(name, newPassword) },
		func() { self(browser) },
	}
}

func idOf(c *apptest.Client) string {
	var u struct{ ID json.Number }
	if json.Unmarshal([]byte(c.Get("/api/users/self").Is(200).Body), &u) != nil {
		return "0"
	}
	return u.ID.String()
}

// TestRestarts: a restart between any two steps loses nothing.
func TestRestarts(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			s := serving(t)
			for n, step := range story(s) {
				if n > 0 {
					s.restart(sig)
				}
				step()
			}
		})
	}
}
