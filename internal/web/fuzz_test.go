package web

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/bound"
)

// FuzzNext: whatever a sign-in is told to lead to, it leads to a path of this site,
// for a browser that resolves it and for one that unescapes it first, and the path
// that it is understood as is understood the same again.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"", "/tasks/1?page=2", "//evil.example", "/\\evil.example", "/%2f%2fevil.example", "https:evil.example", "/a\r\nb: c", "/..//x", "/%5c%5cevil", "/a?next=//evil", "/größe#x", "/\t/evil"} {
		f.Add(s)
	}
	site, err := url.Parse("https://gatehouse.example/auth/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		next := nextPage(s)
		if !strings.HasPrefix(next, "/") || strings.ContainsAny(next, "\r\n\t\\\x00 ") {
			t.Fatalf("%q leads to %q", s, next)
		}
		for _, form := range []string{next, unescaped(next)} {
			to, err := site.Parse(strings.ReplaceAll(form, "\\", "/"))
			if err == nil && (to.Host != site.Host || to.Scheme != site.Scheme || to.User != nil) {
				t.Errorf("%q leads to %s", s, to)
			}
			if strings.HasPrefix(strings.ReplaceAll(form, "\\", "/"), "//") {
				t.Errorf("%q leads to %q", s, form)
			}
		}
		if again := nextPage(next); again != next && again != account.PageAccount {
			t.Errorf("%q leads to %q, and that to %q", s, next, again)
		}
	})
}

// unescaped is s without its escapes, or s.
func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
