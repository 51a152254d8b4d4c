package ident

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestTexts(t *testing.T) {
	for err, want := range map[error]string{
		ErrEmail:                             "Enter a valid email address.",
		ErrUsernameChars:                     "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
		ErrUsernameReserved:                  "This username is reserved.",
		&LengthError{Limit: 5}:               "Ensure this field has at least 5 characters.",
		&LengthError{Limit: 150, Long: true}: "Ensure this field has no more than 150 characters.",
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

func TestUsernameLength(t *testing.T) {
	for _, c := range []struct {
		s    string
		want LengthError
	}{
		{"", LengthError{5, false}},
		{"anna", LengthError{5, false}},
		{norm.NFD.String("éééé"), LengthError{5, false}},
		{"a b", LengthError{5, false}},
		{strings.Repeat("é", 151), LengthError{150, true}},
	} {
		var got *LengthError
		if _, err := ParseUsername(c.s, 5, 150); !errors.As(err, &got) || *got != c.want {
			t.Errorf("%q: %v", c.s, err)
		}
	}
	for _, s := range []string{"anna5", strings.Repeat("é", 150), norm.NFD.String(strings.Repeat("é", 150))} {
		if _, err := ParseUsername(s, 5, 150); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestZeroValues(t *testing.T) {
	if s := (Email{}).String() + (Email{}).Key() + (Email{}).Domain() + (Username{}).String() + (Username{}).Key(); s != "" {
		t.Errorf("%q", s)
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"Anna", "Anna", nil},
		{"  Anna  van der Berg\u3000", "Anna  van der Berg", nil},
		{"", "", nil},
		{" \n ", "", nil},
		{"Jose\u0301", "José", nil},
		{"<b>https://evil.example</b> & co.", "<b>https://evil.example</b> & co.", nil},
		{"O'Neill, Jr. 🎉", "O'Neill, Jr. 🎉", nil},
		{"क्षत्रिय", "क्षत्रिय", nil},
		{"An\nna", "", ErrName},
		{"An\r\nBcc: x", "", ErrName},
		{"An\x00na", "", ErrName},
		{"An\tna", "", ErrName},
		{"An\u0085na", "", ErrName},
		{"An\u202Ena", "", ErrName},
		{"\u2066Anna\u2069", "", ErrName},
		{"An\u200Bna", "", ErrName},
		{"An\u200Dna", "", ErrName},
		{"An\uFEFFna", "", ErrName},
		{"An\u2028na", "", ErrName},
		{"Anna\uFE0F", "", ErrName},
		{"\u3164", "", ErrName},
		{"\u2800", "", ErrName},
		{"\uE000", "", ErrName},
		{"\uFFFF", "", ErrName},
		{"An\xffna", "", ErrName},
		{"a" + strings.Repeat("\u0301", 40), "", ErrName},
	} {
		if got, err := Name(c.in, 50); got != c.want || err != c.err {
			t.Errorf("Name(%q) = %q, %v", c.in, got, err)
		}
	}
	if _, err := Name(strings.Repeat("é", 50), 50); err != nil {
		t.Error(err)
	}
	var tooLong *LengthError
	if _, err := Name(strings.Repeat("é", 51), 50); !errors.As(err, &tooLong) {
		t.Error(err)
	}
}

func TestPropose(t *testing.T) {
	for address, want := range map[string]string{
		"Anna.Berg@example.com":    "anna.berg",
		"anna.berg+x@example.com":  "anna.berg+x",
		"anna@example.com":         "anna-user",
		"a@example.com":            "a-user",
		"root@example.com":         "root-user",
		"support@example.com":      "support-user",
		"o'neill@example.com":      "o-neill",
		"!#$%&'*/=@example.com":    "---------",
		"administrator@example.de": "administrator-user",
	} {
		if got := Propose(mustEmail(t, address)); got != want {
			t.Errorf("Propose(%s) = %q, want %q", address, got, want)
		}
	}
}

func TestVary(t *testing.T) {
	long := strings.Repeat("é", 150)
	for _, c := range []struct {
		base string
		n    int
		want string
	}{
		{"anna-user", 0, "anna-user"},
		{"anna-user", 1, "anna-user"},
		{"anna-user", 2, "anna-user2"},
		{"anna-user", 9, "anna-user9"},
		{long, 3, long[:2*149] + "3"},
	} {
		if got := Vary(c.base, c.n); got != c.want {
			t.Errorf("Vary(%q, %d) = %q", c.base, c.n, got)
		}
	}
	a, b := Vary("anna", 10), Vary("anna", 10)
	if a == b || len(a) != 12 || !strings.HasPrefix(a, "anna") {
		t.Errorf("%q, %q", a, b)
	}
	if got := Vary(long, 10); utf8.RuneCountInString(got) != 150 {
		t.Errorf("%d code points", utf8.RuneCountInString(got))
	}
}
