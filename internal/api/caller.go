package api

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// caller finds out who calls and whether they may call this route at all. What the
// request needs beside that is read along.
func (rt *route) caller(ctx context.Context, r *Request, also ...store.Key) (session.Caller, error) {
	t, ok := session.ReadTicket(r.Authorizer)
	if !ok {
		if rt.who != anyone {
			// A route without its authorizer is a mistake in the template: nobody gets in.
			return session.Caller{}, fault.NoCredentials()
		}
		return session.Caller{}, nil
	}
	if rt.noPAT && t.Kind == session.CredPAT {
		return session.Caller{}, fault.NoCredentials()
	}
	c, err := rt.gate.identify(ctx, r, t, rt.repeated, also...)
	if err != nil {
		return c, err
	}
	if c.UID == 0 {
		if rt.who != anyone {
			return c, fault.NoCredentials()
		}
		return c, nil
	}
	if err := rt.permitted(r, c); err != nil {
		return c, err
	}
	return c, nil
}

func (rt *route) permitted(r *Request, c session.Caller) error {
	if rt.who == admins && !c.Admin() {
		return fault.Forbidden()
	}
	if c.Kind == session.CredPAT && !safe(r.Method) && rt.who != anyone && !rt.judged {
		return fault.Forbidden() // no access token, read-only or not, changes accounts
	}
	if rt.fresh {
		if _, ok := c.SessionKey(); !ok || c.Kind == session.CredToken {
			return fault.New(403, "reauth_required", "Sign in with your password to do this; tokens are not enough.")
		}
		if rt.gate.Table.Now().Sub(time.Unix(c.Session.AuthTime, 0)) > freshFor {
			return fault.New(403, "reauth_required", "Confirm your password first.")
		}
	}
	return nil
}

// identify turns a ticket into the caller, or into the 401 that says why not. A
// dead session cookie is as good as none, as in the baseline; so is one of a session
// that was left, except with repeated.
func (g *Gate) identify(ctx context.Context, r *Request, t session.Ticket, repeated bool, also ...store.Key) (session.Caller, error) {
	if t.Code != session.OK {
		return session.Caller{}, refusal(t)
	}
	if t.Kind == session.CredNone {
		return session.Caller{}, nil
	}
	c, code, err := session.Resolve(ctx, g.Table, t, also...)
	if err != nil {
		return session.Caller{}, fault.Unavailable(err)
	}
	if code != session.OK && (code != session.Left || !repeated) {
		if t.Kind == session.CredCookie {
			return session.Caller{}, nil
		}
		t.Code = code
		return session.Caller{}, refusal(t)
	}
	if t.Kind == session.CredCookie && !safe(r.Method) {
		if err := g.csrf(ctx, r, c.SID); err != nil {
			return session.Caller{}, err
		}
	}
	return c, nil
}

// refusal words a ticket's code as the baseline does.
func refusal(t session.Ticket) error {
	switch t.Code {
	case session.Inactive:
		return fault.Unauthenticated(t.Code, "User inactive or deleted.")
	case session.BadHeader:
		return fault.Unauthenticated(t.Code, "Invalid token header. No credentials provided.")
	case session.SpaceInHeader:
		return fault.Unauthenticated(t.Code, "Invalid token header. Token string should not contain spaces.")
	case session.BadBasicHeader:
		return fault.Unauthenticated(t.Code, "Invalid basic header. Credentials not correctly base64 encoded.")
	case session.BadBasic:
		return fault.Unauthenticated(t.Code, "Invalid username/password.").Noted(fault.SignInFailed)
	case session.Unverified:
		return fault.Unauthenticated(t.Code, "E-mail is not verified.").Noted(fault.SignInUnverified)
	case session.Ambiguous:
		return fault.New(400, t.Code, "The request has several Authorization headers.").Noted(fault.AuthenticationRefused)
	case session.Throttled:
		return fault.Throttled(time.Duration(t.After) * time.Second)
	case session.NoAnswer:
		return fault.Unavailable(nil)
	}
	return fault.Unauthenticated(session.BadToken, "Invalid token.")
}

func safe(method string) bool { return method == "GET" || method == "HEAD" || method == "OPTIONS" }

// csrf checks a change that comes with a session cookie. The header must echo the
// session's token; an Origin that is sent must be ours; Sec-Fetch-Site, where a
// browser sends it, must not be another site. A sibling subdomain is another site.
func (g *Gate) csrf(ctx context.Context, r *Request, sid string) error {
	fail := func(why string) error {
		return fault.New(403, "csrf", "CSRF Failed: "+why).Noted(fault.CrossSiteRefused)
	}
	if origin, ok := r.Header["origin"]; ok && !g.ownOrigin(origin) {
		return fail("Origin checking failed - " + shorten(origin, 100) + " does not match any trusted origins.")
	}
	if s := r.Header["sec-fetch-site"]; s != "" && s != "same-origin" && s != "none" && r.Header["origin"] == "" {
		return fail("the request comes from another site.")
	}
	cookie, ok := r.Cookie("csrftoken")
	if !ok || cookie == "" {
		return fail("CSRF cookie not set.")
	}
	header, ok := r.Header["x-csrftoken"]
	if !ok || header == "" {
		return fail("CSRF token missing.")
	}
	k, err := g.Secrets.Keys(ctx)
	if err != nil {
		return fault.Unavailable(err)
	}
	if len(header) != 32 {
		return fail("CSRF token from the 'X-Csrftoken' HTTP header has incorrect length.")
	}
	if !token.Equal(cookie, header) || !token.ValidCSRF(k, sid, header) {
		return fail("CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
	}
	return nil
}

// ownOrigin reports whether an Origin is the installation's own, or listed.
func (g *Gate) ownOrigin(origin string) bool {
	if origin == g.Base.Scheme+"://"+g.Base.Host || slices.Contains(g.Trusted, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || !g.Loopback || u.Scheme != g.Base.Scheme || u.Port() != g.Base.Port() || strings.TrimSuffix(origin, u.Host) != u.Scheme+"://" {
		return false
	}
	return loopback(u.Hostname()) && loopback(g.Base.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
