package org

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// The rows by which the sweep knows what to do.
var (
	// DueInvitations say which invitation expires when.
	DueInvitations = store.Kind[tenant.Open]{Name: "invitation-due", Schema: 1}

	dueOrgs  = store.Kind[made]{Name: "organization-due", Schema: 1} // deleted, and not yet drained
	dueNames = store.Kind[made]{Name: "names-due", Schema: 1}        // a user whose rosters show old names
)

const (
	dueInvitationsPK = "DUE#invitations"
	dueOrgsPK        = "DUE#organizations"
	dueNamesPK       = "DUE#names"
)

// DueInvitationKey is where an invitation that expires when i does waits for that.
// Whoever moves the expiry moves the row.
func DueInvitationKey(i Invitation) store.Key {
	return store.Key{PK: dueInvitationsPK, SK: store.TimeText(time.UnixMilli(i.Expires)) + "#" + i.Key}
}

func dueOrgKey(now time.Time, org int64) store.Key {
	return store.Key{PK: dueOrgsPK, SK: store.TimeText(now) + "#" + store.IDText(org)}
}

func dueNamesKey(uid int64) store.Key { return store.Key{PK: dueNamesPK, SK: store.IDText(uid)} }

// each does what every row of q asks for, and counts what was done. One that fails
// keeps none of the others waiting, unless the store itself does not answer.
func (s *Service) each(ctx context.Context, q store.Query, do func(context.Context, store.Item) (bool, error)) (n int, err error) {
	q.Limit = 100
	for {
		p, lost := s.Table.Query(ctx, q)
		if lost != nil {
			return n, errors.Join(err, lost)
		}
		for _, it := range p.Items {
			done, lost := do(ctx, it)
			if done {
				n++
			}
			err = errors.Join(err, lost)
			if ctx.Err() != nil || errors.Is(lost, store.ErrUnavailable) {
				return n, err
			}
		}
		if p.Next == (store.Place{}) {
			return n, err
		}
		q.After = p.Next
	}
}

// upTo are the first n rows of q, at least one if there is any; more says that
// there are others.
func (s *Service) upTo(ctx context.Context, q store.Query, n int) (items []store.Item, more bool, err error) {
	q.Limit = min(n+1, 1000)
	for {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return nil, false, err
		}
		if items = append(items, p.Items...); len(items) > n {
			return items[:n], true, nil
		}
		if p.Next == (store.Place{}) {
			return items, false, nil
		}
		q.After = p.Next
	}
}

// lostRace turns a conflict, for work that is looked at again next time, into
// nothing done.
func lostRace(err error) (done bool, _ error) {
	if _, lost := store.Conflict(err); lost {
		return false, nil
	}
	return err == nil, err
}

// ReleaseExpired gives back the seats of invitations that have expired, and says
// how many expired. They can be sent again: the address stays theirs. It can be
// cut off anywhere, and run beside itself.
func (s *Service) ReleaseExpired(ctx context.Context) (n int, err error) {
	now := s.Table.Now()
	return s.each(ctx, store.Query{PK: dueInvitationsPK, To: store.TimeText(now.Add(time.Millisecond))}, s.release)
}

func (s *Service) release(ctx context.Context, due store.Item) (bool, error) {
	o, err := DueInvitations.Of(due)
	if err != nil {
		return false, err
	}
	items, err := s.Table.Get(ctx, InvitationKey(o.Key))
	if err != nil {
		return false, err
	}
	i, err := Invitations.Of(items[0])
	if err != nil {
		return false, err
	}
	if i.Key == "" || i.Accepted != 0 || DueInvitationKey(i) != due.Key {
		_, err := lostRace(s.Table.Transact(ctx, store.Delete(due.Key, due.At())))
		return false, err
	}
	states, err := s.Table.Get(ctx, tenant.Key(i.Org))
	if err != nil {
		return false, err
	}
	v, err := tenant.Read(states[0], store.Item{})
	if err != nil || !v.Alive() { // Drain takes it along
		return false, err
	}
	ops := []store.Op{store.Delete(due.Key, due.At()), v.Same()}
	if i.Seated {
		ops = append(ops, v.Seat(-1))
	}
	i.Seated = false
	return lostRace(s.Table.Transact(ctx, append(ops, Invitations.Put(items[0].Key, i, items[0].At()))...))
}
