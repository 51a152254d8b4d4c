package permissions

import (
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// decision is an answer with its reasons: the rule that allowed, or what the
// policy was asked.
type decision struct {
	code string
	rule string
	in   *policy.Input
}

// asker is the policy.
type asker func(api.Question) (policy.Decision, *policy.Input)

// subject is what a question is about.
type subject struct {
	api.Question
	there   bool // the object is
	related bool // it is the caller's business
	room    workspace.Room
}

// decide answers a question on what was read. It is lookups and nothing else.
func (f *facts) decide(q question, ask asker) decision {
	org, found := f.context(q)
	s := f.about(q, org)
	s.Package, s.Scope = q.pkg, q.scope
	d, in := ask(s.Question)
	switch {
	case !found || !s.there:
		return decision{code: NotFound}
	case d.Allowed && s.room.Over && !keeps(q.scope):
		return decision{code: OverLimit}
	case d.Allowed && adds(q) && s.room.Full[q.pkg]:
		return decision{code: LimitReached}
	case d.Allowed:
		return decision{code: Allowed, rule: d.Rule}
	case !s.related && !shown(q, s, ask):
		return decision{code: NotFound}
	}
	return decision{code: Denied, in: in}
}

// shown reports whether the caller sees something that people work on, though it is not
// their business otherwise.
func shown(q question, s subject, ask asker) bool {
	if !work(q.pkg) || q.whole() || q.scope == inProject {
		return false
	}
	s.Scope = "view"
	d, _ := ask(s.Question)
	return d.Allowed
}

// context is the organization that a question is asked in, nil for none; false if
// the one that it names is nothing to the caller.
func (f *facts) context(q question) (*tenant.View, bool) {
	if !q.named {
		return f.here, true
	}
	id := q.org
	if q.slug != "" {
		if id = f.slugs[q.slug]; id == 0 {
			return nil, false
		}
	}
	if id == 0 {
		return nil, true
	}
	s := f.orgs[id]
	if !f.knows(s) {
		return nil, false
	}
	return &s.View, true
}

// knows reports whether the caller may know that an organization is there.
func (f *facts) knows(s *standing) bool {
	return s != nil && s.Alive() && (s.Member.ID != 0 || s.invited || f.who.Admin())
}

// about is the object of a question, in the context that the route would judge it in.
func (f *facts) about(q question, org *tenant.View) subject {
	if q.pkg == "organizations" && !collective(q.pkg, q.scope) {
		if q.whole() {
			return f.organization(org, org != nil)
		}
		s := f.orgs[q.id]
		return f.organization(&s.View, f.knows(s))
	}
	switch {
	case q.scope == inProject && !q.whole():
		return f.newIn(q.id)
	case q.whole():
		return f.collection(q, org)
	case work(q.pkg):
		return f.thing(q)
	case q.pkg == "memberships":
		return f.membership(q.id)
	case q.pkg == "invitations":
		return f.invitation(q.key)
	case q.pkg == "users":
		return f.user(q.id, org)
	case q.pkg == "access_tokens":
		return f.token(q.id)
	}
	return subject{}
}

// thing is something that people work on, in the workspace that it is in.
func (f *facts) thing(q question) subject {
	s, ok := f.work[q.pkg][q.id]
	return subject{Question: s.Question, there: ok, related: ok && api.Related(f.who, s.Question), room: s.Room}
}

// newIn is a new task in a project.
func (f *facts) newIn(project int64) subject {
	s, ok := f.work["projects"][project]
	if !ok {
		return subject{}
	}
	p := s.Resource
	q := api.Question{Org: s.Org, Resource: &policy.Resource{Owner: f.who.UID, Organization: p.Organization,
		Project: &policy.Staff{Owner: p.Owner, Assignee: p.Assignee, Organization: p.Organization}}}
	return subject{Question: q, there: true, related: api.Related(f.who, s.Question), room: s.Room}
}

// keeps reports whether a scope leaves a workspace as full as it is, or less: that is
// allowed where there is too much.
func keeps(scope string) bool {
	verb, _, _ := strings.Cut(scope, ":")
	return scope == "delete" || verb == "list" || verb == "view" || verb == "export" || verb == "download"
}

// adds reports whether a question is about one more of something.
func adds(q question) bool {
	return q.scope == "create" || q.scope == inProject || q.scope == "import:backup"
}

// collection is what lists and new objects are judged by. Lists of organizations
// and of access tokens, and new ones, are the same in every workspace.
func (f *facts) collection(q question, org *tenant.View) subject {
	s := subject{there: true, related: true, room: f.rooms[f.scope(q)]}
	if q.pkg != "organizations" && q.pkg != "access_tokens" {
		s.Org = org
	}
	if q.scope == "list" || q.pkg == "server" {
		return s
	}
	s.Resource = &policy.Resource{Owner: f.who.UID}
	if q.pkg == "organizations" {
		s.Resource.Role = policy.Owner
	}
	if s.Org != nil {
		s.Resource.Organization = s.Org.ID
	}
	if q.pkg == "jobs" { // they have no owner
		s.Resource.Owner = 0
	}
	return s
}

func (f *facts) organization(v *tenant.View, known bool) subject {
	if !known {
		return subject{}
	}
	return subject{there: true, related: true,
		Question: api.Question{Org: v, Resource: &policy.Resource{ID: v.ID, Owner: v.Owner, Role: v.Role()}}}
}

func (f *facts) membership(id int64) subject {
	m := f.memberships[id]
	o := f.orgs[m.pointer.Org]
	joined := m.member.ID != 0
	if o == nil || !o.Alive() || !m.listed || !joined && (m.pointer.UID != 0 || m.inv.Key == "") {
		return subject{}
	}
	r := &policy.Resource{ID: id, Organization: o.ID, Active: joined, User: m.member.UID}
	role := m.member.Role
	if !joined {
		role, r.User = m.inv.Role, m.inv.ID
	}
	r.Role, _ = policy.ParseRole(role)
	return subject{there: true, related: f.who.Admin() || o.Member.ID != 0 || r.User == f.who.UID,
		Question: api.Question{Org: &o.View, Resource: r}}
}

func (f *facts) invitation(key string) subject {
	i := f.invitations[key]
	o := f.orgs[i.Org]
	if o == nil || !o.Alive() {
		return subject{}
	}
	r := &policy.Resource{Owner: i.Inviter, Invitee: i.UID, Organization: o.ID}
	r.Role, _ = policy.ParseRole(i.Role)
	if i.Accepted == 0 && f.me.Verified && f.me.Email != "" && f.me.Email == i.Email {
		r.Invitee = f.who.UID
	}
	return subject{there: true, related: f.who.Admin() || o.Member.ID != 0 || r.Owner == f.who.UID || r.Invitee == f.who.UID,
		Question: api.Question{Org: &o.View, Resource: r}}
}

// user is somebody in a context: oneself, in an organization its people, and for
// administrators anybody.
func (f *facts) user(id int64, org *tenant.View) subject {
	self, status := id == f.who.UID, f.accounts[id].Status
	s := subject{related: self || f.who.Admin() || org != nil && org.Member.ID != 0,
		Question: api.Question{Org: org, Resource: &policy.Resource{ID: id}}}
	s.there = status != session.Erased && (self || status != "" && f.who.Admin())
	if org != nil {
		s.Resource.Role = org.Role()
		p := f.people[person{id, org.ID}]
		s.there = s.there || status != session.Erased && (p.joined || p.invited && f.staff(org))
	}
	return s
}

// staff reports whether the caller sees who has not joined an organization yet.
func (f *facts) staff(org *tenant.View) bool {
	role := org.Role()
	return f.who.Admin() || role == policy.Maintainer || role == policy.Owner && org.Owner == f.who.UID
}

func (f *facts) token(id int64) subject {
	t := f.tokens[id]
	return subject{there: t.usable, related: f.who.Admin() || t.owner == f.who.UID,
		Question: api.Question{Resource: &policy.Resource{ID: id, Owner: t.owner}}}
}
