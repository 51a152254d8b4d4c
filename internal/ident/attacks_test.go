package ident

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// The tests of this file are named after the attacks that they hold off.

func mustEmail(t *testing.T, s string) Email {
	t.Helper()
	e, err := ParseEmail(s)
	if err != nil {
		t.Fatalf("ParseEmail(%q): %v", s, err)
	}
	return e
}

func mustUsername(t *testing.T, s string) Username {
	t.Helper()
	u, err := ParseUsername(s, 1, 150)
	if err != nil {
		t.Fatalf("ParseUsername(%q): %v", s, err)
	}
	return u
}

func refuseEmails(t *testing.T, addresses map[string]string) {
	t.Helper()
	for name, s := range addresses {
		if e, err := ParseEmail(s); err != ErrEmail || e != (Email{}) {
			t.Errorf("%s: ParseEmail(%.80q) = %q, %v", name, s, e, err)
		}
	}
}

func refuseUsernames(t *testing.T, want error, names map[string]string) {
	t.Helper()
	for what, s := range names {
		if u, err := ParseUsername(s, 1, 150); err != want || u != (Username{}) {
			t.Errorf("%s: ParseUsername(%.80q) = %q, %v", what, s, u, err)
		}
	}
}

func TestI1_OneKeyForEverySpellingOfAnAddress(t *testing.T) {
	for want, spellings := range map[string][]string{
		"bob@x.com":            {"Bob@X.com", "bob@x.com", "BOB@X.COM.", "bob@ｘ.com", "bob@x。com"},
		"bob@xn--bcher-kva.de": {"bob@bücher.de", "bob@BÜCHER.de", "bob@xn--bcher-kva.de", "bob@XN--BCHER-KVA.DE.", "bob@bu\u0308cher.de"},
	} {
		for _, s := range spellings {
			e := mustEmail(t, s)
			if e.Key() != want || e.String() != want || "bob@"+e.Domain() != want {
				t.Errorf("%q: key %q, string %q, domain %q; want %q", s, e.Key(), e.String(), e.Domain(), want)
			}
		}
	}
}

func TestI2_DJANGO19844_LookAlikesInTheLocalPartAreRefused(t *testing.T) {
	refuseEmails(t, map[string]string{
		"dotless i":         "mıke@example.com",
		"dotted capital i":  "mİke@example.com",
		"long s":            "ſam@example.com",
		"Kelvin sign":       "\u212Aate@example.com",
		"full width":        "ｂｏｂ@example.com",
		"ligature":          "o\uFB03ce@example.com",
		"Cyrillic a":        "\u0430nna@example.com",
		"combining mark":    "e\u0301va@example.com",
		"mathematical":      "𝐛𝐨𝐛@example.com",
		"Turkish in domain": "bob@exampl\u0435.com\u0430-\u200b",
	})
	if mustEmail(t, "bob@gıthub.com").Domain() == "github.com" {
		t.Error("a dotless i in the domain is read as an i")
	}
}

func TestI3_AUTHJS7rqj_LookAlikesOfTheAtSignAreRefused(t *testing.T) {
	refuseEmails(t, map[string]string{
		"small at":              "bob\uFE6Bexample.com",
		"full-width at":         "bob\uFF20example.com",
		"small at in domain":    "bob@evil.com\uFE6Bexample.com",
		"full-width in domain":  "bob@evil.com\uFF20example.com",
		"full-width before":     "bob\uFF20example.com@evil.com",
		"two":                   "bob@evil.com@example.com",
		"two in a row":          "bob@@example.com",
		"none":                  "bob.example.com",
		"no local part":         "@example.com",
		"no domain":             "bob@",
		"list":                  "bob@example.com,eve@example.com",
		"full-width list comma": "bob@example.com\uFF0Ceve.com",
	})
}

func TestI4_HomoglyphsInUserNames(t *testing.T) {
	refuseUsernames(t, ErrUsernameChars, map[string]string{
		"Cyrillic a in Latin":   "p\u0430ypal",
		"Greek o in Latin":      "g\u03BFogle",
		"Latin and Devanagari":  "anna\u0915",
		"right-to-left":         "anna\u202Egnp",
		"isolate":               "\u2067anna\u2069",
		"zero-width space":      "an\u200Bna",
		"zero-width joiner":     "an\u200Dna",
		"soft hyphen":           "an\u00ADna",
		"byte order mark":       "\uFEFFanna",
		"Hangul filler":         "anna\u3164",
		"half-width filler":     "\u3131\uFFA0",
		"jamo filler":           "\u115F",
		"combining mark":        "anna\u0332",
		"stacked marks":         "a" + strings.Repeat("\u0300\u0332", 40),
		"mark from a ligature":  "\uFE77\u0628",
		"modifier apostrophe":   "anna\u02BC",
		"modifier colon":        "anna\u02D0",
		"tatweel":               "\u0628\u0640\u0628",
		"Katakana mark alone":   "annaー",
		"digits of two systems": "\u09661",
		"Arabic digits, Latin":  "anna\u0663",
		"fraction":              "anna\u00BD",
		"right to left, mixed":  "1\u05D0",
		"Han, Hangul, Kana":     "漢한ひ",
		"unassigned":            "anna\U000EFFFF",
	})
	for _, s := range []string{"anna_b.c+d-1", "Анна", "Ελένη", "محمد", "דוד", "田中たろうタロー", "taro田中", "김철수", "한漢",
		"ㄅㄆ中", "İbrahim", "mıke", "straße", "José", "\u0915\u0916\u0967", "محمد٣", "1234567", "-----"} {
		if u := mustUsername(t, s); u.String() != s {
			t.Errorf("%q is changed to %q", s, u)
		}
	}
}

func TestI4_CompatibilityFormsAreTheSameName(t *testing.T) {
	for want, names := range map[string][]string{
		"anna":    {"Anna", "ANNA", "ａｎｎａ", "𝐚𝐧𝐧𝐚", "ªnna"},
		"office":  {"o\uFB03ce", "OFFICE"},
		"sam":     {"ſam", "SAM"},
		"kate":    {"\u212Aate"},
		"mike":    {"mıke", "MİKE", "MIKE"},
		"strasse": {"straße", "STRASSE", "STRAẞE"},
		"ς":       nil,
		"σίσυφοσ": {"Σίσυφος", "ΣΊΣΥΦΟΣ"},
		"ガール":     {"ｶﾞｰﾙ"},
	} {
		for _, s := range names {
			if got := mustUsername(t, s).Key(); got != want {
				t.Errorf("key of %q is %q, want %q", s, got, want)
			}
		}
	}
}

func TestI5_UserNamesAndAddressesAreDisjoint(t *testing.T) {
	refuseUsernames(t, ErrUsernameChars, map[string]string{
		"address":       "bob@example.com",
		"at alone":      "@",
		"full-width at": "bob\uFF20example.com",
		"small at":      "bob\uFE6Bexample.com",
	})
	for s, wantEmail := range map[string]bool{
		"bob": false, "bob.example.com": false, "bob\uFF20example.com": false, "!bob": false, "": false,
		"bob@example.com": true, "@": true, "bob@": true, "!b@example.com": true,
	} {
		key, isEmail := LoginKey(s)
		if isEmail != wantEmail {
			t.Errorf("LoginKey(%q): isEmail = %v", s, isEmail)
		}
		// Valid keys of the two kinds differ in the @, impossible ones from both.
		impossible := strings.HasPrefix(key, "!") && !strings.Contains(key, "@")
		if _, err := ParseUsername(key, 1, 150); err == nil && isEmail {
			t.Errorf("LoginKey(%q): the key %q is a user name", s, key)
		}
		if isEmail && !impossible && !strings.Contains(key, "@") {
			t.Errorf("LoginKey(%q): the key %q is not an address", s, key)
		}
	}
}

func TestI6_ReservedNamesAndPathTricks(t *testing.T) {
	refuseUsernames(t, ErrUsernameReserved, map[string]string{
		"dot": ".", "dots": "..", "many dots": "......",
		"self": "self", "me": "Me", "null": "NULL", "undefined": "undefined",
		"admin": "admin", "case": "ADMIN", "width": "ａｄｍｉｎ", "ends": "_admin_", "dotless": "admın", "dotted": "ADMİN",
		"root": "root", "support": "Support", "long s": "ſupport", "api": "api", "well-known": ".well-known",
		"postmaster": "postmaster", "security": "security", "system": "system", "administrator": "Administrator",
	})
	refuseUsernames(t, ErrUsernameChars, map[string]string{
		"escaped dot": "%2e", "full-width dots": "．．", "slash": "a/b", "backslash": `a\b`, "escaped slash": "%2f",
		"fraction slash": "a\u2215b", "one dot leader": "\u2024%", "query": "a?b", "fragment": "a#b", "semicolon": "a;b",
	})
	for _, s := range []string{"admin1", "nulls", "rooted", "selfie", "apiary"} {
		mustUsername(t, s)
	}
	for _, s := range []string{"admin", "Administrator", "root", "support"} {
		if _, err := ParseOperatorUsername(s, 1, 150); err != nil {
			t.Errorf("the operator cannot make %q: %v", s, err)
		}
	}
	for _, s := range []string{".", "..", "self", "ME", "null", "-me-"} {
		if _, err := ParseOperatorUsername(s, 1, 150); err != ErrUsernameReserved {
			t.Errorf("the operator can make %q: %v", s, err)
		}
	}
	if _, err := ParseOperatorUsername("a@b", 1, 150); err != ErrUsernameChars {
		t.Errorf("the operator can make a@b: %v", err)
	}
}

func TestI7_PlusAndDotTagsAreKept(t *testing.T) {
	keys := map[string]bool{}
	for _, s := range []string{"anna.b@gmail.com", "annab@gmail.com", "anna.b+x@gmail.com", "annab+x@gmail.com", "annab+x@googlemail.com"} {
		keys[mustEmail(t, s).Key()] = true
	}
	if len(keys) != 5 {
		t.Errorf("addresses fell together: %v", keys)
	}
}

func TestI8_NFCAndNFDNamesAreTheSame(t *testing.T) {
	for _, s := range []string{"José", "Ǻke", "김철수", "ガール", "Ểlan", "ΐος"} {
		nfc, nfd := mustUsername(t, norm.NFC.String(s)), mustUsername(t, norm.NFD.String(s))
		if nfc != nfd {
			t.Errorf("%q: %+v and %+v", s, nfc, nfd)
		}
		a, _ := LoginKey(norm.NFC.String(s))
		b, _ := LoginKey(norm.NFD.String(s))
		if a != b || a != nfc.Key() {
			t.Errorf("%q: keys %q and %q to sign in", s, a, b)
		}
	}
}
