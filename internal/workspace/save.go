package workspace

import (
	"context"
	"maps"
	"slices"

	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// save writes what the edit is about as it is now, and takes the counts of what is
// below it along if it counts elsewhere than before.
func (e *edit) save(ctx context.Context, most Most) ([]store.Op, error) {
	ops, err := e.heir(ctx)
	if err != nil {
		return nil, err
	}
	before, after := e.before(), e.after()
	ops = append(ops, ledger(before, after, most.of(e.kind))...)
	if lost := before.Assignee; e.behind() && lost != 0 && lost != after.Assignee && lost != after.Owner {
		ops = append(ops, unassigned(e.s.Table.Now(), lost, after))
	}
	switch e.kind {
	case projects:
		ops = append(ops, Projects.Put(ProjectKey(e.project.ID), e.project, e.row.At()))
	case tasks:
		ops = append(ops, Tasks.Put(TaskKey(e.task.ID), e.task, e.row.At()))
	case jobs:
		return append(ops, Jobs.Put(JobKey(e.job.ID), e.job, e.row.At())), nil
	default:
		return append(ops, Clouds.Put(CloudKey(e.cloud.ID), e.cloud, e.row.At())), nil
	}
	if before.ID == 0 {
		return ops, nil
	}
	more, _, err := e.carry(ctx, before, after, most)
	return append(ops, more...), err
}

// behind reports whether what stands above has moved since this was written.
func (c *scene) behind() bool {
	switch c.kind {
	case tasks:
		return c.stored.task.ID != 0 && c.stored.task.Project != 0 && c.stored.task.Seen != c.stored.project.Moves
	case jobs:
		return c.stored.job.ID != 0 && c.stored.job.Seen != c.task.Moves
	}
	return false
}

// heir sees to it that a task that follows its project is not given to somebody who has
// been erased since it was moved.
func (e *edit) heir(ctx context.Context) ([]store.Op, error) {
	uid := e.task.Owner
	if e.kind != tasks || !e.behind() || uid == 0 || uid != e.stored.project.Mover {
		return nil, nil
	}
	a, it, err := one(ctx, e.rows, session.AuthorityKey(uid), session.Authorities)
	if err != nil {
		return nil, err
	}
	if !it.Exists() || a.Status == session.Erased {
		e.task.Owner = 0
	}
	return []store.Op{store.Check(it.Key, it.At())}, nil
}

// countedBelow is where each kind of what stands below is counted.
func (e *edit) countedBelow() map[string]store.Key {
	id := e.before().ID
	switch e.kind {
	case projects:
		return map[string]store.Key{tasks: tasksKey(id), jobs: projectJobsKey(id)}
	case tasks:
		return map[string]store.Key{jobs: jobsKey(id, allJobs)}
	}
	return nil
}

// carry are the writes by which what is below counts where after does, and no longer
// where before did; n is how much that is. It must be as much when they are written.
func (e *edit) carry(ctx context.Context, before, after thing, most Most) (ops []store.Op, n int64, err error) {
	if after.ID != 0 && before.scope == after.scope && before.Project == after.Project {
		return nil, 0, nil
	}
	keys := e.countedBelow()
	if _, err := e.rows.get(ctx, slices.Collect(maps.Values(keys))...); err != nil {
		return nil, 0, err
	}
	for kind, k := range keys {
		items, err := e.rows.get(ctx, k)
		if err != nil {
			return nil, 0, err
		}
		m := tenant.Count(items[0])
		n += m
		counts := map[store.Key]int64{}
		if before.scope != (Scope{}) {
			counts[before.scope.countKey(kind)] -= m
		}
		if after.scope != (Scope{}) {
			counts[after.scope.countKey(kind)] += m
		}
		if e.kind == tasks && before.Project != 0 {
			counts[projectJobsKey(before.Project)] -= m
		}
		if e.kind == tasks && after.Project != 0 {
			counts[projectJobsKey(after.Project)] += m
		}
		for at, m := range counts {
			if m != 0 {
				ops = append(ops, add(at, m, most.of(kind)))
			}
		}
		switch {
		case after.ID == 0 && m == 0 && items[0].Exists():
			ops = append(ops, store.Delete(k, items[0].At()))
		case before.scope != after.scope || before.Project != after.Project || after.ID == 0:
			ops = append(ops, store.Check(k, items[0].At()))
		}
	}
	slices.SortFunc(ops, func(a, b store.Op) int { return compareKeys(a.Key, b.Key) })
	return ops, n, nil
}

// shift marks that what is below goes from one organization to another.
func (e *edit) shift(ctx context.Context, from, to int64, gone bool) ([]store.Op, error) {
	items, err := e.rows.get(ctx, dueKey(e.kind, e.id()))
	if err != nil {
		return nil, err
	}
	return e.scene.shift(from, to, gone, e.who.UID, items[0])
}
