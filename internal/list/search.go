package list

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTerms bounds what one row can cost; nobody types that many words.
const maxTerms = 32

// parseSearch gives the terms of a search, folded, each once.
func parseSearch(text string) ([]string, error) {
	if strings.ContainsRune(text, 0) {
		return nil, refuse("Null characters are not allowed.")
	}
	var terms []string
	for _, term := range searchTerms(text) {
		folded := string(appendFold(nil, term))
		if slices.Contains(terms, folded) {
			continue
		}
		if len(terms) == maxTerms {
			return nil, refuse("search: more than " + strconv.Itoa(maxTerms) + " terms")
		}
		terms = append(terms, folded)
	}
	return terms, nil
}

// searchTerms splits as Django REST framework does: at white space outside
// quotes, then tokens that are not wholly quoted at commas. A lone quotation
// mark is an empty quoted term.
func searchTerms(text string) []string {
	var terms []string
	for _, token := range smartSplit(text) {
		token = strings.Trim(token, ",")
		if q := token[:min(1, len(token))]; (q == `"` || q == "'") && strings.HasSuffix(token, q) {
			terms = append(terms, unquote(token, q))
			continue
		}
		for part := range strings.SplitSeq(token, ",") {
			if part != "" {
				terms = append(terms, strings.TrimFunc(part, isSpace))
			}
		}
	}
	return terms
}

func unquote(token, q string) string {
	if len(token) == 1 {
		return ""
	}
	inner := strings.ReplaceAll(token[1:len(token)-1], `\`+q, q)
	return strings.ReplaceAll(inner, `\\`, `\`)
}

// smartSplit splits at white space, but not inside quotes that are closed.
// A quotation mark that is never closed is an ordinary character.
func smartSplit(text string) []string {
	runes := []rune(text)
	closers := map[rune][]int{'"': closersOf(runes, '"'), '\'': closersOf(runes, '\'')}
	var tokens []string
	for i := 0; i < len(runes); {
		if isSpace(runes[i]) {
			i++
			continue
		}
		end := tokenEnd(runes, i, closers)
		tokens = append(tokens, string(runes[i:end]))
		i = end
	}
	return tokens
}

// tokenEnd finds the end of the token that starts at i. With a quoted part in
// it, it ends at white space or at a quote that is never closed; without one,
// at white space only.
func tokenEnd(runes []rune, i int, closers map[rune][]int) int {
	quoted := false
	j := i
	for j < len(runes) && !isSpace(runes[j]) {
		closer, isQuote := closers[runes[j]]
		if !isQuote {
			j++
			continue
		}
		end := closer[j+1]
		if end < 0 {
			break
		}
		quoted = true
		j = end + 1
	}
	if quoted {
		return j
	}
	for j < len(runes) && !isSpace(runes[j]) {
		j++
	}
	return j
}

// closersOf tells for each place where the quoted text starting there ends: at
// the next q that no backslash escapes, or -1. Computed once from the end, it
// keeps the splitting linear when many quotes are never closed.
func closersOf(runes []rune, q rune) []int {
	n := len(runes)
	at := make([]int, n+1)
	at[n] = -1
	for i := n - 1; i >= 0; i-- {
		switch {
		case runes[i] == q:
			at[i] = i
		case runes[i] != '\\':
			at[i] = at[i+1]
		case i+1 < n && runes[i+1] != '\n':
			at[i] = at[i+2]
		default: // a backslash escapes neither the end nor a line end
			at[i] = -1
		}
	}
	return at
}

// appendFold appends s in the form in which texts are compared without regard
// to case: upper case, one rune for one rune, as databases do it.
func appendFold(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z':
			dst = append(dst, byte(r-'a'+'A'))
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		default:
			dst = utf8.AppendRune(dst, unicode.ToUpper(r))
		}
	}
	return dst
}

// searcher matches rows against terms. It owns a buffer so that looking at a
// row allocates nothing; it serves one goroutine.
type searcher struct {
	terms  [][]byte
	fields []int
	buffer []byte
	ends   []int // in buffer, one per field that is not null
}

func newSearcher(terms []string, fields []int) *searcher {
	s := &searcher{fields: fields}
	for _, t := range terms {
		s.terms = append(s.terms, []byte(t))
	}
	return s
}

// matches tells whether each term lies in some field. Without terms, or where
// a list has no field to search, every row matches.
func (s *searcher) matches(get func(int) Value) bool {
	if len(s.terms) == 0 || len(s.fields) == 0 {
		return true
	}
	s.buffer, s.ends = s.buffer[:0], s.ends[:0]
	for _, f := range s.fields {
		if v := get(f); !v.null {
			s.buffer = appendFold(s.buffer, v.s)
			s.ends = append(s.ends, len(s.buffer))
		}
	}
	for _, term := range s.terms {
		if !s.found(term) {
			return false
		}
	}
	return true
}

func (s *searcher) found(term []byte) bool {
	from := 0
	for _, to := range s.ends {
		if bytes.Contains(s.buffer[from:to], term) {
			return true
		}
		from = to
	}
	return false
}
