package list

import (
	"net/url"
	"strconv"
	"strings"
)

// Query reads the raw query of a URL as Django does: only "&" separates, a
// parameter without "=" has the empty value, an escape that is none stays as
// it is, and each byte that is not UTF-8 becomes U+FFFD. (url.ParseQuery drops
// such parameters, which then would be missing from the links.)
func Query(raw string) url.Values {
	q := url.Values{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name = unescape(name)
		q[name] = append(q[name], unescape(value))
	}
	return q
}

func unescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			out = append(out, byte(hex(s[i+1])<<4|hex(s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string([]rune(string(out))) // the conversion replaces bad bytes
}

// hex is the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// Links gives the addresses of the neighbouring pages, "" where there is none
// (null on the wire). base is the absolute URL of the request, with its query;
// the links keep all its parameters, sorted by name and encoded anew, and
// name page 1 by leaving page out.
func (p Page[R]) Links(base *url.URL) (next, previous string) {
	if p.HasNext {
		next = link(base, p.Number+1)
	}
	if p.HasPrevious {
		previous = link(base, p.Number-1)
	}
	return next, previous
}

func link(base *url.URL, page int) string {
	q := Query(base.RawQuery)
	q.Del("page")
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	u := *base
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	u.RawQuery = q.Encode()
	return u.String()
}
