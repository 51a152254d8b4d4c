package web_test

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// lint holds every page that any test sees to the rules for all of them.
func (p page) lint(s *site, target string) {
	p.Helper()
	doc, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		p.Fatal(err)
	}
	d := document{labels: map[string]bool{}, ids: map[string]int{}}
	d.read(doc)
	if d.h1 != 1 || strings.TrimSpace(d.title) == "" || d.lang == "" || d.main != 1 {
		p.Errorf("%s: h1 %d, main %d, title %q, lang %q", target, d.h1, d.main, d.title, d.lang)
	}
	for id, n := range d.ids {
		if n > 1 {
			p.Errorf("%s: id %q stands %d times", target, id, n)
		}
	}
	for _, in := range d.inputs {
		p.lintInput(d, in, target)
	}
	for _, n := range d.all {
		if n.Data == "script" || n.Data == "style" || n.Data == "iframe" {
			p.Errorf("%s: has a %s", target, n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				p.Errorf("%s: %s has %s", target, n.Data, a.Key)
			}
		}
		p.lintLink(s, d, n, target)
	}
	// Without it browsers send forms with "Origin: null", which are refused.
	if !strings.Contains(string(p.Body), `<meta name="referrer" content="same-origin">`) {
		p.Errorf("%s: no referrer policy of the page's own", target)
	}
	csp := p.Header["Content-Security-Policy"]
	if !strings.Contains(csp, "default-src 'none'") || p.Header["Cache-Control"] != "no-store" || p.Header["Referrer-Policy"] != "no-referrer" {
		p.Errorf("%s: headers %v", target, p.Header)
	}
	if strings.Contains(string(p.Body), phrase) {
		p.Errorf("%s: the page shows a password", target)
	}
}

func (p page) lintInput(d document, in *html.Node, target string) {
	p.Helper()
	kind, id := attr(in, "type"), attr(in, "id")
	if kind == "hidden" {
		return
	}
	if id == "" || !d.labels[id] {
		p.Errorf("%s: input %q has no label", target, attr(in, "name"))
	}
	if kind != "checkbox" && attr(in, "autocomplete") == "" {
		p.Errorf("%s: input %q has no autocomplete", target, id)
	}
	if kind == "password" && attr(in, "value") != "" {
		p.Errorf("%s: a password in %q", target, id)
	}
	for ref := range strings.FieldsSeq(attr(in, "aria-describedby")) {
		if d.ids[ref] == 0 {
			p.Errorf("%s: input %q is described by %q, which is not there", target, id, ref)
		}
	}
}

func (p page) lintLink(s *site, d document, n *html.Node, target string) {
	p.Helper()
	method, where := "GET", ""
	switch n.Data {
	case "a", "link":
		where = attr(n, "href")
	case "img":
		where = attr(n, "src")
	case "form":
		method, where = strings.ToUpper(attr(n, "method")), attr(n, "action")
	default:
		return
	}
	if id, ok := strings.CutPrefix(where, "#"); ok {
		if d.ids[id] == 0 {
			p.Errorf("%s: link to #%s, which is not there", target, id)
		}
		return
	}
	u, err := url.Parse(where)
	if err != nil {
		p.Fatal(err)
	}
	if u.Scheme == "mailto" && n.Data == "a" || u.Scheme == "https" && n.Data == "a" && strings.Contains(attr(n, "rel"), "noopener") {
		return
	}
	if key, _ := s.route(method, u.Path); key == "" || u.Host != "" || u.Scheme != "" {
		p.Errorf("%s: %s leads to %s %s", target, n.Data, method, where)
	}
}

// document is what lint looks at.
type document struct {
	all, inputs []*html.Node
	h1, main    int
	title, lang string
	labels      map[string]bool
	ids         map[string]int
}

func (d *document) read(root *html.Node) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		d.all = append(d.all, n)
		if id := attr(n, "id"); id != "" {
			d.ids[id]++
		}
		switch n.Data {
		case "html":
			d.lang = attr(n, "lang")
		case "h1":
			d.h1++
		case "main":
			d.main++
		case "title":
			d.title = text(n)
		case "label":
			if strings.TrimSpace(text(n)) != "" {
				d.labels[attr(n, "for")] = true
			}
		case "input":
			d.inputs = append(d.inputs, n)
		}
	}
}

func attr(n *html.Node, key string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
