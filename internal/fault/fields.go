package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
)

// NonField is the name under which errors stand that belong to no one field.
const NonField = "non_field_errors"

// Fields collects the errors of a request, in the order in which they are found.
// The zero value is ready.
type Fields struct{ list []field }

type field struct {
	name     string
	messages []string
}

// Add notes messages for a field; none is nothing.
func (f *Fields) Add(name string, messages ...string) {
	if len(messages) == 0 {
		return
	}
	if i := slices.IndexFunc(f.list, func(e field) bool { return e.name == name }); i >= 0 {
		f.list[i].messages = append(f.list[i].messages, messages...)
		return
	}
	f.list = append(f.list, field{name, messages})
}

// Has reports whether a field has an error.
func (f *Fields) Has(name string) bool {
	return slices.ContainsFunc(f.list, func(e field) bool { return e.name == name })
}

// Each calls visit with every field that has errors, in order.
func (f *Fields) Each(visit func(name string, messages []string)) {
	for _, e := range f.list {
		visit(e.name, e.messages)
	}
}

// Err is a 400 with all of them, or nil if there are none.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &Fault{Status: 400, Code: "invalid", Body: f}
}

// MarshalJSON keeps the order in which the fields were checked.
func (f *Fields) MarshalJSON() ([]byte, error) {
	b := bytes.NewBufferString("{")
	for i, e := range f.list {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(e.name)
		messages, err := json.Marshal(e.messages)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(messages)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Field is a 400 for one field.
func Field(name string, messages ...string) error {
	var f Fields
	f.Add(name, messages...)
	return f.Err()
}

func itoa(n int) string { return strconv.Itoa(n) }

// FieldsOf are the field errors that err holds, so that more can be added.
func FieldsOf(err error) Fields {
	if f, ok := errors.AsType[*Fault](err); ok {
		if list, ok := f.Body.(*Fields); ok {
			return *list
		}
	}
	return Fields{}
}
