package mailbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func call(t *testing.T, b *Box, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://localhost:8080"+target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Page(b).ServeHTTP(w, r)
	return w
}

func filled(t *testing.T) (*Box, *clock) {
	t.Helper()
	b, c := newBox(t)
	send(t, b, message(c, "m0", "ada@example.org"))
	c.turn(time.Second)
	m := message(c, "m1", "bob@example.org")
	m.Subject, m.Text = "<script>alert(1)</script>", "</pre><b>bold</b>"
	m.Links = []string{"http://localhost:8080/x?a=1&b=2", "javascript:alert(1)"}
	m.HTML = `<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>`
	send(t, b, m)
	return b, c
}

func TestPageForPrograms(t *testing.T) {
	b, _ := filled(t)
	for target, want := range map[string]string{
		"/_dev/mail": "m1 m0", "/_dev/mail/": "m1 m0", "/_dev/mail?to=ADA@example.org": "m0", "/_dev/mail?to=x": "",
		"/_dev/mail?to=" + strings.Repeat("%ff", 2000): "",
	} {
		w := call(t, b, "GET", target, "Accept", "application/json")
		var mails []Mail
		if err := json.Unmarshal(w.Body.Bytes(), &mails); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || mails == nil {
			t.Fatalf("%s: %d %s, %v", target, w.Code, w.Header(), err)
		}
		var got []string
		for _, m := range mails {
			got = append(got, m.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%.40s: %v, want %s", target, got, want)
		}
	}
}

func TestPageForPeople(t *testing.T) {
	b, _ := filled(t)
	w := call(t, b, "GET", "/_dev/mail", "Accept", "text/html,*/*")
	page := w.Body.String()
	for _, want := range []string{
		`<a href="http://localhost:8080/x?a=1&amp;b=2">`, `&lt;script&gt;`, `&lt;/pre&gt;&lt;b&gt;`, "[Gatehouse] Subject of m0",
		`<a href="/_dev/mail?to=ada%40example.org">`, `src="/_dev/mail/m0"`, `<html lang="en">`, "2026-11-23T07:40:42.996354Z", `name="viewport"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, bad := range []string{"<script", "href=\"javascript", "<b>bold", "style="} {
		if strings.Contains(page, bad) {
			t.Errorf("there is %s", bad)
		}
	}
	if strings.Index(page, "mail/m1") > strings.Index(page, "mail/m0") {
		t.Error("not newest first")
	}
	csp := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	if sum := sha256.Sum256([]byte(style)); !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Error("the policy does not allow the page's own style")
	}
	for _, target := range []string{"/_dev/mail?to=nobody%40example.org", "/_dev/mail?to=" + strings.Repeat("a", 3000)} {
		if w := call(t, b, "GET", target); w.Code != 200 || !strings.Contains(w.Body.String(), "No mails to ") {
			t.Errorf("%.50s: %d", target, w.Code)
		}
	}
}

func TestOneMailInASandbox(t *testing.T) {
	b, _ := filled(t)
	w := call(t, b, "GET", "/_dev/mail/m1")
	csp := w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.HasPrefix(csp, "sandbox ") || strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "allow-same-origin") ||
		!strings.Contains(csp, "default-src 'none'") || !strings.Contains(w.Body.String(), `<head><base target="_blank"><title>`) {
		t.Errorf("%d under %q: %s", w.Code, csp, w.Body)
	}
	for _, target := range []string{"/_dev/mail/m7", "/_dev/mail/m1/x", "/_dev/mail/..%2f"} {
		if w := call(t, b, "GET", target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestMethods(t *testing.T) {
	b, _ := filled(t)
	for _, c := range []struct {
		method, target string
		want           int
	}{
		{"HEAD", "/_dev/mail", 200}, {"HEAD", "/_dev/mail/m0", 200},
		{"POST", "/_dev/mail", 405}, {"PUT", "/_dev/mail", 405}, {"PATCH", "/_dev/mail/m0", 405}, {"OPTIONS", "/_dev/mail", 405},
		{"DELETE", "/_dev/mail/m0", 405},
	} {
		w := call(t, b, c.method, c.target)
		if w.Code != c.want || w.Code == 405 && w.Header().Get("Allow") != "GET, HEAD, DELETE" {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Header())
		}
	}
}

func TestDelete(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		want   int
	}{
		"program":        {nil, 204},
		"own page":       {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"}, 204},
		"typed":          {[]string{"Sec-Fetch-Site", "none"}, 204},
		"cross-site":     {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"same-site":      {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"foreign origin": {[]string{"Origin", "https://evil.example"}, 403},
		"null origin":    {[]string{"Origin", "null"}, 403},
		"look-alike":     {[]string{"Origin", "http://localhost:8080.evil.example"}, 403},
		"other port":     {[]string{"Origin", "http://localhost:3000"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := filled(t)
			w := call(t, b, "DELETE", "/_dev/mail", c.header...)
			left := len(ids(t, b, "", 10))
			if w.Code != c.want || (left == 0) != (c.want == 204) {
				t.Errorf("%d, %d mails left", w.Code, left)
			}
		})
	}
}

func TestNothingIsKeptByBrowsers(t *testing.T) {
	b, _ := filled(t)
	for _, target := range []string{"/_dev/mail", "/_dev/mail/m0", "/_dev/mail/m7"} {
		h := call(t, b, "GET", target).Header()
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", target, name, h.Get(name))
			}
		}
	}
}
