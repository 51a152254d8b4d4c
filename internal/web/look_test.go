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
	p := New(&account.Service{Settings: account.Settings{Site: mail.Site{Name: "Gatehouse"}}}, nil)
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
