package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of the length of a new password, in code points after NFC. The upper
// one also bounds the bytes: 256 code points are at most 1,024 bytes of UTF-8.
const (
	DefaultMinLength = 8   // used when Policy.MinLength is not positive
	MaxLength        = 256 // fixed
)

// What Check says. The texts are those that clients of the account API know.
const (
	textSimilar     = "The password is too similar to the %s."
	textTooShortOne = "This password is too short. It must contain at least %d character."
	textTooShort    = "This password is too short. It must contain at least %d characters."
	textCommon      = "This password is too common."
	textNumeric     = "This password is entirely numeric."
	textTooLong     = "Password must be %d characters or fewer."
)

// Policy says which new passwords are acceptable. The zero value asks for
// eight code points.
type Policy struct {
	MinLength int // in code points after NFC
}

// Person is what is known of whoever sets a password. Empty fields are
// ignored.
type Person struct {
	Username, FirstName, LastName, Email string
}

// Check returns every reason for which pw is refused, or nil. The order is
// fixed: similar to the person (the first such attribute alone), too short,
// common, entirely numeric, too long. The password is judged in NFC, as it is
// hashed, and never trimmed.
func (p Policy) Check(pw string, about Person) []string {
	pw = norm.NFC.String(pw)
	length := utf8.RuneCountInString(pw)
	var failures []string
	if attribute := similarAttribute(pw, about); attribute != "" {
		failures = append(failures, fmt.Sprintf(textSimilar, attribute))
	}
	if least := p.minLength(); length < least {
		failures = append(failures, tooShort(least))
	}
	if isCommon(pw) {
		failures = append(failures, textCommon)
	}
	if entirelyNumeric(pw) {
		failures = append(failures, textNumeric)
	}
	if length > MaxLength {
		failures = append(failures, fmt.Sprintf(textTooLong, MaxLength))
	}
	return failures
}

func (p Policy) minLength() int {
	if p.MinLength <= 0 {
		return DefaultMinLength
	}
	return p.MinLength
}

func tooShort(least int) string {
	if least == 1 {
		return fmt.Sprintf(textTooShortOne, least)
	}
	return fmt.Sprintf(textTooShort, least)
}

// entirelyNumeric looks at the compatibility form, so that superscript and
// circled digits count as the digits that they are.
func entirelyNumeric(pw string) bool {
	notDigit := func(r rune) bool { return !unicode.IsDigit(r) }
	return pw != "" && !strings.ContainsFunc(norm.NFKC.String(pw), notDigit)
}
