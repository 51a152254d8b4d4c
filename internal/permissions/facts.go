package permissions

import (
	"time"

	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// facts are what the answers to all questions of a request stand on.
type facts struct {
	who  session.Caller
	here *tenant.View // workspace of the request

	me          profile.Profile
	slugs       map[string]int64
	orgs        map[int64]*standing
	memberships map[int64]*membership
	invitations map[string]org.Invitation
	accounts    map[int64]session.Authority
	people      map[person]presence
	tokens      map[int64]accessToken
	work        map[string]map[int64]workspace.Sight // what people work on, by package and id
	rooms       map[workspace.Scope]workspace.Room
}

// standing is an organization as the caller stands to it.
type standing struct {
	tenant.View
	invited bool

	state, member store.Item
}

// membership is a membership that is asked about.
type membership struct {
	pointer org.Pointer
	listed  bool
	member  tenant.Member  // zero: has not joined
	inv     org.Invitation // read only of somebody who has not
}

// person is somebody in an organization.
type person struct{ uid, org int64 }

// presence is how somebody is in an organization.
type presence struct{ joined, invited bool }

// accessToken is an access token that is asked about. Of a stranger's only the
// owner is known.
type accessToken struct {
	owner  int64
	usable bool

	prefix string
	row    session.AccessToken
}

func newFacts(who session.Caller, here *tenant.View) *facts {
	return &facts{who: who, here: here, slugs: map[string]int64{}, orgs: map[int64]*standing{}, memberships: map[int64]*membership{},
		invitations: map[string]org.Invitation{}, accounts: map[int64]session.Authority{}, people: map[person]presence{}, tokens: map[int64]accessToken{}}
}

// near are the rows that a question names.
func (f *facts) near(r *round, q question) {
	if q.slug != "" {
		want(r, tenant.SlugKey(q.slug), tenant.Claims, func(c tenant.Claim) { f.slugs[q.slug] = c.Org })
	}
	f.wantOrg(r, q.org)
	if q.slug != "" || q.org != 0 || q.key != "" || q.pkg == "organizations" && q.id != 0 {
		want(r, profile.Key(f.who.UID), profile.Profiles, func(p profile.Profile) { f.me = p })
	}
	if q.whole() {
		return
	}
	switch q.pkg {
	case "organizations":
		f.wantOrg(r, q.id)
	case "memberships":
		m := &membership{}
		want(r, org.PointerKey(q.id), org.Pointers, func(p org.Pointer) { m.pointer, f.memberships[q.id] = p, m })
	case "invitations":
		want(r, org.InvitationKey(q.key), org.Invitations, func(i org.Invitation) { f.invitations[q.key] = i })
	case "users":
		want(r, session.AuthorityKey(q.id), session.Authorities, func(a session.Authority) { f.accounts[q.id] = a })
		f.wantPerson(r, q)
	case "access_tokens":
		want(r, session.IDKey(q.id), session.Pointers, func(p session.Pointer) { f.tokens[q.id] = accessToken{owner: p.UID, prefix: p.Prefix} })
	}
}

// next are the rows that near's lead to.
func (f *facts) next(r *round, q question) {
	named := q.org
	if q.slug != "" {
		named = f.slugs[q.slug]
	}
	f.wantOrg(r, named)
	f.wantOpen(r, named)
	if q.whole() {
		return
	}
	switch q.pkg {
	case "organizations":
		f.wantOpen(r, q.id)
	case "memberships":
		f.beyond(r, q.id)
	case "invitations":
		f.wantOrg(r, f.invitations[q.key].Org)
	case "users":
		f.wantPerson(r, q)
	case "access_tokens":
		t := f.tokens[q.id]
		// Only what is the caller's business leads on, so that a stranger's question
		// takes the same whether or not there is something.
		if t.owner == 0 || t.owner != f.who.UID && !f.who.Admin() {
			return
		}
		want(r, session.AuthorityKey(t.owner), session.Authorities, func(a session.Authority) { f.accounts[t.owner] = a })
		want(r, session.AccessTokenKey(t.prefix), session.AccessTokens, func(row session.AccessToken) { t.row = row; f.tokens[q.id] = t })
	}
}

// beyond is where a membership's pointer leads.
func (f *facts) beyond(r *round, id int64) {
	m := f.memberships[id]
	if m.pointer.Org == 0 {
		return
	}
	f.wantOrg(r, m.pointer.Org)
	want(r, org.MemberRowKey(m.pointer.Org, id), org.MemberRows, func(row org.MemberRow) { m.listed = row.ID != 0 })
	if m.pointer.UID == 0 {
		want(r, org.InvitationKey(m.pointer.Key), org.Invitations, func(i org.Invitation) { m.inv = i })
		return
	}
	want(r, tenant.MemberKey(m.pointer.UID, m.pointer.Org), tenant.Members, func(v tenant.Member) { m.member = v })
}

// wantPerson asks whether a user is in the context that a question names, or in
// the workspace of the request. Of themselves everyone knows without.
func (f *facts) wantPerson(r *round, q question) {
	in := q.org
	switch {
	case q.slug != "":
		in = f.slugs[q.slug]
	case !q.named && f.here != nil:
		in = f.here.ID
	}
	if in == 0 || q.id == f.who.UID {
		return
	}
	at := person{q.id, in}
	note := func(joined, invited bool) {
		p := f.people[at]
		f.people[at] = presence{p.joined || joined, p.invited || invited}
	}
	want(r, tenant.MemberKey(q.id, in), tenant.Members, func(m tenant.Member) { note(m.ID != 0, false) })
	if q.named || f.staff(f.here) {
		want(r, org.MemberRowKey(in, q.id), org.MemberRows, func(row org.MemberRow) { note(false, row.ID != 0 && row.UID == 0) })
	}
}

func (f *facts) wantOrg(r *round, id int64) {
	if id == 0 || f.orgs[id] != nil {
		return
	}
	o := &standing{}
	f.orgs[id] = o
	r.want(tenant.Key(id), func(it store.Item) error { o.state = it; return nil })
	r.want(tenant.MemberKey(f.who.UID, id), func(it store.Item) error { o.member = it; return nil })
}

// wantOpen asks whether an organization has invited the caller, who may know then
// that it is there.
func (f *facts) wantOpen(r *round, id int64) {
	if id == 0 || f.orgs[id].member.Exists() || f.who.Admin() || !f.me.Verified || f.me.Email == "" {
		return
	}
	o := f.orgs[id]
	r.want(tenant.OpenKey(f.me.Email, id), func(it store.Item) error { o.invited = it.Exists(); return nil })
}

// settle draws the conclusions that take more than one row.
func (f *facts) settle(now time.Time) (err error) {
	for _, o := range f.orgs {
		if o.View, err = tenant.Read(o.state, o.member); err != nil {
			return err
		}
	}
	for id, t := range f.tokens {
		t.usable = t.row.ID != 0 && t.row.Usable(now) && t.row.Epoch == f.accounts[t.owner].PATEpoch
		f.tokens[id] = t
	}
	return nil
}
