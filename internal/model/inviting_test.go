package model

import (
	"slices"

	"pgregory.net/rapid"
)

// runs reports whether somebody may invite in some organization.
func (m *machine) runs(u *user) bool {
	return groupRank[u.group] >= groupRank["user"] && slices.ContainsFunc(m.orgs, func(o *org) bool { return !o.dead && staff(o, u) })
}

// guest draws an address to invite: one that is free to be, or any.
func (m *machine) guest(t *rapid.T, o *org) string {
	all := slices.Clone(addresses)
	for _, u := range m.users {
		if u.email != "" && u.group != "admin" {
			all = append(all, u.email)
		}
	}
	if free := filter(all, func(e string) bool { return !o.dead && m.vacancy(o, e) }); len(free) > 0 && !sometimes(t, 2, "any address") {
		return pick(t, "guest", free)
	}
	return pick(t, "address", append(all, "no address"))
}

// named is the short name in a request: sometimes it is left out.
func named(t *rapid.T, o *org) string { return either(sometimes(t, 4, "nowhere"), "", o.slug) }

func (m *machine) inviting(t *rapid.T) {
	by := m.caller(t, m.runs)
	o := m.ofOrg(t, by.user())
	m.run(t, m.invite(by, named(t, o), m.guest(t, o), pick(t, "role", roles)))
}

func (m *machine) invitingMany(t *rapid.T) {
	by := m.caller(t, m.runs)
	o := m.ofOrg(t, by.user())
	rows := []wish{}
	for range rapid.IntRange(0, 3).Draw(t, "rows") {
		rows = append(rows, wish{m.guest(t, o), pick(t, "role", roles)})
	}
	m.run(t, m.inviteMany(by, named(t, o), rows))
}

// invitation draws one: such a one as is wanted, or any that ever was.
func (m *machine) invitation(t *rapid.T, want func(*invite) bool) *invite {
	good := filter(m.invites, func(i *invite) bool { return !i.gone && !i.org.dead && want(i) })
	if len(good) == 0 && !sometimes(t, 1, "none") {
		m.inviting(t)
		good = filter(m.invites, func(i *invite) bool { return !i.gone && !i.org.dead && want(i) })
	}
	if len(good) > 0 && !sometimes(t, 2, "any invitation") {
		return pick(t, "invitation", good)
	}
	forged := &invite{key: "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr", org: &org{dead: true}, inviter: &user{}}
	return pick(t, "invitation of any kind", append(slices.Clone(m.invites), forged))
}

func (m *machine) tender(i *invite) func(*user) bool {
	return func(u *user) bool { return groupRank[u.group] >= groupRank["user"] && staff(i.org, u) }
}

func (m *machine) readingInvite(t *rapid.T) {
	i := m.invitation(t, func(*invite) bool { return true })
	m.run(t, m.getInvite(m.caller(t, func(u *user) bool { return i.to(u) || i.inviter == u }), i.key))
}

func (m *machine) resendingInvite(t *rapid.T) {
	i := m.invitation(t, func(i *invite) bool { return i.accepted == nil })
	m.run(t, m.resendInvite(m.caller(t, m.tender(i)), i.key))
}

func (m *machine) withdrawing(t *rapid.T) {
	i := m.invitation(t, func(*invite) bool { return true })
	m.run(t, m.withdraw(m.caller(t, m.tender(i)), i.key))
}

// answerable reports whether somebody there is can answer an invitation.
func (m *machine) answerable(i *invite) bool {
	u := m.holder(i.email)
	return i.open(m.now) && u != nil && u.email == i.email && u.status == active && i.org.member(u) == nil
}

func (m *machine) accepting(t *rapid.T) {
	i := m.invitation(t, m.answerable)
	m.run(t, m.accept(m.caller(t, i.to), i.key))
}

func (m *machine) declining(t *rapid.T) {
	i := m.invitation(t, func(i *invite) bool { return m.answerable(i) || i.accepted != nil })
	m.run(t, m.decline(m.caller(t, i.to), i.key))
}
