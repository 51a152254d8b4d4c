package web

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/account"
)

// nextPage is where a sign-in leads: the path on this site that was asked for, or
// the account. It is written anew from what was understood of it, so that no
// browser can understand something else.
func nextPage(s string) string {
	if s == "" || len(s) > 1000 || !harmless(s) {
		return account.PageAccount
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !harmlessPath(u.EscapedPath()) {
		return account.PageAccount
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return account.PageAccount
	}
	for name, values := range q {
		if !harmless(name + strings.Join(values, "")) {
			return account.PageAccount
		}
	}
	out := url.URL{Path: u.Path, RawQuery: q.Encode()}
	return out.String()
}

func harmless(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\\' })
}

// harmlessPath looks at a path as it is and as whoever unescapes it once more
// would see it.
func harmlessPath(path string) bool {
	for range 4 {
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || !harmless(path) {
			return false
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return false
			}
		}
		plain, err := url.PathUnescape(path)
		if err != nil {
			return false
		}
		if plain == path {
			return true
		}
		path = plain
	}
	return false
}
