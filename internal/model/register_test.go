package model

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/apptest"

	"pgregory.net/rapid"
)

// What people are called, where they get mail, and what they choose as passwords.
var (
	names     = []string{"quillon", "zephyrine", "wystan", "ottoline", "fenwick", "jessamy"}
	addresses = []string{"box1@example.org", "box2@example.org", "box3@example.org", "box4@example.org", "box5@example.org", "box6@example.org"}
	passwords = []string{apptest.Password, "violet anchor 91 turbine", "brass kettle 33 meadow"}
)

const weakPassword = "password1"

func form(name, email, pw string) object {
	return object{"username": name, "email": email, "password1": pw, "password2": pw, "first_name": "Ada", "last_name": "Byron"}
}

// free reports whether nobody has a user name, or had it when they were erased.
func (st *state) free(name string) bool { return st.named(name) == nil && st.registering(name) == nil }

func (m *machine) register(name, email, pw string) command {
	return command{name: "register", keyed: true, r: request{method: "POST", path: path("auth", "register"), body: form(name, email, pw)},
		judge: func(*caller) verdict {
			if pw == weakPassword || !m.free(name) {
				return refuse(400)
			}
			return done(201, func(*answer) {
				r := &registration{name: name, email: email, password: pw, created: m.now, mailed: m.now}
				m.waiting = append(m.waiting, r)
				m.latest[email] = r
				m.queue(m.confirmation(r))
			})
		}}
}

// verify confirms a registration by the secret of its mail.
func (m *machine) verify(key string) command {
	return command{name: "verify", keyed: true, r: request{method: "POST", path: path("auth", "verify-email"), body: object{"key": key}},
		judge: func(*caller) verdict {
			n := slices.IndexFunc(m.waiting, func(r *registration) bool { return r.key == key && key != "" && m.waits(r) })
			if n < 0 || m.holder(m.waiting[n].email) != nil {
				return refuse(400)
			}
			r := m.waiting[n]
			return done(200, func(*answer) {
				m.waiting = slices.Delete(m.waiting, n, n+1)
				if m.latest[r.email] == r {
					delete(m.latest, r.email)
				}
				m.join(&user{name: r.name, email: r.email, password: r.password})
			})
		}}
}

// join adds an account that was just made.
func (m *machine) join(u *user) {
	u.first, u.status, u.epoch, u.tokenEpoch, u.undo, u.keys = "Ada", active, 1, 1, map[string]*ticket{}, map[int]string{}
	if u.group == "" {
		u.group = "user"
	}
	m.learn(u)
	m.users = append(m.users, u)
}

// wish asks for the confirmation again; nobody learns whether there is anything to confirm.
func (m *machine) wish(email string) command {
	return command{name: "resend", keyed: true, r: request{method: "POST", path: path("auth", "verify-email", "resend"), body: object{"email": email}},
		judge: func(*caller) verdict {
			if !strings.Contains(email, "@") {
				return refuse(400)
			}
			return done(200, func(*answer) { m.queue(m.resend(email)) })
		}}
}

// registerInvited registers by an invitation, whose mail proves the address.
func (m *machine) registerInvited(name, email, pw string, i *invite, key, secret string) command {
	body := form(name, email, pw)
	body["invitation"], body["invitation_secret"] = key, secret
	return command{name: "register invited", keyed: true, r: request{method: "POST", path: path("auth", "register"), body: body},
		judge: func(*caller) verdict {
			proven := i != nil && i.open(m.now) && !i.org.dead && i.secret != "" && i.secret == secret && i.email == email
			if pw == weakPassword || !proven || !m.free(name) || m.holder(email) != nil || !stands(i) {
				return refuse(400)
			}
			if i.org.seats > 0 && len(i.org.members) >= i.org.seats {
				return refuse(400)
			}
			return done(201, func(a *answer) {
				u := &user{name: name, email: email, password: pw, generation: 1, signedIn: true}
				m.join(u)
				s := m.newSession(u, "cookie")
				if a != nil {
					s.cookie, s.csrf = a.cookies["sessionid"], a.cookies["csrftoken"]
				}
				m.newSession(u, "token").generation = 1
				m.takeKey(u, a)
				m.enter(i, u)
			})
		}}
}

// takeKey notes the token key of an answer.
func (m *machine) takeKey(u *user, a *answer) {
	var told struct{ Key string }
	if a != nil && a.decode(&told) == nil && told.Key != "" {
		u.keys[u.generation] = told.Key
	}
}

func (m *machine) signingUp(t *rapid.T) {
	pw := pick(t, "password", append(slices.Clone(passwords), weakPassword))
	name := pick(t, "name", names)
	if sometimes(t, 2, "other case") {
		name = strings.ToUpper(name)
	}
	if free := filter(names, m.free); len(free) > 0 && !sometimes(t, 2, "any name") {
		name = pick(t, "free name", free)
	}
	m.run(t, m.register(name, pick(t, "address", addresses), pw))
}

// key draws a secret that was mailed: a good one most of the time, else any that
// ever was, or none at all.
func (m *machine) key(t *rapid.T, kind string, good []string) string {
	good = filter(good, func(k string) bool { return k != "" })
	if len(good) > 0 && !sometimes(t, 2, "odd key") {
		return pick(t, "key", good)
	}
	var all []string
	for _, kind := range []string{kind, "verify", "change", "undo", "deletion"} {
		all = append(all, m.links[kind]...)
	}
	return pick(t, "any key", append([]string{"forged.key"}, all...))
}

func (m *machine) verifying(t *rapid.T) {
	var good []string
	for _, r := range m.waiting {
		if m.waits(r) && m.holder(r.email) == nil {
			good = append(good, r.key)
		}
	}
	m.run(t, m.verify(m.key(t, "verify", good)))
}

func (m *machine) wishing(t *rapid.T) {
	m.run(t, m.wish(pick(t, "address", append(slices.Clone(addresses), "nobody@example.org", "no address"))))
}

func (m *machine) registeringInvited(t *rapid.T) {
	ready := func(i *invite) bool { return i.secret != "" && i.open(m.now) && m.holder(i.email) == nil }
	if !slices.ContainsFunc(m.invites, ready) && !sometimes(t, 1, "none") {
		m.inviting(t)
		m.deliver(t)
	}
	open := filter(m.invites, ready)
	if sometimes(t, 2, "any invitation") || len(open) == 0 {
		open = m.invites
	}
	i := pick(t, "invitation", open)
	key, secret, email := "none", "none", pick(t, "address", addresses)
	if i != nil {
		key, secret, email = i.key, i.secret, i.email
	}
	if old := m.links["invitation"]; sometimes(t, 3, "old secret") && len(old) > 0 {
		secret = pick(t, "secret", old)
	}
	if sometimes(t, 4, "other address") {
		email = pick(t, "address", addresses)
	}
	name := pick(t, "name", names)
	if free := filter(names, m.free); len(free) > 0 {
		name = pick(t, "free name", free)
	}
	if secret == "" {
		secret = fmt.Sprint("not yet mailed to ", email)
	}
	m.run(t, m.registerInvited(name, email, pick(t, "password", passwords), i, key, secret))
}
