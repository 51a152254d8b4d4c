package outbound

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestL3_RedirectsLeadNowhere redirects, by every status and to every kind of place,
// also one that the client may reach: it goes to none.
func TestL3_RedirectsLeadNowhere(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"secret":true}`)
	}))
	defer other.Close()
	for _, to := range []string{other.URL, other.URL + "/x.json", strings.Replace(other.URL, "127.0.0.1", "localhost", 1), "file:///etc/passwd", "gopher://127.0.0.1/", "http://169.254.169.254/latest/meta-data/",
		"//" + strings.TrimPrefix(other.URL, "http://"), "/elsewhere", "javascript:alert(1)", strings.Replace(other.URL, "://", "://user:pass@", 1)} {
		for _, status := range []int{301, 302, 303, 307, 308, 300, 305} {
			followed := false
			get := serve(t, func(w http.ResponseWriter, r *http.Request) {
				followed = followed || r.URL.Path == "/elsewhere"
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", to)
				w.Header().Set("Refresh", "0; url="+to)
				w.WriteHeader(status)
				fmt.Fprint(w, `{"ours":true}`)
			})
			body, err := get("json")
			if !errors.Is(err, ErrDocument) || body != nil || followed {
				t.Errorf("%d to %s: %q, %v", status, to, body, err)
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestL3_SchemesAndPorts asks for addresses that are not https at a known port, or that
// carry a name and a password.
func TestL3_SchemesAndPorts(t *testing.T) {
	c := Client(Options{Ports: []uint16{8443}})
	for _, u := range []string{
		"http://example.com/", "http://example.com:443/", "HTTP://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "ldap://example.com/", "data:application/json,{}", "jar:https://example.com!/",
		"https://user@example.com/", "https://user:pass@example.com/", "https://:@example.com/", "https:///x", "https://", "https:example.com", "example.com", "",
		"https://8.8.8.8:22/", "https://8.8.8.8:80/", "https://8.8.8.8:6379/", "https://8.8.8.8:9001/", "https://8.8.8.8:0/", "https://[2606:4700::1111]:25/",
	} {
		if _, err := Get(t.Context(), c, u, "json"); !errors.Is(err, ErrRefused) && (err == nil || !strings.Contains(err.Error(), "no Host")) {
			t.Errorf("%q: %v", u, err)
		}
	}
}
