package web

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/mail"
)

// Every text is used, and everything that is used is a text.
func TestTexts(t *testing.T) {
	var source strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".html") && (!strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go")) {
			return err
		}
		b, err := os.ReadFile(path)
		source.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := readTexts("en")
	built := regexp.MustCompile(`^(says: |label\.|problem\.|(verify|change|undo|deletion)\.(title|text|button|done)$)`)
	for key := range texts {
		if !built.MatchString(key) && !strings.Contains(source.String(), `"`+key+`"`) {
			t.Errorf("%q is not used", key)
		}
	}
	for _, m := range regexp.MustCompile(`(?:\{\{t|\btext\(|invalid\([^)]*,) ?"([a-z0-9_.]+)"[^+]`).FindAllStringSubmatch(source.String(), -1) {
		if _, ok := texts[m[1]]; !ok && !strings.HasSuffix(m[1], ".") {
			t.Errorf("%q is no text", m[1])
		}
	}
	for _, key := range notices() {
		if texts[key] == "" {
			t.Errorf("notice %q is no text", key)
		}
	}
}

// A provider that is configured has a button beside the form.
func TestProviders(t *testing.T) {
	p := New(&account.Service{Settings: account.Settings{Site: mail.Site{Name: "Gatehouse"}}}, Invitations{}, Organizations{}, nil)
	v := p.identify(account.PageAccount, "")
	a, err := p.showForm("login", v)
	if err != nil || strings.Contains(string(a.HTML), "Continue with") {
		t.Fatalf("%v: %s", err, a.HTML)
	}
	v.Methods.SSO = &account.Method{ID: "acme", Name: "Acme", URL: "/api/auth/oidc/acme/login"}
	v.Methods.Social = []account.Method{{ID: "github", Name: "GitHub", URL: "/api/auth/social/github/login"}}
	if a, err = p.showForm("login", v); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="/api/auth/oidc/acme/login">Continue with SSO<`, `href="/api/auth/social/github/login">Continue with GitHub<`} {
		if !strings.Contains(string(a.HTML), want) {
			t.Errorf("no %s in %s", want, a.HTML)
		}
	}
}

// Whatever an owner calls an organization, or has called it before names were
// checked, it is one short line.
func TestTame(t *testing.T) {
	for name, want := range map[string]string{
		"Engines & Co":                          "Engines & Co",
		"\u202eevil\u202c \u2066x\u2069 \u200f": "evil x",
		" a\r\nb\u2028c\u0085d\x00e\x1b[31m ":   "a b c d e [31m",
		"e\u200bv\u2060i\u00adl":                "evil",
		"\xff\xfe bad":                          "bad",
		strings.Repeat("ä", 81):                 strings.Repeat("ä", 79) + "…",
		strings.Repeat("ä", 80):                 strings.Repeat("ä", 80),
		strings.Repeat("\u202e", 5000) + "x":    "x",
	} {
		if got := tame(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	for address, want := range map[string]string{"bob@example.org": "b…@example.org", "b@example.org": "…@example.org"} {
		if got := masked(address); got != want {
			t.Errorf("%q became %q, want %q", address, got, want)
		}
	}
}
