package workspace

import (
	"context"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// listing is a page of a list, as scenes to be shown.
type listing struct {
	scenes []scene
	rows   *rows
	shelf  shelf
}

// list lists what the caller may see of a kind in the workspace that the request
// names, or without one in all.
func (s *Service) list(ctx context.Context, who session.Caller, kind string, in api.ListRequest) (out api.Listing[struct{}], l listing, err error) {
	plan, err := api.Plan(ctx, who, kind)
	if err != nil {
		return out, l, err
	}
	spec := specs[kind]
	if err := api.CheckList(spec, in); err != nil {
		return out, l, err
	}
	l.rows = s.rows()
	base := s.Settings.Site.BaseURL + "/api/" + kind
	var rows []placed
	if plan == "all" {
		if w := api.WorkspaceOf(ctx); w.Org != nil && plain(in) {
			out, ok, err := s.quick(ctx, who, kind, w.Org.ID, in, &l)
			if ok || err != nil {
				return out, l, err
			}
		}
		rows, err = s.all(ctx, kind)
	} else {
		rows, err = s.seen(ctx, who, kind, &l)
	}
	if err != nil {
		return out, l, err
	}
	if err := s.name(ctx, l.rows, rows, in); err != nil {
		return out, l, err
	}
	page, out, err := api.List[placed, struct{}](base, spec, rows, in)
	if err != nil {
		return out, l, err
	}
	return out, l, s.fill(ctx, who, kind, page.Rows, &l)
}

// quick lists an organization's in their own order without reading them all: it counts
// from the nearer end. ok is false if something in it is on the move.
func (s *Service) quick(ctx context.Context, who session.Caller, kind string, of int64, in api.ListRequest, l *listing) (out api.Listing[struct{}], ok bool, err error) {
	items, err := s.Table.Get(ctx, Scope{Org: of}.countKey(kind))
	if err != nil {
		return out, false, err
	}
	n := int(tenant.Count(items[0]))
	from, to, out, err := api.Window[placed, struct{}](s.Settings.Site.BaseURL+"/api/"+kind, specs[kind], n, in)
	if err != nil {
		return out, false, err
	}
	page, err := s.slice(ctx, rosterPK(kind, of, 0), n, from, to)
	if err != nil {
		return out, false, err
	}
	// Last, for what begins to move after this did not touch what was read.
	if moving, err := s.readMarks(ctx, kind, of); err != nil || len(moving) > 0 {
		return out, false, err
	}
	return out, true, s.fill(ctx, who, kind, page, l)
}

// slice are the rows from..to of a roster of n, the newest first.
func (s *Service) slice(ctx context.Context, pk string, n, from, to int) (page []placed, err error) {
	q, skip := store.Query{PK: pk, To: markPrefix, Reverse: true}, from
	if n-to < from {
		q.Reverse, skip = false, n-to
	}
	for need := to - from; need > 0; {
		q.Limit = min(skip+need, 1000)
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, it := range p.Items {
			if skip > 0 {
				skip--
				continue
			}
			r, err := Rows.Of(it)
			if err != nil {
				return nil, err
			}
			page, need = append(page, placed{Row: r}), need-1
		}
		if p.Next == (store.Place{}) {
			break
		}
		q.After = p.Next
	}
	if !q.Reverse {
		slices.Reverse(page)
	}
	return page, nil
}

// all are the rows that whoever sees everything sees.
func (s *Service) all(ctx context.Context, kind string) ([]placed, error) {
	w := api.WorkspaceOf(ctx)
	switch {
	case w.Org != nil:
		return s.roster(ctx, kind, w.Org.ID)
	case w.Named:
		return s.unorganized(ctx, kind)
	}
	return s.everything(ctx, kind)
}

// in reports whether it is in the workspace that a request names, if it names one.
func (c *scene) in(w api.Workspace) bool {
	return !w.Named || (w.Org == nil) == c.personal() && (w.Org == nil || w.Org.ID == c.View.ID)
}

// seen are the rows of what the caller is staff of.
func (s *Service) seen(ctx context.Context, who session.Caller, kind string, l *listing) ([]placed, error) {
	found, r, err := s.involved(ctx, who.UID, kind)
	if err != nil {
		return nil, err
	}
	l.rows = r
	w := api.WorkspaceOf(ctx)
	var out []placed
	for i := range found {
		c := &found[i]
		if !c.in(w) {
			continue
		}
		if d, _ := api.Decide(ctx, who, c.question("view")); !d.Allowed {
			continue // such as of an organization that they have left
		}
		out = append(out, placed{Row: c.after().Row, org: c.View.ID})
	}
	return out, nil
}

// fill reads the things of a page as they are now.
func (s *Service) fill(ctx context.Context, who session.Caller, kind string, page []placed, l *listing) error {
	ids := make([]int64, len(page))
	for i, p := range page {
		ids[i] = p.ID
	}
	found, err := s.scenes(ctx, l.rows, who.UID, kind, slices.Clone(ids))
	if err != nil {
		return err
	}
	by := map[int64]scene{}
	for _, c := range found {
		by[c.id()] = c
	}
	for _, id := range ids {
		if c, ok := by[id]; ok && c.in(api.WorkspaceOf(ctx)) { // else it went while the list was read
			l.scenes = append(l.scenes, c)
		}
	}
	l.shelf, err = s.shelve(ctx, l.rows, l.scenes...)
	return err
}

// shown makes a list of what its page shows.
func shown[T any](out api.Listing[struct{}], l listing, view func(*scene) T) api.Listing[T] {
	v := api.Listing[T]{Count: out.Count, Next: out.Next, Previous: out.Previous, Results: make([]T, 0, len(l.scenes))}
	for i := range l.scenes {
		v.Results = append(v.Results, view(&l.scenes[i]))
	}
	return v
}
