package org

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Drain removes what is left of deleted organizations, and says how many it has
// finished. It can be cut off anywhere, goes on where it stopped, and may run
// beside itself. What an organization did stays in the audit log.
func (s *Service) Drain(ctx context.Context) (n int, err error) {
	return s.each(ctx, store.Query{PK: dueOrgsPK}, s.drain)
}

// drain removes one organization. The rosters lead to everything, so each of their
// rows goes together with what it leads to; the state goes last, so that nothing
// can slip in before.
func (s *Service) drain(ctx context.Context, due store.Item) (bool, error) {
	d, err := dueOrgs.Of(due)
	if err != nil {
		return false, err
	}
	items, err := s.Table.Get(ctx, tenant.Key(d.ID))
	if err != nil {
		return false, err
	}
	st, err := tenant.States.Of(items[0])
	if err != nil {
		return false, err
	}
	if st.State == tenant.Active {
		return false, fmt.Errorf("org: %d is to be removed, but alive", d.ID)
	}
	for _, some := range []func(context.Context, int64) ([]store.Op, error){s.someInvitations, s.someMembers} {
		for {
			ops, err := some(ctx, d.ID)
			if err != nil {
				return false, err
			}
			if len(ops) == 0 {
				break
			}
			if err := s.Table.Transact(ctx, once(ops)...); err != nil {
				return false, err
			}
		}
	}
	return lostRace(s.Table.Transact(ctx,
		store.Delete(tenant.SeatsKey(d.ID), store.Always),
		store.Delete(tenant.MembersKey(d.ID), store.Always),
		store.Delete(descriptionKey(d.ID), store.Always),
		store.Delete(tenant.OfferKey(d.ID), store.Always),
		store.Delete(tenant.Key(d.ID), store.Always),
		store.Delete(due.Key, due.At())))
}

// once drops deletions that stand twice.
func once(ops []store.Op) []store.Op {
	slices.SortFunc(ops, func(a, b store.Op) int {
		return cmp.Or(cmp.Compare(a.Key.PK, b.Key.PK), cmp.Compare(a.Key.SK, b.Key.SK))
	})
	return slices.CompactFunc(ops, func(a, b store.Op) bool { return a.Key == b.Key })
}

// someInvitations are the deletions of the next invitations, open and accepted.
func (s *Service) someInvitations(ctx context.Context, org int64) (ops []store.Op, err error) {
	listed, _, err := s.upTo(ctx, store.Query{PK: InvitesRoster(org)}, 12) // 7 deletions each
	if err != nil {
		return nil, err
	}
	var keys []store.Key
	rows := make([]InviteRow, len(listed))
	for n, it := range listed {
		if rows[n], err = InviteRows.Of(it); err != nil {
			return nil, err
		}
		keys = append(keys, InvitationKey(rows[n].Key))
	}
	items, err := s.Table.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for n, it := range items {
		i, err := Invitations.Of(it)
		if err != nil {
			return nil, err
		}
		open := it.Exists() && i.Accepted == 0
		i.Key, i.Org, i.Inviter, i.Created = rows[n].Key, org, rows[n].Inviter, rows[n].Created
		ops = append(ops, store.Delete(it.Key, store.Always), store.Delete(listed[n].Key, store.Always), store.Delete(SenderKey(i), store.Always))
		if open {
			ops = append(ops, Unlist(i)...)
		}
	}
	return ops, nil
}

// someMembers are the deletions of the next members.
func (s *Service) someMembers(ctx context.Context, org int64) (ops []store.Op, err error) {
	listed, _, err := s.upTo(ctx, store.Query{PK: membersRoster(org)}, 30)
	if err != nil {
		return nil, err
	}
	for _, it := range listed {
		r, err := MemberRows.Of(it)
		if err != nil {
			return nil, err
		}
		ops = append(ops, store.Delete(it.Key, store.Always), store.Delete(PointerKey(r.ID), store.Always))
		if r.UID != 0 {
			ops = append(ops, store.Delete(tenant.MemberKey(r.UID, org), store.Always))
		}
	}
	return ops, nil
}
