package api

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"gatehouse/internal/fault"
)

// Opt is a member of a request that may be missing, null or a value.
type Opt[T any] struct {
	Set, Null bool
	Value     T
}

type optional interface {
	put(rule, jsontext.Value) []string
}

// put takes up a value that is present.
func (o *Opt[T]) put(r rule, v jsontext.Value) []string {
	o.Set = true
	if v.Kind() == 'n' {
		o.Null = true
		if !r.null {
			return []string{"This field may not be null."}
		}
		return nil
	}
	return set(reflect.ValueOf(&o.Value).Elem(), r, v)
}

// rule is what a field's tag says: rule:"required,min=5,max=150,exact,blank,null,list".
type rule struct {
	required, exact, blank, null bool
	min, max                     int
}

func parseRule(tag string) (r rule) {
	for _, f := range strings.Split(tag, ",") {
		name, arg, _ := strings.Cut(f, "=")
		n, _ := strconv.Atoi(arg)
		switch name {
		case "required":
			r.required = true
		case "exact": // not trimmed: passwords
			r.exact = true
		case "blank":
			r.blank = true
		case "null":
			r.null = true
		case "min":
			r.min = n
		case "max":
			r.max = n
		}
	}
	return r
}

// bind fills In from a request:
//
//	json:"name" rule:"…"   a member of the body
//	path:"id"              a path parameter; an integer that is none is a 404
//	query:"name"           a query parameter; query:"*" gets the raw query
//
// Every field that is wrong is named, in the order of the struct. With strict,
// members that In does not have are errors too.
func bind[In any](r *Request, strict bool) (in In, err error) {
	v := reflect.ValueOf(&in).Elem()
	hasBody := !safe(r.Method) // a body that is not needed must be in order too
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if _, ok := f.Tag.Lookup("json"); ok {
			hasBody = true
		} else if err := bindURL(r, f, v.Field(i)); err != nil {
			return in, err
		}
	}
	if !hasBody {
		return in, nil
	}
	o, err := parseObject(r.Body)
	if err != nil {
		return in, err
	}
	if raw, ok := any(&in).(interface{ names([]string) }); ok {
		raw.names(o.names)
	}
	err = bindBody(v, o, strict)
	if late, ok := any(&in).(interface{ late(error) }); ok {
		late.late(err)
		return in, nil
	}
	return in, err
}

// Late is embedded by requests whose fields are judged only after the caller's
// right: whoever may not do it at all is not told what is wrong with the form.
type Late struct{ err error }

func (l *Late) late(err error) { l.err = err }

// Invalid is what is wrong with the members of the body, or nil.
func (l Late) Invalid() error { return l.err }

// bindPaths fills what the path says, as far as it is in order.
func bindPaths(r *Request, in any) {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if name, ok := v.Type().Field(i).Tag.Lookup("path"); ok {
			_ = bindPath(r, r.Params[name], v.Field(i)) // bind says what is wrong with it
		}
	}
}

func bindBody(v reflect.Value, o object, strict bool) error {
	var bad fault.Fields
	known := map[string]bool{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, ok := f.Tag.Lookup("json")
		if !ok {
			continue
		}
		known[name] = true
		r := parseRule(f.Tag.Get("rule"))
		value, present := o.values[name]
		if !present {
			if r.required {
				bad.Add(name, "This field is required.")
			}
			continue
		}
		bad.Add(name, set(v.Field(i), r, value)...)
	}
	for _, name := range o.names {
		if strict && !known[name] {
			bad.Add(shorten(name, 60), "Unknown field.")
		}
	}
	return bad.Err()
}

// Names is embedded by requests that must know which members were sent.
type Names struct{ list []string }

func (n *Names) names(l []string) { n.list = l }

// Sent are the names of the body's members, known or not, in order.
func (n Names) Sent() []string { return n.list }

func bindURL(r *Request, f reflect.StructField, v reflect.Value) error {
	if name, ok := f.Tag.Lookup("path"); ok {
		return bindPath(r, r.Params[name], v)
	}
	name, ok := f.Tag.Lookup("query")
	if !ok {
		return nil
	}
	if name == "*" {
		v.SetString(r.RawQuery)
		return nil
	}
	values := r.Query[name]
	if len(values) > 1 {
		return fault.Field(name, "This parameter stands more than once.")
	}
	if len(values) == 1 {
		v.SetString(values[0])
	}
	return nil
}

func bindPath(r *Request, s string, v reflect.Value) error {
	if v.Kind() == reflect.String {
		v.SetString(s)
		return nil
	}
	if s == "self" && r.Method != "GET" { // {id} matches it too; what "self" has is a route of its own
		return fault.New(405, "method_not_allowed", `Method "`+r.Method+`" not allowed.`)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return fault.New(404, "not_found", "Not found.")
	}
	v.SetInt(n)
	return nil
}

// set puts one JSON value into a field, or says what is wrong with it, in the
// baseline's words.
func set(v reflect.Value, r rule, raw jsontext.Value) []string {
	if o, ok := v.Addr().Interface().(optional); ok {
		return o.put(r, raw)
	}
	if raw.Kind() == 'n' {
		if r.null {
			return nil
		}
		return []string{"This field may not be null."}
	}
	switch p := v.Addr().Interface().(type) {
	case *string:
		return setString(p, r, raw)
	case *bool:
		return setBool(p, raw)
	case *int64:
		return setInt(p, raw)
	case *time.Time:
		return setTime(p, raw)
	case *[]string:
		return setStrings(p, r, raw)
	case *json.RawMessage:
		*p = json.RawMessage(raw.Clone())
		return nil
	}
	panic("api: a request cannot have a field of type " + v.Type().String())
}

func setString(p *string, r rule, raw jsontext.Value) []string {
	s, ok := text(raw)
	if !ok {
		return []string{"Not a valid string."}
	}
	if !r.exact {
		s = strings.TrimSpace(s)
	}
	n := utf8.RuneCountInString(s)
	switch {
	case strings.ContainsRune(s, 0):
		return []string{"Null characters are not allowed."}
	case s == "" && !r.blank:
		return []string{"This field may not be blank."}
	case r.max > 0 && n > r.max:
		return []string{"Ensure this field has no more than " + strconv.Itoa(r.max) + " characters."}
	case s != "" && n < r.min:
		return []string{"Ensure this field has at least " + strconv.Itoa(r.min) + " characters."}
	}
	*p = s
	return nil
}

// text is a JSON string, or a number as it was written.
func text(raw jsontext.Value) (string, bool) {
	switch raw.Kind() {
	case '"':
		b, err := jsontext.AppendUnquote(nil, raw)
		return string(b), err == nil
	case '0':
		return string(raw), true
	}
	return "", false
}

func setBool(p *bool, raw jsontext.Value) []string {
	s, ok := text(raw)
	if !ok {
		s = string(raw)
	}
	switch s {
	case "true", "True", "TRUE", "t", "T", "1", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON":
		*p = true
	case "false", "False", "FALSE", "f", "F", "0", "no", "No", "NO", "n", "N", "off", "Off", "OFF":
		*p = false
	default:
		return []string{"Must be a valid boolean."}
	}
	return nil
}

func setInt(p *int64, raw jsontext.Value) []string {
	s, ok := text(raw)
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if !ok || err != nil || n > 1<<53 || n < -1<<53 {
		return []string{"A valid integer is required."}
	}
	*p = n
	return nil
}

const timeWrong = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."

func setTime(p *time.Time, raw jsontext.Value) []string {
	s, ok := text(raw)
	if !ok || raw.Kind() != '"' {
		return []string{timeWrong}
	}
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			*p = t.UTC().Truncate(time.Microsecond)
			return nil
		}
	}
	return []string{timeWrong}
}

func setStrings(p *[]string, r rule, raw jsontext.Value) []string {
	var list []jsontext.Value
	if raw.Kind() != '[' || json.Unmarshal(raw, &list) != nil {
		return []string{`Expected a list of items but got type "` + kindNames[raw.Kind()] + `".`}
	}
	out := []string{}
	for _, e := range list {
		var s string
		if bad := setString(&s, r, e); bad != nil {
			return bad
		}
		out = append(out, s)
	}
	*p = out
	return nil
}

// Time is how a moment is written: UTC, microseconds, no fraction if it is 0.
type Time time.Time

// MarshalJSON writes the baseline's form; the zero time is null.
func (t Time) MarshalJSON() ([]byte, error) {
	v := time.Time(t)
	if v.IsZero() {
		return []byte("null"), nil
	}
	layout := "2006-01-02T15:04:05.000000Z"
	if v.Nanosecond()/1000 == 0 {
		layout = "2006-01-02T15:04:05Z"
	}
	return []byte(`"` + v.UTC().Format(layout) + `"`), nil
}

// UnixTime is a Time of Unix seconds; 0 is null.
func UnixTime(sec int64) Time {
	if sec == 0 {
		return Time{}
	}
	return Time(time.Unix(sec, 0))
}

// duplicates finds a query parameter that stands more than once: which of its
// values counts would be a matter of opinion.
func duplicates(q url.Values) (string, bool) {
	for name, v := range q {
		if len(v) > 1 {
			return name, true
		}
	}
	return "", false
}
