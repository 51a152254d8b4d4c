package workspace

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/store"
)

// maxMine bounds how much of one person's is listed: the newest of each kind.
const maxMine = 2000

// mine are the ids of what somebody has a stake in, by kind.
func (s *Service) mine(ctx context.Context, uid int64, kinds ...string) (map[string][]int64, error) {
	out := map[string][]int64{}
	for _, kind := range kinds {
		items, err := s.newest(ctx, store.Query{PK: stakePK(uid), Prefix: kind + "#"}, maxMine)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			id, err := strconv.ParseInt(strings.TrimPrefix(it.SK, kind+"#"), 10, 64)
			if err != nil {
				return nil, err
			}
			out[kind] = append(out[kind], id)
		}
	}
	return out, nil
}

// newest are the last rows of a query, so many at most.
func (s *Service) newest(ctx context.Context, q store.Query, most int) ([]store.Item, error) {
	q.Reverse = true
	return s.first(ctx, q, most)
}

// first are the first rows of a query, so many at most.
func (s *Service) first(ctx context.Context, q store.Query, most int) (items []store.Item, err error) {
	for q.Limit = min(most, 1000); ; {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		if items = append(items, p.Items...); len(items) >= most || p.Next == (store.Place{}) {
			return items[:min(len(items), most)], nil
		}
		q.After = p.Next
	}
}

// above are the kinds whose staff see what is of a kind.
var above = map[string][]string{projects: {projects}, tasks: {projects, tasks}, jobs: {projects, tasks, jobs}, clouds: {clouds}}

// involved are the things of a kind that somebody owns, is assigned to, or is staff of
// what they are in, in all workspaces.
func (s *Service) involved(ctx context.Context, uid int64, kind string) ([]scene, *rows, error) {
	found, err := s.mine(ctx, uid, above[kind]...)
	if err != nil {
		return nil, nil, err
	}
	r := s.rows()
	down := func(kind string, ids []int64, parts func(int64) store.Query) ([]int64, error) {
		var out []int64
		live, err := s.scenes(ctx, r, uid, kind, ids)
		if err != nil {
			return nil, err
		}
		for i := range live {
			if c := &live[i]; c.staff(uid) || c.project.Mover == uid {
				items, err := s.Table.All(ctx, parts(c.id()), maxParts)
				if err != nil {
					return nil, err
				}
				for _, it := range items {
					p, err := Parts.Of(it)
					if err != nil {
						return nil, err
					}
					out = append(out, p.ID)
				}
			}
		}
		return out, nil
	}
	if kind == tasks || kind == jobs {
		more, err := down(projects, found[projects], ProjectTasks)
		if err != nil {
			return nil, nil, err
		}
		found[tasks] = append(found[tasks], more...)
	}
	if kind == jobs {
		more, err := down(tasks, found[tasks], TaskJobs)
		if err != nil {
			return nil, nil, err
		}
		found[jobs] = append(found[jobs], more...)
	}
	all, err := s.scenes(ctx, r, uid, kind, found[kind])
	return slices.DeleteFunc(all, func(c scene) bool { return !c.staff(uid) }), r, err
}

// maxParts bounds how many tasks of a project, or jobs of a task, are read for a list.
const maxParts = 100_000

// scenes reads many things of a kind in few reads; those that are gone are left out.
func (s *Service) scenes(ctx context.Context, r *rows, uid int64, kind string, ids []int64) (out []scene, err error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = keyOf(kind, id)
	}
	for range 3 { // down to what stands at the top, and to its organization
		items, err := r.get(ctx, keys...)
		if err != nil {
			return nil, err
		}
		var next []store.Key
		for _, it := range items {
			more, err := s.upward(it, uid)
			if err != nil {
				return nil, err
			}
			next = append(next, more...)
		}
		keys = next
	}
	for _, id := range ids {
		c, err := s.scene(ctx, r, uid, kind, id)
		if err != nil {
			return nil, err
		}
		if c.there() {
			out = append(out, c)
		}
	}
	return out, nil
}

// upward are the keys that a row leads to.
func (s *Service) upward(it store.Item, uid int64) ([]store.Key, error) {
	for kind, name := range map[string]string{projects: Projects.Name, tasks: Tasks.Name, jobs: Jobs.Name, clouds: Clouds.Name} {
		if it.Kind == name {
			return leads(kind, it, uid)
		}
	}
	return nil, nil
}

func (c *scene) id() int64 { return c.after().ID }

// staff reports whether somebody owns, or is assigned to, what it is about or what it
// is in.
func (c *scene) staff(uid int64) bool {
	switch c.kind {
	case jobs:
		if c.job.Assignee == uid {
			return true
		}
		fallthrough
	case tasks:
		if c.task.Owner == uid || c.task.Assignee == uid {
			return true
		}
		fallthrough
	case projects:
		return c.project.ID != 0 && (c.project.Owner == uid || c.project.Assignee == uid)
	}
	return c.cloud.Owner == uid
}
