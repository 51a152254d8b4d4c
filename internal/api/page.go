package api

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// PageAnswer is what a page answers: HTML, or a redirect to Location.
type PageAnswer struct {
	Status   int // 200 unless set; 303 with Location
	HTML     []byte
	Media    string // text/html unless set
	Cache    string // Cache-Control; no-store unless set
	Location string
	Sets     []SetsCookies
	// Flow, if set, is put into the short-lived cookie that carries the secret of
	// a mail link from the address to the form; ClearFlow removes it.
	Flow      string
	ClearFlow bool
	After     time.Duration // Retry-After, if set
	Refused   error         // what the page tells of in its own words, for the log
}

// flowCookie carries the secret of a mail link, so that it leaves the address
// bar, the history and the Referer before anything else is loaded.
const flowCookie = "gh_flow"

const flowLife = 15 * time.Minute

// PageHandler makes a page. who is nil for whoever has not signed in.
type PageHandler func(ctx context.Context, r *Request, who *session.Caller) (*PageAnswer, error)

type page struct {
	gate *Gate
	make PageHandler
	fail func(*fault.Fault) []byte
}

// Page serves a page to anyone. A form that is posted must come from this very
// site. fail renders what is not a page of its own.
func Page(g *Gate, h PageHandler, fail func(*fault.Fault) []byte) Handler {
	return &page{g, h, fail}
}

// Flow is the secret of the mail link that brought this browser here.
func Flow(r *Request) string {
	for _, name := range []string{"__Host-" + flowCookie, flowCookie} {
		if v, ok := r.Cookie(name); ok {
			s, err := url.QueryUnescape(v)
			if err == nil {
				return s
			}
		}
	}
	return ""
}

// Form reads a posted form; of a field that stands twice the first counts.
func Form(r *Request) (url.Values, error) {
	media, _, _ := strings.Cut(r.Header["content-type"], ";")
	if strings.ToLower(strings.TrimSpace(media)) != "application/x-www-form-urlencoded" {
		return nil, fault.New(415, "unsupported_media_type", "A form is expected here.")
	}
	if len(r.Body) > MaxBody {
		return nil, fault.New(413, "too_large", "The form is too large.")
	}
	v, err := url.ParseQuery(string(r.Body))
	if err != nil || !validText(v) {
		return nil, fault.New(400, "bad_form", "The form is malformed.")
	}
	return v, nil
}

func validText(v url.Values) bool {
	for name, values := range v {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(values, "")) {
			return false
		}
	}
	return true
}

// Bind makes the input of an operation from what a form holds, by the rules that
// the members of a body are bound by.
func Bind[In any](fields map[string]any) (in In, err error) {
	body, err := encode(fields)
	if err != nil {
		return in, err
	}
	return bind[In](&Request{Body: body}, false)
}

// Attempt runs an operation for a page as routes run theirs: one that lost against
// another is run again, on fresh reads, with the visitor as they then are. once,
// if not empty, is the Idempotency-Key of the form: sent twice, by a double click,
// it is carried out once.
func Attempt[Out any](ctx context.Context, g *Gate, r *Request, who *session.Caller, once string, op func(context.Context, *session.Caller) (Out, error)) (out Out, err error) {
	defer func() { noteRefusal(ctx, err) }()
	keyed := *r
	keyed.Header = map[string]string{"idempotency-key": once}
	m := From(ctx)
	for n := range attempts {
		if n > 0 {
			if who, err = g.visitor(ctx, r); err != nil {
				return out, err
			}
		}
		if once != "" {
			var c session.Caller
			if who != nil {
				c = *who
			}
			if m.idem, err = g.openIdempotency(ctx, &keyed, c, nil); err != nil {
				return out, err
			}
		}
		out, err = op(context.WithValue(ctx, metaKey{}, m), who)
		if err = g.overtaken(ctx, m.idem, err); !lost(err) {
			break
		}
	}
	if _, lost := store.Conflict(err); lost || errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		err = fault.Unavailable(err)
	}
	return out, err
}

// Serve implements Handler.
func (p *page) Serve(ctx context.Context, r *Request) (res *Response) {
	start := time.Now()
	var caller session.Caller
	var err error
	ctx, told := withRefusal(ctx)
	defer func() { p.gate.finish(ctx, r, res, caller, told.or(err), time.Since(start)) }()
	p.gate.bound(r)
	ctx = WithMeta(ctx, r, p.gate.Table.Now())
	var who *session.Caller
	if !safe(r.Method) {
		err = p.gate.sameSite(r)
	}
	if err == nil {
		who, err = p.gate.visitor(ctx, r)
	}
	if who != nil {
		caller = *who
	}
	var a *PageAnswer
	if err == nil {
		a, err = p.make(ctx, r, who)
	}
	if a != nil {
		noteRefusal(ctx, a.Refused)
	}
	if err != nil {
		f := fault.Of(err)
		a = &PageAnswer{Status: f.Status, After: f.After}
		if p.fail != nil {
			a.HTML = p.fail(f)
		}
	}
	return p.gate.renderPage(a)
}

// sameSite is the CSRF check of forms. They carry no header of ours, and the
// first of them come before there is a session: the browser's own word counts.
func (g *Gate) sameSite(r *Request) error {
	origin, sent := r.Header["origin"]
	site := r.Header["sec-fetch-site"]
	if sent && !g.ownOrigin(origin) || site != "" && site != "same-origin" || !sent && site == "" {
		return fault.New(403, "csrf", "This form was not sent from this site. Open the page again and send it from there.").Noted(fault.CrossSiteRefused)
	}
	return nil
}

// visitor is whoever has a live session cookie.
func (g *Gate) visitor(ctx context.Context, r *Request) (*session.Caller, error) {
	cookie, ok := r.Cookie("sessionid")
	uid, sid, valid := token.ParseSession(cookie)
	if !ok || !valid {
		return nil, nil
	}
	c, code, err := session.Resolve(ctx, g.Table, session.Ticket{Kind: session.CredCookie, UID: uid, SID: sid})
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	if code != session.OK {
		return nil, nil
	}
	return &c, nil
}

func (g *Gate) renderPage(a *PageAnswer) *Response {
	res := &Response{Status: a.Status, Header: g.headers("text/html; charset=utf-8"), Body: a.HTML}
	res.Header["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if a.Media != "" {
		res.Header["Content-Type"] = a.Media
	}
	if a.Cache != "" {
		res.Header["Cache-Control"] = a.Cache
	}
	if a.Location != "" {
		res.Header["Location"] = a.Location
		res.Status = 303
	}
	if res.Status == 0 {
		res.Status = 200
	}
	if a.After > 0 {
		res.Header["Retry-After"] = strconv.Itoa(int(a.After.Seconds()))
	}
	c := &Cookies{gate: g}
	for _, s := range a.Sets {
		s.SetCookies(c)
	}
	if a.Flow != "" {
		c.set(g.own(flowCookie), url.QueryEscape(a.Flow), true, int(flowLife.Seconds()))
	} else if a.ClearFlow {
		c.set(g.own(flowCookie), "", true, 0)
	}
	res.Cookies = c.list
	return res
}

// AttemptJudged runs an operation of a policy-checked route for a page: what in
// says is near it is read as the route would, without a workspace.
func AttemptJudged[In, Out any](ctx context.Context, g *Gate, r *Request, who *session.Caller, once string, in In, op func(context.Context, session.Caller, In) (Out, error)) (out Out, err error) {
	return Attempt(ctx, g, r, who, once, func(ctx context.Context, who *session.Caller) (out Out, err error) {
		if who == nil {
			return out, fault.NoCredentials()
		}
		if g.Policy == nil {
			return out, noPolicy()
		}
		j := &judging{table: g.Policy, safe: safe(r.Method)}
		if n, ok := any(in).(Near); ok {
			if j.near, err = g.Table.Get(ctx, n.Near(who.UID)...); err != nil {
				return out, err
			}
		}
		if n, ok := any(in).(Next); ok {
			keys, err := n.Next(who.UID, j.near)
			if err != nil {
				return out, err
			}
			if j.next, err = g.Table.Get(ctx, keys...); err != nil {
				return out, err
			}
		}
		m := From(ctx)
		m.judging, m.minRole = j, g.MinRole
		return op(context.WithValue(ctx, metaKey{}, m), *who, in)
	})
}
