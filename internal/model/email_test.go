package model

import (
	"maps"
	"slices"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// askEmail asks for another address. Its owner, if there is one, is told.
func (m *machine) askEmail(by cred, email string) command {
	return command{name: "ask for address", by: by, keyed: true, r: request{method: "POST", path: path("auth", "email"), body: object{"email": email}},
		judge: m.fresh(func(c *caller) verdict {
			if email == "no address" {
				return refuse(400)
			}
			return done(200, func(*answer) {
				c.u.change = &ticket{email: email, epoch: c.u.epoch, until: m.now.Add(changeLife)}
				m.queue(m.changeMail(c.u, email))
			})
		})}
}

func (m *machine) changeMail(u *user, email string) job {
	return func() []expected {
		if !u.change.live(m.now) || u.change.email != email {
			return nil
		}
		if other := m.owner(email); other != nil && other != u {
			return []expected{{kind: mail.KindEmailTaken, to: email}}
		}
		if !reachable(u) {
			return nil
		}
		return []expected{{kind: mail.KindEmailConfirm, to: email, is: mentions(u.name), took: m.keep("change", &u.change.key)}}
	}
}

// confirmEmail makes a new address that of the account.
func (m *machine) confirmEmail(key string) command {
	return command{name: "confirm address", keyed: true, r: request{method: "POST", path: path("auth", "email", "confirm"), body: object{"key": key}},
		judge: func(*caller) verdict {
			n := slices.IndexFunc(m.users, func(u *user) bool { return u.change.live(m.now) && u.change.key == key && key != "" })
			if n < 0 {
				return refuse(400)
			}
			u := m.users[n]
			t := u.change
			if h := m.holder(t.email); u.status != active || t.epoch != u.epoch || h != nil && h != u {
				return refuse(400)
			}
			return done(200, func(*answer) { m.readdress(u, t.email) })
		}}
}

// readdress gives an account another address, and the old one a week to take it back.
func (m *machine) readdress(u *user, email string) {
	u.change, u.reset = nil, nil
	old := u.email
	switch back := u.undo[email]; {
	case back.live(m.now):
		u.dropSince(email, back.since)
	case old != "" && old != email:
		u.undo[old] = &ticket{email: old, since: m.now, until: m.now.Add(undoLife)}
		m.queue(func() []expected {
			t := u.undo[old]
			if !reachable(u) || u.email == "" || !t.live(m.now) {
				return nil
			}
			return []expected{{kind: mail.KindEmailChanged, to: old, is: mentions(u.name), took: m.keep("undo", &t.key)}}
		})
	}
	u.email = email
}

// undoEmail gives an account its old address back, and ends everything else.
func (m *machine) undoEmail(key string) command {
	return command{name: "undo address", keyed: true, r: request{method: "POST", path: path("auth", "email", "undo"), body: object{"key": key}},
		judge: func(*caller) verdict {
			for _, u := range m.users {
				for email, t := range u.undo {
					if !t.live(m.now) || t.key != key || key == "" || u.status == erased {
						continue
					}
					return done(200, func(*answer) { m.takeBack(u, email, t) })
				}
			}
			return refuse(400)
		}}
}

func (m *machine) takeBack(u *user, email string, t *ticket) {
	u.endAll()
	u.tokenEpoch++
	if u.status == leaving {
		u.status, u.deletion = active, nil
	}
	u.change, u.reset, u.password = nil, nil, ""
	u.dropSince(email, t.since)
	u.email = email
	m.queue(m.resetMail(email))
}

// leave asks for deletion. by the account's own route, or as the deletion of oneself.
func (m *machine) leave(by cred) command {
	return command{name: "ask for deletion", by: by, r: request{method: "POST", path: path("users", "self", "deletion")},
		judge: m.fresh(func(c *caller) verdict { return m.leaves(c, 200) })}
}

func (m *machine) leaves(c *caller, status int) verdict {
	if m.owns(c.u) {
		return refuse(409)
	}
	return done(status, func(*answer) {
		c.u.status = leaving
		c.u.endAll()
		c.u.tokenEpoch++
		c.u.deletion = &ticket{until: m.now.Add(10 * graceLife), since: m.now.Add(graceLife)}
		m.queue(m.deletionMail(c.u))
	})
}

func (m *machine) owns(u *user) bool {
	return slices.ContainsFunc(m.orgs, func(o *org) bool { return o.owner == u && !o.dead })
}

func (m *machine) deletionMail(u *user) job {
	return func() []expected {
		if !reachable(u) || u.email == "" || u.deletion == nil {
			return nil
		}
		return []expected{{kind: mail.KindDeletion, to: u.email, took: m.keep("deletion", &u.deletion.key)}}
	}
}

// stay takes a deletion back.
func (m *machine) stay(key string) command {
	return command{name: "cancel deletion", keyed: true, r: request{method: "DELETE", path: path("users", "self", "deletion"), body: object{"key": key}},
		judge: func(*caller) verdict {
			for _, u := range m.users {
				if u.deletion != nil && u.deletion.key == key && key != "" && u.status == leaving {
					return done(200, func(*answer) {
						u.status, u.deletion = active, nil
						m.notice(u, mail.KindDeletionCancelled, "")
					})
				}
			}
			return refuse(400)
		}}
}

func (m *machine) askingEmail(t *rapid.T) {
	all := append(slices.Clone(addresses), "no address")
	m.run(t, m.askEmail(m.confirmed(t, anybody), pick(t, "address", all)))
}

// changeable are the links that would give somebody another address.
func (m *machine) changeable() (good []string) {
	for _, u := range m.users {
		if u.change.live(m.now) && u.change.key != "" && u.change.epoch == u.epoch && u.status == active {
			good = append(good, u.change.key)
		}
	}
	return good
}

func (m *machine) confirmingEmail(t *rapid.T) {
	if len(m.changeable()) == 0 && !sometimes(t, 2, "no link") {
		m.askingEmail(t)
		m.deliver(t)
	}
	good := m.changeable()
	m.run(t, m.confirmEmail(m.key(t, "change", good)))
}

// undoable are the links that would give somebody their old address back.
func (m *machine) undoable() (good []string) {
	for _, u := range m.users {
		for _, email := range slices.Sorted(maps.Keys(u.undo)) {
			if u.undo[email].live(m.now) {
				good = append(good, u.undo[email].key)
			}
		}
	}
	return good
}

func (m *machine) undoingEmail(t *rapid.T) {
	if len(m.undoable()) == 0 && !sometimes(t, 2, "no link") {
		m.confirmingEmail(t)
		m.deliver(t)
	}
	good := m.undoable()
	m.run(t, m.undoEmail(m.key(t, "undo", good)))
}

func (m *machine) leaving(t *rapid.T) {
	by := m.confirmed(t, func(u *user) bool { return u.group != "admin" })
	if u := by.user(); u != nil && u.group == "admin" {
		by = cred{}
	}
	m.run(t, m.leave(by))
}

func (m *machine) staying(t *rapid.T) {
	if !slices.ContainsFunc(m.users, func(u *user) bool { return u.status == leaving }) && !sometimes(t, 1, "nobody leaves") {
		m.leaving(t)
		m.deliver(t)
	}
	var good []string
	for _, u := range m.users {
		if u.deletion != nil && u.status == leaving {
			good = append(good, u.deletion.key)
		}
	}
	m.run(t, m.stay(m.key(t, "deletion", good)))
}
