package web_test

import (
	"net/url"
	"strings"
	"testing"
)

// K5: wherever a sign-in is told to lead, it leads to a path on this site.
func TestK5_KC7504_KC6291_ZIT29067_ASVS3_7_2_Next(t *testing.T) {
	s := newSite(t)
	s.browser().join("ada.byron", "ada@example.com")
	cases := map[string]string{
		"":                      "/auth/account",
		"/":                     "/",
		"/api/users/self":       "/api/users/self",
		"/tasks/1?page=2&x=a b": "/tasks/1?page=2&x=a+b",
		"/a#fragment":           "/a",
		"/größe":                "/gr%C3%B6%C3%9Fe",
	}
	for _, next := range hostile() {
		cases[next] = "/auth/account"
	}
	for next, want := range cases {
		b := s.browser()
		b.post("/auth/login", "username", "ada.byron", "password", phrase, "next", next).leads(want)
		b.get("/auth/login?" + url.Values{"next": {next}}.Encode()).leads(want)
	}
	b := s.browser()
	b.get("/auth/login?next=/a%26b").says(`value="/a&amp;b"`)
	b.post("/auth/login", "username", "ada.byron", "next", "/tasks").says(`name="next" value="/tasks"`, `href="/auth/login?next=%2Ftasks"`)
}

// hostile lead to other sites, in some browser at least, or into headers.
func hostile() []string {
	return []string{
		"//evil.example",
		"///evil.example",
		"/\\evil.example",
		"\\\\evil.example",
		"/a\\b",
		"https:evil.example",
		"https://evil.example",
		"https://gatehouse.example",
		"https://gatehouse.example@evil.example/",
		"https://gatehouse.example.evil.example/",
		"//gatehouse.example@evil.example/",
		"javascript:alert(1)",
		"data:text/html,x",
		"\tjavascript:alert(1)",
		"/\t/evil.example",
		"/\r\nSet-Cookie: a=b",
		"\r/evil.example",
		"/%0aSet-Cookie:a=b",
		"/a?x=%0d%0aSet-Cookie:a=b",
		"/%2f%2fevil.example",
		"/%2fevil.example",
		"/%252fevil.example",
		"/%25252fevil.example",
		"%2f%2fevil.example",
		"/%5cevil.example",
		"/%255cevil.example",
		"/..//evil.example",
		"/%2e%2e/x",
		"/./x",
		"evil.example",
		" //evil.example",
		"/%zz",
		"/a?x=%zz",
		"/\x00",
		"/\u0085",
		"@evil.example",
		"?next=//evil",
		"/" + strings.Repeat("a", 2000),
	}
}
