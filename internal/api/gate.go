// Package api turns operations, plain functions from input to output, into
// handlers of routes, and does what no route may forget: decoding and its bounds,
// who calls, CSRF, the error shapes, media types, security headers, idempotency
// keys, and one log line a request.
//
//	event → Request → bind → caller → operation → encode → Response
//
// An operation knows no HTTP and does not log. It cannot be registered without
// saying who may call it: Public, SignedIn or Admin.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// Gate is what the wrappers need of the installation.
type Gate struct {
	Table      *store.Table
	Secrets    *secret.Source
	Base       *url.URL // where people reach the installation; no path
	Trusted    []string // further origins that may call with a cookie
	Loopback   bool     // http://localhost and http://127.0.0.1 count as one (never in production)
	Production bool
	Log        *slog.Logger
	Policy     *policy.Table    // nil: its rules could not be read, and nothing that needs them is served
	MinRole    policy.Privilege // group that may create organizations
}

// Secure reports whether people come by https.
func (g *Gate) Secure() bool { return g.Base.Scheme == "https" }

// Meta is what an operation may know of the request besides its input.
type Meta struct {
	Request string // id
	Network string // address prefix: /24 of IPv4, /64 of IPv6
	Agent   string // browser and system, in words
	Device  string // value of the device cookie
	Now     time.Time
	idem    *idempotency
	judging *judging
	minRole policy.Privilege
}

// meta reads what an operation may know of a request.
func meta(r *Request, now time.Time) Meta {
	m := Meta{Request: r.ID, Network: Network(r.SourceIP), Agent: agent(r.Header["user-agent"]), Now: now}
	for _, name := range []string{"__Host-" + deviceCookie, deviceCookie} {
		if v, ok := r.Cookie(name); ok {
			m.Device = v
			break
		}
	}
	return m
}

// WithMeta gives ctx the Meta of a request that no route serves: the authorizer's.
func WithMeta(ctx context.Context, r *Request, now time.Time) context.Context {
	return context.WithValue(ctx, metaKey{}, meta(r, now))
}

type metaKey struct{}

// From is the Meta of the request that ctx belongs to.
func From(ctx context.Context) Meta {
	m, _ := ctx.Value(metaKey{}).(Meta)
	return m
}

// Network is the part of an address that limits and logs go by.
func Network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// Option changes how one route is served.
type Option func(*route)

// Baseline marks a route of the API that existing clients speak: unknown members
// of a body are ignored, and error bodies have the baseline's members alone.
func Baseline(r *route) { r.baseline = true }

// Created answers 201.
func Created(r *route) { r.status = 201 }

// NoContent answers 204, without a body.
func NoContent(r *route) { r.status = 204 }

// NoPAT refuses access tokens as if there were no credentials (the baseline's
// password change).
func NoPAT(r *route) { r.noPAT = true }

// Fresh demands that the password was given within the last five minutes, in this
// session.
func Fresh(r *route) { r.fresh = true }

// Repeated also serves whoever comes with a session that was left within the last
// half minute: the answer that brought its successor may be lost. The operation must
// ask for the password, and finds such a caller by Caller.Left.
func Repeated(r *route) { r.repeated = true }

// Idempotent honours Idempotency-Key.
func Idempotent(r *route) { r.idempotent = true }

// freshFor is how long a password counts as just given.
const freshFor = 5 * time.Minute

type route struct {
	gate       *Gate
	who        int
	status     int
	baseline   bool
	noPAT      bool
	fresh      bool
	idempotent bool
	repeated   bool
	judged     bool
	aim        func(*Request) any // the request as far as its path says
	run        func(context.Context, *route, *Request, session.Caller) (any, error)
}

const (
	anyone = iota
	users
	admins
)

// Public serves op to anyone. A credential that is sent must still be good.
func Public[In, Out any](g *Gate, op func(context.Context, In) (Out, error), opts ...Option) Handler {
	return newRoute(g, anyone, opts, func(ctx context.Context, rt *route, r *Request, _ session.Caller) (any, error) {
		in, err := bind[In](r, !rt.baseline)
		if err != nil {
			return nil, err
		}
		return op(ctx, in)
	})
}

// Optional serves op to anyone and tells who it is, if they have signed in.
func Optional[In, Out any](g *Gate, op func(context.Context, *session.Caller, In) (Out, error), opts ...Option) Handler {
	return newRoute(g, anyone, opts, func(ctx context.Context, rt *route, r *Request, c session.Caller) (any, error) {
		in, err := bind[In](r, !rt.baseline)
		if err != nil {
			return nil, err
		}
		if c.UID == 0 {
			return op(ctx, nil, in)
		}
		return op(ctx, &c, in)
	})
}

// SignedIn serves op to whoever has an account and a good credential.
func SignedIn[In, Out any](g *Gate, op func(context.Context, session.Caller, In) (Out, error), opts ...Option) Handler {
	return signedIn(g, users, op, opts)
}

// Admin serves op to administrators of the installation.
func Admin[In, Out any](g *Gate, op func(context.Context, session.Caller, In) (Out, error), opts ...Option) Handler {
	return signedIn(g, admins, op, opts)
}

func signedIn[In, Out any](g *Gate, who int, op func(context.Context, session.Caller, In) (Out, error), opts []Option) Handler {
	return newRoute(g, who, opts, func(ctx context.Context, rt *route, r *Request, c session.Caller) (any, error) {
		in, err := bind[In](r, !rt.baseline)
		if err != nil {
			return nil, err
		}
		return op(ctx, c, in)
	})
}

func newRoute(g *Gate, who int, opts []Option, run func(context.Context, *route, *Request, session.Caller) (any, error)) Handler {
	rt := &route{gate: g, who: who, status: 200, run: run}
	for _, o := range opts {
		o(rt)
	}
	return rt
}

// Access says who may call a handler: "anyone", "users" or "admins"; for the
// golden list of routes.
func Access(h Handler) string {
	rt, ok := h.(*route)
	if !ok {
		return "anyone"
	}
	return [...]string{"anyone", "users", "admins"}[rt.who]
}

// Serve implements Handler.
func (rt *route) Serve(ctx context.Context, r *Request) (res *Response) {
	start := time.Now()
	var caller session.Caller
	var err error
	defer func() { rt.gate.finish(ctx, r, res, caller, err, time.Since(start)) }()
	rt.gate.bound(r)
	media, err := negotiate(r)
	if err != nil {
		return rt.gate.fail(rt.baseline, "application/json", err)
	}
	out, caller, err := rt.answer(ctx, r)
	if err != nil {
		return rt.gate.fail(rt.baseline, media, err)
	}
	res, err = rt.render(media, out)
	if err != nil {
		return rt.gate.fail(rt.baseline, media, err)
	}
	return res
}

// answer goes through the checks in the baseline's order: authentication and
// CSRF, then form, then the operation.
func (rt *route) answer(ctx context.Context, r *Request) (any, session.Caller, error) {
	caller, j, err := rt.read(ctx, r)
	if err != nil {
		return nil, caller, err
	}
	if err := checkForm(r); err != nil {
		return nil, caller, err
	}
	m := meta(r, rt.gate.Table.Now())
	m.judging, m.minRole = j, rt.gate.MinRole
	out, err := rt.attempt(ctx, r, caller, m)
	return out, caller, err
}

// attempts bounds how often an operation that lost against another is run anew.
const attempts = 5

// attempt runs the operation. One that returns a conflict has decided on what is
// no longer true: it wrote nothing, and is run again on fresh reads. So is one that
// was refused after a repetition of it was carried out.
func (rt *route) attempt(ctx context.Context, r *Request, caller session.Caller, m Meta) (out any, err error) {
	for n := range attempts {
		if n > 0 {
			if caller, m.judging, err = rt.read(ctx, r); err != nil {
				return nil, err
			}
		}
		if rt.idempotent {
			if m.idem, err = rt.gate.openIdempotency(ctx, r, caller, m.judging); err != nil {
				return nil, err
			}
		}
		out, err = rt.run(context.WithValue(ctx, metaKey{}, m), rt, r, caller)
		if err = rt.gate.overtaken(ctx, m.idem, err); !lost(err) {
			break
		}
	}
	if _, lost := store.Conflict(err); lost || errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		err = fault.Unavailable(err)
	}
	if err == nil && rt.judged && m.judging.made == 0 {
		err = errUnjudged
	}
	return out, err
}

// lost reports whether an operation has to be run anew: it has decided on what is no
// longer true, or has drawn an id that somebody has.
func lost(err error) bool {
	_, conflict := store.Conflict(err)
	return conflict || errors.Is(err, store.ErrTwice)
}

func checkForm(r *Request) error {
	if name, twice := duplicates(r.Query); twice {
		return fault.Field(shorten(name, 60), "This parameter stands more than once.")
	}
	if len(r.Body) > MaxBody {
		return fault.New(413, "too_large", "The request body is larger than 65536 bytes.")
	}
	if len(r.Body) == 0 || r.Method == "GET" || r.Method == "HEAD" {
		return nil
	}
	if e := r.Header["content-encoding"]; e != "" && e != "identity" {
		return fault.New(415, "unsupported_media_type", "Content-Encoding is not supported; send the body as it is.")
	}
	ct := r.Header["content-type"]
	media, params, _ := strings.Cut(ct, ";")
	params = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(params)), `"`, "")
	if strings.ToLower(strings.TrimSpace(media)) != "application/json" || strings.HasPrefix(params, "charset=") && params != "charset=utf-8" {
		return fault.New(415, "unsupported_media_type", `Unsupported media type "`+shorten(ct, 100)+`" in request.`)
	}
	return nil
}
