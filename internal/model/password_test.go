package model

import (
	"slices"
	"strings"
	"time"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// changePassword sets another password. Every other session ends.
func (m *machine) changePassword(by cred, old, pw string) command {
	body := object{"old_password": old, "new_password1": pw, "new_password2": pw}
	return command{name: "change password", proof: pw, by: by, r: request{method: "POST", path: path("auth", "password", "change"), body: body},
		keyed: by.s != nil && by.s.kind == "bearer", judge: signedIn(func(c *caller) verdict {
			switch {
			case c.pat != nil:
				return refuse(401)
			case old != c.u.password || pw == weakPassword:
				return refuse(400)
			}
			return done(200, func(a *answer) {
				c.u.password, c.u.reset = pw, nil
				c.u.endAll()
				for _, s := range c.u.sessions {
					s.over = s.over || s.kind != "token" && s != c.s
					s.left = time.Time{}
				}
				m.move(c, a)
				m.notice(c.u, mail.KindPasswordChanged, c.u.email)
			})
		})}
}

// move gives a caller a session that goes on: the bearer's own, else another cookie.
func (m *machine) move(c *caller, a *answer) {
	if c.s.kind == "bearer" {
		c.s.epoch, c.s.auth = c.u.epoch, m.now
		return
	}
	s := m.newSession(c.u, "cookie")
	if c.s.kind == "cookie" {
		c.s.over, c.s.left, c.s.next = true, m.now, s
	}
	if a != nil {
		s.cookie, s.csrf = a.cookies["sessionid"], a.cookies["csrftoken"]
	}
}

// follows reports whether somebody with a session that was just left is given the one
// that took its place.
func (m *machine) follows(s *session, pw string) bool {
	return !s.left.IsZero() && m.now.Sub(s.left) < 30*time.Second && s.u.status == active && pw == s.u.password && s.next.alive(m.now)
}

// reauthenticate gives the password once more.
func (m *machine) reauthenticate(by cred, pw string) command {
	return command{name: "reauthenticate", proof: pw, by: by, r: request{method: "POST", path: path("auth", "reauthenticate"), body: object{"password": pw}},
		judge: signedIn(func(c *caller) verdict {
			switch {
			case c.s == nil || c.s.kind == "token":
				return refuse(403)
			case pw != c.u.password:
				return refuse(400)
			}
			return done(200, func(a *answer) { m.move(c, a) })
		})}
}

// askReset asks for a mail; nobody learns whether one is sent.
func (m *machine) askReset(email string) command {
	return command{name: "ask for reset", keyed: true, r: request{method: "POST", path: path("auth", "password", "reset"), body: object{"email": email}},
		judge: func(*caller) verdict {
			if !strings.Contains(email, "@") {
				return refuse(400)
			}
			return done(200, func(*answer) { m.queue(m.resetMail(email)) })
		}}
}

// reset sets a password by the two parts of a link.
func (m *machine) reset(key, pw string) command {
	uid, token, _ := strings.Cut(key, " ")
	body := object{"uid": uid, "token": token, "new_password1": pw, "new_password2": pw}
	return command{name: "reset password", keyed: true, r: request{method: "POST", path: path("auth", "password", "reset", "confirm"), body: body},
		judge: func(*caller) verdict {
			for _, u := range m.users {
				if t := u.reset; !t.live(m.now) || t.key != key || u.status != active || t.epoch != u.epoch || t.email != u.email || pw == weakPassword {
					continue
				}
				return done(200, func(*answer) {
					u.password, u.reset = pw, nil
					u.endAll()
					u.tokenEpoch++
					m.notice(u, mail.KindPasswordReset, u.email)
				})
			}
			return refuse(400)
		}}
}

func (m *machine) newPassword(t *rapid.T) string {
	return pick(t, "new password", append(slices.Clone(passwords), weakPassword))
}

func (m *machine) changingPassword(t *rapid.T) {
	by := m.caller(t, anybody)
	old := pick(t, "old password", passwords)
	if u := by.user(); u != nil && !sometimes(t, 2, "wrong password") {
		old = u.password
	}
	m.run(t, m.changePassword(by, either(old == "", "nothing yet", old), m.newPassword(t)))
}

func (m *machine) reauthenticating(t *rapid.T) {
	by := m.caller(t, anybody)
	pw := pick(t, "password", passwords)
	if u := by.user(); u != nil && u.password != "" && !sometimes(t, 2, "wrong password") {
		pw = u.password
	}
	m.run(t, m.reauthenticate(by, pw))
}

func (m *machine) askingReset(t *rapid.T) {
	all := append(slices.Clone(addresses), "nobody@example.org", "no address")
	for _, u := range m.users {
		if u.email != "" && u.status == active {
			all = append([]string{u.email}, all...)
		}
	}
	m.run(t, m.askReset(pick(t, "address", all)))
}

// resettable are the links that would do.
func (m *machine) resettable() (good []string) {
	for _, u := range m.users {
		if t := u.reset; t.live(m.now) && u.status == active && t.epoch == u.epoch {
			good = append(good, t.key)
		}
	}
	return good
}

func (m *machine) resetting(t *rapid.T) {
	if len(m.resettable()) == 0 && !sometimes(t, 2, "no link") {
		m.askingReset(t)
		m.deliver(t)
	}
	good := m.resettable()
	all := append([]string{"1 forged"}, m.links["reset"]...)
	key := pick(t, "any link", all)
	if len(good) > 0 && !sometimes(t, 2, "odd link") {
		key = pick(t, "link", good)
	} else if other := pick(t, "other link", all); sometimes(t, 1, "mixed") {
		uid, _, _ := strings.Cut(key, " ")
		_, token, _ := strings.Cut(other, " ")
		key = uid + " " + token
	}
	m.run(t, m.reset(key, m.newPassword(t)))
}
