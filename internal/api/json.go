package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"gatehouse/internal/fault"
)

// Bounds of a request body (security parameters: 64 KB, 32 levels, 200 keys, 100 elements).
const (
	MaxBody    = 64 << 10
	maxDepth   = 32
	maxKeys    = 200
	maxElement = 100
)

// object is a JSON object as it came: its members in order, each still text.
type object struct {
	names  []string
	values map[string]jsontext.Value
}

// parseObject reads exactly one JSON object. encoding/json would accept names
// twice, fold their case, mend invalid UTF-8 and ignore what follows; jsontext
// refuses all of these, and depth and size are checked here.
func parseObject(body []byte) (object, error) {
	o := object{values: map[string]jsontext.Value{}}
	if len(bytes.TrimSpace(body)) == 0 {
		return o, nil
	}
	if !utf8.Valid(body) {
		return o, parseError("the text is not valid UTF-8")
	}
	if err := scan(body); err != nil {
		return o, err
	}
	if k := jsontext.Value(body).Kind(); k != '{' {
		return o, notObject(k)
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if _, err := d.ReadToken(); err != nil {
		return o, syntax(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return o, syntax(err)
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return o, syntax(err)
		}
		o.names = append(o.names, key)
		o.values[key] = value.Clone()
	}
	return o, nil
}

// scan walks the whole text once: syntax, depth, counts, nothing after the value.
func scan(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return syntax(err)
		}
		depth := d.StackDepth()
		if depth == 0 {
			return trailing(body[d.InputOffset():])
		}
		if depth > maxDepth {
			return parseError("deeper than " + strconv.Itoa(maxDepth) + " levels")
		}
		kind, n := d.StackIndex(depth)
		if kind == '{' && n > 2*maxKeys {
			return parseError("more than " + strconv.Itoa(maxKeys) + " members in an object")
		}
		if kind == '[' && n > maxElement {
			return parseError("more than " + strconv.Itoa(maxElement) + " elements in an array")
		}
		if tok.Kind() == '0' && len(tok.String()) > 40 {
			return parseError("a number of more than 40 characters")
		}
	}
}

func trailing(rest []byte) error {
	if len(bytes.TrimSpace(rest)) > 0 {
		return parseError("something follows after the value")
	}
	return nil
}

func parseError(why string) error {
	return fault.New(400, "parse_error", "JSON parse error - "+why)
}

// syntax words an error of the decoder without echoing the text that it found.
func syntax(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		s, _ := errors.AsType[*jsontext.SyntacticError](err)
		if s != nil {
			name := s.JSONPointer.LastToken()
			return parseError("the name " + strconv.Quote(shorten(name, 60)) + " stands twice in an object")
		}
		return parseError("a name stands twice in an object")
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return parseError("invalid JSON at byte " + strconv.FormatInt(s.ByteOffset, 10))
	}
	return parseError("invalid JSON")
}

var kindNames = map[jsontext.Kind]string{'n': "NoneType", 't': "bool", 'f': "bool", '"': "str", '0': "int", '[': "list"}

func notObject(k jsontext.Kind) error {
	name := kindNames[k]
	if name == "" {
		return parseError("invalid JSON at byte 0")
	}
	return fault.Field(fault.NonField, "Invalid data. Expected a dictionary, but got "+name+".")
}

func shorten(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// encode writes compact JSON in UTF-8, as the baseline does: nothing escaped that
// need not be.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
