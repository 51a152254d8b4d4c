package list

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxFilterSize  = 8 << 10
	maxFilterDepth = 32
)

// jsonValue is a JSON value that keeps what encoding/json loses: the order of
// members and how a number was written.
type jsonValue struct {
	kind  jsontext.Kind
	text  string      // of a string, or the literal of a number
	names []string    // of the members of an object
	items []jsonValue // of an array, or the members of an object
}

// member gives a member of an object.
func (v jsonValue) member(name string) (jsonValue, bool) {
	for i, n := range v.names {
		if n == name {
			return v.items[i], true
		}
	}
	return jsonValue{}, false
}

// isFloat tells a number that Python reads as float from one that is an int.
func (v jsonValue) isFloat() bool {
	return v.kind == '0' && strings.ContainsAny(v.text, ".eE")
}

// empty tells what is false in Python.
func (v jsonValue) empty() bool {
	switch v.kind {
	case '{', '[':
		return len(v.items) == 0
	case '"':
		return v.text == ""
	case '0':
		n, _ := decimal(v.text)
		return n == number{}
	}
	return v.kind != 't'
}

// parseJSON reads the text of a filter, strictly.
func parseJSON(text string) (jsonValue, error) {
	if len(text) > maxFilterSize {
		return jsonValue{}, refuse(fmt.Sprintf("filter: expression is longer than %d bytes", maxFilterSize))
	}
	d := jsontext.NewDecoder(strings.NewReader(text))
	v, err := readJSON(d)
	if err == nil {
		if _, err = d.ReadToken(); err == io.EOF {
			return v, nil
		}
	}
	var refusal *Error
	if errors.As(err, &refusal) {
		return jsonValue{}, refusal
	}
	return jsonValue{}, refuse("filter: can't parse filter expression: " + explain(text, err))
}

// explain words a syntax error. The decoder's own texts are no contract.
func explain(text string, err error) string {
	at, what := len(text), "Invalid JSON"
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		what = "Extra data"
	case errors.Is(err, jsontext.ErrDuplicateName):
		what = "Duplicate name"
	}
	if errors.As(err, &syntax) {
		at = max(0, min(at, int(syntax.ByteOffset)))
	}
	before := text[:at]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("%s: line %d column %d (char %d)", what, strings.Count(before, "\n")+1,
		utf8.RuneCountInString(line)+1, utf8.RuneCountInString(before))
}

func readJSON(d *jsontext.Decoder) (jsonValue, error) {
	token, err := d.ReadToken()
	if err != nil {
		return jsonValue{}, err
	}
	v := jsonValue{kind: token.Kind()}
	switch v.kind {
	case '"', '0':
		v.text = token.String()
		return v, nil
	case '{', '[':
	default:
		return v, nil
	}
	if d.StackDepth() > maxFilterDepth {
		return jsonValue{}, refuse(fmt.Sprintf("filter: expression is nested deeper than %d", maxFilterDepth))
	}
	for d.PeekKind() != '}' && d.PeekKind() != ']' {
		if v.kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return jsonValue{}, err
			}
			v.names = append(v.names, name.String())
		}
		item, err := readJSON(d)
		if err != nil {
			return jsonValue{}, err
		}
		v.items = append(v.items, item)
	}
	_, err = d.ReadToken()
	return v, err
}
