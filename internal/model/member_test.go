package model

import (
	"fmt"
	"slices"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// place is a membership: somebody who has joined, or an invitation that is open.
type place struct {
	o *org
	x *member // nil as long as it waits
	i *invite
}

func (p place) role() string {
	return either(p.x != nil, p.x, &member{}).role + either(p.x == nil, p.i, &invite{}).role
}

// user is who has joined; nil if nobody has.
func (p place) user() *user {
	if p.x != nil {
		return p.x.u
	}
	return nil
}

func (p place) id() int64 {
	if p.x != nil {
		return p.x.id
	}
	return p.i.id
}

// places are all memberships of an organization.
func (st *state) places(o *org) (all []place) {
	for _, x := range o.members {
		all = append(all, place{o: o, x: x})
	}
	for _, i := range st.invites {
		if i.org == o && i.accepted == nil && !i.gone {
			all = append(all, place{o: o, i: i})
		}
	}
	return all
}

func (st *state) everywhere() (all []place) {
	for _, o := range st.orgs {
		if !o.dead {
			all = append(all, st.places(o)...)
		}
	}
	return all
}

// aboutMember judges a request about a membership. Whoever may not see it is refused
// before anything else.
func (m *machine) aboutMember(id int64, changes bool, yes func(*caller, place) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		all := m.everywhere()
		n := slices.IndexFunc(all, func(p place) bool { return p.id() == id })
		switch {
		case n < 0:
			return missing(c, changes)
		case changes && c.mute() || !mayViewMember(c, all[n].o, all[n].x != nil):
			return no(c, all[n].o, all[n].user() == c.u)
		}
		return yes(c, all[n])
	})
}

func (m *machine) getMember(by cred, id int64) command {
	return command{name: "read membership", by: by, r: request{method: "GET", path: path("memberships", id)},
		judge: m.aboutMember(id, false, func(_ *caller, p place) verdict {
			return verdict{status: 200, look: func(a *answer) error {
				var got struct {
					Role   string
					Active bool `json:"is_active"`
				}
				if err := a.decode(&got); err != nil {
					return err
				}
				if got.Role != p.role() || got.Active != (p.x != nil) {
					return fmt.Errorf("the model has it as %s, joined %v", p.role(), p.x != nil)
				}
				return nil
			}}
		})}
}

func (m *machine) changeRole(by cred, id int64, role string) command {
	return command{name: "change role", by: by, r: request{method: "PATCH", path: path("memberships", id), body: object{"role": role}},
		judge: m.aboutMember(id, true, func(c *caller, p place) verdict {
			switch {
			case !mayManage(c, p.o, p.user(), p.role()) || !mayGive(c, p.o, role):
				return no(c, p.o, true)
			case !known(role):
				return refuse(400)
			case role == p.role():
				return refuse(200)
			case p.user() == p.o.owner:
				return refuse(409)
			case role == "owner" && p.x == nil:
				return refuse(400)
			case role == "owner" && p.x.u.status != active:
				return refuse(409)
			case role == "owner":
				return done(200, func(*answer) { m.handOver(p.o, p.x) })
			case p.x == nil:
				return done(200, func(*answer) { p.i.role, p.i.inviter = role, c.u })
			}
			return done(200, func(*answer) { p.x.role = role })
		})}
}

func (m *machine) removeMember(by cred, id int64) command {
	return command{name: "remove member", by: by, r: request{method: "DELETE", path: path("memberships", id)},
		judge: m.aboutMember(id, true, func(c *caller, p place) verdict {
			switch {
			case !mayManage(c, p.o, p.user(), p.role()) && (p.x == nil || !mayLeave(c, p.x)):
				return no(c, p.o, true)
			case p.x == nil:
				return done(204, func(*answer) { p.i.gone = true })
			case p.x.u == p.o.owner:
				return refuse(409)
			}
			return done(204, func(*answer) {
				if m.part(p.o, p.x); p.x.u != c.u && p.x.u.email != "" {
					m.removedMail(p.o.slug, p.x.u)
				}
			})
		})}
}

func (m *machine) removedMail(slug string, u *user) {
	m.queue(func() []expected {
		if u.status != active || u.email == "" {
			return nil
		}
		return []expected{{kind: mail.KindMemberRemoved, to: u.email, is: mentions(slug)}}
	})
}

// membershipOf draws a membership: one near somebody, or any that there is.
func (m *machine) membershipOf(t *rapid.T, by cred, want func(place) bool) int64 {
	all := m.everywhere()
	u := by.user()
	near := filter(all, func(p place) bool { return u != nil && (p.o.member(u) != nil || isAdmin(u)) && want(p) })
	if len(near) > 0 && !sometimes(t, 2, "any membership") {
		return pick(t, "near membership", near).id()
	}
	ids := []int64{1}
	for _, p := range all {
		ids = append(ids, p.id())
	}
	for _, i := range m.invites {
		ids = append(ids, i.id) // also of those who are gone
	}
	return pick(t, "membership", ids)
}

func (m *machine) readingMember(t *rapid.T) {
	by := m.caller(t, m.inSome)
	m.run(t, m.getMember(by, m.membershipOf(t, by, func(place) bool { return true })))
}

func (m *machine) changingRole(t *rapid.T) {
	by := m.caller(t, func(u *user) bool { return m.runs(u) || isAdmin(u) })
	id := m.membershipOf(t, by, func(p place) bool { return p.user() != by.user() })
	m.run(t, m.changeRole(by, id, pick(t, "role", roles)))
}

func (m *machine) removing(t *rapid.T) {
	by := m.caller(t, m.inSome)
	m.run(t, m.removeMember(by, m.membershipOf(t, by, func(p place) bool { return p.user() != p.o.owner })))
}
