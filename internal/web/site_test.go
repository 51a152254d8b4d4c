package web_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/password"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/web"
)

const base = "https://gatehouse.example"

// phrase is a password that no policy refuses.
const phrase = "quarry lantern 58 mosaic"

// site is the pages on a store of their own, with a clock that the test turns and
// the mails that went out.
type site struct {
	*testing.T
	accounts *account.Service
	routes   api.Routes
	offices  api.Routes // of organizations and invitations
	pages    *web.Pages
	orgs     *org.Service
	gate     *api.Gate
	worker   *mail.Worker
	db       *sqlite.DB

	mu   sync.Mutex
	now  time.Time
	sent []mail.Message
}

func newSite(t *testing.T, change ...func(*account.Service)) *site {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	keys, err := secret.Parse(secret.Generate("k1"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, db: db, now: time.Date(2026, 11, 23, 7, 40, 42, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	table := store.New(db, s.clock)
	s.accounts = &account.Service{Table: table, Secrets: secret.Static(keys), Hasher: password.New(password.ForTests(), 2, password.Peppers{}),
		Limits: &limit.Limiter{Table: table, Off: true}, Log: log, Settings: account.Settings{Verification: account.VerifyMandatory,
			Agreements: []account.Agreement{{Name: "terms", URL: "https://gatehouse.example/terms", Required: true, Text: "I accept the terms of use."},
				{Name: "news", Text: "Send me news."}},
			Site: mail.Site{Name: "Gatehouse", BaseURL: base, Support: "help@gatehouse.example"}}}
	for _, f := range change {
		f(s.accounts)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	gate := &api.Gate{Table: table, Secrets: s.accounts.Secrets, Base: u, Production: true, Log: log, Policy: policy.Default(), MinRole: policy.PrivilegeOf([]string{"user"})}
	compose := s.open(gate)
	s.worker = &mail.Worker{Table: table, Sender: s, Compose: compose, From: "no-reply@gatehouse.example", Log: log}
	return s
}

func limited(s *account.Service) { s.Limits.Off = false }

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) turn(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Send implements mail.Sender.
func (s *site) Send(_ context.Context, m mail.Message) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, m)
	return "carrier-" + m.ID, nil
}

// mailed is the path of the first link in the newest mail of a kind to an address.
func (s *site) mailed(kind, to string) string {
	s.Helper()
	if _, err := s.worker.Drain(s.Context()); err != nil {
		s.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if m := s.sent[i]; m.Kind == kind && m.To == to {
			path, ok := strings.CutPrefix(m.Links[0], base)
			if !ok {
				s.Fatalf("the link leads elsewhere: %s", m.Links[0])
			}
			return path
		}
	}
	s.Fatalf("no mail %s to %s", kind, to)
	return ""
}

// route finds the handler of a request as the gateway does.
func (s *site) route(method, path string) (key string, params map[string]string) {
	if method == "HEAD" {
		method = "GET" // the handlers must bear it, whatever the gateway does
	}
	for key := range s.routes {
		m, pattern, _ := strings.Cut(key, " ")
		if m != method {
			continue
		}
		if pattern == path {
			return key, nil
		}
		if before, name, ok := strings.Cut(pattern, "{"); ok && strings.HasPrefix(path, before) && !strings.Contains(path[len(before):], "/") {
			value, err := url.PathUnescape(path[len(before):])
			if err != nil {
				s.Fatal(err)
			}
			return key, map[string]string{strings.TrimSuffix(name, "}"): value}
		}
	}
	return "", nil
}

// browser keeps cookies as browsers do, and names its origin.
type browser struct {
	*site
	cookies map[string]string
	header  map[string]string
}

func (s *site) browser() *browser {
	return &browser{site: s, cookies: map[string]string{}, header: map[string]string{
		"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "accept": "text/html,*/*;q=0.8"}}
}

// page is an answer.
type page struct {
	*testing.T
	*api.Response
}

func (b *browser) do(method, target, body string, header map[string]string) page {
	b.Helper()
	u, err := url.Parse(target)
	if err != nil {
		b.Fatal(err)
	}
	key, params := b.route(method, u.EscapedPath())
	if key == "" {
		b.Fatalf("no route for %s %s", method, u.Path)
	}
	r := &api.Request{ID: "r1", Method: method, Route: key, Path: u.Path, RawQuery: u.RawQuery, Query: u.Query(), Params: params,
		Header: maps.Clone(b.header), Body: []byte(body), SourceIP: "203.0.113.7"}
	maps.Copy(r.Header, header)
	for name, value := range b.cookies {
		r.Cookies = append(r.Cookies, api.Cookie{Name: name, Value: value})
	}
	res := b.routes[key].Serve(b.Context(), r)
	for _, line := range res.Cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.Fatal(err)
		}
		if !c.Secure || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
			b.Errorf("cookie: %s", line)
		}
		if c.Value == "" {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	p := page{b.T, res}
	if strings.HasPrefix(res.Header["Content-Type"], "text/html") && res.Status != 303 {
		p.lint(b.site, target)
	}
	return p
}

func (b *browser) get(target string) page {
	b.Helper()
	return b.do("GET", target, "", nil)
}

// post sends a form as a browser does.
func (b *browser) post(path string, pairs ...string) page {
	b.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, v.Encode(), map[string]string{"content-type": "application/x-www-form-urlencoded", "origin": base, "sec-fetch-site": "same-origin"})
}

// follow goes where a redirect leads.
func (b *browser) follow(p page, to string) page {
	b.Helper()
	return b.get(p.leads(to))
}

func (p page) is(status int) page {
	p.Helper()
	if p.Status != status {
		p.Fatalf("status %d, want %d: %s", p.Status, status, p.Body)
	}
	return p
}

func (p page) leads(to string) string {
	p.Helper()
	if p.is(303).Header["Location"] != to {
		p.Fatalf("leads to %q, want %q", p.Header["Location"], to)
	}
	return to
}

func (p page) says(parts ...string) page {
	p.Helper()
	for _, s := range parts {
		if !strings.Contains(string(p.Body), s) {
			p.Fatalf("the page lacks %q: %s", s, p.Body)
		}
	}
	return p
}

func (p page) hides(parts ...string) page {
	p.Helper()
	for _, s := range parts {
		if strings.Contains(string(p.Body), s) {
			p.Fatalf("the page has %q: %s", s, p.Body)
		}
	}
	return p
}

// person fills in a registration.
func person(name, address string, more ...string) []string {
	return append([]string{"email", address, "username", name, "first_name", "Ada", "last_name", "Byron",
		"password1", phrase, "password2", phrase, "agree", "terms"}, more...)
}

// join makes an account through the pages.
func (b *browser) join(name, address string) {
	b.Helper()
	b.post("/auth/register", person(name, address)...).leads("/auth/verify")
	b.get(b.mailed("confirm", address)).leads("/auth/verify")
	b.post("/auth/verify").leads("/auth/login")
}

func (b *browser) signIn(name string) page {
	b.Helper()
	return b.post("/auth/login", "username", name, "password", phrase)
}
