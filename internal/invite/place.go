package invite

import (
	"context"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/token"
)

// place is where the invitation of an address goes: that there is none, or one
// that has expired, and that nobody with the address is a member.
type place struct {
	open     store.Item     // the claim of the address
	old      org.Invitation // has expired and gives way; zero: there is none
	oldAt    store.Item
	profile  profile.Profile // of the account that proved the address; zero: there is none
	shown    store.Item
	right    store.Item // the authority of that account
	member   store.Item
	sameSeat bool // the old one holds a seat, which passes on
}

// vacancy finds the place, or refuses because it is taken. It reads as much
// whether or not the address has an account: whoever invites is not to learn that.
func (s *Service) vacancy(ctx context.Context, v tenant.View, email string) (p place, err error) {
	uid, verified, err := s.Find(ctx, email)
	if err != nil {
		return p, err
	}
	if !verified {
		uid = 0
	}
	items, err := s.Table.Get(ctx, tenant.OpenKey(email, v.ID), tenant.MemberKey(uid, v.ID), profile.Key(uid), session.AuthorityKey(uid))
	if err != nil {
		return p, err
	}
	p.open, p.member, p.shown, p.right = items[0], items[1], items[2], items[3]
	if p.member.Exists() {
		return p, alreadyMember()
	}
	if p.profile, err = profile.Profiles.Of(p.shown); err != nil {
		return p, err
	}
	if p.profile.Email != email || !p.profile.Verified {
		p.profile = profile.Profile{} // changed since it was found
	}
	c, err := tenant.Opens.Of(p.open)
	if err != nil || c.Key == "" {
		return p, err
	}
	if items, err = s.Table.Get(ctx, org.InvitationKey(c.Key)); err != nil {
		return p, err
	}
	p.oldAt = items[0]
	if p.old, err = org.Invitations.Of(p.oldAt); err != nil {
		return p, err
	}
	p.sameSeat = p.old.Seated
	if p.old.Open(s.Table.Now()) {
		return p, alreadyMember()
	}
	return p, nil
}

// clear are the writes by which an expired invitation gives way. Its claim is the
// address's, and stays.
func (p place) clear() (ops []store.Op) {
	if p.old.Key == "" {
		return nil
	}
	ops = append(ops, store.Delete(p.oldAt.Key, p.oldAt.At()))
	for _, o := range org.Unlist(p.old) {
		if o.Key != p.open.Key {
			ops = append(ops, o)
		}
	}
	return ops
}

// writes are the invitation of a draft and all that goes with it.
func (s *Service) writes(ctx context.Context, who session.Caller, v tenant.View, d draft, p place, now time.Time) (org.Invitation, []store.Op) {
	i := org.Invitation{Key: d.key, Org: v.ID, ID: store.NewID(now), Email: d.email, Role: d.role, Inviter: who.UID, Created: now.UnixMilli()}
	ops := p.clear()
	if p.profile.UID != 0 && !s.Settings.Confirm {
		i.Accepted, i.UID = i.Created, p.profile.UID
		ops = append(ops, s.join(v, i, p.profile, store.Absent, p.member.At())...)
		ops = append(ops, store.Check(p.shown.Key, p.shown.At()), store.Check(p.right.Key, p.right.At()))
		if p.open.Exists() {
			ops = append(ops, store.Delete(p.open.Key, p.open.At()))
		} else {
			ops = append(ops, store.Check(p.open.Key, p.open.At()))
		}
	} else {
		job := invitationMail(now, i.Key)
		s.send(&i, job, now)
		ops = append(ops,
			org.Invitations.Put(org.InvitationKey(i.Key), i, store.Absent),
			org.Pointers.Put(org.PointerKey(i.ID), org.Pointer{Org: i.Org, Key: i.Key}, store.Absent),
			org.MemberRows.Put(org.MemberRowKey(i.Org, i.ID), org.WaitingRow(i), store.Absent),
			org.InviteRows.Put(org.InviteRowKey(i), listRow(i), store.Absent),
			tenant.Opens.Put(p.open.Key, tenant.Open{Key: i.Key}, p.open.At()),
			org.DueInvitations.Put(org.DueInvitationKey(i), tenant.Open{Key: i.Key}, store.Always),
			store.Check(p.member.Key, p.member.At()), job.Op(), v.Same())
	}
	if !p.sameSeat {
		ops = append(ops, s.seated(v.State).Seat(1))
	}
	return i, append(append(ops, org.ByAuthority(who, &v)...),
		org.Senders.Put(org.SenderKey(i), tenant.Open{Key: i.Key}, store.Always),
		org.Audited(ctx, "invitation.create", who.UID, v.ID, audit.Event{Target: i.UID, Object: org.ObjectOf(i),
			Changes: map[string]audit.Change{"email": {After: i.Email}, "role": {After: i.Role}}}))
}

// send notes in an invitation that a job mails it: from then on it is good for its
// whole life, and only the secret of this mail is.
func (s *Service) send(i *org.Invitation, job mail.Job, now time.Time) {
	i.Seed, i.Mail, i.Sent, i.Expires, i.Seated = token.Seed(), job.Ref(), now.UnixMilli(), now.Add(s.life()).UnixMilli(), true
}

// listRow is what the list of invitations may search, sort and filter by.
func listRow(i org.Invitation) org.InviteRow {
	uid := i.ID
	if i.Accepted != 0 {
		uid = i.UID
	}
	return org.InviteRow{Key: i.Key, UID: uid, Inviter: i.Inviter, Accepted: i.Accepted != 0, Created: i.Created}
}

// join are the writes by which p becomes a member by an accepted invitation that
// is as at says; member is the condition that they are none. The seat is the
// invitation's.
func (s *Service) join(v tenant.View, i org.Invitation, p profile.Profile, at, member store.Cond) []store.Op {
	i.Seed, i.Seated = "", false
	pointed := store.Always
	if at == store.Absent {
		pointed = store.Absent // a new id, which somebody else may have drawn too
	}
	m := tenant.Member{ID: i.ID, Org: i.Org, UID: i.UID, Role: i.Role, Joined: i.Accepted, Invitation: i.Key}
	return []store.Op{
		org.Invitations.Put(org.InvitationKey(i.Key), i, at),
		tenant.Members.Put(tenant.MemberKey(i.UID, i.Org), m, member),
		org.Pointers.Put(org.PointerKey(i.ID), org.Pointer{Org: i.Org, UID: i.UID, Key: i.Key}, pointed),
		org.MemberRows.Put(org.MemberRowKey(i.Org, i.ID), org.Row(m, p, true), store.Always),
		org.InviteRows.Put(org.InviteRowKey(i), listRow(i), store.Always),
		s.seated(v.State).Join(1), v.Same(), tenant.Joined(i.UID),
	}
}
