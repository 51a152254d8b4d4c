package org

import (
	"context"
	"strconv"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Request names an organization.
type Request struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r Request) Near(uid int64) []store.Key { return near(r.ID, uid) }

// near are the rows of an organization that requests about it need, in the order
// in which find takes them.
func near(org, uid int64) []store.Key {
	return []store.Key{tenant.Key(org), tenant.MemberKey(uid, org), descriptionKey(org), tenant.SeatsKey(org), tenant.MembersKey(org)}
}

// found is an organization that a request is about.
type found struct {
	tenant.View
	description
	described store.Item
	seats     int64 // taken
	members   int64
}

// find takes up what near read; for whoever may not do scope it is not there, or
// refused.
func (s *Service) find(ctx context.Context, who session.Caller, scope string) (f found, err error) {
	items := api.NearOf(ctx)
	if f.View, err = tenant.Read(items[0], items[1]); err != nil {
		return f, err
	}
	f.described, f.seats, f.members = items[2], tenant.Count(items[3]), tenant.Count(items[4])
	if f.description, err = descriptions.Of(items[2]); err != nil {
		return f, err
	}
	if !f.Alive() {
		f.View = tenant.View{}
	}
	q := api.Question{Package: "organizations", Scope: scope, Org: &f.View, Noun: "Organization",
		Resource: &policy.Resource{ID: f.ID, Owner: f.Owner, Role: f.Role()}}
	if err := api.Judge(ctx, who, q); err != nil {
		return f, s.orInvited(ctx, who, f.ID, err)
	}
	if !f.Alive() {
		return f, fault.NotFound("Organization")
	}
	return f, nil
}

// orInvited turns a 404 into a 403 for somebody who has been invited: they know
// that the organization is there, and may not look at it yet. It reads as much if
// there is no such organization.
func (s *Service) orInvited(ctx context.Context, who session.Caller, org int64, err error) error {
	if fault.Of(err).Status != 404 {
		return err
	}
	invited, lost := api.Invited(ctx, s.Table, who.UID, org)
	if lost != nil {
		return lost
	}
	if invited {
		return fault.New(403, "not_a_member_yet", "You have been invited to this organization. Accept the invitation first.")
	}
	return err
}

// Get is one organization.
func (s *Service) Get(ctx context.Context, who session.Caller, _ Request) (View, error) {
	f, err := s.find(ctx, who, "view")
	if err != nil {
		return View{}, err
	}
	owner, err := s.profile(ctx, f.Owner)
	return s.view(f.View.State, f.description, owner), err
}

// read is an organization as its creator sees it again.
func (s *Service) read(ctx context.Context, id int64) (View, error) {
	items, err := s.Table.Get(ctx, tenant.Key(id), descriptionKey(id))
	if err != nil {
		return View{}, err
	}
	st, err := tenant.States.Of(items[0])
	if err != nil {
		return View{}, err
	}
	if st.State != tenant.Active {
		return View{}, fault.NotFound("Organization") // made, and deleted since
	}
	d, err := descriptions.Of(items[1])
	if err != nil {
		return View{}, err
	}
	owner, err := s.profile(ctx, st.Owner)
	return s.view(st, d, owner), err
}

func (s *Service) profile(ctx context.Context, uid int64) (profile.Profile, error) {
	items, err := s.Table.Get(ctx, profile.Key(uid))
	if err != nil {
		return profile.Profile{}, err
	}
	return profile.Profiles.Of(items[0])
}

// listed is an organization with what its list may sort by.
type listed struct {
	state tenant.State
	description
	owner profile.Profile
}

func listSpec() list.Spec[listed] {
	text := func(name string, get func(listed) string) list.Field[listed] {
		return list.Field[listed]{Name: name, Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true,
			Get: func(r listed) list.Value { return list.OfString(get(r)) }}
	}
	return list.Spec[listed]{
		Default: "-id",
		ID:      func(r listed) list.Value { return list.OfInt(r.state.ID) },
		Fields: []list.Field[listed]{
			text("name", func(r listed) string { return r.Name }),
			text("owner", func(r listed) string { return r.owner.Username }),
			text("slug", func(r listed) string { return r.state.Slug }),
			{Name: "id", Kind: list.Int, Sort: true, Filter: true, Get: func(r listed) list.Value { return list.OfInt(r.state.ID) }},
		},
	}
}

// maxMine bounds how many of the organizations that one person is in are listed:
// somebody may be brought into any number.
const maxMine = 2000

// memberships are somebody's, up to maxMine.
func (s *Service) memberships(ctx context.Context, uid int64) ([]store.Item, error) {
	items, _, err := s.upTo(ctx, tenant.MemberQuery(uid), maxMine)
	return items, err
}

// List lists the organizations that the caller is in; for administrators all.
func (s *Service) List(ctx context.Context, who session.Caller, in api.ListRequest) (api.Listing[View], error) {
	none := api.Listing[View]{}
	plan, err := api.Plan(ctx, who, "organizations")
	if err != nil {
		return none, err
	}
	if err := api.CheckList(listSpec(), in); err != nil {
		return none, err
	}
	ids, err := s.visible(ctx, who, plan)
	if err != nil {
		return none, err
	}
	rows, err := s.load(ctx, ids)
	if err != nil {
		return none, err
	}
	page, out, err := api.List[listed, View](s.Settings.Site.BaseURL+"/api/organizations", listSpec(), rows, in)
	for _, r := range page.Rows {
		out.Results = append(out.Results, s.view(r.state, r.description, r.owner))
	}
	return out, err
}

// visible are the ids of the organizations that a plan shows.
func (s *Service) visible(ctx context.Context, who session.Caller, plan string) (ids []int64, err error) {
	var items []store.Item
	if plan == "all" {
		items, err = s.Table.All(ctx, store.Query{PK: Roster}, api.MaxRoster)
	} else {
		items, err = s.memberships(ctx, who.UID)
	}
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		id, err := strconv.ParseInt(it.SK, 10, 64) // both have the id of the organization there
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// load reads organizations with their owners; those that are going are left out.
func (s *Service) load(ctx context.Context, ids []int64) (rows []listed, err error) {
	var keys []store.Key
	for _, id := range ids {
		keys = append(keys, tenant.Key(id), descriptionKey(id))
	}
	items, err := s.Table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	var owners []int64
	for i := 0; i < len(items); i += 2 {
		var r listed
		if r.state, err = tenant.States.Of(items[i]); err != nil {
			return nil, err
		}
		if r.description, err = descriptions.Of(items[i+1]); err != nil {
			return nil, err
		}
		if r.state.State == tenant.Active {
			rows, owners = append(rows, r), append(owners, r.state.Owner)
		}
	}
	people, err := s.Profiles(ctx, owners)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].owner = people[rows[i].state.Owner]
	}
	return rows, nil
}

// Profiles reads the profiles of people; those that are gone are left out.
func (s *Service) Profiles(ctx context.Context, uids []int64) (map[int64]profile.Profile, error) {
	seen := map[int64]profile.Profile{}
	var keys []store.Key
	for _, uid := range uids {
		if _, ok := seen[uid]; !ok && uid != 0 {
			seen[uid] = profile.Profile{}
			keys = append(keys, profile.Key(uid))
		}
	}
	items, err := s.Table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		p, err := profile.Profiles.Of(it)
		if err != nil {
			return nil, err
		}
		if p.UID != 0 {
			seen[p.UID] = p
		}
	}
	return seen, nil
}
