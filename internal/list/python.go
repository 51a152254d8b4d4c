package list

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// The texts of refusals show values as Python prints them, because clients
// and their tests compare these texts.

// pyType is the name of the Python type that v is read as.
func pyType(v jsonValue) string {
	switch v.kind {
	case '{':
		return "dict"
	case '[':
		return "list"
	case '"':
		return "str"
	case 'n':
		return "NoneType"
	case '0':
		if v.isFloat() {
			return "float"
		}
		return "int"
	}
	return "bool"
}

// pyStr is Python's str(v): repr, but text without quotation marks.
func pyStr(v jsonValue) string {
	if v.kind == '"' {
		return v.text
	}
	var b strings.Builder
	writeRepr(&b, v)
	return b.String()
}

func writeRepr(b *strings.Builder, v jsonValue) {
	switch v.kind {
	case '{', '[':
		writeItems(b, v)
	case '"':
		writeQuoted(b, v.text)
	case '0':
		b.WriteString(pyNumber(v))
	case 't':
		b.WriteString("True")
	case 'f':
		b.WriteString("False")
	default:
		b.WriteString("None")
	}
}

func writeItems(b *strings.Builder, v jsonValue) {
	opening, closing := byte('['), byte(']')
	if v.kind == '{' {
		opening, closing = '{', '}'
	}
	b.WriteByte(opening)
	for i, item := range v.items {
		if i > 0 {
			b.WriteString(", ")
		}
		if v.kind == '{' {
			writeQuoted(b, v.names[i])
			b.WriteString(": ")
		}
		writeRepr(b, item)
	}
	b.WriteByte(closing)
}

// writeQuoted writes text in single quotation marks, or in double ones where
// that saves escaping.
func writeQuoted(b *strings.Builder, s string) {
	q := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	b.WriteRune(q)
	for _, r := range s {
		switch {
		case r == q || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			fmt.Fprintf(b, `\U%08x`, r)
		}
	}
	b.WriteRune(q)
}

// pyNumber prints an int in full and a float as the shortest text that reads
// back the same, with an exponent only outside 1e-4 … 1e16.
func pyNumber(v jsonValue) string {
	if !v.isFloat() {
		if v.text == "-0" {
			return "0"
		}
		return v.text
	}
	// Beyond the range of a float ParseFloat gives the infinity that Python
	// reads as well.
	f, _ := strconv.ParseFloat(v.text, 64)
	if math.IsInf(f, 0) {
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
