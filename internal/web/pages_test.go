package web_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
)

// meta is the context of a request, for operations that no page has yet.
func (s *site) meta() context.Context {
	return api.WithMeta(s.Context(), &api.Request{ID: "r1", SourceIP: "203.0.113.7"}, s.clock())
}

// caller is who has signed in with a browser.
func (s *site) caller(b *browser) session.Caller {
	s.Helper()
	uid, sid, _ := token.ParseSession(b.cookies["sessionid"])
	c, code, err := session.Resolve(s.Context(), s.accounts.Table, session.Ticket{Kind: session.CredCookie, UID: uid, SID: sid})
	if err != nil || code != session.OK {
		s.Fatalf("not signed in: %q %v", code, err)
	}
	return c
}

// rename gives somebody a first name.
func (s *site) rename(uid int64, first string) {
	s.Helper()
	items, err := s.accounts.Table.Get(s.Context(), profile.Key(uid))
	if err != nil {
		s.Fatal(err)
	}
	p, err := profile.Profiles.Of(items[0])
	if err != nil {
		s.Fatal(err)
	}
	p.First = first
	if err := s.accounts.Table.Transact(s.Context(), profile.Profiles.Put(items[0].Key, p, items[0].At())); err != nil {
		s.Fatal(err)
	}
}

func TestNamesAreText(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.join("ada.byron", "ada@example.com")
	b.signIn("ada.byron").is(303)
	who := s.caller(b)
	evil := `<img src=x onerror=alert(1)>"'{{.}}`
	s.rename(who.UID, evil)
	b.get("/auth/account").is(200).says("&lt;img src=x onerror=alert(1)&gt;", "{{.}}").hides("<img src=x")
	b = s.browser()
	b.post("/auth/login", "username", evil).is(200).hides("<img src=x", `'"`)
	b.post("/auth/login", "username", evil, "password", "x").is(400).hides("<img src=x")
	b.post("/auth/register", "email", `"><script>@example.com`).is(400).hides("<script")
	b.post("/auth/verify/resend", "email", `"><script>`).is(400).hides("<script")
	b.cookies["__Host-gh_flow"] = "sent+%3Cscript%3E"
	b.get("/auth/verify").is(200).hides("<script")
	b.cookies["__Host-gh_flow"] = "notice+%3Cscript%3E"
	b.get("/auth/login").is(200).hides("<script", "notice")
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.join("ada.byron", "ada@example.com")
	b.signIn("ada.byron").is(303)
	for _, from := range []map[string]string{
		{},
		{"origin": "https://evil.example"},
		{"origin": "https://gatehouse.example.evil.example"},
		{"origin": "null"},
		{"origin": "null", "sec-fetch-site": "cross-site"},
		{"sec-fetch-site": "same-site"},
		{"sec-fetch-site": "cross-site"},
		{"sec-fetch-site": "none"},
		{"origin": base, "sec-fetch-site": "cross-site"},
		{"origin": "http://gatehouse.example"},
	} {
		from["content-type"] = "application/x-www-form-urlencoded"
		for key := range s.routes {
			if path, ok := strings.CutPrefix(key, "POST "); ok {
				b.do("POST", path, "", from).is(403).says("This did not come from our page")
			}
		}
	}
	b.get("/auth/account").is(200)
}

func TestStaticFiles(t *testing.T) {
	b := newSite(t).browser()
	b.cookies["sessionid"] = "x"
	css := b.get("/static/style.css").is(200)
	if css.Header["Content-Type"] != "text/css; charset=utf-8" || css.Header["Cache-Control"] != "public, max-age=3600" || css.Header["X-Content-Type-Options"] != "nosniff" {
		t.Errorf("%v", css.Header)
	}
	css.hides("@import", "url(", "http")
	logo := b.get("/static/logo.svg").is(200).hides("<script", "style=", "href")
	d := xml.NewDecoder(strings.NewReader(string(logo.Body)))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"x", "..", "..%2Fweb.go", "style.css.map", "en.txt", "STYLE.CSS"} {
		b.get("/static/" + name).is(404).says("There is no such page")
	}
}

func TestEveryFaultHasAPage(t *testing.T) {
	s := newSite(t)
	for _, f := range []*fault.Fault{fault.Forbidden(), fault.NotFound("Page"), fault.Throttled(40 * time.Second), fault.Of(errors.New("secret detail")),
		fault.Unavailable(errors.New("secret detail")), fault.New(418, "x", "y"), fault.NoCredentials()} {
		p := page{t, &api.Response{Status: f.Status, Body: s.pages.Fail(f), Header: map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}}}
		p.lint(s, f.Code)
		p.hides("secret detail").says(`href="/"`)
		if f.Status == 429 {
			p.says("Try again in 40 seconds.")
		}
	}
}

func TestRoutes(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{account.PageLogin, account.PageAccount, account.PageVerify, account.PageForgot, account.PageReset, account.PageChange, account.PageUndo, account.PageDeletion} {
		if _, ok := s.routes["GET "+path]; !ok {
			t.Errorf("mails lead to %s, which is not served", path)
		}
	}
	for key := range s.routes {
		if path, ok := strings.CutPrefix(key, "GET "); ok && !strings.Contains(path, "{") {
			if p := s.browser().get(path); p.Status >= 500 {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
	}
}

// Operations that lose against each other are run again, not shown as errors.
func TestASVS15_4_1_ManyAtOnce(t *testing.T) {
	s := newSite(t)
	first := s.browser()
	first.join("ada.byron", "ada@example.com")
	var all []*browser
	for range 6 {
		b := s.browser()
		b.signIn("ada.byron").leads("/auth/account")
		all = append(all, b)
	}
	var wg sync.WaitGroup
	for i, b := range all {
		path := []string{"/auth/sessions/end-others", "/auth/logout"}[i%2]
		wg.Go(func() {
			if p := b.post(path); p.Status != 303 {
				t.Errorf("%s: %d", path, p.Status)
			}
		})
	}
	wg.Wait()
}

func TestStoreThatDoesNotAnswer(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.join("ada.byron", "ada@example.com")
	b.signIn("ada.byron").leads("/auth/account")
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []page{b.get("/auth/account"), b.get("/auth/login"), s.browser().signIn("ada.byron")} {
		p.is(503).hides("sql", "database")
		if p.Header["Retry-After"] == "" {
			t.Error("no word on when to try again")
		}
	}
	b.get("/static/style.css").is(200)
	s.browser().get("/auth/login").is(200)
}
