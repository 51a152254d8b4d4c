package model

// caller is who makes a request; nil is nobody.
type caller struct {
	u   *user
	s   *session     // nil with an access token
	pat *accessToken // nil otherwise
}

var groupRank = map[string]int{"worker": 1, "user": 2, "admin": 3}

func (c *caller) admin() bool         { return c.u.group == "admin" }
func (c *caller) group(g string) bool { return groupRank[c.u.group] >= groupRank[g] }

// mute reports whether the caller may only look.
func (c *caller) mute() bool { return c.pat != nil && c.pat.readOnly }

func staff(o *org, u *user) bool {
	r := o.role(u)
	return r == "maintainer" || r == "owner" && o.owner == u
}

func lower(role string) bool { return role == "supervisor" || role == "worker" }

// no is the refusal of what belongs to an organization: a stranger does not find it.
func no(c *caller, o *org, related bool) verdict {
	if related || c.admin() || o.member(c.u) != nil {
		return refuse(403)
	}
	return refuse(404)
}

// missing is the answer about what there is not. changes says that the request would
// change something.
func missing(c *caller, changes bool) verdict {
	if c.admin() && changes && c.mute() {
		return refuse(403)
	}
	return refuse(404)
}

func mayFound(c *caller) bool { return c.group("user") && !c.mute() }

func mayView(c *caller, o *org) bool { return c.admin() || o.owner == c.u || o.role(c.u) != "" }

func mayUpdate(c *caller, o *org) bool {
	return !c.mute() && (c.admin() || c.group("worker") && (o.owner == c.u || o.role(c.u) == "maintainer"))
}

func mayDissolve(c *caller, o *org) bool {
	return !c.mute() && (c.admin() || c.group("worker") && o.owner == c.u)
}

func mayTransfer(c *caller, o *org) bool {
	return !c.mute() && (c.admin() || c.group("user") && o.owner == c.u)
}

func mayViewMember(c *caller, o *org, joined bool) bool {
	return c.admin() || staff(o, c.u) || o.role(c.u) != "" && joined
}

// mayManage says whether the caller may change or remove somebody else's membership.
func mayManage(c *caller, o *org, target *user, role string) bool {
	if c.mute() {
		return false
	}
	if c.admin() {
		return true
	}
	if !c.group("user") || target == c.u {
		return false
	}
	if o.role(c.u) == "maintainer" {
		return lower(role)
	}
	return o.role(c.u) == "owner" && o.owner == c.u && role != "owner"
}

// mayGive says whether the caller may give a role. One that there is not is wrong later.
func mayGive(c *caller, o *org, role string) bool {
	if c.admin() {
		return true
	}
	if o.role(c.u) == "maintainer" {
		return role != "maintainer" && role != "owner"
	}
	return role != "owner"
}

func mayLeave(c *caller, m *member) bool {
	return !c.mute() && c.group("worker") && m.u == c.u && m.role != "owner"
}

// invites says whether somebody may invite to a role.
func invites(u *user, o *org, role string) bool {
	if u.group == "admin" {
		return true
	}
	if groupRank[u.group] < groupRank["user"] {
		return false
	}
	if o.role(u) == "maintainer" {
		return role != "owner" && role != "maintainer"
	}
	return o.role(u) == "owner" && o.owner == u && role != "owner"
}

// stands says whether an invitation is still good by who sent it.
func stands(i *invite) bool { return i.inviter.status == active && invites(i.inviter, i.org, i.role) }

func (i *invite) to(u *user) bool {
	if i.accepted != nil {
		return i.accepted == u
	}
	return u.email == i.email
}

func mayViewInvite(c *caller, i *invite) bool {
	return c.admin() || i.inviter == c.u || i.to(c.u) || c.group("user") && staff(i.org, c.u)
}

func mayTendInvite(c *caller, i *invite) bool {
	return !c.mute() && (c.admin() || c.group("user") && staff(i.org, c.u))
}

func mayAnswer(c *caller, i *invite) bool { return !c.mute() && (c.admin() || i.to(c.u)) }
