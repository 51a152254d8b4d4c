package route

import (
	"fmt"
	"slices"
	"strings"
)

// Parse reads a route key: "$default", or a method (or ANY) and a path. It refuses
// keys that API Gateway accepts silently and then never matches, such as one that
// ends in a slash, and those it cannot have.
func Parse(text string) (Key, error) {
	if text == Default {
		return Key{text: text}, nil
	}
	method, path, _ := strings.Cut(text, " ")
	methods := []string{anyMethod, "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	if !slices.Contains(methods, method) {
		return Key{}, fmt.Errorf("route key %q: method %q is none of %s", text, method, strings.Join(methods, ", "))
	}
	segments, err := parsePath(path)
	if err != nil {
		return Key{}, fmt.Errorf("route key %q: %w", text, err)
	}
	return Key{text: text, method: method, path: segments}, nil
}

func parsePath(path string) ([]segment, error) {
	rest, ok := strings.CutPrefix(path, "/")
	switch {
	case !ok:
		return nil, fmt.Errorf("the path must begin with a slash")
	case rest == "":
		return []segment{{kind: literal}}, nil
	case strings.HasSuffix(rest, "/"):
		return nil, fmt.Errorf("the path must not end in a slash: the gateway would make no route of it")
	}
	var out []segment
	for part := range strings.SplitSeq(rest, "/") {
		if len(out) > 0 && out[len(out)-1].kind == greedy {
			return nil, fmt.Errorf("a greedy variable must come last")
		}
		seg, err := parseSegment(part)
		if err != nil {
			return nil, err
		}
		same := func(s segment) bool { return s.kind != literal && s.name == seg.name }
		if seg.kind != literal && slices.ContainsFunc(out, same) {
			return nil, fmt.Errorf("two variables are named %q", seg.name)
		}
		out = append(out, seg)
	}
	return out, nil
}

func parseSegment(part string) (segment, error) {
	seg := segment{kind: literal, name: part}
	allowed := "-._~!$&'()*+,;=:@" // RFC 3986, section 3.3: pchar without percent-encoding
	if inner, ok := strings.CutPrefix(part, "{"); ok {
		if inner, ok = strings.CutSuffix(inner, "}"); !ok {
			return seg, fmt.Errorf("%q: a variable must be a whole segment", part)
		}
		seg = segment{kind: variable, name: inner}
		if name, ok := strings.CutSuffix(inner, "+"); ok {
			seg = segment{kind: greedy, name: name}
		}
		allowed = "-._"
	}
	bad := func(r rune) bool {
		alnum := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !alnum && !strings.ContainsRune(allowed, r)
	}
	if seg.name == "" || seg.name == "." || seg.name == ".." || strings.ContainsFunc(seg.name, bad) {
		return seg, fmt.Errorf("segment %q is not possible", part)
	}
	return seg, nil
}

// clash: some request is matched by both, and neither key is the more specific one.
func clash(a, b Key) bool {
	return overlap(a, b) && covers(a, b) == covers(b, a)
}

// overlap: there is a request that both match. "$default" gives way to all others.
func overlap(a, b Key) bool {
	if a.path == nil || b.path == nil {
		return a.path == nil && b.path == nil
	}
	if a.method != b.method && a.method != anyMethod && b.method != anyMethod {
		return false
	}
	for i := range min(len(a.path), len(b.path)) {
		x, y := a.path[i], b.path[i]
		switch {
		case isRoot(a) != isRoot(b):
			return false
		case x.kind == greedy || y.kind == greedy:
			return true
		case x.kind == literal && y.kind == literal && x.name != y.name:
			return false
		}
	}
	return len(a.path) == len(b.path)
}

// covers: a matches whatever b matches. Asked only of keys that overlap.
func covers(a, b Key) bool {
	if a.method != b.method && a.method != anyMethod {
		return false
	}
	for i, x := range a.path {
		if x.kind == greedy {
			return true
		}
		if i >= len(b.path) || b.path[i].kind > x.kind {
			return false
		}
	}
	return true
}

func isRoot(k Key) bool { return len(k.path) == 1 && k.path[0] == segment{} }
