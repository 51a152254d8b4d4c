package route

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/bound"
)

func parseAll(t testing.TB, texts ...string) []Key {
	t.Helper()
	var keys []Key
	for _, text := range texts {
		k, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	return keys
}

var table = []string{
	"GET /",
	"GET /pets",
	"GET /pets/dog/1",
	"GET /pets/dog/{id}",
	"ANY /pets/{proxy+}",
	"POST /pets/{kind}/{id}",
	"ANY /pets/{kind}/{id}",
	"HEAD /pets/dog/1",
	"ANY /files/{proxy+}",
	"GET /api/users/self",
	"GET /api/users/{id}",
	"DELETE /api/users/{uid}",
	"$default",
}

func TestMatch(t *testing.T) {
	s, err := New(parseAll(t, table...))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ rule, request, key, params string }{
		{"exact", "GET /pets", "GET /pets", ""},
		{"root", "GET /", "GET /", ""},
		{"exact before variable", "GET /pets/dog/1", "GET /pets/dog/1", ""},
		{"exact before variable", "GET /api/users/self", "GET /api/users/self", ""},
		{"variable", "GET /api/users/7", "GET /api/users/{id}", "id=7"},
		{"variable names belong to the method's key", "DELETE /api/users/7", "DELETE /api/users/{uid}", "uid=7"},
		{"variable before greedy", "GET /pets/dog/2", "GET /pets/dog/{id}", "id=2"},
		{"greedy", "GET /pets/a/b/c", "ANY /pets/{proxy+}", "proxy=a%2Fb%2Fc"},
		{"greedy takes one segment", "GET /pets/cat", "ANY /pets/{proxy+}", "proxy=cat"},
		{"greedy takes an empty rest", "GET /pets/", "ANY /pets/{proxy+}", "proxy="},
		{"greedy needs its slash", "GET /files", "$default", ""},
		{"named method before ANY", "POST /pets/cat/2", "POST /pets/{kind}/{id}", "id=2&kind=cat"},
		{"ANY", "PUT /pets/cat/2", "ANY /pets/{kind}/{id}", "id=2&kind=cat"},
		{"variable before greedy under ANY", "GET /pets/cat/2", "ANY /pets/{kind}/{id}", "id=2&kind=cat"},
		{"no key for the method", "POST /api/users/7", "$default", ""},
		{"HEAD is no GET", "HEAD /pets", "$default", ""},
		{"HEAD is a method", "HEAD /pets/dog/1", "HEAD /pets/dog/1", ""},
		{"methods are case-sensitive", "get /pets", "$default", ""},
		{"the method ANY is no ANY", "ANY /pets", "$default", ""},
		{"paths are case-sensitive", "GET /Pets", "$default", ""},
		{"trailing slash", "GET /api/users/self/", "$default", ""},
		{"trailing slash after a variable", "GET /api/users/7/", "$default", ""},
		{"double slash", "GET //api/users/7", "$default", ""},
		{"double slash inside", "GET /api//users/7", "$default", ""},
		{"a variable is not empty", "GET /api/users/", "$default", ""},
		{"a variable is one segment", "GET /api/users/7/8", "$default", ""},
		{"decoded literal", "GET /api/%75sers/self", "GET /api/users/self", ""},
		{"decoded variable", "GET /api/users/a%20b%2Bc+d", "GET /api/users/{id}", "id=a+b%2Bc%2Bd"},
		{"decoded once", "GET /api/users/%2541", "GET /api/users/{id}", "id=%2541"},
		{"encoded slash", "GET /api/users%2F7", "$default", ""},
		{"encoded slash in a variable", "GET /api/users/7%2f8", "$default", ""},
		{"encoded slash in a greedy variable", "GET /files/a%2Fb", "$default", ""},
		{"encoded question mark", "GET /api/users/7%3Fx", "$default", ""},
		{"encoded fragment", "GET /api/users/7%23x", "$default", ""},
		{"backslash", "GET /api/users/7%5C8", "$default", ""},
		{"NUL", "GET /api/users/7%00", "$default", ""},
		{"newline", "GET /api/users/7%0A", "$default", ""},
		{"overlong UTF-8", "GET /api/users/%C0%AF", "$default", ""},
		{"dot segments", "GET /api/users/..", "$default", ""},
		{"encoded dot segments", "GET /files/%2e%2e/x", "$default", ""},
		{"path parameters of RFC 2396", "GET /api/users/self;x=1", "GET /api/users/{id}", "id=self%3Bx%3D1"},
		{"stage prefix", "GET /$default/pets", "$default", ""},
		{"no path", "GET ", "$default", ""},
		{"asterisk", "OPTIONS *", "$default", ""},
		{"bad escape", "GET /pets%zz", "$default", ""},
		{"the name of the default", "GET /$default", "$default", ""},
	} {
		method, path, _ := strings.Cut(tc.request, " ")
		key, params, ok := s.Match(method, path)
		values := url.Values{}
		for k, v := range params {
			values.Set(k, v)
		}
		if !ok || key.String() != tc.key || values.Encode() != tc.params {
			t.Errorf("%s: %s → %s %s, want %s %s", tc.rule, tc.request, key, values.Encode(), tc.key, tc.params)
		}
	}
}

// The example of "Create routes for HTTP APIs in API Gateway".
func TestGuide(t *testing.T) {
	s, err := New(parseAll(t, "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"))
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /pets/dog/1": "GET /pets/dog/1",
		"GET /pets/dog/2": "GET /pets/dog/{id}",
		"GET /pets/cat/1": "GET /pets/{proxy+}",
		"POST /test/5":    "ANY /{proxy+}",
		"GET /":           "$default",
	} {
		method, path, _ := strings.Cut(request, " ")
		if key, _, _ := s.Match(method, path); key.String() != want {
			t.Errorf("%s → %s, want %s", request, key, want)
		}
	}
}

func TestNoDefault(t *testing.T) {
	s, err := New(parseAll(t, "GET /a"))
	if err != nil {
		t.Fatal(err)
	}
	if k, _, ok := s.Match("GET", "/b"); ok {
		t.Errorf("matched %s", k)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "GET", "GET ", "/a", "GET a", "get /a", "TRACE /a", "GET  /a", "$Default", "$default/",
		"GET /a/", "POST /{id}/", "GET //", "GET /a//b", "GET /./a", "GET /a/..",
		"GET /{proxy+}/a", "GET /a/{proxy+}/", "GET /a/{proxy+}/{id}",
		"GET /{}", "GET /{+}", "GET /{a b}", "GET /{a}b", "GET /a{b}", "GET /{a", "GET /a}", "GET /{{a}}", "GET /{a++}",
		"GET /{id}/{id}", "GET /{id}/x/{id+}", "GET /a%20b", "GET /a?b", "GET /a#b", "GET /a b", "GET /é",
	} {
		if k, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v", text, k)
		}
	}
}

func TestClash(t *testing.T) {
	for _, tc := range []struct {
		a, b  string
		clash bool
	}{
		{"GET /a", "GET /a", true},
		{"$default", "$default", true},
		{"GET /{a}", "GET /{b}", true},
		{"GET /{a+}", "GET /{b+}", true},
		{"GET /a/{x}", "GET /{y}/b", true},
		{"ANY /a", "GET /{x}", true},
		{"ANY /a/b", "GET /a/{x+}", true},
		{"GET /a", "POST /a", false},
		{"GET /a", "ANY /a", false},
		{"GET /a", "ANY /{x}", false},
		{"GET /{x}", "ANY /{y}", false},
		{"GET /{x}", "POST /{y}", false},
		{"GET /a", "GET /{x}", false},
		{"GET /a/{x}", "GET /a/{x+}", false},
		{"GET /a/{x}", "GET /b/{y}", false},
		{"GET /a/{x}/c", "GET /a/{x}", false},
		{"GET /a", "GET /a/{x+}", false},
		{"GET /a/{x}/{y}", "GET /a/{x+}", false},
		{"GET /", "GET /{x}", false},
		{"GET /", "GET /{x+}", false},
		{"GET /{x+}", "$default", false},
	} {
		for _, pair := range [][]string{{tc.a, tc.b}, {tc.b, tc.a}} {
			_, err := New(parseAll(t, pair...))
			clash, ok := errors.AsType[*ClashError](err)
			if ok != tc.clash {
				t.Errorf("%q: %v, want clash %v", pair, err, tc.clash)
			}
			if ok && (clash.A != 0 || clash.B != 1) {
				t.Errorf("%q: clash of %d and %d", pair, clash.A, clash.B)
			}
		}
	}
}

// The order in which keys are given must not matter.
func TestOrderOfKeys(t *testing.T) {
	keys := parseAll(t, table...)
	forward, err := New(keys)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(keys)
	backward, err := New(keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range table {
		method, path, _ := strings.Cut(text, " ")
		a, pa, _ := forward.Match(method, path)
		b, pb, _ := backward.Match(method, path)
		if a.String() != b.String() || !maps.Equal(pa, pb) {
			t.Errorf("%s: %s or %s", text, a, b)
		}
	}
}

// FuzzRoute: whatever the keys and the path, nothing panics; a match is by one of the
// keys; filling the variables back in gives the path; and an unsafe path reaches
// nothing but $default.
func FuzzRoute(f *testing.F) {
	f.Add("/a/{x}", "/{y+}", "GET", "/a/b")
	f.Add("/a/{x}/c", "/a/{y}", "HEAD", "/a/%2e%2e/c")
	f.Add("/", "/{x+}", "GET", "//")
	f.Fuzz(func(t *testing.T, first, second, method, path string) {
		defer bound.Of(t)()
		keys := parseAll(t, Default)
		for _, text := range []string{"GET " + first, "ANY " + second} {
			if k, err := Parse(text); err == nil {
				keys = append(keys, k)
			}
		}
		s, err := New(keys)
		if err != nil {
			return
		}
		key, params, ok := s.Match(method, path)
		if !ok {
			t.Fatal("not even $default")
		}
		if key.path == nil {
			return
		}
		segments, ok := Split(path)
		if !ok {
			t.Fatalf("%q reached %s", path, key)
		}
		var back []string
		for _, seg := range key.path {
			if seg.kind == literal {
				back = append(back, seg.name)
			} else {
				back = append(back, params[seg.name])
			}
		}
		if got, want := strings.Join(back, "/"), strings.Join(segments, "/"); got != want {
			t.Errorf("%s with %v is %q, not %q", key, params, got, want)
		}
	})
}
