package mail

import (
	"strings"
	"unicode"
)

// maxShown is how many characters of a value that somebody chose are shown.
const maxShown = 80

// hairSpace is put behind whatever could make a mail program see a link.
const hairSpace = "\u200a"

// tame makes a value that somebody chose fit to stand in a mail to somebody
// else: one line of at most 80 characters, without controls, without invisible
// characters and those that change the direction of writing, and without
// anything that a mail program turns into a link.
//
// Mail programs make links of plain text that looks like an address, also in
// HTML. So a hair space follows every dot, colon, slash, backslash and @,
// and every character that browsers take for a dot. It is white space to all
// programs, so no address goes on behind it, it may stand in no host name, and
// readers see "evil. com" with a thin gap. Invisible characters would not do:
// host names with them are valid and mean the same without them.
func tame(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Z):
			return ' '
		case unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown-1]) + "…"
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		if strings.ContainsRune(`.:/\@。．｡․：／＼＠﹒﹕﹫`, r) {
			b.WriteString(hairSpace)
		}
	}
	return strings.TrimSuffix(b.String(), hairSpace)
}
