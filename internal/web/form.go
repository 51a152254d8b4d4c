package web

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
)

// form is a form as it is shown: empty, filled, or with what is wrong about it.
type form struct {
	Action     string
	Button     string // key of the catalogue
	Quiet      bool   // a button that is not the main one of the page
	Hidden     []hidden
	Fields     []*field
	Agreements []agreement
	Refused    []string // about the agreements
	Problems   []string // about no one field

	status int
	after  time.Duration
}

type hidden struct{ Name, Value string }

// field is one input. Its label is the text "label.<Name>", unless Label is set.
type field struct {
	Name     string
	Label    string // key of the catalogue
	Type     string
	Auto     string // autocomplete
	Value    string
	Hint     string // key of the catalogue
	Change   string // where a value that is read-only here can be changed
	ReadOnly bool
	Optional bool
	Focus    bool
	Max      int
	Errors   []string
}

// LabelKey is the key of the label's text.
func (f *field) LabelKey() string {
	if f.Label != "" {
		return f.Label
	}
	return "label." + f.Name
}

// Shown is the value to show: never a password.
func (f *field) Shown() string {
	if f.Type == "password" {
		return ""
	}
	return f.Value
}

// Required reports whether the browser may insist on a value.
func (f *field) Required() bool { return !f.Optional }

// Described lists the ids of what explains the input.
func (f *field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if len(f.Errors) > 0 {
		ids = append(ids, f.Name+"-error")
	}
	return strings.Join(ids, " ")
}

// agreement is a text to tick.
type agreement struct {
	account.Agreement
	Ticked bool
}

// problem is one line of the error summary; ID is the input it is about, or "",
// and Label the key of its name.
type problem struct{ ID, Label, Text string }

func (f *form) summary() (all []problem) {
	for _, s := range f.Problems {
		all = append(all, problem{Text: s})
	}
	for _, in := range f.Fields {
		for _, s := range in.Errors {
			all = append(all, problem{in.Name, in.LabelKey(), s})
		}
	}
	for _, s := range f.Refused {
		all = append(all, problem{"agreements", "register.agreements", s})
	}
	return all
}

// once gives the form a number, by which a double click is known as one.
func (f *form) once() *form {
	f.Hidden = append(f.Hidden, hidden{"once", rand.Text()})
	return f
}

// once is the number of a form that was sent; what cannot be ours is none.
func once(sent url.Values) string {
	if s := sent.Get("once"); len(s) <= 64 {
		return s
	}
	return ""
}

// field finds an input by name; nil if the form has none of that name.
func (f *form) field(name string) *field {
	for _, in := range f.Fields {
		if in.Name == name {
			return in
		}
	}
	return nil
}

// wrong notes a message at the field that it belongs to.
func (f *form) wrong(name, message string) {
	in := f.field(name)
	if first, ok := strings.CutSuffix(name, "2"); ok && in != nil && slices.Contains(f.field(first+"1").Errors, message) {
		return // said of the password where it is typed first
	}
	switch {
	case in != nil:
		in.Errors = append(in.Errors, message)
	case name == "confirmations":
		f.Refused = append(f.Refused, message)
	default:
		f.Problems = append(f.Problems, message)
	}
}

// refuse shows in a form what an operation said about its input. Anything that
// the person who typed cannot help is returned, for the error page.
func (p *Pages) refuse(f *form, err error) error {
	said := fault.Of(err)
	if said.Status >= 500 && said.Status != 503 || said.Status == 401 || said.Status == 403 {
		return err
	}
	f.status, f.after = said.Status, said.After
	switch body := said.Body.(type) {
	case *fault.Fields:
		body.Each(func(name string, messages []string) {
			for _, m := range messages {
				f.wrong(name, p.message(m))
			}
		})
	case []string:
		for _, m := range body {
			f.wrong("", p.message(m))
		}
	default:
		message := p.message(said.Detail)
		if said.Status == 429 {
			message = p.wait(said)
		}
		f.wrong("", message)
	}
	return nil
}

// showForm renders a page around a form, with the status that the form's errors
// came with.
func (p *Pages) showForm(name string, v view) (*api.PageAnswer, error) {
	a, err := p.show(name, v)
	for _, f := range []*form{v.Form, v.Second} {
		if err == nil && f != nil && f.status != 0 {
			a.Status, a.After = f.status, f.after
		}
	}
	return a, err
}

// invalid notes a mistake that the page itself finds.
func (p *Pages) invalid(f *form, name, key string) {
	f.status = 400
	f.wrong(name, p.text(key))
}

func emailField(value string) *field {
	return &field{Name: "email", Type: "email", Auto: "email", Value: value, Max: 254}
}

func passwordField(name, hint string) *field {
	return &field{Name: name, Type: "password", Auto: "new-password", Hint: hint}
}
