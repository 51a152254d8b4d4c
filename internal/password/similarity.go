package password

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSimilarity is the ratio from which on a password counts as taken from an
// attribute of the person.
const maxSimilarity = 0.7

// similarAttribute names the first attribute that pw is too similar to, or
// returns "". It compares, regardless of case, with the whole value and with
// each word in it.
func similarAttribute(pw string, about Person) string {
	attributes := [...]struct{ name, value string }{
		{"username", about.Username},
		{"first name", about.FirstName},
		{"last name", about.LastName},
		{"email address", about.Email},
	}
	lower := []rune(strings.ToLower(pw))
	for _, a := range attributes {
		value := strings.ToLower(norm.NFC.String(a.value))
		for _, part := range append(words(value), value) {
			if tooSimilar(lower, []rune(part)) {
				return a.name
			}
		}
	}
	return ""
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
}

func tooSimilar(pw, part []rune) bool {
	// At ten times the length the ratio is below 0.2 whatever the characters.
	// Without this shortcut a long password times many words would be slow.
	if len(part) == 0 || len(pw) >= 10*len(part) {
		return false
	}
	return quickRatio(pw, part) >= maxSimilarity
}

// quickRatio is the share of characters that two texts have in common,
// regardless of their order: twice the size of the intersection of the two
// multisets over the sum of their sizes. It is the quick_ratio of Python's
// difflib, an upper bound of its slower ratio.
func quickRatio(a, b []rune) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	left := make(map[rune]int, len(b))
	for _, r := range b {
		left[r]++
	}
	matches := 0
	for _, r := range a {
		if left[r] > 0 {
			left[r]--
			matches++
		}
	}
	return 2 * float64(matches) / float64(len(a)+len(b))
}
