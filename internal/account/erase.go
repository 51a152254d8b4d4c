package account

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// EraseDue erases what is due, and says how many accounts that were. It can be
// cut off anywhere and goes on where it stopped.
func (s *Service) EraseDue(ctx context.Context) (n int, err error) {
	now := s.Table.Now()
	p, err := s.Table.Query(ctx, store.Query{PK: "DUE#erase", To: store.TimeText(now.Add(time.Millisecond)), Limit: 100})
	if err != nil {
		return 0, err
	}
	var failed error
	for _, it := range p.Items {
		d, err := dues.Of(it)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		done, lost := s.erase(ctx, d.UID, it)
		if done {
			n++
		}
		failed = errors.Join(failed, lost) // one that fails keeps no other waiting
		if ctx.Err() != nil || errors.Is(lost, store.ErrUnavailable) {
			break
		}
	}
	return n, failed
}

// erase reports whether nothing is left of the account.
func (s *Service) erase(ctx context.Context, uid int64, due store.Item) (bool, error) {
	sub := &subject{uid: uid, partition: session.UserPK(uid)}
	if err := s.load(ctx, sub); err != nil {
		return false, err
	}
	t, err := tickets.Of(sub.items["D"])
	if err != nil {
		return false, err
	}
	// Whom an administrator disables meanwhile has asked for deletion all the same.
	left := sub.authority.Status == session.Leaving || sub.authority.Status == session.Disabled && t.By == "self"
	if left && t.Due <= s.Table.Now().UnixMilli() {
		done, err := s.eraseNow(ctx, sub)
		if err != nil || !done {
			return false, err
		}
	} else if sub.authority.Status != session.Erased {
		return false, s.Table.Transact(ctx, store.Delete(due.Key, store.Always)) // taken back long ago
	}
	// First, because others may have to look up whose their rows are.
	if s.Followers != nil {
		if err := s.Followers.Forget(ctx, uid); err != nil {
			return false, err
		}
	}
	if err := audit.Forget(ctx, s.Table, audit.UserPK(uid)); err != nil {
		return false, err
	}
	return true, s.drain(ctx, uid, due)
}

// eraseNow flips an account whose time has come. One that was taken back at the
// last moment, or that owns an organization, is looked at again next time.
func (s *Service) eraseNow(ctx context.Context, sub *subject) (bool, error) {
	a := sub.authority
	ops, err := s.flip(ctx, sub, &a)
	if err != nil && fault.Of(err).Code == ownsOrganizations {
		s.Log.ErrorContext(ctx, "erase", "event", "erase.refused", "uid", sub.uid, "err", err.Error())
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.Table.Transact(ctx, append(ops, audit.Row(s.Table.Now(), audit.Event{Action: "account.erase", Target: sub.uid}))...)
	if _, lost := store.Conflict(err); lost {
		return false, nil
	}
	return err == nil, err
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
