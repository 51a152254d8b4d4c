package workspace

import (
	"context"

	"gatehouse/internal/plan"
	"gatehouse/internal/store"
)

// settle writes a thing as it is by what stands above it, or removes it if that is
// gone.
func (s *Service) settle(ctx context.Context, kind string, id int64) (err error) {
	for range tidyTries {
		var ops []store.Op
		if ops, err = s.settling(ctx, kind, id); err != nil || len(ops) == 0 {
			return err
		}
		err = s.Table.Transact(ctx, single(ops)...)
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
	return err
}

// settleTask settles a task and its jobs. A task in a project goes after its jobs; one
// that stands alone says first that they go with it.
func (s *Service) settleTask(ctx context.Context, r Row) error {
	if r.Project == 0 {
		if err := s.settle(ctx, tasks, r.ID); err != nil {
			return err
		}
	}
	if err := s.each(ctx, TaskJobs(r.ID), Parts, func(ctx context.Context, j Row) error { return s.settle(ctx, jobs, j.ID) }); err != nil {
		return err
	}
	return s.settle(ctx, tasks, r.ID)
}

func (s *Service) settling(ctx context.Context, kind string, id int64) ([]store.Op, error) {
	r := s.rows()
	c, err := s.scene(ctx, r, 0, kind, id)
	if err != nil || !c.row.Exists() {
		return nil, err
	}
	e := &edit{scene: c, s: s, rows: r}
	if !c.there() {
		return e.gone(ctx)
	}
	before, after := c.before(), c.after()
	if before.rosterKey() == after.rosterKey() && before.Moves == after.Moves && before.scope == after.scope {
		return nil, nil
	}
	ops, err := e.save(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, it := range c.above {
		ops = append(ops, store.Check(it.Key, it.At()))
	}
	return ops, nil
}

// gone are the writes by which what is gone leaves the store. What stands at the top of
// others waits until those are removed, which is due by itself.
func (e *edit) gone(ctx context.Context) ([]store.Op, error) {
	switch {
	case e.kind == projects && e.project.Gone || e.kind == tasks && e.stored.task.Gone:
		return nil, nil
	case e.wiped && (e.kind == projects || e.kind == clouds || e.kind == tasks && e.task.Project == 0):
		return e.remove(ctx)
	case e.kind == tasks: // it goes after its jobs
		p, err := e.s.Table.Query(ctx, store.Query{PK: taskPK(e.stored.task.ID), Prefix: "J#", Limit: 1})
		if err != nil || len(p.Items) > 0 || p.Next != (store.Place{}) {
			return nil, err
		}
	}
	return e.razed(), nil
}

// razed are the deletions of what stood below something that was deleted. It counts
// nowhere any more.
func (c *scene) razed() []store.Op {
	before := c.before()
	ops := []store.Op{store.Delete(c.row.Key, c.row.At()), store.Delete(before.rosterKey(), store.Always)}
	if k, ok := before.part(); ok {
		ops = append(ops, store.Delete(k, store.Always))
	}
	ops = append(ops, moveStakes(before, thing{})...)
	if c.kind == tasks {
		for _, what := range jobCounts {
			ops = append(ops, store.Delete(jobsKey(before.ID, what), store.Always))
		}
	}
	return ops
}

// inherit gives what an organization left behind to its owners, or removes it: first
// what stands at the top, then what is below.
func (s *Service) inherit(ctx context.Context, org int64) error {
	for _, kind := range []string{projects, clouds, tasks, jobs} {
		do := func(ctx context.Context, r Row) error { return s.settle(ctx, kind, r.ID) }
		if kind == tasks {
			do = s.settleTask
		}
		err := s.each(ctx, store.Query{PK: rosterPK(kind, org, 0), To: markPrefix}, Rows, do)
		if err != nil {
			return err
		}
	}
	ops := []store.Op{store.Delete(plan.Key(org, 0), store.Always)}
	for _, kind := range []string{projects, clouds, tasks, jobs} {
		ops = append(ops, store.Delete(Scope{Org: org}.countKey(kind), store.Always))
	}
	return s.Table.Transact(ctx, ops...)
}
