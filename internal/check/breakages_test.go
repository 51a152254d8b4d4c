package check_test

import (
	"maps"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/check"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// breakages are writes that break a rule each, by the rule and what is done.
type breakages map[string][]store.Op

// breakages are those of every sort.
func (w *world) breakages() breakages {
	w.Helper()
	out := breakages{}
	for _, some := range []breakages{w.strays(), w.belongings(), w.brokenAccounts(), w.brokenNames(), w.brokenTokens(), w.brokenOrgs(), w.brokenMembers(), w.brokenCounts(), w.brokenWork(), w.brokenLists(), w.brokenDues()} {
		maps.Copy(out, some)
	}
	return out
}

// nobody is an id that no account, organization or membership has.
const nobody = int64(7)

func del(k store.Key) store.Op { return store.Delete(k, store.Present) }

// strays lie where they should not, or are nothing that anybody knows.
func (w *world) strays() breakages {
	w.Helper()
	uid := w.uid("alice")
	id := w.team.ID
	m := w.member("alice")
	now := w.Clock.Now()
	doomed := w.first(org.DueOrgsPK, "")
	due2, _ := read(w, org.Rows.DueOrgs, doomed.Key)
	gone, _ := read(w, tenant.States, tenant.Key(due2.ID))
	return breakages{
		check.Kind:               {store.Kind[int]{Name: "novelty", Schema: 1}.Put(store.Key{PK: "X", SK: "Y"}, 1, store.Always)},
		check.Readable:           {store.Kind[int]{Name: mail.Jobs.Name, Schema: 9}.Put(store.Key{PK: "OUT#1", SK: "x"}, 1, store.Always)},
		check.Place:              {tenant.Members.Put(store.Key{PK: tenant.MembersPK(w.uid("holder")), SK: "x"}, m, store.Always), tenant.Members.Put(tenant.MemberKey(uid, id), m, store.Always)},
		check.Place + " roster":  {account.Rows.Roster.Put(store.Key{PK: account.Keys.Roster(1).PK, SK: "x"}, account.RosterRow{ID: uid}, store.Always)},
		check.Place + " claim":   {account.Rows.Claims.Put(store.Key{PK: "X", SK: "C"}, account.Claim{UID: uid}, store.Always)},
		check.Place + " account": {session.Authorities.Put(store.Key{PK: session.UserPK(uid), SK: "B"}, session.Authority{}, store.Always)},
		check.Place + " due":     {account.Rows.Dues.Put(account.Keys.Due(now, uid), account.Due{UID: w.uid("holder")}, store.Always)},
		check.Place + " id":      {org.Pointers.Put(store.Key{PK: "MID#x", SK: "M"}, org.Pointer{Org: id, UID: uid}, store.Always)},
		check.Place + " listed":  {org.MemberRows.Put(store.Key{PK: org.MemberRowKey(id, 1).PK, SK: "x"}, org.MemberRow{ID: m.ID, UID: uid, Active: true}, store.Always)},
		check.Place + " removal": {org.Rows.DueOrgs.Put(store.Key{PK: doomed.PK, SK: "0#" + store.IDText(7)}, org.Due{ID: gone.ID}, store.Always)},
	}
}

// belongings belong to nobody.
func (w *world) belongings() breakages {
	w.Helper()
	return breakages{
		check.Belongs + " credential":   {store.Kind[object]{Name: "credential", Schema: 1}.Put(store.Key{PK: session.UserPK(nobody), SK: "C"}, object{}, store.Always)},
		check.Belongs + " erased":       {account.Rows.Tickets.Put(store.Key{PK: session.UserPK(w.uid("erased")), SK: "R"}, account.Ticket{}, store.Always)},
		check.Belongs + " session":      {session.Sessions.Put(session.Key(nobody, "x"), session.Session{UID: nobody}, store.Always)},
		check.Belongs + " pending":      {account.Rows.Pendings.Put(account.Keys.Pending("u"), account.Pending{PID: "u", UID: nobody}, store.Always)},
		check.Belongs + " owned":        {tenant.OwnNone(nobody)},
		check.Belongs + " organization": {tenant.State{ID: nobody}.Seat(0)},
		check.Belongs + " described":    {org.Rows.Descriptions.Put(org.Keys.Description(nobody), org.Description{}, store.Always)},
		check.Belongs + " late names":   {org.Rows.DueNames.Put(org.Keys.DueNames(nobody), org.Due{ID: nobody}, store.Always)},
	}
}

// brokenAccounts are of accounts and the list of them.
func (w *world) brokenAccounts() breakages {
	w.Helper()
	uid := w.uid("alice")
	return breakages{
		check.Account:                 {del(profile.Key(w.uid("banned")))},
		check.Account + " status":     {edit(w, session.Authorities, session.AuthorityKey(w.uid("banned")), func(a *session.Authority) { a.Status = "odd" })},
		check.UserRoster + " missing": {del(account.Keys.Roster(uid))},
		check.UserRoster + " other":   {edit(w, account.Rows.Roster, account.Keys.Roster(uid), func(r *account.RosterRow) { r.First = "Eve" })},
		check.UserRoster + " enabled": {edit(w, account.Rows.Roster, account.Keys.Roster(w.uid("banned")), func(r *account.RosterRow) { r.Active = true })},
		check.UserRoster + " leaving": {account.Rows.Roster.Put(account.Keys.Roster(w.uid("leaver")), account.RosterRow{ID: w.uid("leaver")}, store.Always)},
		check.UserRoster + " erased":  {account.Rows.Roster.Put(account.Keys.Roster(w.uid("erased")), account.RosterRow{ID: w.uid("erased")}, store.Always)},
		check.UserRoster + " nobody":  {account.Rows.Roster.Put(account.Keys.Roster(nobody), account.RosterRow{ID: nobody}, store.Always)},
	}
}

// brokenNames are of user names and addresses.
func (w *world) brokenNames() breakages {
	w.Helper()
	waiting, _ := read(w, account.Rows.Claims, store.Key{PK: "UNAME#waiting", SK: "C"})
	pending, _ := read(w, account.Rows.Pendings, account.Keys.Pending(waiting.PID))
	ticket, due := w.deletion("leaver")
	now := w.Clock.Now()
	return breakages{
		check.UserName + " missing": {del(account.Keys.Username("alicia"))},
		check.UserName + " stolen":  {edit(w, account.Rows.Claims, account.Keys.Username("alicia"), func(c *account.Claim) { c.UID = w.uid("moved") })},
		check.UserName + " nobody":  {account.Rows.Claims.Put(account.Keys.Username("nobody"), account.Claim{UID: nobody}, store.Always)},
		check.UserName + " pending": {account.Rows.Claims.Put(account.Keys.Username("nobody"), account.Claim{PID: "nothing"}, store.Always)},
		check.Email + " missing":    {del(account.Keys.Email("alice@example.org"))},
		check.Email + " twice":      {edit(w, profile.Profiles, profile.Key(w.uid("holder")), func(p *profile.Profile) { p.Email = "alice@example.org" })},
		check.Email + " ends":       {edit(w, account.Rows.Claims, account.Keys.Email("alice@example.org"), func(*account.Claim) {}).Until(now.Add(time.Hour))},
		check.Email + " left":       {edit(w, account.Rows.Claims, account.Keys.Email("there@example.org"), func(*account.Claim) {}).Until(time.Time{}.Add(0))},
		check.Email + " no undo":    {del(account.Keys.Undo(w.uid("moved"), "there@example.org"))},
		check.Email + " nobody":     {account.Rows.Claims.Put(account.Keys.Email("x@example.org"), account.Claim{UID: nobody}, store.Always)},
		check.Email + " erased":     {account.Rows.Claims.Put(account.Keys.Email("erased@example.org"), account.Claim{UID: w.uid("erased")}, store.Always)},
		check.Email + " pending":    {account.Rows.Claims.Put(store.Key{PK: "EMAIL#x@example.org", SK: "P"}, account.Claim{PID: pending.PID}, store.Always)},
		check.Registration:          {del(account.Keys.Waiting(pending))},
		check.Deletion + " ticket":  {del(account.Keys.Deletion(w.uid("leaver")))},
		check.Deletion + " due":     {del(account.Keys.Due(due, w.uid("leaver")))},
		check.Deletion + " moved":   {edit(w, account.Rows.Tickets, account.Keys.Deletion(w.uid("leaver")), func(t *account.Ticket) { t.Due = ticket.Due + 1 })},
		check.Deletion + " nobody":  {account.Rows.Dues.Put(account.Keys.Due(now, nobody), account.Due{UID: nobody}, store.Always)},
	}
}

// brokenTokens are of sessions, access tokens and identities.
func (w *world) brokenTokens() breakages {
	w.Helper()
	uid := w.uid("alice")
	pointerAt, pointer, tokenAt := w.token("moved")
	token, _ := read(w, session.AccessTokens, tokenAt)
	ident := account.Identity{UID: w.uid("moved"), Issuer: "https://idp.example", Subject: "moved"}
	return breakages{
		check.SessionOf + " other":    {session.Sessions.Put(session.Key(uid, "x"), session.Session{UID: nobody}, store.Always)},
		check.SessionOf + " key":      {session.TokenKeys.Put(session.TokenKeyKey("x"), session.TokenKey{UID: nobody}, store.Always)},
		check.AccessToken + " id":     {del(session.IDKey(token.ID))},
		check.AccessToken + " list":   {del(pointerAt)},
		check.AccessToken + " none":   {del(tokenAt)},
		check.AccessToken + " other":  {session.Pointers.Put(session.PointerKey(pointer.UID, nobody), pointer, store.Always)},
		check.AccessToken + " stolen": {session.Pointers.Put(session.PointerKey(uid, token.ID), session.Pointer{UID: uid, Prefix: pointer.Prefix}, store.Always)},
		check.AccessToken + " spare":  {session.Pointers.Put(session.IDKey(nobody), pointer, store.Always)},
		check.Identity + " alone":     {del(account.Keys.Identity(ident.Issuer, ident.Subject))},
		check.Identity + " forgotten": {del(account.Keys.Linked(ident.UID, ident.Issuer, ident.Subject))},
	}
}

// brokenOrgs are of organizations.
func (w *world) brokenOrgs() breakages {
	w.Helper()
	uid := w.uid("alice")
	id := w.team.ID
	m := w.member("alice")
	doomed := w.first(org.DueOrgsPK, "")
	due2, _ := read(w, org.Rows.DueOrgs, doomed.Key)
	gone, _ := read(w, tenant.States, tenant.Key(due2.ID))
	return breakages{
		check.Slug + " gone":         {tenant.Claims.Put(tenant.SlugKey(gone.Slug), tenant.Claim{Org: gone.ID}, store.Always)},
		check.OrgRoster + " gone":    {org.Rows.List.Put(org.Keys.List(gone.ID), org.ListRow{ID: gone.ID}, store.Always)},
		check.Slug + " missing":      {del(tenant.SlugKey("acme"))},
		check.Slug + " spare":        {tenant.Claims.Put(tenant.SlugKey("other"), tenant.Claim{Org: id}, store.Always)},
		check.OrgRoster + " missing": {del(org.Keys.List(id))},
		check.OrgRoster + " name":    {edit(w, org.Rows.List, org.Keys.List(id), func(r *org.ListRow) { r.Name = "Evil" })},
		check.OrgRoster + " nobody":  {org.Rows.List.Put(org.Keys.List(nobody), org.ListRow{ID: nobody}, store.Always)},
		check.Description:            {del(org.Keys.Description(id))},
		check.Owner + " offer":       {edit(w, tenant.Offers, tenant.OfferKey(id), func(o *tenant.Offer) { o.By = nobody })},
		check.Owner + " two": {edit(w, tenant.Members, tenant.MemberKey(uid, id), func(m *tenant.Member) { m.Role = "owner" }),
			edit(w, org.MemberRows, org.MemberRowKey(id, m.ID), func(r *org.MemberRow) { r.Role = "owner" })},
		check.Removal + " forgotten": {del(doomed.Key)},
		check.Removal + " alive":     {org.Rows.DueOrgs.Put(store.Key{PK: org.DueOrgsPK, SK: "0#" + store.IDText(id)}, org.Due{ID: id}, store.Always)},
	}
}

// brokenMembers are of memberships and invitations.
func (w *world) brokenMembers() breakages {
	w.Helper()
	uid := w.uid("alice")
	id := w.team.ID
	m := w.member("alice")
	i := w.invitation("late")
	fresh := w.invitation("fresh")
	accepted := w.invitationOf(m)
	return breakages{
		check.Membership + " missing":      {del(org.PointerKey(m.ID))},
		check.Membership + " waiting":      {del(org.PointerKey(i.ID))},
		check.Membership + " spare":        {org.Pointers.Put(org.PointerKey(nobody), org.Pointer{Org: id, UID: uid}, store.Always)},
		check.MemberRoster + " missing":    {del(org.MemberRowKey(id, m.ID))},
		check.MemberRoster + " waiting":    {del(org.MemberRowKey(id, i.ID))},
		check.MemberRoster + " role":       {edit(w, org.MemberRows, org.MemberRowKey(id, m.ID), func(r *org.MemberRow) { r.Role = "worker" })},
		check.MemberRoster + " name":       {edit(w, org.MemberRows, org.MemberRowKey(id, m.ID), func(r *org.MemberRow) { r.Username = "alice" })},
		check.MemberRoster + " enabled":    {edit(w, org.MemberRows, org.MemberRowKey(id, w.member("banned").ID), func(r *org.MemberRow) { r.Enabled = true })},
		check.MemberRoster + " spare":      {org.MemberRows.Put(org.MemberRowKey(id, nobody), org.MemberRow{ID: nobody, UID: uid, Active: true}, store.Always)},
		check.Accepted:                     {edit(w, org.Invitations, org.InvitationKey(accepted.Key), func(i *org.Invitation) { i.UID = nobody }), edit(w, org.InviteRows, org.InviteRowKey(accepted), func(r *org.InviteRow) { r.UID = nobody })},
		check.InviteRoster + " missing":    {del(org.InviteRowKey(i))},
		check.InviteRoster + " other":      {edit(w, org.InviteRows, org.InviteRowKey(accepted), func(r *org.InviteRow) { r.Accepted = false })},
		check.InviteRoster + " spare":      {org.InviteRows.Put(store.Key{PK: org.InvitesRoster(id), SK: "x"}, org.InviteRow{Key: i.Key}, store.Always)},
		check.OpenOne + " missing":         {del(tenant.OpenKey(i.Email, id))},
		check.OpenOne + " accepted":        {tenant.Opens.Put(tenant.OpenKey("alice@example.org", id), tenant.Open{Key: accepted.Key}, store.Always)},
		check.Sender + " missing":          {del(org.SenderKey(i))},
		check.Sender + " spare":            {org.Senders.Put(store.Key{PK: org.SenderPK(uid), SK: "x"}, tenant.Open{Key: i.Key}, store.Always)},
		check.InvitationDue + " missing":   {del(org.DueInvitationKey(fresh))},
		check.InvitationDue + " forgotten": {org.DueInvitations.Put(org.DueInvitationKey(org.Invitation{Key: "x", Expires: 5}), tenant.Open{Key: "x"}, store.Always)},
	}
}

// brokenCounts are of counters and mails.
func (w *world) brokenCounts() breakages {
	w.Helper()
	uid := w.uid("alice")
	id := w.team.ID
	m := w.member("alice")
	fresh := w.invitation("fresh")
	now := w.Clock.Now()
	job := mail.NewJob(now.Add(-27*time.Hour), "reset", map[string]string{"email": "nobody@example.org"})
	held := mail.NewJob(now, "reset", map[string]string{"email": "nobody@example.org"})
	held.Leased = now.Add(time.Hour).UnixMilli()
	accepted := w.invitationOf(m)
	return breakages{
		check.Seats + " more":           {store.Add(tenant.SeatsKey(id), "organization-count", "n", 1, 0, 100)},
		check.Seats + " freed":          {edit(w, org.Invitations, org.InvitationKey(fresh.Key), func(i *org.Invitation) { i.Seated = false })},
		check.Members:                   {store.Add(tenant.MembersKey(id), "organization-count", "n", -1, 0, 100)},
		check.Owned + " more":           {tenant.Own(uid, 1)},
		check.Owned + " none":           {del(tenant.OwnNone(uid).Key)},
		check.Negative:                  {store.Add(tenant.SeatsKey(id), "organization-count", "n", -100, -100, 100)},
		check.Over:                      {edit(w, tenant.States, tenant.Key(id), func(s *tenant.State) { s.Seats = 2 })},
		check.Outbox + " old":           {job.Op()},
		check.Outbox + " late":          {mail.Jobs.Put(store.Key{PK: "OUT#1", SK: store.TimeText(now.Add(3*time.Hour)) + "#x"}, mail.NewJob(now, "reset", nil), store.Always)},
		check.InvitationDue + " seated": {edit(w, org.Invitations, org.InvitationKey(accepted.Key), func(i *org.Invitation) { i.Seated = true })},
		check.Outbox + " held":          {held.Op()},
	}
}

func (w *world) invitationOf(m tenant.Member) org.Invitation {
	w.Helper()
	i, _ := read(w, org.Invitations, org.InvitationKey(m.Invitation))
	return i
}
