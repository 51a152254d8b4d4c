package list

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// number is a number from a query as integers see it: the integer below it,
// whether it lies between two integers, and whether it lies beyond int64.
type number struct {
	floor    int64
	fraction bool
	beyond   int // -1 below, 1 above every int64
}

func (n number) sign() int {
	switch {
	case n.beyond != 0:
		return n.beyond
	case n.floor < 0:
		return -1
	case n.floor > 0 || n.fraction:
		return 1
	}
	return 0
}

// isSpace is white space as Python's str.split and re's \s see it: four
// separators more than in Go.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// integer reads what Python's int() takes: blanks around, a sign, and single
// underscores between digits.
func integer(text string) (number, bool) {
	s := strings.TrimFunc(text, isSpace)
	digits := strings.TrimPrefix(s, "+")
	if digits == s {
		digits = strings.TrimPrefix(s, "-")
	}
	underscore := true // none may come first
	for i := range len(digits) {
		c := digits[i]
		if c == '_' && underscore || c != '_' && (c < '0' || c > '9') {
			return number{}, false
		}
		underscore = c == '_'
	}
	if underscore {
		return number{}, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		if s[0] == '-' {
			return number{beyond: -1}, true
		}
		return number{beyond: 1}, true
	}
	return number{floor: n}, err == nil
}

// decimal reads an integer or a decimal fraction, with or without exponent.
func decimal(text string) (number, bool) {
	if n, ok := integer(text); ok {
		return n, true
	}
	// ParseFloat knows names and hexadecimal digits that are no decimals.
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) {
		return number{}, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return number{}, false
	}
	return fromFloat(f), true
}

func fromFloat(f float64) number {
	floor := math.Floor(f)
	switch {
	case floor >= 1<<63:
		return number{beyond: 1}
	case floor < -1<<63:
		return number{beyond: -1}
	}
	return number{floor: int64(floor), fraction: floor != f}
}

// timeLayouts are the forms of ISO 8601 that are taken; Go reads fractions of
// seconds without being told.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04", "2006-01-02",
}

// parseTime reads ISO 8601; without an offset it is UTC.
func parseTime(text string) (time.Time, bool) {
	if len(text) > len("2006-01-02") && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
