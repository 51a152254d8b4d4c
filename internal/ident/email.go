package ident

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of an address in bytes: RFC 5321, 4.5.3.1, RFC 1035, 2.3.4.
const (
	maxEmail  = 254
	maxLocal  = 64
	maxDomain = 253
	maxLabel  = 63
)

// Email is a valid address in its stored form. The zero value is no address.
type Email struct {
	local, domain string
}

// ParseEmail reads an address as typed. It wants one @ between an ASCII
// dot-atom and a domain name of two labels and more; internationalised domains
// are taken in either form. Everything else that RFC 5322 knows (quoted local
// parts, comments, IP literals, source routes) is refused, and so is any
// character outside ASCII in the local part: it could only be a look-alike of
// somebody else's address. Tags after a plus and dots are kept. The error is
// ErrEmail.
func ParseEmail(s string) (Email, error) {
	if len(s) > maxEmail || !utf8.ValidString(s) {
		return Email{}, ErrEmail
	}
	// Mapping the domain can bring forth no second @: the result is checked
	// to be made of letters, digits and hyphens.
	local, domain, found := strings.Cut(s, "@")
	if !found || !validLocal(local) {
		return Email{}, ErrEmail
	}
	domain, ok := canonicalDomain(domain)
	if !ok || len(local)+1+len(domain) > maxEmail {
		return Email{}, ErrEmail
	}
	return Email{local: strings.ToLower(local), domain: domain}, nil
}

// String returns the stored form, the one to show and to send mail to: all
// lower-case, with the domain in its ASCII form. It is "" for the zero value.
func (e Email) String() string {
	if e.domain == "" {
		return ""
	}
	return e.local + "@" + e.domain
}

// Key returns the key under which the address is unique. It is the same as
// String: no provider's rules about dots and tags are guessed.
func (e Email) Key() string { return e.String() }

// Domain returns the domain in lower-case A-labels, without a trailing dot.
func (e Email) Domain() string { return e.domain }

// validLocal reports whether s is the dot-atom of RFC 5322, 3.2.3.
func validLocal(s string) bool {
	if len(s) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	return true
}

func notAtext(r rune) bool {
	return !isLetter(r) && !isDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func isDigit(r rune) bool  { return '0' <= r && r <= '9' }

// canonicalDomain maps a domain to lower-case A-labels and reports whether the
// result is a name that mail can go to.
func canonicalDomain(s string) (string, bool) {
	domain, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return "", false
	}
	domain = strings.TrimSuffix(strings.ToLower(domain), ".")
	labels := strings.Split(domain, ".")
	if len(domain) > maxDomain || len(labels) < 2 {
		return "", false
	}
	for _, label := range labels {
		if !validLabel(label) {
			return "", false
		}
	}
	// No top-level domain starts with a digit or has one letter, but the last
	// part of an IPv4 address does, in any of its decimal and hex spellings.
	top := labels[len(labels)-1]
	return domain, len(top) >= 2 && isLetter(rune(top[0]))
}

// validLabel wants letters, digits and inner hyphens (RFC 1123, 2.1).
func validLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isLetter(r) && !isDigit(r) && r != '-' })
}
