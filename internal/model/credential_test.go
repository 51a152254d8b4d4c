package model

import (
	"fmt"
	"maps"
	"time"

	"pgregory.net/rapid"
)

// cred is what a request comes with. The zero value is nothing.
type cred struct {
	s     *session     // its cookie, or its access token as it was
	key   string       // the token key
	of    *user        // of the token key
	gen   int          // of the token key
	pat   *accessToken //
	until time.Time    // of the access token of a bearer session
	value string
}

func (c cred) String() string {
	switch {
	case c.pat != nil:
		return "access token of " + c.pat.u.name
	case c.of != nil:
		return fmt.Sprintf("token key %d of %s", c.gen, c.of.name)
	case c.s != nil:
		return c.s.kind + " of " + c.s.u.name
	}
	return "nobody"
}

// user is whose it is; nil is nobody's.
func (c cred) user() *user {
	switch {
	case c.pat != nil:
		return c.pat.u
	case c.of != nil:
		return c.of
	case c.s != nil:
		return c.s.u
	}
	return nil
}

// sign adds the credential to a request.
func (c cred) sign(r request) request {
	switch {
	case c.pat != nil:
		return r.with("Authorization", "Bearer "+c.value)
	case c.of != nil:
		return r.with("Authorization", "Token "+c.key)
	case c.s != nil && c.s.kind == "bearer":
		return r.with("Authorization", "Bearer "+c.value)
	case c.s != nil:
		cookies := maps.Clone(r.cookies)
		if cookies == nil {
			cookies = map[string]string{}
		}
		cookies["sessionid"], cookies["csrftoken"] = c.value, c.s.csrf
		r.cookies = cookies
		if _, set := r.header["X-CSRFToken"]; set {
			return r
		}
		return r.with("X-CSRFToken", c.s.csrf)
	}
	return r
}

// resolve says who a credential is. refused is a bad one that even public routes do
// not take; a dead cookie is as good as none. touch notes the use.
func (m *machine) resolve(c cred) (who *caller, refused bool, touch func()) {
	none := func() {}
	switch {
	case c.pat != nil:
		if !c.pat.usable(m.now) || c.pat.u.status != active {
			return nil, true, none
		}
		return &caller{u: c.pat.u, pat: c.pat}, false, m.noteToken(c.pat)
	case c.of != nil:
		s := c.of.keySession()
		if c.gen != c.of.generation || s == nil || !s.alive(m.now) || c.of.status != active {
			return nil, true, none
		}
		return &caller{u: c.of, s: s}, false, m.note(s)
	case c.s != nil:
		bearer := c.s.kind == "bearer"
		if bearer && !m.now.Before(c.until) || !c.s.alive(m.now) || c.s.u.status != active {
			return nil, bearer, none
		}
		return &caller{u: c.s.u, s: c.s}, false, m.note(c.s)
	}
	return nil, false, none
}

// note says that a session was used, which is written down once an hour.
func (m *machine) note(s *session) func() {
	now := m.now
	return func() {
		if now.Sub(s.seen) >= noteEvery {
			s.seen = now
		}
	}
}

func (m *machine) noteToken(a *accessToken) func() {
	now := m.now
	return func() {
		if now.Sub(a.lastUsed) >= noteToken {
			a.lastUsed = now
		}
	}
}

// keySession is the session behind the token key.
func (u *user) keySession() *session {
	for _, s := range u.sessions {
		if s.kind == "token" {
			return s
		}
	}
	return nil
}

// creds are all credentials that an account ever had and somebody knows.
func (u *user) creds() (all []cred) {
	for _, s := range u.sessions {
		switch {
		case s.kind == "cookie" && s.cookie != "":
			all = append(all, cred{s: s, value: s.cookie})
		case s.kind == "bearer" && s.access != "":
			all = append(all, cred{s: s, value: s.access, until: s.accessUntil})
		}
	}
	for gen := 1; gen <= u.generation; gen++ {
		if key := u.keys[gen]; key != "" {
			all = append(all, cred{of: u, key: key, gen: gen})
		}
	}
	for _, a := range u.tokens {
		if a.value != "" {
			all = append(all, cred{pat: a, value: a.value})
		}
	}
	return all
}

// good reports whether a credential would be accepted now.
func (m *machine) good(c cred) bool {
	who, _, _ := m.resolve(c)
	return who != nil
}

// caller draws who makes a request: most of the time somebody who wants may and whose
// credential is good, signing in first if they have none; else anybody, with anything
// they ever had.
func (m *machine) caller(t *rapid.T, want func(*user) bool) cred {
	if !sometimes(t, 2, "odd caller") {
		who := filter(m.users, func(u *user) bool { return u.status == active && u.password != "" && want(u) })
		if len(who) > 0 {
			return m.as(t, pick(t, "caller", who))
		}
	}
	all := []cred{{}}
	for _, u := range m.users {
		all = append(all, u.creds()...)
	}
	return pick(t, "any credential", all)
}

// as draws a good credential of somebody, and signs them in if there is none.
func (m *machine) as(t *rapid.T, u *user) cred {
	good := filter(u.creds(), m.good)
	if len(good) == 0 {
		m.run(t, m.login(u.name, u.password, "", nil))
		good = filter(u.creds(), m.good)
	}
	return pick(t, "credential", good)
}

// confirmed is caller for what asks for a password that was just given.
func (m *machine) confirmed(t *rapid.T, want func(*user) bool) cred {
	by := m.caller(t, want)
	who, _, _ := m.resolve(by)
	if who == nil || who.s != nil && who.s.kind != "token" && m.now.Sub(who.s.auth) < freshLife-time.Minute || sometimes(t, 3, "not confirmed") {
		return by
	}
	if who.s == nil || who.s.kind == "token" {
		m.run(t, m.login(who.u.name, who.u.password, "", nil))
	} else {
		m.run(t, m.reauthenticate(by, who.u.password))
	}
	fresh := filter(who.u.creds(), func(c cred) bool {
		w, _, _ := m.resolve(c)
		return w != nil && w.s != nil && w.s.kind != "token" && m.now.Sub(w.s.auth) < freshLife-time.Minute
	})
	if len(fresh) == 0 {
		return by
	}
	return fresh[len(fresh)-1]
}

func anybody(*user) bool { return true }
