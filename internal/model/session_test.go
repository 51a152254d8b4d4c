package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// listed is a session as its owner sees it.
type listed struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Created time.Time `json:"created_date"`
	Used    time.Time `json:"last_used_date"`
	Expires time.Time `json:"expiry_date"`
	Current bool      `json:"current"`
}

// listSessions lists the caller's sessions; the model learns their ids from it.
func (m *machine) listSessions(by cred) command {
	return command{name: "list sessions", by: by, r: request{method: "GET", path: path("auth", "sessions") + "?page_size=all"},
		judge: signedIn(func(c *caller) verdict {
			return verdict{status: 200, look: func(a *answer) error {
				var page struct{ Results []listed }
				if err := a.decode(&page); err != nil {
					return err
				}
				return m.sameSessions(c, page.Results)
			}}
		})}
}

func (m *machine) sameSessions(c *caller, got []listed) error {
	left := filter(c.u.sessions, func(s *session) bool { return s.alive(m.now) })
	if len(got) != len(left) {
		return fmt.Errorf("%d sessions, and the model knows %d", len(got), len(left))
	}
	slices.SortStableFunc(got, func(a, b listed) int { return int(either(b.Current, 1, 0)) - int(either(a.Current, 1, 0)) })
	for _, l := range got {
		n := slices.IndexFunc(left, func(s *session) bool {
			return s.kind == l.Kind && s.created.Equal(l.Created) && s.seen.Equal(l.Used) && s.ends().Equal(l.Expires) && (c.s == s) == l.Current && (s.id == "" || s.id == l.ID)
		})
		if n < 0 {
			return fmt.Errorf("a session that the model does not know: %+v", l)
		}
		left[n].id = l.ID
		left = slices.Delete(left, n, n+1)
	}
	return nil
}

// endSession ends one session, by its id.
func (m *machine) endSession(by cred, id string) command {
	return command{name: "end session", by: by, r: request{method: "DELETE", path: path("auth", "sessions", id)},
		judge: signedIn(func(c *caller) verdict {
			if c.pat != nil {
				return refuse(403)
			}
			n := slices.IndexFunc(c.u.sessions, func(s *session) bool { return s.alive(m.now) && s.id == id })
			if n < 0 {
				return refuse(404)
			}
			s := c.u.sessions[n]
			return done(204, func(*answer) {
				if s.over = true; s.kind == "token" {
					c.u.raise()
				}
			})
		})}
}

// endOthers ends all sessions but the caller's, and the token key.
func (m *machine) endOthers(by cred) command {
	return command{name: "end other sessions", by: by, keyed: by.of == nil, r: request{method: "DELETE", path: path("auth", "sessions")},
		judge: signedIn(func(c *caller) verdict {
			if c.pat != nil {
				return refuse(403)
			}
			return done(204, func(*answer) {
				if c.u.endAll(); c.s.kind != "token" {
					c.s.epoch = c.u.epoch
				}
			})
		})}
}

// self reads the caller's own account.
func (m *machine) self(by cred) command {
	return command{name: "read self", by: by, r: request{method: "GET", path: path("users", "self")}, judge: signedIn(func(c *caller) verdict {
		return verdict{status: 200, look: func(a *answer) error {
			var got struct {
				ID       int64
				Username string
				Email    string
				Active   bool `json:"is_active"`
			}
			if err := a.decode(&got); err != nil {
				return err
			}
			if got.ID != c.u.id || got.Username != c.u.name || got.Email != c.u.email || !got.Active {
				return fmt.Errorf("not %d %s %s", c.u.id, c.u.name, c.u.email)
			}
			return nil
		}}
	})}
}

func (m *machine) listingSessions(t *rapid.T) { m.run(t, m.listSessions(m.caller(t, anybody))) }
func (m *machine) readingSelf(t *rapid.T)     { m.run(t, m.self(m.caller(t, anybody))) }
func (m *machine) endingOthers(t *rapid.T)    { m.run(t, m.endOthers(m.caller(t, anybody))) }

func (m *machine) endingSession(t *rapid.T) {
	by := m.caller(t, anybody)
	if who, _, _ := m.resolve(by); who != nil && who.s != nil && !sometimes(t, 2, "no list") {
		m.run(t, m.listSessions(by))
	}
	var own, all []string
	for _, u := range m.users {
		for _, s := range u.sessions {
			if s.id != "" && u == by.user() {
				own = append(own, s.id)
			}
			if s.id != "" {
				all = append(all, s.id)
			}
		}
	}
	if len(own) > 0 && !sometimes(t, 2, "not mine") {
		all = own
	}
	m.run(t, m.endSession(by, pick(t, "session", append(all, "0123456789abcdef0123456789abcdef"))))
}

// crossSite makes a change with a session cookie from a page of somebody else's.
func (m *machine) crossSite(by cred, header, value string) command {
	r := request{method: "DELETE", path: path("auth", "sessions"), header: map[string]string{"X-CSRFToken": by.s.csrf}}
	r.header[header] = value
	return command{name: "cross-site request", by: by, r: r, judge: signedIn(func(*caller) verdict { return refuse(403) })}
}

func (m *machine) crossingSites(t *rapid.T) {
	var all []cred
	for _, u := range m.users {
		all = append(all, filter(u.creds(), func(c cred) bool { return c.s != nil && c.s.kind == "cookie" })...)
	}
	if len(all) == 0 {
		return
	}
	by := pick(t, "cookie", all)
	if sometimes(t, 1, "origin") {
		m.run(t, m.crossSite(by, "Origin", "https://evil.example"))
		return
	}
	m.run(t, m.crossSite(by, "X-CSRFToken", "0123456789abcdef0123456789abcdef"))
}
