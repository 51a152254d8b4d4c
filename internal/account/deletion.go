package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// DeletionAnswer says when the account will be erased.
type DeletionAnswer struct {
	Detail  string   `json:"detail"`
	EraseAt api.Time `json:"erase_at"`
}

// SetCookies implements api.SetsCookies.
func (DeletionAnswer) SetCookies(c *api.Cookies) { c.ClearSession() }

// AskDeletion disables the caller's account at once and erases it after 30 days.
// A mailed link takes it back until then. Who owns an organization must see to
// that first.
func (s *Service) AskDeletion(ctx context.Context, who session.Caller, _ struct{}) (DeletionAnswer, error) {
	due := api.From(ctx).Now.Add(eraseAfter)
	ops, err := s.leave(ctx, who, due)
	if err == nil {
		err = s.Table.Transact(ctx, ops...)
	}
	return DeletionAnswer{"The account is disabled. A link in your mail takes this back.", api.Time(due.Truncate(time.Second))}, err
}

// leave are the writes that disable an account until it is erased.
func (s *Service) leave(ctx context.Context, who session.Caller, due time.Time) ([]store.Op, error) {
	ops, err := s.ownsNone(ctx, who.UID)
	if err != nil {
		return nil, err
	}
	items, err := s.Table.Get(ctx, profile.Key(who.UID))
	if err != nil {
		return nil, err
	}
	p, err := profile.Profiles.Of(items[0])
	if err != nil {
		return nil, err
	}
	more, err := s.changed(ctx, p, false)
	if err != nil {
		return nil, err
	}
	ops = append(ops, more...)
	now := api.From(ctx).Now
	a := who.Authority
	a.Status = session.Leaving
	endEverything(&a, now)
	a.PATEpoch++
	return append(ops,
		session.Authorities.Put(session.AuthorityKey(who.UID), a, who.AuthorityAt()),
		store.Check(items[0].Key, items[0].At()), // others note the names along
		tickets.Put(deletionKey(who.UID), ticket{Seed: token.Seed(), By: "self", Due: due.UnixMilli()}, store.Always),
		dues.Put(dueKey(due, who.UID), dueRow{who.UID}, store.Always),
		store.Delete(rosterKey(who.UID), store.Always),
		mail.Queue(now, jobDeletion, map[string]string{"uid": uidText(who.UID)}),
		auditRow(ctx, "account.leave", who.UID, who.UID, nil),
	), nil
}

// dueRow is an erasure that will be due.
type dueRow struct {
	UID int64 `json:"uid"`
}

var dues = store.Kind[dueRow]{Name: "due-erasure", Schema: 1}

// CancelDeletion takes a deletion back, by the link that was mailed.
func (s *Service) CancelDeletion(ctx context.Context, in KeyRequest) (Detail, error) {
	done := Detail{"The account is active again. Sign in to use it."}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	sub, t, err := s.byLink(ctx, purposeDeletion, in.Key)
	if err != nil {
		return Detail{}, err
	}
	if sub.authority.Status != session.Leaving || t.By != "self" {
		return Detail{}, badKey()
	}
	a := sub.authority
	a.Status = session.Active
	ops, err := s.changed(ctx, sub.profile, true)
	if err != nil {
		return Detail{}, err
	}
	ops = append(ops,
		session.Authorities.Put(session.AuthorityKey(sub.uid), a, sub.at("A")),
		store.Check(profile.Key(sub.uid), sub.at("P")), // the rosters have its names
		store.Delete(deletionKey(sub.uid), sub.at("D")),
		store.Delete(dueKey(time.UnixMilli(t.Due), sub.uid), store.Always),
		roster.Put(rosterKey(sub.uid), row(sub.profile, true), store.Always),
		mail.Queue(api.From(ctx).Now, jobDeletionCancelled, map[string]string{"uid": uidText(sub.uid)}),
		auditRow(ctx, "account.return", 0, sub.uid, nil),
	)
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// DeleteUser deletes an account: one's own as AskDeletion does; an administrator
// another's at once and for good.
func (s *Service) DeleteUser(ctx context.Context, who session.Caller, in UserRequest) (struct{}, error) {
	t, err := s.target(ctx, who, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	if err := api.Judge(ctx, who, aboutUser(ctx, "delete", in.ID)); err != nil {
		return struct{}{}, err
	}
	if in.ID == who.UID {
		_, err := s.AskDeletion(ctx, who, struct{}{})
		return struct{}{}, err
	}
	if t.items == nil {
		return struct{}{}, fault.NotFound("User") // is invited, and has no account yet
	}
	sub := &subject{uid: in.ID, partition: session.UserPK(in.ID)}
	if err := s.load(ctx, sub); err != nil {
		return struct{}{}, err
	}
	if sub.authority.Status == session.Erased {
		return struct{}{}, fault.NotFound("User") // by another, meanwhile
	}
	now := api.From(ctx).Now
	a := sub.authority
	endEverything(&a, now)
	ops, err := s.flip(ctx, sub, &a)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.Table.Transact(ctx, append(ops,
		dues.Put(dueKey(now, in.ID), dueRow{in.ID}, store.Always),
		auditRow(ctx, "account.delete", who.UID, in.ID, nil))...)
}

// flip are the writes by which an account ceases to exist for everybody: what is
// left of it is removed bit by bit. The user name stays taken, so that nobody
// can pose as who had it; its addresses are free. Who owns an organization stays.
func (s *Service) flip(ctx context.Context, sub *subject, a *session.Authority) ([]store.Op, error) {
	ops, err := s.ownsNone(ctx, sub.uid)
	if err != nil {
		return nil, err
	}
	if a.Status == session.Active {
		more, err := s.changed(ctx, sub.profile, false)
		if err != nil {
			return nil, err
		}
		ops = append(ops, more...)
	}
	a.Status = session.Erased
	drop, err := s.dropSince(ctx, sub, "", 0)
	return append(append(ops, drop...),
		store.Check(profile.Key(sub.uid), sub.at("P")), // the address is still the one that is freed
		session.Authorities.Put(session.AuthorityKey(sub.uid), *a, sub.at("A")),
		store.Delete(rosterKey(sub.uid), store.Always)), err
}
