package org

import (
	"context"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

const (
	followAtOnce = 60 // rosters that a change of names rewrites itself; the rest is due
	rewriteBatch = 90
	followTries  = 5
)

// Changed are the writes by which the rosters learn somebody's names, and whether
// the account is enabled. Of those in more than 60 organizations the sweep tells
// the others.
func (s *Service) Changed(ctx context.Context, p profile.Profile, enabled bool) ([]store.Op, error) {
	guard, err := s.Table.Get(ctx, tenant.JoinedKey(p.UID)) // first: what is listed after it is complete
	if err != nil {
		return nil, err
	}
	members, more, err := s.upTo(ctx, tenant.MemberQuery(p.UID), followAtOnce)
	if err != nil {
		return nil, err
	}
	ops, err := s.renamed(ctx, members, p, enabled)
	if more {
		ops = append(ops, dueNames.Put(dueNamesKey(p.UID), made{p.UID}, store.Always))
	}
	return append(ops, store.Check(guard[0].Key, guard[0].At())), err
}

// renamed are the roster rows of memberships that say something else than p.
func (s *Service) renamed(ctx context.Context, members []store.Item, p profile.Profile, enabled bool) (ops []store.Op, err error) {
	var keys []store.Key
	for _, it := range members {
		m, err := tenant.Members.Of(it)
		if err != nil {
			return nil, err
		}
		keys = append(keys, MemberRowKey(m.Org, m.ID))
	}
	items, err := s.Table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		r, err := MemberRows.Of(it)
		if err != nil {
			return nil, err
		}
		before := r
		r.Username, r.First, r.Last, r.Enabled = p.Username, p.First, p.Last, enabled
		if it.Exists() && r != before {
			ops = append(ops, MemberRows.Put(it.Key, r, it.At()))
		}
	}
	return ops, nil
}

// Rename rewrites the rosters of those whose names changed and who are in many
// organizations, and says of how many people. It can be cut off anywhere.
func (s *Service) Rename(ctx context.Context) (n int, err error) {
	return s.each(ctx, store.Query{PK: dueNamesPK}, func(ctx context.Context, due store.Item) (bool, error) {
		d, err := dueNames.Of(due)
		if err != nil {
			return false, err
		}
		for range followTries {
			if err = s.spread(ctx, d.ID); err == nil {
				// A change in the meantime has written the row anew, and it stays.
				return lostRace(s.Table.Transact(ctx, store.Delete(due.Key, due.At())))
			}
			if _, lost := store.Conflict(err); !lost {
				break
			}
		}
		return lostRace(err)
	})
}

// spread rewrites every roster that somebody is in. It conflicts when the account,
// or a row, changes meanwhile.
func (s *Service) spread(ctx context.Context, uid int64) error {
	items, err := s.Table.Get(ctx, profile.Key(uid), session.AuthorityKey(uid))
	if err != nil {
		return err
	}
	p, err := profile.Profiles.Of(items[0])
	if err != nil || p.UID == 0 {
		return err
	}
	a, err := session.Authorities.Of(items[1])
	if err != nil {
		return err
	}
	q := tenant.MemberQuery(uid)
	for q.Limit = rewriteBatch; ; {
		page, err := s.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		ops, err := s.renamed(ctx, page.Items, p, a.Status == session.Active)
		if err != nil {
			return err
		}
		if len(ops) > 0 {
			ops = append(ops, store.Check(items[0].Key, items[0].At()), store.Check(items[1].Key, items[1].At()))
			if err := s.Table.Transact(ctx, ops...); err != nil {
				return err
			}
		}
		if page.Next == (store.Place{}) {
			return nil
		}
		q.After = page.Next
	}
}

// Owned are the short names of the living organizations that somebody owns; block
// fails the transaction if there are any by then.
func (s *Service) Owned(ctx context.Context, uid int64) (slugs []string, block store.Op, err error) {
	block = tenant.OwnNone(uid)
	members, err := s.memberships(ctx, uid)
	if err != nil {
		return nil, block, err
	}
	states, err := s.states(ctx, members)
	if err != nil {
		return nil, block, err
	}
	for _, st := range states {
		if st.State == tenant.Active && st.Owner == uid {
			slugs = append(slugs, st.Slug)
		}
	}
	if len(slugs) == 0 && len(members) == maxMine { // those that are owned may stand behind
		items, err := s.Table.Get(ctx, tenant.OwnedKey(uid))
		if err == nil && tenant.Count(items[0]) > 0 {
			slugs = append(slugs, "…")
		}
		return slugs, block, err
	}
	return slugs, block, nil
}

// Forget removes an erased account from every organization. The invitations that
// it sent stay, without saying who sent them. It can be cut off anywhere and called
// again.
func (s *Service) Forget(ctx context.Context, uid int64) error {
	for {
		members, _, err := s.upTo(ctx, tenant.MemberQuery(uid), rewriteBatch)
		if err != nil {
			return err
		}
		if len(members) == 0 {
			break
		}
		for _, it := range members {
			if err := s.leave(ctx, it.Key); err != nil {
				return err
			}
		}
	}
	for {
		sent, _, err := s.upTo(ctx, store.Query{PK: SenderPK(uid)}, rewriteBatch)
		if err != nil {
			return err
		}
		ops := []store.Op{store.Delete(dueNamesKey(uid), store.Always), store.Delete(tenant.OwnedKey(uid), store.Always), store.Delete(tenant.JoinedKey(uid), store.Always)}
		for _, it := range sent {
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
		if err := s.Table.Transact(ctx, ops...); err != nil || len(sent) == 0 {
			return err
		}
	}
}

// leave ends the membership at a key, whatever others do to it meanwhile.
func (s *Service) leave(ctx context.Context, at store.Key) (err error) {
	for range followTries {
		var ops []store.Op
		if ops, err = s.leaving(ctx, at); err != nil || len(ops) == 0 {
			return err
		}
		err = s.Table.Transact(ctx, ops...)
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
	return fmt.Errorf("%w: %v", store.ErrUnavailable, err)
}

// leaving are the writes by which an erased account's membership ends; none if it
// has ended.
func (s *Service) leaving(ctx context.Context, at store.Key) ([]store.Op, error) {
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return nil, err
	}
	m, err := tenant.Members.Of(items[0])
	if err != nil || m.ID == 0 {
		return nil, err
	}
	more, err := s.Table.Get(ctx, tenant.Key(m.Org), InvitationKey(m.Invitation))
	if err != nil {
		return nil, err
	}
	v, err := tenant.Read(more[0], items[0])
	if err != nil {
		return nil, err
	}
	inv, err := Invitations.Of(more[1])
	if err != nil {
		return nil, err
	}
	if !v.Alive() {
		return gone(m, items[0], inv), nil
	}
	if v.Owner == m.UID {
		return nil, fmt.Errorf("org: an erased account owns %d", v.ID)
	}
	e := audit.Event{Action: "membership.erase", Target: m.UID, Org: v.ID, Object: objectOf(m.ID), Changes: map[string]audit.Change{"role": {Before: m.Role}}}
	return append(Part(v, m, items[0], inv), audit.OrgRow(s.Table.Now(), e)), nil
}
