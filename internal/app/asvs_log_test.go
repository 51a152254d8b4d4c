package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/fault"
	"gatehouse/internal/store"
)

// logLines are the log's lines, read as JSON.
func logLines(w *apptest.World) []map[string]any {
	w.Helper()
	var out []map[string]any
	for line := range strings.Lines(w.Logged.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			w.Fatalf("%v: %s", err, line)
		}
		out = append(out, m)
	}
	return out
}

// logged are the lines of one request, by the id in its answer.
func logged(w *apptest.World, a *apptest.Answer) map[string]any {
	w.Helper()
	var found []map[string]any
	for _, m := range logLines(w) {
		if id := a.Header.Get("X-Request-Id"); id != "" && m["request"] == id && m["msg"] == "request" {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		w.Fatalf("%d lines of the request %q, answered %d", len(found), a.Header.Get("X-Request-Id"), a.Status)
	}
	return found[0]
}

// TestASVS16_2_1_ASVS16_2_2_ASVS16_2_4_EveryLineIsWhole: every line is JSON with a time that
// has a zone; every request has one that says where, what and how it ended, and who.
func TestASVS16_2_1_ASVS16_2_2_ASVS16_2_4_EveryLineIsWhole(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	var answers []*apptest.Answer
	for _, c := range []*apptest.Client{w.Client(), h.mine} {
		for _, r := range routes(t, "/", "GET", "POST", "PATCH", "DELETE") {
			method, path, _ := strings.Cut(r, " ")
			if !strings.HasSuffix(path, "/logout") && !strings.Contains(path, "/deletion") && !strings.Contains(path, "/sessions") && r != "DELETE /api/users/{id}" {
				answers = append(answers, c.Do(method, filled(path, fmt.Sprint(h.uid)), nil))
			}
		}
	}
	h.mine.Get("/api/users/self").Is(200)
	for _, m := range logLines(w) {
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(m["time"]))
		if err != nil || time.Since(at).Abs() > time.Hour || m["level"] == nil || m["msg"] == nil {
			t.Errorf("line %v: %v", m, err)
		}
	}
	named := 0
	for _, a := range answers {
		m := logged(w, a)
		for _, key := range []string{"request", "route", "status", "network", "us"} {
			if m[key] == nil {
				t.Errorf("no %s in %v", key, m)
			}
		}
		if int(m["status"].(float64)) != a.Status || m["network"] != "127.0.0.0/24" {
			t.Errorf("answered %d, logged %v", a.Status, m)
		}
		if m["uid"] != nil {
			named++
		}
	}
	if named < 20 {
		t.Errorf("%d lines say who it was", named)
	}
}

// TestASVS16_3_1_EverySignInIsLogged, good or bad, with its route and how it ended.
func TestASVS16_3_1_EverySignInIsLogged(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	for way, sign := range ways(w) {
		for _, pw := range []string{apptest.Password, "not the password"} {
			a := sign("holder01", "holder01@example.com", pw)
			m := logged(w, a)
			if m["status"] != float64(a.Status) || !strings.Contains(fmt.Sprint(m["route"]), "/") {
				t.Errorf("%s: %v", way, m)
			}
			if pw != apptest.Password && !entered(a) && m["code"] == nil && way != "page" {
				t.Errorf("%s: a wrong password is logged without a reason: %v", way, m)
			}
		}
	}
}

// TestASVS16_3_2_ASVS16_3_3_RefusalsAreEvents: each 401, 403 and 429 has exactly one event.
func TestASVS16_3_2_ASVS16_3_3_RefusalsAreEvents(t *testing.T) {
	w := apptest.New(t)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	worker := team.Join("worker01", "worker")
	w.Join("stranger", "stranger@example.org")
	refused := map[string]*apptest.Answer{
		"nobody":      w.Client().Get("/api/users/self").Is(401),
		"bad token":   bearer(w, "nonsense").Get("/api/users/self").Is(401),
		"bad session": w.Client().With("Cookie", "sessionid=nonsense").Get("/api/users/self").Is(401),
		"role":        team.In(worker).Post("/api/invitations", object{"email": "x@example.org", "role": "worker"}).Is(403),
		"group":       worker.Get("/api/mails").Is(403),
		"csrf":        worker.With("X-CSRFToken", "").Post("/api/organizations", object{"slug": "x"}).Is(403),
		"origin":      worker.With("Origin", "https://evil.example").Post("/api/organizations", object{"slug": "x"}).Is(403),
		"form":        w.Client().With("Origin", "https://evil.example").With("Content-Type", "application/x-www-form-urlencoded").Do("POST", "/auth/login", "a=b"),
	}
	for range 20 {
		refused["limit"] = guess(w.Client(), "worker01")
	}
	refused["limit"].Is(429)
	for what, a := range refused {
		m := logged(w, a)
		event, _ := m["event"].(string)
		want := map[int]fault.Event{401: fault.AuthenticationRefused, 403: fault.PermissionRefused, 429: fault.LimitReached}[a.Status]
		if what == "csrf" || what == "origin" || what == "form" {
			want = fault.CrossSiteRefused
		}
		if want == "" || event != string(want) {
			t.Errorf("%s: %d is the event %q, want %q: %v", what, a.Status, event, want, m)
		}
	}
}

// TestASVS16_3_4_ASVS16_5_1_OwnFailuresAreLogged: the log has the cause, the answer none.
func TestASVS16_3_4_ASVS16_5_1_OwnFailuresAreLogged(t *testing.T) {
	f := &downDriver{}
	w := apptest.New(t, limitsOff, apptest.Driver(func(d store.Driver) store.Driver { f.Driver = d; return f }))
	w.Join("holder01", "holder01@example.com")
	c := w.SignIn("holder01")
	f.down.Store(true)
	for _, r := range []string{"GET /api/users/self", "POST /api/auth/login", "GET /api/organizations", "POST /api/auth/token", "GET /api/auth/sessions"} {
		method, path, _ := strings.Cut(r, " ")
		a := c.Do(method, path, map[string]any{"username": "holder01", "password": apptest.Password})
		m := logged(w, a)
		if a.Status < 500 || m["level"] != "ERROR" || !strings.Contains(fmt.Sprint(m["err"]), store.ErrUnavailable.Error()) {
			t.Errorf("%s: %d, logged %v", r, a.Status, m)
		}
		for _, inside := range []string{"store:", "sqlite", "dynamo", ".go:", "goroutine", "U#", "panic", "internal/"} {
			if strings.Contains(a.Body+headerText(a.Header), inside) {
				t.Errorf("%s tells %q: %s", r, inside, a.Body)
			}
		}
	}
}
