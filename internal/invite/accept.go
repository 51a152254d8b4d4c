package invite

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Accepted says where somebody has come in.
type Accepted struct {
	Slug string `json:"organization_slug"`
}

// Accept makes the caller, whose confirmed address was invited, a member. The
// invitation is spent in the transaction that adds the member, so of several clicks
// one does it.
func (s *Service) Accept(ctx context.Context, who session.Caller, _ KeyRequest) (Accepted, error) {
	f, err := s.find(ctx, who, "accept")
	if f.unproven() {
		return Accepted{}, fault.New(403, "email_not_verified", "Confirm your e-mail address first.")
	}
	if err != nil {
		return Accepted{}, err
	}
	if api.Prior(ctx, &made{}) {
		return Accepted{f.Slug}, nil
	}
	now := api.From(ctx).Now
	if err := f.acceptable(who.UID, now); err != nil {
		return Accepted{}, err
	}
	ops, err := s.joining(ctx, &f, f.me, now)
	if err != nil {
		return Accepted{}, err
	}
	ops = append(ops, store.Check(f.mine.Key, f.mine.At()), store.Check(session.AuthorityKey(who.UID), who.AuthorityAt()))
	ops = slices.Concat(ops, api.Done(ctx, made{f.inv.Key}))
	return Accepted{f.Slug}, s.commit(ctx, f.View.State, ops, noSeat())
}

// acceptable says why the invitation cannot be accepted, in the baseline's order.
func (f *subject) acceptable(uid int64, now time.Time) error {
	switch {
	case !f.toMe(uid):
		return said("not_the_invitee", "Only the person who was invited can accept this invitation.").Noted(fault.PermissionRefused)
	case expired(f.inv, now):
		return said("invitation_expired", "Your invitation is expired. Please contact organization owner to renew it.")
	case f.inv.Accepted != 0:
		return said("already_accepted", "Your invitation is already accepted.")
	case f.Member.ID != 0:
		return said("already_member", "You are a member of the organization already.")
	}
	return nil
}

// joining are the writes by which p, who is not a member, accepts an open
// invitation; or the refusal, if whoever sent it may not invite any more.
func (s *Service) joining(ctx context.Context, f *subject, p profile.Profile, now time.Time) ([]store.Op, error) {
	good, err := s.stands(f.inv, f.sender)
	if err != nil {
		return nil, err
	}
	if !good {
		return nil, said("inviter_not_entitled", "Your invitation is no longer valid, because whoever sent it may not invite any more. Ask the organization for a new one.")
	}
	i := f.inv
	i.Accepted, i.UID = now.UnixMilli(), p.UID
	ops := s.join(f.View, i, p, f.at.At(), f.MemberAt())
	if !f.inv.Seated {
		ops = append(ops, s.seated(f.View.State).Seat(1))
	}
	ops = append(ops,
		store.Delete(tenant.OpenKey(i.Email, i.Org), store.Always),
		store.Delete(org.DueInvitationKey(f.inv), store.Always),
		org.Audited(ctx, "invitation.accept", p.UID, i.Org, audit.Event{Target: p.UID, Object: org.ObjectOf(i),
			Changes: map[string]audit.Change{"role": {After: i.Role}}}))
	return append(ops, f.sender.same()...), nil
}

// Proven reports whether secret is the one that the newest mail of the invitation
// key holds, which went to the address email, and the invitation is open.
func (s *Service) Proven(ctx context.Context, key, secret, email string) (bool, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return false, fault.Unavailable(err)
	}
	items, err := s.Table.Get(ctx, rowOf(key))
	if err != nil {
		return false, err
	}
	i, err := org.Invitations.Of(items[0])
	if err != nil || !proves(k, i, secret) || i.Email != email || !i.Open(s.Table.Now()) {
		return false, err
	}
	if items, err = s.Table.Get(ctx, tenant.Key(i.Org)); err != nil {
		return false, err
	}
	st, err := tenant.States.Of(items[0])
	return err == nil && st.State == tenant.Active, err
}

// Join are the writes by which the new account p, whose address was invited and is
// proven by the secret of the newest mail, accepts an invitation in the transaction
// that makes it. No op is on a row of the account. A conflict means that something has
// changed; what stands against it is then said when the writes are asked for again.
func (s *Service) Join(ctx context.Context, key, secret string, p profile.Profile) ([]store.Op, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	near, err := s.Table.Get(ctx, rowOf(key), profile.Key(p.UID))
	if err != nil {
		return nil, err
	}
	keys, err := beyond(p.UID, near)
	if err != nil || len(keys) == 0 {
		return nil, orInvalid(err)
	}
	i, err := org.Invitations.Of(near[0])
	if err != nil {
		return nil, err
	}
	if p.UID == i.Inviter {
		return nil, &store.ConflictError{} // ids of one millisecond may collide: another is drawn
	}
	next, err := s.Table.Get(ctx, append(keys, tenant.MembersKey(i.Org))...)
	if err != nil {
		return nil, err
	}
	var f subject
	ok, err := f.open(near, next)
	if err != nil {
		return nil, err
	}
	now := s.Table.Now()
	if f.me = p; !ok || !f.inv.Open(now) || !f.toMe(p.UID) || !proves(k, f.inv, secret) {
		return nil, orInvalid(nil)
	}
	if members, seats := tenant.Count(next[len(next)-1]), s.seated(f.View.State).Seats; seats > 0 && members >= seats {
		return nil, noSeat()
	}
	return s.joining(ctx, &f, p, now)
}

func orInvalid(err error) error {
	if err != nil {
		return err
	}
	return fault.Refused(fault.LinkRefused, "invitation", "The invitation is not valid any more, or was sent to another address. Ask whoever invited you to send it again.")
}
