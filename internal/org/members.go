package org

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"gatehouse/internal/api"
	"gatehouse/internal/list"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// placed is a row of the roster of an organization's members.
type placed struct {
	org int64
	MemberRow
}

func memberSpec() list.Spec[placed] {
	roles := []string{policy.Worker.String(), policy.Supervisor.String(), policy.Maintainer.String(), policy.Owner.String()}
	return list.Spec[placed]{
		Default: "-id",
		ID:      func(r placed) list.Value { return list.OfInt(r.ID) },
		Fields: []list.Field[placed]{
			{Name: "user", Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true, Get: func(r placed) list.Value { return list.OfString(r.Username) }},
			{Name: "role", Kind: list.Enum, Enum: roles, Sort: true, Simple: true, Filter: true, Get: func(r placed) list.Value { return list.OfString(r.Role) }},
			{Name: "id", Kind: list.Int, Sort: true, Filter: true, Get: func(r placed) list.Value { return list.OfInt(r.ID) }},
		},
	}
}

// ListMembers lists the memberships of the organization that the request names:
// to its staff also of those who have not joined. Without one it lists the
// caller's own, and to administrators all. The personal workspace has none.
func (s *Service) ListMembers(ctx context.Context, who session.Caller, in api.ListRequest) (api.Listing[Membership], error) {
	none := api.Listing[Membership]{}
	plan, err := api.Plan(ctx, who, "memberships")
	if err != nil {
		return none, err
	}
	if err := api.CheckList(memberSpec(), in); err != nil {
		return none, err
	}
	rows, err := s.planned(ctx, who, plan)
	if err != nil {
		return none, err
	}
	page, out, err := api.List[placed, Membership](s.Settings.Site.BaseURL+"/api/memberships", memberSpec(), rows, in)
	if err != nil {
		return none, err
	}
	out.Results, err = s.fresh(ctx, page.Rows)
	return out, err
}

// planned are the rows that a plan shows in the workspace of the request.
func (s *Service) planned(ctx context.Context, who session.Caller, plan string) ([]placed, error) {
	w := api.WorkspaceOf(ctx)
	switch {
	case w.Org != nil:
		all, err := s.roster(ctx, w.Org.ID)
		var rows []placed
		for _, r := range all {
			if plan == "all" || plan == "active" && r.Active || r.UID == who.UID {
				rows = append(rows, r)
			}
		}
		return rows, err
	case w.Named:
		return nil, nil
	case plan == "all":
		return s.rosters(ctx)
	}
	return s.own(ctx, who.UID)
}

func (s *Service) roster(ctx context.Context, org int64) ([]placed, error) {
	items, err := s.Table.All(ctx, store.Query{PK: membersRoster(org)}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	rows := make([]placed, len(items))
	for i, it := range items {
		rows[i].org = org
		if rows[i].MemberRow, err = MemberRows.Of(it); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// readers is how many rosters are read at once.
const readers = 16

// rosters are the rows of all organizations.
func (s *Service) rosters(ctx context.Context) (rows []placed, err error) {
	items, err := s.Table.All(ctx, store.Query{PK: Roster}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	parts, errs := make([][]placed, len(items)), make([]error, readers)
	var total atomic.Int64
	var wg sync.WaitGroup
	for n := range readers {
		wg.Go(func() {
			for i := n; i < len(items) && errs[n] == nil; i += readers {
				var org int64
				if org, errs[n] = strconv.ParseInt(items[i].SK, 10, 64); errs[n] != nil {
					return
				}
				parts[i], errs[n] = s.roster(ctx, org)
				if total.Add(int64(len(parts[i]))) > api.MaxRoster {
					errs[n] = fmt.Errorf("org: more than %d memberships in one list", api.MaxRoster)
				}
			}
		})
	}
	wg.Wait()
	for _, p := range parts {
		rows = append(rows, p...)
	}
	return rows, errors.Join(errs...)
}

// own are the rows of somebody, in organizations that are alive.
func (s *Service) own(ctx context.Context, uid int64) (rows []placed, err error) {
	items, err := s.memberships(ctx, uid)
	if err != nil {
		return nil, err
	}
	p, err := s.profile(ctx, uid)
	if err != nil {
		return nil, err
	}
	states, err := s.states(ctx, items)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		m, err := tenant.Members.Of(it)
		if err != nil {
			return nil, err
		}
		if states[i].State == tenant.Active {
			rows = append(rows, placed{m.Org, Row(m, p, true)})
		}
	}
	return rows, nil
}

// states are the organizations of memberships, in their order.
func (s *Service) states(ctx context.Context, members []store.Item) ([]tenant.State, error) {
	keys := make([]store.Key, len(members))
	for i, it := range members {
		m, err := tenant.Members.Of(it)
		if err != nil {
			return nil, err
		}
		keys[i] = tenant.Key(m.Org)
	}
	items, err := s.Table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]tenant.State, len(items))
	for i, it := range items {
		if out[i], err = tenant.States.Of(it); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// base is where a row's membership is: the member with their profile, or the
// invitation.
func (r placed) base() []store.Key {
	if r.UID == 0 {
		return []store.Key{InvitationKey(r.Key)}
	}
	return []store.Key{tenant.MemberKey(r.UID, r.org), profile.Key(r.UID)}
}

// fresh are rows as their memberships are now.
func (s *Service) fresh(ctx context.Context, rows []placed) ([]Membership, error) {
	out := make([]Membership, 0, len(rows))
	var keys []store.Key
	for _, r := range rows {
		keys = append(keys, r.base()...)
	}
	items, err := s.Table.GetMany(ctx, keys)
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		n := len(r.base())
		m, err := s.current(r, items[:n])
		if err != nil {
			return out, err
		}
		out, items = append(out, m), items[n:]
	}
	return out, nil
}

// current is a membership by its base, or by the row alone if it has ended, or
// somebody has joined, since the row was read.
func (s *Service) current(r placed, base []store.Item) (Membership, error) {
	if r.UID == 0 {
		i, err := Invitations.Of(base[0])
		if err != nil || i.ID == r.ID && i.Accepted == 0 {
			return s.waiting(i), err
		}
		return s.remembered(r), nil
	}
	m, err := tenant.Members.Of(base[0])
	if err != nil {
		return Membership{}, err
	}
	p, err := profile.Profiles.Of(base[1])
	if err != nil || m.ID == r.ID && p.UID != 0 {
		return s.joined(m, p), err
	}
	return s.remembered(r), nil
}

func (s *Service) remembered(r placed) Membership {
	p := profile.Profile{UID: cmp.Or(r.UID, r.ID), Username: r.Username, First: r.First, Last: r.Last}
	v := Membership{ID: r.ID, Org: r.org, Active: r.Active, Role: r.Role, User: profile.Show(s.Settings.Site.BaseURL, p)}
	if r.Key != "" {
		v.Invitation = &r.Key
	}
	return v
}
