package workspace

import (
	"context"
	"maps"
	"slices"

	"gatehouse/internal/tenant"
)

// used are the cloud storages that are used by what goes along.
func (m *move) used(ctx context.Context) ([]Cloud, error) {
	source, target := m.after().places(m)
	ids := map[int64]bool{m.task.Data: true}
	if m.source == nil {
		ids[source.Cloud] = true
	}
	if m.target == nil {
		ids[target.Cloud] = true
	}
	if m.kind == projects {
		items, err := m.s.Table.All(ctx, ProjectTasks(m.project.ID), maxParts)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			r, err := Parts.Of(it)
			if err != nil {
				return nil, err
			}
			for _, id := range r.Clouds {
				ids[m.project.follow(id, m.project.Moves-r.Moves)] = true
			}
		}
	}
	delete(ids, 0)
	var out []Cloud
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		c, _, err := one(ctx, m.rows, CloudKey(id), Clouds)
		if err != nil {
			return nil, err
		}
		if c.ID != 0 { // else it is deleted, and nothing of it goes along
			out = append(out, c)
		}
	}
	return out, nil
}

// storagesOf are the cloud storages of a workspace.
func (s *Service) storagesOf(ctx context.Context, v tenant.View, uid int64) (out []Cloud, err error) {
	r := s.rows()
	if v.ID == 0 {
		mine, err := s.mine(ctx, uid, clouds)
		if err != nil {
			return nil, err
		}
		found, err := s.scenes(ctx, r, uid, clouds, mine[clouds])
		for i := range found {
			if found[i].personal() {
				out = append(out, found[i].cloud)
			}
		}
		return out, err
	}
	rows, err := s.roster(ctx, clouds, v.ID)
	for _, p := range rows {
		c, _, lost := one(ctx, r, CloudKey(p.ID), Clouds)
		if lost != nil {
			return nil, lost
		}
		out = append(out, c)
	}
	return out, err
}

// similar are those with the same parameters.
func similar(c Cloud, list []Cloud) (ids []int64) {
	for _, o := range list {
		if o.ID != c.ID && o.Provider == c.Provider && o.Resource == c.Resource && o.Kind == c.Kind && o.Attributes == c.Attributes {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
