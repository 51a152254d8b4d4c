package invite

import (
	"context"

	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// loaded is an invitation with the organization that it leads to.
type loaded struct {
	inv   org.Invitation
	state tenant.State
}

// load reads invitations in the order of their keys. Those that are gone, or whose
// organization is, are left out.
func (s *Service) load(ctx context.Context, keys []string) (found []loaded, err error) {
	var at []store.Key
	for _, key := range keys {
		at = append(at, rowOf(key))
	}
	items, err := s.Table.GetMany(ctx, at)
	if err != nil {
		return nil, err
	}
	states := map[int64]tenant.State{}
	at = nil
	for _, it := range items {
		i, err := org.Invitations.Of(it)
		if err != nil {
			return nil, err
		}
		if i.Key == "" {
			continue
		}
		found = append(found, loaded{inv: i})
		if _, ok := states[i.Org]; !ok {
			states[i.Org], at = tenant.State{}, append(at, tenant.Key(i.Org))
		}
	}
	if items, err = s.Table.GetMany(ctx, at); err != nil {
		return nil, err
	}
	for _, it := range items {
		st, err := tenant.States.Of(it)
		if err != nil {
			return nil, err
		}
		states[st.ID] = st
	}
	alive := found[:0]
	for _, l := range found {
		if l.state = states[l.inv.Org]; l.state.State == tenant.Active {
			alive = append(alive, l)
		}
	}
	return alive, nil
}

// views shows invitations as they are now; those that are gone are left out.
func (s *Service) views(ctx context.Context, keys ...string) ([]View, error) {
	found, err := s.load(ctx, keys)
	if err != nil {
		return nil, err
	}
	var uids []int64
	for _, l := range found {
		uids = append(uids, l.inv.Inviter, l.inv.UID)
	}
	people, err := s.Orgs.Profiles(ctx, uids)
	if err != nil {
		return nil, err
	}
	var views []View
	for _, l := range found {
		views = append(views, s.show(l.inv, l.state, people[l.inv.Inviter], people[l.inv.UID]))
	}
	return views, nil
}

// Number counts the invitations that wait for somebody's answer.
type Number struct {
	Count int `json:"count"`
}

// Count counts the caller's open invitations.
func (s *Service) Count(ctx context.Context, who session.Caller, _ struct{}) (Number, error) {
	items, err := s.Table.Get(ctx, profile.Key(who.UID))
	if err != nil {
		return Number{}, err
	}
	me, err := profile.Profiles.Of(items[0])
	if err != nil {
		return Number{}, err
	}
	keys, err := s.got(ctx, me)
	if err != nil {
		return Number{}, err
	}
	found, err := s.load(ctx, keys)
	n := Number{}
	for _, l := range found {
		if l.inv.Open(s.Table.Now()) {
			n.Count++
		}
	}
	return n, err
}
