package jwt

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxDepth = 8
	// maxName bounds short strings: algorithms, types, methods.
	maxName = 64
	// maxURL bounds issuers and audiences.
	maxURL = 512
	// maxSubject is the bound OpenID Connect sets for sub.
	maxSubject = 255
	maxList    = 16
)

// earliest and latest bound every time in a token. A time outside of them is a
// mistake or an attempt to overflow something.
const (
	earliest = 946684800  // 2000-01-01
	latest   = 4102444800 // 2100-01-01
)

// object is a JSON object whose members are checked for syntax but not read yet.
type object map[string]jsontext.Value

var errNotObject = errors.New("not an object")

// parseObject reads a JSON object. Members with the same name, invalid UTF-8,
// anything behind the object and deep nesting are errors: parsers disagree on
// them, so that two readers could see two different tokens.
func parseObject(raw []byte) (object, error) {
	if tooDeep(raw) {
		return nil, refuse("JSON nested too deeply")
	}
	o, err := members(raw)
	if err != nil {
		return nil, refuse("malformed JSON")
	}
	return o, nil
}

func members(raw []byte) (object, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if dec.PeekKind() != '{' {
		return nil, errNotObject
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	o := make(object, 12)
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		// value is only lent by the decoder, raw is ours.
		end := int(dec.InputOffset())
		o[key] = raw[end-len(value) : end]
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("trailing data")
	}
	return o, nil
}

// tooDeep counts brackets outside of strings. It runs before the parser, which
// would follow thousands of levels.
func tooDeep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}

// has reports whether a member is present and not null.
func (o object) has(name string) bool {
	v, found := o[name]
	return found && v.Kind() != 'n'
}

// text returns a string member of 1 to limit bytes without control characters.
func (o object) text(name string, limit int) (string, bool) {
	return text(o[name], limit)
}

func text(v jsontext.Value, limit int) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	raw, err := jsontext.AppendUnquote(nil, []byte(v))
	if err != nil || len(raw) == 0 || len(raw) > limit {
		return "", false
	}
	for _, b := range raw {
		if b < ' ' || b == 0x7f {
			return "", false
		}
	}
	return string(raw), true
}

// ascii is text of printable ASCII characters only.
func (o object) ascii(name string, limit int) (string, bool) {
	s, ok := o.text(name, limit)
	for i := range len(s) {
		ok = ok && s[i] < 0x7f
	}
	return s, ok
}

// list returns the elements of an array member with at most maxList elements.
func (o object) list(name string) ([]jsontext.Value, bool) {
	return list(o[name], maxList)
}

func list(raw jsontext.Value, limit int) ([]jsontext.Value, bool) {
	if raw.Kind() != '[' {
		return nil, false
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	var values []jsontext.Value
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil || len(values) == limit {
			return nil, false
		}
		values = append(values, v.Clone())
	}
	return values, true
}

// texts returns an array member that holds nothing but strings.
func (o object) texts(name string, limit int) ([]string, bool) {
	values, ok := o.list(name)
	if !ok {
		return nil, false
	}
	var all []string
	for _, v := range values {
		s, ok := text(v, limit)
		if !ok {
			return nil, false
		}
		all = append(all, s)
	}
	return all, true
}

// time returns a numeric date within sane bounds. Strings are refused.
func (o object) time(name string) (time.Time, bool) {
	raw := o[name]
	if raw.Kind() != '0' {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), n >= earliest && n < latest
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(f >= earliest && f < latest) {
		return time.Time{}, false
	}
	whole, frac := math.Modf(f)
	return time.Unix(int64(whole), int64(frac*1e9)).UTC(), true
}
