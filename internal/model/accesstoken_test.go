package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

const maxTokens = 50

// createToken makes a personal access token.
func (m *machine) createToken(by cred, readOnly bool, life time.Duration) command {
	body := object{"name": "robot", "read_only": readOnly}
	var expiry time.Time
	if life != 0 {
		expiry = m.now.Add(life)
		body["expiry_date"] = expiry
	}
	return command{name: "create token", by: by, keyed: true, r: request{method: "POST", path: path("auth", "access_tokens"), body: body},
		judge: signedIn(func(c *caller) verdict {
			switch {
			case c.pat != nil || !c.group("worker"):
				return refuse(403)
			case life < 0:
				return refuse(400)
			case len(filter(c.u.tokens, func(a *accessToken) bool { return a.usable(m.now) })) >= maxTokens:
				return refuse(400)
			}
			return done(201, func(a *answer) {
				for _, old := range c.u.tokens {
					old.gone = old.gone || !old.usable(m.now)
				}
				var got struct {
					ID    int64
					Value string
				}
				_ = a.decode(&got) // what is missing is noticed when it is used
				c.u.tokens = append(c.u.tokens, &accessToken{u: c.u, id: got.ID, value: got.Value, name: "robot", readOnly: readOnly, epoch: c.u.tokenEpoch, created: m.now, expiry: expiry})
			})
		})}
}

// tokenOf finds an access token by its id, whoever has it.
func (m *machine) tokenOf(id int64) *accessToken {
	for _, u := range m.users {
		for _, a := range u.tokens {
			if a.id == id && !a.gone && !a.revoked {
				return a
			}
		}
	}
	return nil
}

// aboutToken judges a request about one access token.
func (m *machine) aboutToken(id int64, changes bool, yes func(*caller, *accessToken) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		a := m.tokenOf(id)
		switch {
		case a == nil:
			return refuse(404)
		case !c.admin() && a.u != c.u:
			return refuse(404)
		case changes && c.pat != nil || !c.group("worker"):
			return refuse(403)
		case !a.usable(m.now):
			return refuse(404)
		}
		return yes(c, a)
	})
}

func (m *machine) getToken(by cred, id int64) command {
	return command{name: "read token", by: by, r: request{method: "GET", path: path("auth", "access_tokens", id)},
		judge: m.aboutToken(id, false, func(*caller, *accessToken) verdict { return refuse(200) })}
}

func (m *machine) limitToken(by cred, id int64, readOnly bool) command {
	return command{name: "change token", by: by, r: request{method: "PATCH", path: path("auth", "access_tokens", id), body: object{"read_only": readOnly}},
		judge: m.aboutToken(id, true, func(_ *caller, a *accessToken) verdict {
			if a.readOnly == readOnly {
				return refuse(200)
			}
			return done(200, func(*answer) { a.readOnly = readOnly })
		})}
}

func (m *machine) revokeToken(by cred, id int64) command {
	return command{name: "revoke token", by: by, r: request{method: "DELETE", path: path("auth", "access_tokens", id)},
		judge: m.aboutToken(id, true, func(_ *caller, a *accessToken) verdict { return done(204, func(*answer) { a.revoked = true }) })}
}

func (m *machine) listTokens(by cred) command {
	return command{name: "list tokens", by: by, r: request{method: "GET", path: path("auth", "access_tokens") + "?page_size=all"},
		judge: signedIn(func(c *caller) verdict {
			if !c.group("worker") {
				return refuse(403)
			}
			return verdict{status: 200, look: func(a *answer) error {
				var want []int64
				for _, p := range c.u.tokens {
					if p.usable(m.now) {
						want = append(want, p.id)
					}
				}
				return sameIDs(a, want)
			}}
		})}
}

// sameIDs compares the ids of a page, which come newest first, with those of the model.
func sameIDs(a *answer, want []int64) error {
	var page struct {
		Count   int
		Results []struct{ ID int64 }
	}
	if err := a.decode(&page); err != nil {
		return err
	}
	var got []int64
	for _, r := range page.Results {
		got = append(got, r.ID)
	}
	slices.Sort(want)
	slices.Reverse(want)
	if page.Count != len(want) || !slices.Equal(got, want) {
		return fmt.Errorf("%d %v, and the model has %v", page.Count, got, want)
	}
	return nil
}

// tokenID draws the id of an access token: one of the caller's, or anybody's.
func (m *machine) tokenID(t *rapid.T, of *user) int64 {
	var own, all []int64
	for _, u := range m.users {
		for _, a := range u.tokens {
			if a.usable(m.now) && u == of {
				own = append(own, a.id)
			}
			all = append(all, a.id)
		}
	}
	if len(own) > 0 && !sometimes(t, 2, "any token") {
		return pick(t, "own token", own)
	}
	return pick(t, "token", append(all, 1))
}

func withTokens(u *user) bool { return len(u.tokens) > 0 }

func (m *machine) creatingToken(t *rapid.T) {
	life := pick(t, "life", []time.Duration{0, 24 * time.Hour, 30 * 24 * time.Hour, -time.Hour})
	m.run(t, m.createToken(m.caller(t, anybody), rapid.Bool().Draw(t, "read-only"), life))
}

func (m *machine) readingToken(t *rapid.T) {
	by := m.caller(t, withTokens)
	m.run(t, m.getToken(by, m.tokenID(t, by.user())))
}

func (m *machine) limitingToken(t *rapid.T) {
	by := m.caller(t, withTokens)
	m.run(t, m.limitToken(by, m.tokenID(t, by.user()), rapid.Bool().Draw(t, "read-only")))
}

func (m *machine) revokingToken(t *rapid.T) {
	by := m.caller(t, withTokens)
	m.run(t, m.revokeToken(by, m.tokenID(t, by.user())))
}

func (m *machine) listingTokens(t *rapid.T) { m.run(t, m.listTokens(m.caller(t, anybody))) }

// usingToken makes a request with an access token, whatever has become of it.
func (m *machine) usingToken(t *rapid.T) {
	var good, all []cred
	for _, u := range m.users {
		for _, c := range u.creds() {
			if c.pat != nil {
				all = append(all, c)
				if m.good(c) {
					good = append(good, c)
				}
			}
		}
	}
	if len(all) == 0 && !sometimes(t, 2, "no token") {
		m.creatingToken(t)
		return
	}
	if len(good) > 0 && !sometimes(t, 1, "any token") {
		all = good
	}
	by := pick(t, "token", all)
	if by.pat == nil {
		by = cred{pat: &accessToken{u: &user{name: "nobody"}, gone: true}, value: "abcdefgh.0123456789abcdef0123456789abcdef"}
	}
	c := m.self(by)
	c.name = "use token"
	m.run(t, c)
}
