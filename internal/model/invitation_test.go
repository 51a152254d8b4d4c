package model

import (
	"fmt"
	"slices"
)

var roles = []string{"worker", "supervisor", "maintainer", "owner", "boss"}

func known(role string) bool { return role != "boss" }

// inside judges a request that names an organization, which is not there for who has
// nothing to do with it. Nobody names none.
func (m *machine) inside(slug string, yes func(*caller, *org) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		if slug == "" {
			return yes(c, nil)
		}
		o := m.slugged(slug)
		if o == nil || o.member(c.u) == nil && !c.admin() && !m.invited(o, c.u) {
			return refuse(404)
		}
		return yes(c, o)
	})
}

func in(r request, slug string) request {
	if slug == "" {
		return r
	}
	return r.with("X-Organization", slug)
}

// mayAsk says whether the caller may invite to a role, in the organization that was named.
func mayAsk(c *caller, o *org, role string) bool {
	return !c.mute() && (c.admin() || o != nil && invites(c.u, o, role))
}

// vacancy says why an address cannot be invited: it has joined, has been invited, or
// there is no seat. An expired invitation gives its place.
func (m *machine) vacancy(o *org, email string) bool {
	if u := m.holder(email); u != nil && u.email == email && u.status == active && o.member(u) != nil {
		return false
	}
	old := m.openTo(o, email)
	if old != nil && old.open(m.now) {
		return false
	}
	return old != nil && old.seated || m.room(o)
}

// place makes an invitation.
func (m *machine) place(c *caller, o *org, email, role, key string, id int64) {
	if old := m.openTo(o, email); old != nil {
		old.gone = true
	}
	i := &invite{key: key, id: id, org: o, email: email, role: role, inviter: c.u, expires: m.now.Add(inviteLife), seated: true}
	m.invites = append(m.invites, i)
	m.inviteMail(i)
}

type invitationView struct {
	Key      string
	User     struct{ ID int64 }
	Role     string
	Accepted bool
	Expired  *bool
}

func (m *machine) invite(by cred, slug, email, role string) command {
	r := request{method: "POST", path: path("invitations"), body: object{"email": email, "role": role}}
	return command{name: "invite", by: by, keyed: true, r: in(r, slug), judge: m.inside(slug, func(c *caller, o *org) verdict {
		switch {
		case !mayAsk(c, o, role):
			return refuse(403)
		case o == nil || !known(role) || role == "owner" || email == "no address" || !m.vacancy(o, email):
			return refuse(400)
		}
		return done(201, func(a *answer) {
			var v invitationView
			_ = a.decode(&v) // without a key, nothing is found by it
			m.place(c, o, email, role, v.Key, v.User.ID)
		})
	})}
}

type wish struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

// inviteMany invites several, each for itself.
func (m *machine) inviteMany(by cred, slug string, rows []wish) command {
	r := request{method: "POST", path: path("invitations", "batch"), body: object{"invitations": rows}}
	return command{name: "invite many", by: by, keyed: true, r: in(r, slug), judge: m.inside(slug, func(c *caller, o *org) verdict {
		switch {
		case !mayAsk(c, o, ""):
			return refuse(403)
		case o == nil || len(rows) == 0:
			return refuse(400)
		}
		var wrong error
		v := done(200, func(a *answer) { wrong = m.placeMany(c, o, rows, a) })
		v.look = func(*answer) error { return wrong }
		return v
	})}
}

func (m *machine) placeMany(c *caller, o *org, rows []wish, a *answer) error {
	var got struct {
		Results []struct {
			Email, Status string
			Invitation    invitationView
		}
	}
	if err := a.decode(&got); err != nil {
		return err
	}
	if len(got.Results) != len(rows) {
		return fmt.Errorf("%d results for %d rows", len(got.Results), len(rows))
	}
	for n, row := range rows {
		status := "error"
		if row.Email != "no address" && known(row.Role) && row.Role != "owner" && mayAsk(c, o, row.Role) && m.vacancy(o, row.Email) {
			status = "created"
		}
		g := got.Results[n]
		if g.Status != status || g.Email != row.Email {
			return fmt.Errorf("row %d: %s %s, and the model says %s", n, g.Email, g.Status, status)
		}
		if status == "created" {
			m.place(c, o, row.Email, row.Role, g.Invitation.Key, g.Invitation.User.ID)
		}
	}
	return nil
}

// aboutInvite judges a request about an invitation.
func (m *machine) aboutInvite(key string, changes bool, may func(*caller, *invite) bool, yes func(*caller, *invite) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		n := slices.IndexFunc(m.invites, func(i *invite) bool { return i.key == key && !i.gone && !i.org.dead })
		if n < 0 {
			return missing(c, changes)
		}
		i := m.invites[n]
		if may(c, i) {
			return yes(c, i)
		}
		return no(c, i.org, i.inviter == c.u || i.to(c.u))
	})
}

func (m *machine) getInvite(by cred, key string) command {
	return command{name: "read invitation", by: by, r: request{method: "GET", path: path("invitations", key)},
		judge: m.aboutInvite(key, false, mayViewInvite, func(_ *caller, i *invite) verdict {
			return verdict{status: 200, look: func(a *answer) error {
				var v invitationView
				if err := a.decode(&v); err != nil {
					return err
				}
				if v.Role != i.role || v.Accepted != (i.accepted != nil) || v.Expired == nil || *v.Expired == m.now.Before(i.expires) {
					return fmt.Errorf("the model has it as %s, accepted %v, until %s", i.role, i.accepted != nil, i.expires)
				}
				return nil
			}}
		})}
}

func (m *machine) resendInvite(by cred, key string) command {
	return command{name: "resend invitation", by: by, keyed: true, r: request{method: "POST", path: path("invitations", key, "resend")},
		judge: m.aboutInvite(key, true, mayTendInvite, func(c *caller, i *invite) verdict {
			switch {
			case i.accepted != nil:
				return refuse(400)
			case !stands(i) && !invites(c.u, i.org, i.role):
				return refuse(403)
			case !i.seated && !m.room(i.org):
				return refuse(400)
			}
			return done(204, func(*answer) {
				if !stands(i) {
					i.inviter = c.u
				}
				i.expires, i.seated = m.now.Add(inviteLife), true
				m.inviteMail(i)
			})
		})}
}

func (m *machine) withdraw(by cred, key string) command {
	return command{name: "withdraw invitation", by: by, r: request{method: "DELETE", path: path("invitations", key)},
		judge: m.aboutInvite(key, true, mayTendInvite, func(_ *caller, i *invite) verdict {
			return done(204, func(*answer) { m.forget(i) })
		})}
}

// forget is the end of an invitation. Whoever came by it stays.
func (m *machine) forget(i *invite) {
	i.gone = true
	for _, x := range i.org.members {
		if x.invite == i {
			x.invite = nil
		}
	}
}

func (m *machine) accept(by cred, key string) command {
	return command{name: "accept invitation", by: by, keyed: true, r: request{method: "POST", path: path("invitations", key, "accept")},
		judge: m.aboutInvite(key, true, mayAnswer, func(c *caller, i *invite) verdict {
			switch {
			case !i.to(c.u) || !m.now.Before(i.expires) || i.accepted != nil || i.org.member(c.u) != nil || !stands(i):
				return refuse(400)
			case !i.seated && !m.room(i.org) || i.org.seats > 0 && len(i.org.members) >= i.org.seats:
				return refuse(400)
			}
			return done(200, func(*answer) { m.enter(i, c.u) })
		})}
}

// enter makes somebody a member by an invitation.
func (m *machine) enter(i *invite, u *user) {
	i.accepted, i.seated = u, false
	i.org.members = append(i.org.members, &member{id: i.id, u: u, role: i.role, invite: i})
}

func (m *machine) decline(by cred, key string) command {
	return command{name: "decline invitation", by: by, keyed: true, r: request{method: "POST", path: path("invitations", key, "decline")},
		judge: m.aboutInvite(key, true, mayAnswer, func(_ *caller, i *invite) verdict {
			if i.accepted == nil {
				return done(204, func(*answer) { i.gone = true })
			}
			x := i.org.member(i.accepted)
			switch {
			case x == nil || x.invite != i:
				return refuse(404)
			case i.org.owner == i.accepted:
				return refuse(409)
			}
			return done(204, func(*answer) { m.part(i.org, x) })
		})}
}

// part ends a membership, and what it came by.
func (m *machine) part(o *org, x *member) {
	o.members = slices.DeleteFunc(o.members, func(y *member) bool { return y == x })
	o.former = append(o.former, x.u)
	if x.invite != nil {
		x.invite.gone = true
	}
}
