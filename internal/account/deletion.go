package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
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
// A mailed link takes it back until then.
func (s *Service) AskDeletion(ctx context.Context, who session.Caller, _ struct{}) (DeletionAnswer, error) {
	due := api.From(ctx).Now.Add(eraseAfter)
	err := s.Table.Transact(ctx, s.leave(ctx, who, due)...)
	return DeletionAnswer{"The account is disabled. A link in your mail takes this back.", api.Time(due.Truncate(time.Second))}, err
}

// leave are the writes that disable an account until it is erased.
func (s *Service) leave(ctx context.Context, who session.Caller, due time.Time) []store.Op {
	now := api.From(ctx).Now
	a := who.Authority
	a.Status = session.Leaving
	endEverything(&a, now)
	a.PATEpoch++
	return []store.Op{
		session.Authorities.Put(session.AuthorityKey(who.UID), a, who.AuthorityAt()),
		tickets.Put(deletionKey(who.UID), ticket{Seed: token.Seed(), By: "self", Due: due.UnixMilli()}, store.Always),
		dues.Put(dueKey(due, who.UID), dueRow{who.UID}, store.Always),
		store.Delete(rosterKey(who.UID), store.Always),
		mail.Queue(now, jobDeletion, map[string]string{"uid": uidText(who.UID)}),
		auditRow(ctx, "account.leave", who.UID, who.UID, nil),
	}
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
	ops := []store.Op{
		session.Authorities.Put(session.AuthorityKey(sub.uid), a, sub.at("A")),
		store.Delete(deletionKey(sub.uid), sub.at("D")),
		store.Delete(dueKey(time.UnixMilli(t.Due), sub.uid), store.Always),
		roster.Put(rosterKey(sub.uid), row(sub.profile, true), store.Always),
		mail.Queue(api.From(ctx).Now, jobDeletionCancelled, map[string]string{"uid": uidText(sub.uid)}),
		auditRow(ctx, "account.return", 0, sub.uid, nil),
	}
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// DeleteUser deletes an account: one's own as AskDeletion does; an administrator
// another's at once and for good.
func (s *Service) DeleteUser(ctx context.Context, who session.Caller, in UserRequest) (struct{}, error) {
	if in.ID == who.UID {
		_, err := s.AskDeletion(ctx, who, struct{}{})
		return struct{}{}, err
	}
	if _, _, err := s.user(ctx, who, in.ID); err != nil {
		return struct{}{}, err
	}
	sub := &subject{uid: in.ID, partition: session.UserPK(in.ID)}
	if err := s.load(ctx, sub); err != nil {
		return struct{}{}, err
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
// can pose as who had it; its addresses are free.
func (s *Service) flip(ctx context.Context, sub *subject, a *session.Authority) ([]store.Op, error) {
	a.Status = session.Erased
	ops, err := s.dropSince(ctx, sub, "", 0)
	return append(ops,
		store.Check(profile.Key(sub.uid), sub.at("P")), // the address is still the one that is freed
		session.Authorities.Put(session.AuthorityKey(sub.uid), *a, sub.at("A")),
		store.Delete(rosterKey(sub.uid), store.Always)), err
}

// EraseDue erases what is due, and says how many accounts that were. It can be
// cut off anywhere and goes on where it stopped.
func (s *Service) EraseDue(ctx context.Context) (n int, err error) {
	now := s.Table.Now()
	p, err := s.Table.Query(ctx, store.Query{PK: "DUE#erase", To: store.TimeText(now.Add(time.Millisecond)), Limit: 100})
	if err != nil {
		return 0, err
	}
	for _, it := range p.Items {
		d, err := dues.Of(it)
		if err != nil {
			return n, err
		}
		if err := s.erase(ctx, d.UID, it); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) erase(ctx context.Context, uid int64, due store.Item) error {
	sub := &subject{uid: uid, partition: session.UserPK(uid)}
	if err := s.load(ctx, sub); err != nil {
		return err
	}
	t, err := tickets.Of(sub.items["D"])
	if err != nil {
		return err
	}
	if sub.authority.Status == session.Leaving && t.Due <= s.Table.Now().UnixMilli() {
		a := sub.authority
		ops, err := s.flip(ctx, sub, &a)
		if err != nil {
			return err
		}
		err = s.Table.Transact(ctx, append(ops, auditRow(ctx, "account.erase", 0, uid, nil))...)
		if _, lost := store.Conflict(err); lost {
			return nil // taken back at the last moment; looked at again next time
		}
		if err != nil {
			return err
		}
	} else if sub.authority.Status != session.Erased {
		return s.Table.Transact(ctx, store.Delete(due.Key, store.Always)) // taken back long ago
	}
	return s.drain(ctx, uid, due)
}

// drain removes everything of an erased account but its authority row, which
// says so. The due row goes last.
func (s *Service) drain(ctx context.Context, uid int64, due store.Item) error {
	q := store.Query{PK: session.UserPK(uid), Limit: 90}
	for {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		var ops []store.Op
		for _, it := range p.Items {
			if it.SK == "A" {
				continue
			}
			ops = append(ops, store.Delete(it.Key, store.Always))
			if it.Kind == session.Pointers.Name {
				ptr, err := session.Pointers.Of(it)
				if err != nil {
					return err
				}
				ops = append(ops, store.Delete(session.AccessTokenKey(ptr.Prefix), store.Always), store.Delete(session.IDKey(session.PointerID(it.Key)), store.Always))
			}
			if it.Kind == identities.Name {
				id, err := identities.Of(it)
				if err != nil {
					return err
				}
				ops = append(ops, store.Delete(identityKey(id.Issuer, id.Subject), store.Always))
			}
			if len(ops) >= 90 {
				break
			}
		}
		if len(ops) == 0 && p.Next != (store.Place{}) {
			q.After = p.Next // a page of what has expired and still lies there
			continue
		}
		if len(ops) == 0 {
			return s.Table.Transact(ctx, store.Delete(due.Key, store.Always))
		}
		if err := s.Table.Transact(ctx, ops...); err != nil {
			return err
		}
	}
}
