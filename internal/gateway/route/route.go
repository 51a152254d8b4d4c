// Package route knows the route keys of an API Gateway HTTP API and which of them
// the gateway picks for a request. It knows no HTTP beyond a method and a path.
//
// The rules are those of "Create routes for HTTP APIs in API Gateway" in the API
// Gateway Developer Guide, and differ from net/http's ServeMux in much:
//
//   - a full match wins over one with a variable, that over a greedy variable, and
//     "$default" takes the rest;
//   - a variable stands for exactly one segment that is not empty;
//   - a named method wins over ANY; HEAD is a method like any other, not a GET;
//   - "/x/" and "//x" are other paths than "/x"; nothing is cleaned or redirected.
//
// Where the guide does not say which of two keys wins, New refuses the pair.
package route

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Default is the key of the route that takes what no other route does.
const Default = "$default"

const anyMethod = "ANY"

// Key is a parsed route key.
type Key struct {
	text, method string
	path         []segment // nil for $default
}

type segment struct {
	kind kind
	name string // of a variable, or the literal itself
}

type kind int

// In the order in which they win.
const (
	literal kind = iota
	variable
	greedy
)

// String is the key as API Gateway writes it: "GET /api/users/{id}" or "$default".
func (k Key) String() string { return k.text }

// Set is the keys of one API.
type Set struct {
	keys     []Key // the more specific before the less
	fallback *Key
}

// ClashError says which two keys, by their places in the list given to New, would
// match the same request without one being the more specific of the two.
type ClashError struct {
	A, B int
	Keys [2]Key
}

func (e *ClashError) Error() string {
	return fmt.Sprintf("route keys %q and %q match the same requests", e.Keys[0], e.Keys[1])
}

// New makes a Set. The only error is a *ClashError.
func New(keys []Key) (*Set, error) {
	for i, a := range keys {
		for j, b := range keys[:i] {
			if clash(a, b) {
				return nil, &ClashError{A: j, B: i, Keys: [2]Key{b, a}}
			}
		}
	}
	s := &Set{}
	for _, k := range keys {
		if k.path == nil {
			s.fallback = &k
		} else {
			s.keys = append(s.keys, k)
		}
	}
	slices.SortStableFunc(s.keys, bySpecificity)
	return s, nil
}

// bySpecificity sorts a key before all that match whatever it matches and more.
func bySpecificity(a, b Key) int {
	byKind := func(x, y segment) int { return cmp.Compare(x.kind, y.kind) }
	if c := slices.CompareFunc(a.path, b.path, byKind); c != 0 {
		return c
	}
	isAny := func(k Key) int {
		if k.method == anyMethod {
			return 1
		}
		return 0
	}
	return isAny(a) - isAny(b)
}

// Match finds the key for a method and a path as it was sent, still percent-encoded,
// and the decoded values of the key's variables. Method and literals are compared
// byte by byte.
//
// The gateway decodes paths before it matches, and what it then does with an encoded
// slash is not documented. Here a path of which a segment is unsafe once decoded
// (see Split) can reach "$default" only: no key with variables, and thus no
// protected resource, is ever found under a second spelling.
func (s *Set) Match(method, path string) (Key, map[string]string, bool) {
	if segments, ok := Split(path); ok {
		for _, k := range s.keys {
			if (k.method == method || k.method == anyMethod) && k.matches(segments) {
				return k, k.params(segments), true
			}
		}
	}
	if s.fallback != nil {
		return *s.fallback, nil, true
	}
	return Key{}, nil, false
}

func (k Key) matches(path []string) bool {
	root := len(path) == 1 && path[0] == ""
	for i, seg := range k.path {
		switch {
		case i >= len(path):
			return false
		case seg.kind == greedy:
			return !root // "/" is matched by "/" alone; what follows another slash may be empty
		case seg.kind == variable && path[i] == "", seg.kind == literal && path[i] != seg.name:
			return false
		}
	}
	return len(path) == len(k.path)
}

func (k Key) params(path []string) map[string]string {
	var out map[string]string
	for i, seg := range k.path {
		if seg.kind == literal {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[seg.name] = path[i]
		if seg.kind == greedy {
			out[seg.name] = strings.Join(path[i:], "/")
		}
	}
	return out
}

// Split cuts a percent-encoded path into decoded segments. It is not ok with a path
// that does not begin with a slash or cannot be decoded, or with a segment that
// decodes to a dot segment, to invalid UTF-8 or to something with a slash, "?", "#",
// backslash or control character in it.
func Split(path string) (segments []string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, false
	}
	for raw := range strings.SplitSeq(rest, "/") {
		seg, err := url.PathUnescape(raw)
		if err != nil || !safe(seg) {
			return nil, false
		}
		segments = append(segments, seg)
	}
	return segments, true
}

func safe(seg string) bool {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return seg != "." && seg != ".." && utf8.ValidString(seg) &&
		!strings.ContainsAny(seg, `/?#\`) && !strings.ContainsFunc(seg, control)
}
