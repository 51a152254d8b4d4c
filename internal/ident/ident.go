// Package ident normalises what people are known by: e-mail addresses, user
// names and display names.
//
// It owns which spellings are legal, the form in which each is stored, and the
// keys under which two spellings are the same. It does not know which names
// are taken, does not keep those of deleted accounts, and does not escape
// anything: a display name may contain markup, which whoever prints it must
// neutralise.
//
// No function trims what is typed into an e-mail address or a user name; the
// caller does that first where the contract asks for it.
package ident

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Error is a refusal whose text is fit for an answer to the client.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The refusals. All but ErrName and ErrUsernameReserved have the texts that
// clients of the account API know.
const (
	// ErrEmail is the only refusal of ParseEmail.
	ErrEmail Error = "Enter a valid email address."

	// ErrUsernameChars refuses a user name for its characters. The text names
	// the @ that older accounts may have; new ones may not.
	ErrUsernameChars Error = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."

	// ErrUsernameReserved refuses a user name that would pass for an authority
	// or be taken for a part of a path.
	ErrUsernameReserved Error = "This username is reserved."

	// ErrName refuses a display name with invisible or control characters.
	ErrName Error = "This value contains characters that are not allowed."
)

// LengthError refuses a value for its length in code points.
type LengthError struct {
	Limit int  // the least or greatest length allowed
	Long  bool // whether the value is longer than Limit rather than shorter
}

// Error returns a text fit for an answer to the client.
func (e *LengthError) Error() string {
	if e.Long {
		return fmt.Sprintf("Ensure this field has no more than %d characters.", e.Limit)
	}
	return fmt.Sprintf("Ensure this field has at least %d characters.", e.Limit)
}

// maxBytesPerChar bounds the bytes that one code point of a normalised name
// can come from. Longer input is too long whatever it is, and is refused
// without normalising it.
const maxBytesPerChar = 16

// Name returns a display name (first or last name, organization) in NFC and
// without outer white space, at most max code points long; it may be empty.
// Controls, line breaks, and everything invisible or that changes the writing
// direction are refused with ErrName; that includes the joiners in composite
// emoji. Markup and addresses are allowed. The other error is a *LengthError.
func Name(s string, max int) (string, error) {
	if len(s) > max*maxBytesPerChar {
		return "", &LengthError{Limit: max, Long: true}
	}
	if !utf8.ValidString(s) {
		return "", ErrName
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if strings.ContainsFunc(s, invisible) {
		return "", ErrName
	}
	if utf8.RuneCountInString(s) > max {
		return "", &LengthError{Limit: max, Long: true}
	}
	return s, nil
}

// invisible reports characters that show nothing themselves or change how
// others are shown: controls, formats (bidi, zero width, tags), line and
// paragraph separators, variation selectors, fillers, private use.
func invisible(r rune) bool {
	const brailleBlank = '\u2800'
	return r == brailleBlank || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs,
		unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Noncharacter_Code_Point)
}
