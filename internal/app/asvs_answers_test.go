package app_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// secureBase is how people reach an installation that has a certificate.
const secureBase = "https://gatehouse.example"

var behindTLS = apptest.Env("GATEHOUSE_BASE_URL", secureBase)

// downDriver is a driver that answers nothing while it is told not to.
type downDriver struct {
	store.Driver
	down atomic.Bool
}

func (f *downDriver) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if f.down.Load() {
		return nil, store.ErrUnavailable
	}
	return f.Driver.Get(ctx, keys)
}

// visit is one answer of the tour.
type visit struct {
	what string
	path string
	*apptest.Answer
}

// filled is the path of a route with something in its variables.
func filled(path, id string) string {
	return strings.NewReplacer("{id}", id, "{key}", "nothing", "{file}", "style.css").Replace(path)
}

// visitAll asks every route as nobody and as somebody, in order and not, then the
// fallback, and everything again while the store does not answer. It makes answers
// of every class of status.
func visitAll(t *testing.T) []visit {
	t.Helper()
	f := &downDriver{}
	w := apptest.New(t, limitsOff, behindTLS, transferOn, apptest.Driver(func(d store.Driver) store.Driver { f.Driver = d; return f }))
	w.Join("visitor01", "visitor01@example.com")
	access, _ := tokens(w, "visitor01")
	var out []visit
	for _, down := range []bool{false, true} {
		f.down.Store(down)
		clients := map[string]*apptest.Client{"nobody": w.Client(), "somebody": bearer(w, access), "nonsense": bearer(w, "nonsense")}
		for who, c := range clients {
			for _, r := range routes(t, "/", "GET", "POST", "PATCH", "DELETE") {
				method, path, _ := strings.Cut(r, " ")
				for _, body := range []string{"", "{}", `{"email":"visitor01@example.com","key":"a.b"}`, "{"} {
					if method == "GET" && body != "" || strings.HasSuffix(path, "/logout") || strings.Contains(path, "/deletion") {
						continue
					}
					to := c
					if strings.HasPrefix(path, "/auth/") {
						to = c.With("Content-Type", "application/x-www-form-urlencoded").With("Origin", secureBase)
						body = strings.NewReplacer("{", "", "}", "", `"`, "").Replace(body)
					}
					p := filled(path, "1")
					out = append(out, visit{who + " " + r + " " + body, p, to.Do(method, p, body)})
				}
			}
			for _, r := range []string{"GET /", "GET /nothing", "GET /api/nothing", "PUT /api/auth/login", "OPTIONS /api/auth/login", "GET /api/users/abc", "GET /static/nothing.css", "GET /static/logo.svg", "GET /api/auth/account-confirm-email/a.b/"} {
				method, path, _ := strings.Cut(r, " ")
				out = append(out, visit{who + " " + r, path, c.Do(method, path, nil)})
			}
		}
		out = append(out, visit{"form of another site", "/auth/login", w.Client().With("Origin", "https://evil.example").Do("POST", "/auth/login", "x=y")})
	}
	classes := map[int]int{}
	for _, v := range out {
		classes[v.Status/100]++
	}
	if classes[2] < 20 || classes[3] < 2 || classes[4] < 100 || classes[5] < 20 {
		t.Fatalf("answers by class of status: %v", classes)
	}
	return out
}

// TestASVS3_4_1_ASVS3_4_3_ASVS3_4_4_ASVS3_4_5_ASVS3_4_6_HeadersOnEveryAnswer looks at
// what protects browsers.
func TestASVS3_4_1_ASVS3_4_3_ASVS3_4_4_ASVS3_4_5_ASVS3_4_6_HeadersOnEveryAnswer(t *testing.T) {
	want := map[string]string{
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "no-referrer",
		"X-Frame-Options":           "DENY",
	}
	for _, v := range visitAll(t) {
		for name, value := range want {
			if got := v.Header.Get(name); got != value {
				t.Errorf("%s: %d with %s %q", v.what, v.Status, name, got)
			}
		}
		csp := v.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: %d with a policy %q", v.what, v.Status, csp)
			}
		}
		if strings.Contains(csp, "unsafe-") || strings.Contains(csp, "*") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", v.what, csp)
		}
	}
}

// TestASVS4_1_1_EveryBodyHasItsType: JSON has one charset by its definition, all
// other text names it.
func TestASVS4_1_1_EveryBodyHasItsType(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range visitAll(t) {
		media := v.Header.Get("Content-Type")
		seen[media] = true
		switch {
		case v.Body == "" && v.Status/100 == 3, v.Status == 204 && media == "", v.Status == 200 && v.Body == "" && v.Header.Get("Allow") != "":
		case media == "application/json" && strings.HasPrefix(v.Body, "{"), media == "application/json" && strings.HasPrefix(v.Body, "["):
		case media == "text/html; charset=utf-8" && strings.HasPrefix(strings.ToLower(v.Body), "<!doctype html>"):
		case media == "text/css; charset=utf-8" && strings.HasSuffix(v.path, ".css"):
		case media == "image/svg+xml" && strings.HasPrefix(v.Body, "<svg"):
		default:
			t.Errorf("%s: %d is %q: %.60s", v.what, v.Status, media, v.Body)
		}
	}
	if len(seen) < 4 {
		t.Errorf("types %v", seen)
	}
}

// TestASVS14_3_2_NothingIsKept: but for what is the same for everybody.
func TestASVS14_3_2_NothingIsKept(t *testing.T) {
	kept := map[string]bool{}
	for _, v := range visitAll(t) {
		cache := v.Header.Get("Cache-Control")
		public := strings.HasPrefix(v.path, "/static/") || strings.HasPrefix(v.path, "/.well-known/")
		if public && v.Status == http.StatusOK {
			kept[v.path] = strings.Contains(cache, "public") || strings.Contains(cache, "max-age")
			if len(v.Header["Set-Cookie"]) > 0 {
				t.Errorf("%s is kept, with a cookie", v.what)
			}
		} else if cache != "no-store" {
			t.Errorf("%s: %d with Cache-Control %q", v.what, v.Status, cache)
		}
	}
	if !kept["/static/style.css"] || !kept["/.well-known/jwks.json"] {
		t.Errorf("kept: %v", kept)
	}
}

// TestASVS13_4_5_NothingForOperatorsOutside asks for pages that other products have.
func TestASVS13_4_5_NothingForOperatorsOutside(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "chief01", true, "admin")
	for _, c := range []*apptest.Client{w.Client(), w.SignIn("chief01")} {
		for _, p := range []string{"/debug/pprof/", "/debug/vars", "/metrics", "/docs", "/api/docs/", "/api/schema", "/api/swagger/", "/openapi.json", "/swagger.json",
			"/api/redoc", "/actuator", "/actuator/health", "/server-status", "/admin", "/admin/login/", "/graphql", "/.env", "/.git/HEAD", "/template.yaml", "/go.mod", "/healthz", "/status", "/_dev", "/_dev/mail"} {
			if a := c.Get(p); a.Status != 404 || strings.Contains(a.Body, "goroutine") {
				t.Errorf("%s: %d", p, a.Status)
			}
		}
	}
}
