package model

import (
	"slices"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// offerOwnership asks a member to take an organization over.
func (m *machine) offerOwnership(by cred, id, to int64) command {
	return command{name: "offer ownership", by: by, keyed: true, r: request{method: "POST", path: path("organizations", id, "ownership"), body: object{"user_id": to}},
		judge: m.fresh(m.aboutOrg(id, true, mayTransfer, func(_ *caller, o *org) verdict {
			n := slices.IndexFunc(o.members, func(x *member) bool { return x.u.id == to })
			if n < 0 || o.members[n].u == o.owner {
				return refuse(400)
			}
			x := o.members[n]
			return done(200, func(*answer) {
				o.offer = &offer{to: x.u, member: x.id, by: o.owner, until: m.now.Add(offerLife)}
				m.queue(func() []expected {
					if o.dead || !m.offered(o) || o.offer.to != x.u || x.u.status != active || x.u.email == "" {
						return nil
					}
					return []expected{{kind: mail.KindOwnershipOffer, to: x.u.email, is: mentions(o.slug)}}
				})
			})
		}))}
}

func (m *machine) offered(o *org) bool { return o.offer != nil && m.now.Before(o.offer.until) }

func (m *machine) acceptOwnership(by cred, id int64) command {
	return command{name: "accept ownership", by: by, keyed: true, r: request{method: "POST", path: path("organizations", id, "ownership", "accept")},
		judge: m.fresh(m.aboutOrg(id, true, mayView, func(c *caller, o *org) verdict {
			x := o.member(c.u)
			switch {
			case x == nil || !m.offered(o) || o.offer.to != c.u || o.offer.by != o.owner || o.offer.member != x.id:
				return refuse(404)
			case !c.group("user"):
				return refuse(403)
			}
			return done(200, func(*answer) { m.handOver(o, x) })
		}))}
}

// handOver makes a member the owner, and the owner a maintainer.
func (m *machine) handOver(o *org, x *member) {
	old := o.member(o.owner)
	old.role, x.role, o.owner, o.offer = "maintainer", "owner", x.u, nil
	m.queue(func() []expected {
		if m.swept(o) || old.u.status != active || old.u.email == "" {
			return nil
		}
		return []expected{{kind: mail.KindOwnershipChanged, to: old.u.email, is: mentions(o.slug)}}
	})
}

func (m *machine) dropOffer(by cred, id int64) command {
	may := func(c *caller, o *org) bool { return mayView(c, o) && !c.mute() }
	return command{name: "drop offer", by: by, r: request{method: "DELETE", path: path("organizations", id, "ownership")},
		judge: m.aboutOrg(id, true, may, func(c *caller, o *org) verdict {
			if !m.offered(o) || o.offer.to != c.u && o.owner != c.u && !c.admin() {
				return refuse(404)
			}
			return done(204, func(*answer) { o.offer = nil })
		})}
}

func (m *machine) offering(t *rapid.T) {
	by := m.confirmed(t, m.owns)
	o := m.ofOrg(t, by.user())
	to := m.anyID(t)
	if others := filter(o.members, func(x *member) bool { return x.u != o.owner }); len(others) > 0 && !sometimes(t, 2, "anybody") {
		to = pick(t, "member", others).u.id
	}
	m.run(t, m.offerOwnership(by, o.id, to))
}

// offeredTo draws somebody who was offered an organization, and that.
func (m *machine) offeredTo(t *rapid.T, fresh bool) (cred, *org) {
	open := filter(m.orgs, func(o *org) bool { return !o.dead && m.offered(o) })
	if o := pick(t, "offered", open); o != nil && !sometimes(t, 2, "anybody") {
		to := func(u *user) bool { return u == o.offer.to }
		if fresh {
			return m.confirmed(t, to), o
		}
		return m.caller(t, to), o
	}
	by := m.confirmed(t, m.inSome)
	return by, m.ofOrg(t, by.user())
}

func (m *machine) acceptingOwnership(t *rapid.T) {
	if !slices.ContainsFunc(m.orgs, m.offered) && !sometimes(t, 1, "no offer") {
		m.offering(t)
	}
	by, o := m.offeredTo(t, true)
	m.run(t, m.acceptOwnership(by, o.id))
}

func (m *machine) droppingOffer(t *rapid.T) {
	if !slices.ContainsFunc(m.orgs, m.offered) && !sometimes(t, 1, "no offer") {
		m.offering(t)
	}
	by, o := m.offeredTo(t, false)
	m.run(t, m.dropOffer(by, o.id))
}
