package mail

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"path"
	"strings"
	"sync"
	"text/template"
)

//go:embed templates
var files embed.FS

// letter is the plan of one kind of message. Both versions are made from it, so
// they say the same:
//
//	the subject, a fixed line
//
//	A paragraph with {{.Username}}. Its lines are joined.
//
//	- an item
//	- another item
//
//	> Label of a link: Link
//
// The structure is read before any value is filled in, so no value can add to it.
// The first link is the button; the word behind the colon is its field of Data.
type letter struct {
	subject string
	parts   []part
	layouts *layouts
}

type part struct {
	text  *template.Template
	items []*template.Template
	label string
	field string
}

type layouts struct {
	text *template.Template
	html *htmltemplate.Template
}

// letters are all kinds, read once in a process. A mistake in a template is one
// in the program, so it panics; a test reads them.
var letters = sync.OnceValue(func() map[string]letter {
	out := map[string]letter{}
	lay := &layouts{
		text: template.Must(template.New("layout.txt").ParseFS(files, "templates/layout.txt")),
		html: htmltemplate.Must(htmltemplate.New("layout.html").ParseFS(files, "templates/layout.html")),
	}
	entries, err := files.ReadDir("templates/kinds")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		b, err := files.ReadFile(path.Join("templates/kinds", e.Name()))
		if err != nil {
			panic(err)
		}
		out[strings.TrimSuffix(e.Name(), ".txt")] = parseLetter(lay, string(b))
	}
	return out
})

func parseLetter(lay *layouts, source string) letter {
	blocks := strings.Split(strings.TrimSpace(source), "\n\n")
	l := letter{subject: blocks[0], layouts: lay}
	compile := func(s string) *template.Template {
		return template.Must(template.New("").Option("missingkey=error").Parse(s))
	}
	for _, b := range blocks[1:] {
		var p part
		switch {
		case strings.HasPrefix(b, "> "):
			i := strings.LastIndex(b, ": ")
			p.label, p.field = b[2:i], b[i+2:]
		case strings.HasPrefix(b, "- "):
			for item := range strings.SplitSeq(b[2:], "\n- ") {
				p.items = append(p.items, compile(item))
			}
		default:
			p.text = compile(strings.ReplaceAll(b, "\n", " "))
		}
		l.parts = append(l.parts, p)
	}
	return l
}

// page is what the layouts show.
type page struct {
	Site, BaseURL, Support string
	Subject, Title         string
	Parts                  []shown
}

type shown struct {
	Text   string
	Items  []string
	Label  string
	URL    string
	Button bool
}

func (l letter) write(v map[string]string) (m Message, err error) {
	m.Subject = "[" + v["Site"] + "] " + l.subject
	p := page{Site: v["Site"], BaseURL: v["BaseURL"], Support: v["Support"], Subject: m.Subject, Title: l.subject}
	for _, part := range l.parts {
		s, err := part.fill(v)
		if err != nil {
			return m, err
		}
		if s.URL != "" {
			s.Button = m.Links == nil
			m.Links = append(m.Links, s.URL)
		}
		p.Parts = append(p.Parts, s)
	}
	var text, html bytes.Buffer
	if err := l.layouts.text.Execute(&text, p); err != nil {
		return m, err
	}
	if err := l.layouts.html.Execute(&html, p); err != nil {
		return m, err
	}
	m.Text, m.HTML = text.String(), html.String()
	return m, nil
}

func (p part) fill(v map[string]string) (s shown, err error) {
	if p.label != "" {
		if v[p.field] == "" {
			return s, fmt.Errorf("%s is missing", p.field)
		}
		return shown{Label: p.label, URL: v[p.field]}, nil
	}
	if p.text != nil {
		s.Text, err = execute(p.text, v)
		return s, err
	}
	for _, t := range p.items {
		item, err := execute(t, v)
		if err != nil {
			return s, err
		}
		s.Items = append(s.Items, item)
	}
	return s, nil
}

func execute(t *template.Template, v map[string]string) (string, error) {
	var b strings.Builder
	err := t.Execute(&b, v)
	return b.String(), err
}
