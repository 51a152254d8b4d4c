package invite

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/list"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// ListRequest is a list's query parameters.
type ListRequest struct {
	Query string `query:"*"`
}

// Near implements api.Near: what somebody is invited to depends on their address.
func (ListRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// listed is what the list may search, sort and filter by.
type listed struct {
	org.InviteRow
	owner string // user name; "" if they are gone
}

func listSpec() list.Spec[listed] {
	return list.Spec[listed]{
		Default: "-created_date",
		ID:      func(r listed) list.Value { return list.OfString(r.Key) },
		Fields: []list.Field[listed]{
			{Name: "owner", Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true, Get: func(r listed) list.Value {
				if r.owner == "" {
					return list.Null()
				}
				return list.OfString(r.owner)
			}},
			{Name: "user_id", Kind: list.Int, Sort: true, Simple: true, Filter: true, Get: func(r listed) list.Value { return list.OfInt(r.UID) }},
			{Name: "accepted", Kind: list.Bool, Sort: true, Simple: true, Filter: true, Get: func(r listed) list.Value { return list.OfBool(r.Accepted) }},
			{Name: "created_date", Kind: list.Time, Sort: true, Get: func(r listed) list.Value { return list.OfTime(time.UnixMilli(r.Created)) }},
		},
	}
}

// List lists invitations: of an organization for its staff, for others those that
// they have sent or got; for administrators all.
func (s *Service) List(ctx context.Context, who session.Caller, in ListRequest) (api.Listing[View], error) {
	none := api.Listing[View]{}
	plan, err := api.Plan(ctx, who, "invitations")
	if err != nil {
		return none, err
	}
	if err := api.CheckList(listSpec(), api.ListRequest(in)); err != nil {
		return none, err
	}
	rows, err := s.visible(ctx, who, plan)
	if err != nil {
		return none, err
	}
	page, out, err := api.List[listed, View](s.Settings.Site.BaseURL+"/api/invitations", listSpec(), rows, api.ListRequest(in))
	if err != nil {
		return none, err
	}
	var keys []string
	for _, r := range page.Rows {
		keys = append(keys, r.Key)
	}
	views, err := s.views(ctx, keys...)
	out.Results = append(out.Results, views...)
	return out, err
}

// visible are the rows that a plan shows, with the names of who sent them.
func (s *Service) visible(ctx context.Context, who session.Caller, plan string) (rows []listed, err error) {
	var found []org.InviteRow
	switch w := api.WorkspaceOf(ctx); {
	case w.Named && w.Org == nil: // invitations always belong to an organization
	case plan == "all" && w.Org != nil:
		found, err = s.roster(ctx, w.Org.ID)
	case plan == "all":
		found, err = s.everything(ctx)
	default:
		found, err = s.involving(ctx, who.UID, w.Org)
	}
	if err != nil {
		return nil, err
	}
	var uids []int64
	for _, r := range found {
		uids = append(uids, r.Inviter)
	}
	people, err := s.Orgs.Profiles(ctx, uids)
	for _, r := range found {
		rows = append(rows, listed{r, people[r.Inviter].Username})
	}
	return rows, err
}

func (s *Service) roster(ctx context.Context, id int64) (rows []org.InviteRow, err error) {
	items, err := s.Table.All(ctx, store.Query{PK: org.InvitesRoster(id)}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		r, err := org.InviteRows.Of(it)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (s *Service) everything(ctx context.Context) (rows []org.InviteRow, err error) {
	items, err := s.Table.All(ctx, store.Query{PK: org.Roster}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		id, err := strconv.ParseInt(it.SK, 10, 64)
		if err != nil {
			return nil, err
		}
		of, err := s.roster(ctx, id)
		if err != nil {
			return nil, err
		}
		rows = append(rows, of...)
	}
	return rows, nil
}

// involving are the invitations that somebody has sent, or got and not declined:
// in one organization, or in all.
func (s *Service) involving(ctx context.Context, uid int64, in *tenant.View) (rows []org.InviteRow, err error) {
	me, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	if err != nil {
		return nil, err
	}
	sent, err := s.opens(ctx, store.Query{PK: org.SenderPK(uid)}, org.Senders)
	if err != nil {
		return nil, err
	}
	got, err := s.got(ctx, me)
	if err != nil {
		return nil, err
	}
	items, err := s.Table.All(ctx, tenant.MemberQuery(uid), api.MaxRoster)
	if err != nil {
		return nil, err
	}
	var accepted []string
	for _, it := range items {
		m, err := tenant.Members.Of(it)
		if err != nil {
			return nil, err
		}
		accepted = append(accepted, m.Invitation)
	}
	found, err := s.load(ctx, merged(sent, got, accepted))
	for _, l := range found {
		if in == nil || l.inv.Org == in.ID {
			rows = append(rows, listRow(l.inv))
		}
	}
	return rows, err
}

// merged are the keys of all lists, each once.
func merged(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > 0 && all[0] == "" {
		all = all[1:]
	}
	return all
}

// got are the keys of the invitations that wait for somebody's confirmed address.
func (s *Service) got(ctx context.Context, me profile.Profile) ([]string, error) {
	if me.Email == "" || !me.Verified {
		return nil, nil
	}
	return s.opens(ctx, tenant.OpenQuery(me.Email), tenant.Opens)
}

func (s *Service) opens(ctx context.Context, q store.Query, kind store.Kind[tenant.Open]) (keys []string, err error) {
	items, err := s.Table.All(ctx, q, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		o, err := kind.Of(it)
		if err != nil {
			return nil, err
		}
		keys = append(keys, o.Key)
	}
	return keys, nil
}
