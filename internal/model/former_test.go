package model

import "pgregory.net/rapid"

// past is a membership that has ended.
type past struct {
	o *org
	u *user
}

// departed are those who were members and can still sign in.
func (m *machine) departed() (all []past) {
	for _, o := range m.orgs {
		for _, u := range o.former {
			if !o.dead && u.status == active && u.password != "" {
				all = append(all, past{o, u})
			}
		}
	}
	return all
}

// comingBack is what somebody tries at an organization that they have left, or were
// removed from.
func (m *machine) comingBack(t *rapid.T) {
	all := m.departed()
	if len(all) == 0 {
		m.removing(t)
		return
	}
	p := pick(t, "former member", all)
	by := m.as(t, p.u)
	id := p.o.members[0].id
	evenly(t, "try", []func(){
		func() { m.run(t, m.getOrg(by, p.o.id)) },
		func() { m.run(t, m.updateOrg(by, p.o.id, object{"name": "Mine"})) },
		func() { m.run(t, m.dissolve(by, p.o.id)) },
		func() { m.run(t, m.invite(by, p.o.slug, "friend@example.org", "worker")) },
		func() { m.run(t, m.acceptOwnership(by, p.o.id)) },
		func() { m.run(t, m.dropOffer(by, p.o.id)) },
		func() { m.run(t, m.getMember(by, id)) },
		func() { m.run(t, m.changeRole(by, id, "worker")) },
		func() { m.run(t, m.removeMember(by, id)) },
		func() {
			m.readList(t, by, list{"list members", path("memberships"), p.o.slug, 3, m.shownMembers, "id"})
		},
		func() {
			m.readList(t, by, list{"list invitations", path("invitations"), p.o.slug, 3, m.shownInvites, "key"})
		},
	})()
}
