package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
)

//go:embed templates texts static
var files embed.FS

// look is how pages appear: the templates, and the texts of one language.
type look struct {
	pages map[string]*template.Template
	texts map[string]string
}

// newLook reads everything once. A mistake in these files is one in the program,
// so it panics; tests show every page.
func newLook() *look {
	l := &look{pages: map[string]*template.Template{}, texts: readTexts("en")}
	base := template.New("layout.html").Funcs(template.FuncMap{"t": l.text, "heading": l.heading})
	base = template.Must(base.ParseFS(files, "templates/layout.html", "templates/form.html"))
	names, err := fs.Glob(files, "templates/pages/*.html")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		page := template.Must(template.Must(base.Clone()).ParseFS(files, name))
		l.pages[strings.TrimSuffix(path.Base(name), ".html")] = page
	}
	return l
}

// readTexts reads the catalogue of a language: a line is "key = text", or a
// remark that begins with #.
func readTexts(language string) map[string]string {
	b, err := files.ReadFile("texts/" + language + ".txt")
	if err != nil {
		panic(err)
	}
	texts := map[string]string{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		if _, twice := texts[key]; !ok || twice {
			panic("web: texts: " + line)
		}
		texts[key] = text
	}
	return texts
}

// text is a text of the catalogue, with args in the place of its %s. One that is
// missing fails the page, so that a test finds it.
func (l *look) text(key string, args ...any) (string, error) {
	s, ok := l.texts[key]
	if !ok {
		return "", fmt.Errorf("web: no text %q", key)
	}
	if len(args) == 0 {
		return s, nil
	}
	return fmt.Sprintf(s, args...), nil
}

// heading is the title of a page.
func (l *look) heading(v view) (string, error) { return l.text(v.Title, v.TitleArgs...) }

func (p *Pages) text(key string, args ...any) string {
	s, err := p.look().text(key, args...)
	if err != nil {
		panic(err) // the key is a constant of this package
	}
	return s
}

// message is how pages say what an operation says: in words of the catalogue
// where it has some, else as it is.
func (p *Pages) message(m string) string {
	if s, ok := p.look().texts["says: "+m]; ok {
		return s
	}
	return m
}

// wait says when to try again.
func (p *Pages) wait(f *fault.Fault) string {
	seconds := max(1, int((f.After+time.Second-1)/time.Second))
	switch {
	case seconds == 1:
		return p.text("wait.second")
	case seconds <= 90:
		return p.text("wait.seconds", seconds)
	case seconds <= 90*60:
		return p.text("wait.minutes", (seconds+59)/60)
	}
	return p.text("wait.hours", (seconds+3599)/3600)
}

// view is what a page shows. Titles, notices and links are keys of the catalogue.
type view struct {
	Site      string // set by show
	Support   string // an address or a page; set by show
	Lang      string // set by show
	Title     string
	TitleArgs []any
	Wide      bool
	Notice    string
	Intro     []string
	Strong    string // an address that the intro is about
	Form      *form
	Second    *form // stands below, with a heading of its own
	Invite    *inviteView
	Place     *placeView
	Buttons   []link // what to do next; the first is the main one
	Heading   string
	Hint      string
	Methods   account.MethodsAnswer
	Links     []link
	Account   *accountView
}

type link struct{ URL, Text string }

// Problems are what the error summary lists.
func (v view) Problems() []problem {
	var all []problem
	for _, f := range []*form{v.Form, v.Second} {
		if f != nil {
			all = append(all, f.summary()...)
		}
	}
	return all
}

// Mail reports whether the support contact is an address.
func (v view) Mail() bool {
	return strings.Contains(v.Support, "@") && !strings.Contains(v.Support, "/")
}

// Page reports whether the support contact is a page.
func (v view) Page() bool {
	return strings.HasPrefix(v.Support, "https://") || strings.HasPrefix(v.Support, "http://")
}

// show renders a page.
func (p *Pages) show(name string, v view) (*api.PageAnswer, error) {
	site := p.accounts.Settings.Site
	v.Site, v.Support, v.Lang = site.Name, site.Support, p.text("lang")
	var b bytes.Buffer
	if err := p.look().pages[name].Execute(&b, v); err != nil {
		return nil, err
	}
	return &api.PageAnswer{HTML: b.Bytes()}, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
