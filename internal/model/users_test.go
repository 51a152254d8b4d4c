package model

import (
	"slices"

	"pgregory.net/rapid"
)

// patch changes a user.
func (m *machine) patch(by cred, id int64, name string, body object) command {
	_, rights := body["is_active"]
	_, groups := body["groups"]
	_, email := body["email"]
	return command{name: name, by: by, r: request{method: "PATCH", path: path("users", id), body: body}, judge: signedIn(func(c *caller) verdict {
		u := m.target(c, id)
		switch {
		case u == nil:
			return refuse(404)
		case c.pat != nil || !c.admin() && (rights || groups || email):
			return refuse(403)
		}
		return m.patched(c, u, body)
	})}
}

// target finds a user whom the caller may see.
func (m *machine) target(c *caller, id int64) *user {
	n := slices.IndexFunc(m.users, func(u *user) bool { return u.id == id && u.status != erased })
	if n < 0 || !c.admin() && m.users[n] != c.u {
		return nil
	}
	return m.users[n]
}

func (m *machine) patched(c *caller, u *user, body object) verdict {
	before := *u
	after := *u
	if v, ok := body["username"].(string); ok && v != u.name {
		if (m.named(v) != nil && m.named(v) != u) || m.registering(v) != nil {
			return refuse(400)
		}
		after.name = v
	}
	if v, ok := body["first_name"].(string); ok {
		after.first = v
	}
	moved := false
	if v, ok := body["email"].(string); ok && v != u.email {
		if h := m.holder(v); h != nil && h != u {
			return refuse(400)
		}
		moved, after.email = true, v
	}
	if v, ok := body["groups"].([]string); ok {
		if after.group = ""; len(v) > 0 {
			after.group = v[0]
		}
	}
	on, enable := body["is_active"].(bool)
	if enable {
		after.status = either(on, active, disabled)
	}
	if c.u == u && u.group == "admin" && (after.group != "admin" || after.status != active) {
		return refuse(400)
	}
	if after.name == before.name && after.first == before.first && after.group == before.group && after.status == before.status && !moved {
		return refuse(200)
	}
	return done(200, func(*answer) {
		u.name, u.first, u.group, u.status = after.name, after.first, after.group, after.status
		if moved {
			u.undo = map[string]*ticket{}
			u.email, u.reset, u.change = after.email, nil, nil
		}
		if before.status != active && u.status == active {
			u.deletion = nil
		}
		if before.status != disabled && u.status == disabled {
			u.endAll()
			u.tokenEpoch++
		}
	})
}

// remove deletes an account: one's own after 30 days, another's at once.
func (m *machine) remove(by cred, id int64) command {
	return command{name: "delete user", by: by, r: request{method: "DELETE", path: path("users", id)}, judge: signedIn(func(c *caller) verdict {
		u := m.target(c, id)
		switch {
		case u == nil:
			return refuse(404)
		case c.pat != nil:
			return refuse(403)
		case u == c.u:
			return m.leaves(c, 204)
		case m.owns(u):
			return refuse(409)
		}
		return done(204, func(*answer) {
			u.endAll()
			m.erase(u)
		})
	})}
}

// erase is the end of an account: its name stays taken, its addresses are free.
func (m *machine) erase(u *user) {
	u.status, u.email, u.undo = erased, "", map[string]*ticket{}
}

func (m *machine) getUser(by cred, id int64) command {
	return command{name: "read user", by: by, r: request{method: "GET", path: path("users", id)}, judge: signedIn(func(c *caller) verdict {
		if u := m.target(c, id); u == nil {
			return refuse(404)
		}
		return refuse(200)
	})}
}

func (m *machine) listUsers(by cred) command {
	return command{name: "list users", by: by, r: request{method: "GET", path: path("users") + "?page_size=all"}, judge: signedIn(func(c *caller) verdict {
		return verdict{status: 200, look: func(a *answer) error {
			var want []int64
			for _, u := range m.users {
				if u == c.u || c.admin() && (u.status == active || u.status == disabled) {
					want = append(want, u.id)
				}
			}
			return sameIDs(a, want)
		}}
	})}
}

func isAdmin(u *user) bool { return u.group == "admin" }

// userID draws whom a request is about.
func (m *machine) userID(t *rapid.T, own *user) int64 {
	if own != nil && !sometimes(t, 2, "somebody else") {
		return own.id
	}
	return m.anyID(t)
}

func (m *machine) anyID(t *rapid.T) int64 {
	ids := []int64{1}
	for _, u := range m.users {
		ids = append(ids, u.id)
	}
	return pick(t, "user", ids)
}

func (m *machine) renaming(t *rapid.T) {
	by := m.caller(t, anybody)
	body := object{"username": pick(t, "name", names)}
	if sometimes(t, 1, "first name") {
		body = object{"first_name": pick(t, "first", []string{"Ada", "Bea", "Cleo"})}
	}
	m.run(t, m.patch(by, m.userID(t, by.user()), "rename user", body))
}

func (m *machine) administering(t *rapid.T) {
	by := m.caller(t, isAdmin)
	body := object{"is_active": rapid.Bool().Draw(t, "active")}
	switch {
	case sometimes(t, 2, "address"):
		body = object{"email": pick(t, "address", addresses)}
	case sometimes(t, 2, "group"):
		body = object{"groups": pick(t, "groups", [][]string{{"user"}, {"worker"}, {}})}
	}
	m.run(t, m.patch(by, m.anyID(t), "administer user", body))
}

func (m *machine) deletingUser(t *rapid.T) {
	by := m.caller(t, anybody)
	id := m.anyID(t)
	if u := by.user(); u != nil && u.id == id && isAdmin(u) {
		id = 1 // the operator stays
	}
	m.run(t, m.remove(by, id))
}

func (m *machine) readingUser(t *rapid.T) {
	by := m.caller(t, anybody)
	m.run(t, m.getUser(by, m.userID(t, by.user())))
}

func (m *machine) listingUsers(t *rapid.T) { m.run(t, m.listUsers(m.caller(t, anybody))) }
