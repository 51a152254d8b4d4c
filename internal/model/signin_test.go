package model

import (
	"slices"
	"strings"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// newSession is a sign-in of this moment.
func (m *machine) newSession(u *user, kind string) *session {
	s := &session{u: u, kind: kind, epoch: u.epoch, created: m.now, seen: m.now, auth: m.now, refresh: map[int]string{}}
	if kind == "token" {
		s.id = "token" // for everybody
	}
	u.sessions = append(u.sessions, s)
	return s
}

// subject is who a name and a password open: an account, or a registration that
// waits; neither if something is wrong.
func (m *machine) subject(name, pw string) (*user, *registration) {
	if strings.Contains(name, "@") {
		email := strings.ToLower(name)
		if u := m.holder(email); u != nil && u.status == active && u.password == pw && pw != "" {
			return u, nil
		}
		if r := m.latest[email]; r != nil && m.waits(r) && r.password == pw {
			return nil, r
		}
		return nil, nil
	}
	if u := m.named(name); u != nil {
		if u.status == active && u.password == pw && pw != "" {
			return u, nil
		}
		return nil, nil
	}
	if r := m.registering(name); r != nil && r.password == pw {
		return nil, r
	}
	return nil, nil
}

// signIn is the verdict of both ways to sign in.
func (m *machine) signIn(name, pw, device string, in func(*user, *answer)) verdict {
	u, r := m.subject(name, pw)
	if r != nil && m.limited { // a limit is silent here: who waits for the mail may get none
		return done(400, func(*answer) { m.queue(maybe(m.confirmation(r))) })
	}
	if r != nil && m.now.Sub(r.mailed) >= remailAfter {
		return done(400, func(*answer) {
			r.mailed = m.now
			m.queue(m.confirmation(r))
		})
	}
	if u == nil {
		return refuse(400)
	}
	return done(200, func(a *answer) {
		if u.signedIn && (device == "" || device != u.device) {
			m.notice(u, mail.KindNewDevice, u.email)
		}
		u.signedIn = true
		if a != nil && a.cookies["gh_device"] != "" {
			u.device = a.cookies["gh_device"]
		}
		in(u, a)
	})
}

func maybe(j job) job {
	return func() []expected {
		all := j()
		for n := range all {
			all[n].maybe = true
		}
		return all
	}
}

func loginBody(name, pw string) object {
	if strings.Contains(name, "@") {
		return object{"email": name, "password": pw}
	}
	return object{"username": name, "password": pw}
}

// login signs in with cookies and the token key. over is a session that the browser
// has already.
func (m *machine) login(name, pw, device string, over *session) command {
	r := request{method: "POST", path: path("auth", "login"), body: loginBody(name, pw)}
	if device != "" {
		r.cookies = map[string]string{"gh_device": device}
	}
	var by cred
	if over != nil {
		by = cred{s: over, value: over.cookie}
	}
	return command{name: "login", by: by, r: r, judge: func(c *caller) verdict {
		return m.signIn(name, pw, device, func(u *user, a *answer) {
			m.begin(u, a)
			if c != nil && c.s != nil {
				c.s.over = true
			}
		})
	}}
}

// begin is the session and the token key of a sign-in.
func (m *machine) begin(u *user, a *answer) {
	k := u.keySession()
	switch {
	case k != nil && k.alive(m.now) && m.now.Sub(k.created) < renewKey:
	case k != nil && k.alive(m.now):
		k.created, k.seen, k.auth = m.now, m.now, m.now
	default:
		u.generation++
		u.sessions = slices.DeleteFunc(u.sessions, func(s *session) bool { return s.kind == "token" })
		m.newSession(u, "token").generation = u.generation
	}
	s := m.newSession(u, "cookie")
	if a != nil {
		s.cookie, s.csrf = a.cookies["sessionid"], a.cookies["csrftoken"]
	}
	m.takeKey(u, a)
}

// logout ends the session that it comes with, and the token key.
func (m *machine) logout(by cred) command {
	return command{name: "logout", by: by, r: request{method: "POST", path: path("auth", "logout")}, judge: func(c *caller) verdict {
		if c == nil || c.mute() || c.s == nil && c.u.generation == 0 {
			return refuse(200)
		}
		return done(200, func(*answer) {
			if c.s != nil {
				c.s.over = true
			}
			c.u.raise()
		})
	}}
}

// name draws a name to sign in with, and the password that goes with it.
func (m *machine) identity(t *rapid.T) (name, pw, device string) {
	name, pw = pick(t, "name", append(slices.Clone(names), addresses...)), pick(t, "password", passwords)
	var known [][3]string
	for _, u := range m.users {
		if u.status == active && u.password != "" {
			known = append(known, [3]string{u.name, u.password, u.device}, [3]string{strings.ToUpper(u.name), u.password, ""}, [3]string{u.email, u.password, ""})
		}
	}
	for _, r := range m.waiting {
		known = append(known, [3]string{r.name, r.password, ""}, [3]string{r.email, r.password, ""})
	}
	if len(known) > 0 && !sometimes(t, 2, "odd name") {
		k := pick(t, "known", known)
		name, device = k[0], k[2]
		if !sometimes(t, 3, "wrong password") {
			pw = k[1]
		}
	}
	return name, pw, device
}

func (m *machine) loggingIn(t *rapid.T) {
	name, pw, device := m.identity(t)
	var over []*session
	for _, u := range m.users {
		over = append(over, filter(u.sessions, func(s *session) bool { return s.kind == "cookie" && s.cookie != "" })...)
	}
	c := m.login(name, pw, device, nil)
	if len(over) > 0 && sometimes(t, 3, "over") {
		c = m.login(name, pw, device, pick(t, "session", over))
	}
	m.run(t, c)
}

func (m *machine) loggingOut(t *rapid.T) {
	var stale []cred
	for _, u := range m.users {
		stale = append(stale, filter(u.creds(), func(c cred) bool { return !m.good(c) })...)
	}
	if len(stale) > 0 && sometimes(t, 2, "stale") {
		m.run(t, m.logout(pick(t, "stale credential", stale)))
		return
	}
	m.run(t, m.logout(m.caller(t, anybody)))
}
