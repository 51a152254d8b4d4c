package ident

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// Username is a valid user name. The zero value is no name.
type Username struct {
	name, key string
}

// ParseUsername reads a user name as typed, between min and max code points
// long. It may have letters and decimal digits of one script and . + - _, but
// no @ and no combining marks; the combinations with Han in which Japanese,
// Korean and Chinese are written count as one script, with or without Latin.
//
// Errors, in this order: *LengthError, ErrUsernameChars, ErrUsernameReserved.
// Names are reserved without regard to case and outer punctuation.
func ParseUsername(s string, min, max int) (Username, error) {
	u, err := parseUsername(s, min, max)
	if err != nil {
		return Username{}, err
	}
	if isRouteName(u.key) || isAuthorityName(u.key) {
		return Username{}, ErrUsernameReserved
	}
	return u, nil
}

// ParseOperatorUsername is ParseUsername for accounts that the operator of the
// installation makes: names of authority such as admin are free, ones that
// collide with paths are not.
func ParseOperatorUsername(s string, min, max int) (Username, error) {
	u, err := parseUsername(s, min, max)
	if err != nil {
		return Username{}, err
	}
	if isRouteName(u.key) {
		return Username{}, ErrUsernameReserved
	}
	return u, nil
}

// String returns the name as typed, in NFC.
func (u Username) String() string { return u.name }

// Key returns the key under which the name is unique: equal for names that
// differ in case, in composed and decomposed form, in width and other
// compatibility forms, or in the dot on an i. It is itself a legal name.
func (u Username) Key() string { return u.key }

// parseUsername applies every rule but the reserved names.
func parseUsername(s string, min, max int) (Username, error) {
	if len(s) > max*maxBytesPerChar {
		return Username{}, &LengthError{Limit: max, Long: true}
	}
	if !utf8.ValidString(s) {
		return Username{}, ErrUsernameChars
	}
	name, compat := norm.NFC.String(s), norm.NFKC.String(s)
	length := utf8.RuneCountInString(name)
	if length < min {
		return Username{}, &LengthError{Limit: min}
	}
	// A ligature can stand for many letters, which would make an endless key.
	if length > max || utf8.RuneCountInString(compat) > max {
		return Username{}, &LengthError{Limit: max, Long: true}
	}
	if strings.ContainsFunc(name, notNameChar) || strings.ContainsFunc(compat, notNameChar) ||
		!oneScript(compat) || !oneKindOfDigits(compat) || !oneDirection(compat) {
		return Username{}, ErrUsernameChars
	}
	return Username{name: name, key: foldName(name)}, nil
}

// notNameChar reports what is outside [\w.+-]. Numbers other than decimal
// digits are left out because their compatibility forms are other digits, and
// invisible letters because nobody can tell names with them apart.
func notNameChar(r rune) bool {
	if strings.ContainsRune("._+-", r) {
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// foldName maps a name to its key.
func foldName(s string) string {
	// Folding can undo normalisation and the reverse; the second round settles
	// it (Unicode Standard, 3.13, D146). Lower-casing takes care of Cherokee,
	// whose small letters the folding leaves alone.
	for range 2 {
		s = norm.NFKC.String(strings.ToLower(cases.Fold().String(norm.NFKC.String(s))))
	}
	// Upper and lower case of the dotted and dotless i differ between
	// languages, so that the four of them cannot be kept apart by case
	// mapping: all are one letter in a key.
	s = strings.ReplaceAll(s, "i\u0307", "i")
	return strings.ReplaceAll(s, "ı", "i")
}

// oneKindOfDigits refuses 1 next to १: digits of another system can look like
// different ASCII digits.
func oneKindOfDigits(s string) bool {
	other := func(r rune) bool { return unicode.IsDigit(r) && !isDigit(r) }
	return !strings.ContainsFunc(s, isDigit) || !strings.ContainsFunc(s, other)
}

// oneDirection refuses names whose characters would be shown in an order that
// depends on what stands next to them (RFC 5893, asked for by RFC 8265).
func oneDirection(s string) bool {
	return bidirule.DirectionString(s) == bidi.LeftToRight || bidirule.ValidString(s)
}

// oneScript applies the "highly restrictive" level of Unicode TS 39 to a name
// in NFKC.
func oneScript(s string) bool {
	seen := map[string]bool{}
	for _, r := range s {
		if script := scriptOf(r); script != "" {
			seen[script] = true
		}
	}
	if strings.ContainsRune(s, longVowel) && !seen["Hiragana"] && !seen["Katakana"] {
		return false
	}
	if len(seen) <= 1 {
		return !seen["Common"]
	}
	return within(seen, "Latin", "Han", "Hiragana", "Katakana") ||
		within(seen, "Latin", "Han", "Hangul") ||
		within(seen, "Latin", "Han", "Bopomofo")
}

func within(seen map[string]bool, scripts ...string) bool {
	n := 0
	for _, s := range scripts {
		if seen[s] {
			n++
		}
	}
	return n == len(seen)
}

// longVowel belongs to both kinds of Kana; anywhere else it looks like a dash.
const longVowel = 'ー'

// scriptOf returns the script of a character, or "" for what goes with every
// script: ASCII digits and punctuation, and the long vowel mark, which
// oneScript judges. Letters that Unicode shares between scripts are "Common",
// which goes with none: most are look-alikes of punctuation. The Arabic digits
// are shared too, but only among users of Arabic letters.
func scriptOf(r rune) string {
	switch {
	case isLetter(r):
		return "Latin"
	case r < utf8.RuneSelf || r == longVowel:
		return ""
	case '٠' <= r && r <= '٩':
		return "Arabic"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Common"
}

// isRouteName reports names that nobody can have, since paths and clients read
// something else into them.
func isRouteName(key string) bool {
	if strings.Trim(key, ".") == "" {
		return true
	}
	switch strings.Trim(key, "._+-") {
	case "self", "me", "null", "undefined":
		return true
	}
	return false
}

// isAuthorityName reports names that would let somebody pass for those who run
// the installation, or receive what is meant for them (RFC 2142).
func isAuthorityName(key string) bool {
	switch strings.Trim(key, "._+-") {
	case "admin", "admins", "administrator", "administrators", "root", "superuser", "sysadmin",
		"system", "daemon", "staff", "moderator", "owner", "official", "gatehouse", "anonymous",
		"support", "help", "helpdesk", "security", "abuse", "billing", "sales", "info", "noc",
		"postmaster", "hostmaster", "webmaster", "mailer-daemon", "noreply", "no-reply",
		"api", "www", "well-known":
		return true
	}
	return false
}
