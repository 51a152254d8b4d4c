package account

import (
	"context"
	"strconv"
	"sync"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func userSpec() list.Spec[rosterRow] {
	text := func(name string, get func(rosterRow) string) list.Field[rosterRow] {
		return list.Field[rosterRow]{Name: name, Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true,
			Get: func(r rosterRow) list.Value { return list.OfString(get(r)) }}
	}
	return list.Spec[rosterRow]{
		Default: "-id",
		ID:      func(r rosterRow) list.Value { return list.OfInt(r.ID) },
		Fields: []list.Field[rosterRow]{
			text("username", func(r rosterRow) string { return r.Username }),
			text("first_name", func(r rosterRow) string { return r.First }),
			text("last_name", func(r rosterRow) string { return r.Last }),
			{Name: "is_active", Kind: list.Bool, Sort: true, Simple: true, Filter: true, Get: func(r rosterRow) list.Value { return list.OfBool(r.Active) }},
			{Name: "id", Kind: list.Int, Sort: true, Filter: true, Get: func(r rosterRow) list.Value { return list.OfInt(r.ID) }},
		},
	}
}

// OwnListRequest are the parameters of a list that shows the caller.
type OwnListRequest struct {
	Query string `query:"*"`
}

// Near implements api.Near.
func (OwnListRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// ListUsers lists the people of the organization that the request names, to its
// members. Without one it lists everybody to administrators, and to everyone else
// themselves; of these, in the personal workspace, who is in no organization.
func (s *Service) ListUsers(ctx context.Context, who session.Caller, in OwnListRequest) (api.Listing[any], error) {
	none, query := api.Listing[any]{}, api.ListRequest(in)
	plan, err := api.Plan(ctx, who, "users")
	if err != nil {
		return none, err
	}
	if err := api.CheckList(userSpec(), query); err != nil {
		return none, err
	}
	rows, err := s.visible(ctx, who, plan, query)
	if err != nil {
		return none, err
	}
	page, l, err := api.List[rosterRow, any](s.Settings.Site.BaseURL+"/api/users", userSpec(), rows, query)
	if err != nil {
		return none, err
	}
	var keys []store.Key
	for _, r := range page.Rows {
		l.Results = append(l.Results, s.basic(profile.Profile{UID: r.ID, Username: r.Username, First: r.First, Last: r.Last}))
		keys = append(keys, targetKeys(r.ID)...)
	}
	if who.Super {
		err = s.fillFull(ctx, keys, l.Results)
	}
	return l, err
}

// fillFull replaces the results by the full form, read fresh. Who has no account
// has none.
func (s *Service) fillFull(ctx context.Context, keys []store.Key, results []any) error {
	for start := 0; start < len(keys); start += 99 {
		items, err := s.Table.Get(ctx, keys[start:min(start+99, len(keys))]...)
		if err != nil {
			return err
		}
		for i := 0; i < len(items); i += 3 {
			t, there, err := readTarget(items[i : i+3])
			if err != nil {
				return err
			}
			if there {
				results[(start+i)/3] = s.full(t.profile, t.authority, t.last)
			}
		}
	}
	return nil
}

// visible are the rows that the list is made of.
func (s *Service) visible(ctx context.Context, who session.Caller, plan string, in api.ListRequest) (rows []rosterRow, err error) {
	w := api.WorkspaceOf(ctx)
	switch {
	case plan != "all":
		p, err := profile.Profiles.Of(api.NearOf(ctx)[0])
		if err != nil {
			return nil, err
		}
		rows = []rosterRow{row(p, true)}
	case w.Org != nil:
		return s.people(ctx, who, w.Org)
	default:
		if rows, err = s.everybody(ctx); err != nil {
			return nil, err
		}
	}
	if w.Named && w.Org == nil {
		return s.homeless(ctx, rows, in)
	}
	return rows, nil
}

func (s *Service) everybody(ctx context.Context) ([]rosterRow, error) {
	items, err := s.Table.All(ctx, store.Query{PK: rosterPK}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	rows := make([]rosterRow, len(items))
	for i, it := range items {
		if rows[i], err = roster.Of(it); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

const (
	maxHomeless = 2000 // who is in no organization takes one look each
	lookers     = 16
)

// homeless are those of rows who are in no organization and whom the list's
// parameters ask for: these are applied before anybody is looked up.
func (s *Service) homeless(ctx context.Context, rows []rosterRow, in api.ListRequest) ([]rosterRow, error) {
	spec, q := userSpec(), list.Query(in.Query)
	spec.MaxPageSize = maxHomeless
	q.Set("page", "1")
	q.Set("page_size", "all")
	params, err := list.Parse(spec, q)
	if err != nil {
		return nil, err
	}
	page, err := list.Eval(spec, rows, params)
	if err != nil {
		return nil, err
	}
	if page.HasNext {
		return nil, fault.Invalid("too_many", "This list can look at "+strconv.Itoa(maxHomeless)+" users. Search or filter for fewer.")
	}
	alone := make([]bool, len(page.Rows))
	errs := make([]error, lookers)
	var wg sync.WaitGroup
	for n := range lookers {
		wg.Go(func() {
			for i := n; i < len(alone) && errs[n] == nil; i += lookers {
				alone[i], errs[n] = s.alone(ctx, page.Rows[i].ID)
			}
		})
	}
	wg.Wait()
	var out []rosterRow
	for i, r := range page.Rows {
		if alone[i] {
			out = append(out, r)
		}
	}
	return out, firstError(errs)
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// alone reports whether somebody is in no organization.
func (s *Service) alone(ctx context.Context, uid int64) (bool, error) {
	q := tenant.MemberQuery(uid)
	q.Limit = 1
	for {
		p, err := s.Table.Query(ctx, q)
		if err != nil || len(p.Items) > 0 {
			return false, err
		}
		if p.Next == (store.Place{}) {
			return true, nil
		}
		q.After = p.Next
	}
}
