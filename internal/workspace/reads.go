package workspace

import (
	"cmp"
	"context"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func compareKeys(a, b store.Key) int { return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK)) }

func keyOf(kind string, id int64) store.Key {
	switch kind {
	case projects:
		return ProjectKey(id)
	case tasks:
		return TaskKey(id)
	case jobs:
		return JobKey(id)
	}
	return CloudKey(id)
}

// leads are the rows that the row of a thing leads to, as far as it knows: what
// stands above may have moved since.
func leads(kind string, row store.Item, uid int64) (keys []store.Key, err error) {
	var task, project, org int64
	switch kind {
	case projects:
		p, lost := Projects.Of(row)
		org, err = p.Org, lost
	case tasks:
		t, lost := Tasks.Of(row)
		project, org, err = t.Project, t.Org, lost
	case jobs:
		j, lost := Jobs.Of(row)
		task, project, org, err = j.Task, j.Project, j.Org, lost
	default:
		c, lost := Clouds.Of(row)
		org, err = c.Org, lost
	}
	if task != 0 {
		keys = append(keys, TaskKey(task))
	}
	if project != 0 {
		keys = append(keys, ProjectKey(project))
	}
	if org != 0 {
		keys = append(keys, tenant.Key(org), tenant.MemberKey(uid, org))
	}
	return keys, err
}

// rows are what was read, by key. What is missing is read.
type rows struct {
	table *store.Table
	got   map[store.Key]store.Item
}

func (s *Service) rows(read ...[]store.Item) *rows {
	r := &rows{s.Table, map[store.Key]store.Item{}}
	for _, items := range read {
		r.note(items)
	}
	return r
}

func (r *rows) note(items []store.Item) {
	for _, it := range items {
		r.got[it.Key] = it
	}
}

// get reads rows once.
func (r *rows) get(ctx context.Context, keys ...store.Key) ([]store.Item, error) {
	var missing []store.Key
	for _, k := range keys {
		if _, ok := r.got[k]; !ok {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		items, err := r.table.GetMany(ctx, missing)
		if err != nil {
			return nil, err
		}
		r.note(items)
	}
	out := make([]store.Item, len(keys))
	for i, k := range keys {
		out[i] = r.got[k]
	}
	return out, nil
}

// one reads a row of a kind.
func one[T any](ctx context.Context, r *rows, k store.Key, kind store.Kind[T]) (v T, it store.Item, err error) {
	items, err := r.get(ctx, k)
	if err != nil {
		return v, it, err
	}
	v, err = kind.Of(items[0])
	return v, items[0], err
}
