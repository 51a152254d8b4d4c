package ident

import (
	"errors"
	"strings"
	"testing"
)

func TestI9_WhitespaceControlsAndHugeInput(t *testing.T) {
	mb := strings.Repeat("a", 1<<20)
	refuseEmails(t, map[string]string{
		"leading": " bob@example.com", "trailing": "bob@example.com ", "inner": "b ob@example.com", "domain": "bob@exa mple.com",
		"NUL": "bob\x00@example.com", "line break": "bob@example.com\r\nBcc: eve@example.com", "tab": "bob\t@example.com",
		"no-break": "bob\u00A0@example.com", "ideographic": "bob@example.com\u3000", "DEL": "bob\x7f@example.com",
		"1 MB local": mb + "@example.com", "1 MB domain": "bob@" + mb + ".com", "1 MB of @": strings.Repeat("@", 1<<20),
		"invalid UTF-8": "bob\xff@example.com", "invalid domain": "bob@ex\xffample.com", "replacement": "bob@ex\uFFFDample.com",
	})
	refuseUsernames(t, ErrUsernameChars, map[string]string{
		"leading": " anna", "trailing": "anna ", "inner": "an na", "NUL": "an\x00na", "line break": "anna\n",
		"tab": "\tanna", "no-break": "an\u00A0na", "DEL": "anna\x7f", "invalid UTF-8": "an\xffna",
	})
	for _, s := range []string{mb, strings.Repeat("e\u0301", 1<<19), strings.Repeat("a", 151), strings.Repeat("\uFB03", 51)} {
		var tooLong *LengthError
		if _, err := ParseUsername(s, 5, 150); !errors.As(err, &tooLong) || *tooLong != (LengthError{150, true}) {
			t.Errorf("%d bytes: %v", len(s), err)
		}
		if _, err := Name(s, 50); !errors.As(err, &tooLong) || *tooLong != (LengthError{50, true}) {
			t.Errorf("name of %d bytes: %v", len(s), err)
		}
	}
	for _, s := range []string{mb, mb + "@example.com", strings.Repeat("\x00", 1<<20), strings.Repeat("@", 1<<20)} {
		if key, _ := LoginKey(s); len(key) != 65 {
			t.Errorf("a key of %d bytes to sign in", len(key))
		}
	}
}

func TestI10_AddressSyntaxThatMailersReadDifferently(t *testing.T) {
	refuseEmails(t, map[string]string{
		"quoted":            `"bob"@example.com`,
		"quoted at":         `"bob@evil.com"@example.com`,
		"backslash":         `bob\@example.com`,
		"comment":           "bob(x)@example.com",
		"comment in domain": "bob@(x)example.com",
		"display name":      "Bob <bob@example.com>",
		"angle brackets":    "<bob@example.com>",
		"IPv4 literal":      "bob@[127.0.0.1]",
		"IPv6 literal":      "bob@[IPv6:::1]",
		"IPv4":              "bob@127.0.0.1",
		"IPv4 in hex":       "bob@127.0.0.0x1",
		"IPv4, full stop":   "bob@127.0.0.1.",
		"source route":      "@relay.com:bob@example.com",
		"percent route":     "bob%evil.com@",
		"bang, no domain":   "evil!bob",
		"leading dot":       ".bob@example.com",
		"trailing dot":      "bob.@example.com",
		"double dot":        "b..ob@example.com",
		"domain dot":        "bob@.example.com",
		"domain dots":       "bob@example..com",
		"trailing dots":     "bob@example.com..",
		"only a dot":        "bob@.",
		"empty":             "",
	})
}

func TestI10_DomainsThatAreNone(t *testing.T) {
	refuseEmails(t, map[string]string{
		"one label":       "bob@localhost",
		"one label, dot":  "bob@localhost.",
		"one-letter top":  "bob@example.c",
		"numeric top":     "bob@example.123",
		"underscore":      "bob@exa_mple.com",
		"leading hyphen":  "bob@-example.com",
		"trailing hyphen": "bob@example-.com",
		"port":            "bob@example.com:25",
		"bad punycode":    "bob@xn--a.com",
		"empty punycode":  "bob@xn--.com",
		"ASCII punycode":  "bob@xn--example-.com",
		"bidi in domain":  "bob@exa\u202Emple.com",
		"zero width":      "bob@exa\u200Bmple.com\u2028",
		"long local":      strings.Repeat("a", 65) + "@example.com",
		"long label":      "bob@" + strings.Repeat("a", 64) + ".com",
		"long":            "bob@" + strings.Repeat("aaaaaaaaa.", 25) + "com",
	})
	for _, s := range []string{
		"b@example.co", "bob+tag@sub.example.com", "!#$%&'*+-/=?^_`{|}~@example.com", "bob@3com.example", "bob@a-b.example",
		strings.Repeat("a", 64) + "@" + strings.Repeat("a", 63) + ".example",
	} {
		if got := mustEmail(t, s).String(); got != s {
			t.Errorf("%q is changed to %q", s, got)
		}
	}
}
