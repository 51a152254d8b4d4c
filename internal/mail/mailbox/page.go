package mailbox

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// Path is where Page expects to be mounted, with everything below it.
const Path = "/_dev/mail"

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Page shows a box to people and programs:
//
//	GET    /_dev/mail       a page, or with Accept: application/json a list of Mail;
//	                        newest first; ?to= names one address
//	GET    /_dev/mail/{id}  the HTML version of one mail, in a sandbox
//	DELETE /_dev/mail       empties the box
//
// The page needs no script. It can only be emptied by programs and by pages of
// the same origin.
func Page(box *Box) http.Handler {
	sum := sha256.Sum256([]byte(pageCSS))
	return &page{
		box:  box,
		html: template.Must(template.New("page").Parse(pageHTML)),
		csp: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
}

// A mail may style itself and nothing else: no script, no picture, no form. Its
// links open in a window of their own.
const mailCSP = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"

type page struct {
	box  *Box
	html *template.Template
	csp  string
}

// ServeHTTP implements http.Handler.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address of a mail is nobody's business
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	id, one := strings.CutPrefix(strings.TrimPrefix(r.URL.Path, Path), "/")
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case read && one && id != "":
		p.one(w, r, id)
	case read && id == "":
		p.list(w, r)
	case r.Method == http.MethodDelete && !one:
		p.empty(w, r)
	default:
		h.Set("Allow", "GET, HEAD, DELETE")
		http.Error(w, "only GET, HEAD and DELETE", http.StatusMethodNotAllowed)
	}
}

func (p *page) list(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.URL.Query().Get("to"))
	w.Header().Set("Vary", "Accept")
	if len(to) > 254 {
		to = to[:254] + "…" // no address is longer, so this one has no mail
	}
	mails, err := p.box.List(r.Context(), strings.ToValidUTF8(to, "\ufffd"), MaxShown)
	if err != nil {
		trouble(w)
		return
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		write(w, "application/json", func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(mails) })
		return
	}
	w.Header().Set("Content-Security-Policy", p.csp)
	write(w, "text/html; charset=utf-8", func(b *bytes.Buffer) error {
		return p.html.Execute(b, map[string]any{"Mails": mails, "To": to, "Path": Path, "CSS": template.CSS(pageCSS)})
	})
}

func (p *page) one(w http.ResponseWriter, r *http.Request, id string) {
	m, ok, err := p.box.find(r.Context(), id)
	if err != nil {
		trouble(w)
		return
	}
	w.Header().Set("Content-Security-Policy", mailCSP)
	if !ok {
		http.Error(w, "no such mail", http.StatusNotFound)
		return
	}
	write(w, "text/html; charset=utf-8", func(b *bytes.Buffer) error {
		// In the small frame of a list, and in a sandbox, nothing that a link leads to
		// would work.
		_, err := b.WriteString(strings.Replace(m.HTML, "<head>", `<head><base target="_blank">`, 1))
		return err
	})
}

func (p *page) empty(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		http.Error(w, "not from another site", http.StatusForbidden)
		return
	}
	if err := p.box.Empty(r.Context()); err != nil {
		trouble(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// sameOrigin refuses what a browser sends on behalf of another page. Programs
// send neither header.
func sameOrigin(r *http.Request) bool {
	if s := r.Header.Get("Sec-Fetch-Site"); s != "" && s != "same-origin" && s != "none" {
		return false
	}
	o := r.Header.Get("Origin")
	return o == "" || o == "http://"+r.Host || o == "https://"+r.Host
}

// write answers with what f makes, or says that there was trouble.
func write(w http.ResponseWriter, media string, f func(*bytes.Buffer) error) {
	var b bytes.Buffer
	if err := f(&b); err != nil {
		trouble(w)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(b.Bytes()) // a reader who has gone needs no answer
}

func trouble(w http.ResponseWriter) {
	http.Error(w, "the mailbox cannot be read now", http.StatusServiceUnavailable)
}
