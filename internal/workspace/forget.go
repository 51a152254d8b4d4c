package workspace

import (
	"context"
	"fmt"

	"gatehouse/internal/plan"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// Forget takes an erased account out of everything: what was personal goes with it,
// and in organizations nobody owns or works on what it did. It can be cut off anywhere
// and called again.
func (s *Service) Forget(ctx context.Context, uid int64) error {
	for _, kind := range []string{jobs, tasks, projects, clouds} {
		for {
			found, err := s.mine(ctx, uid, kind)
			if err != nil {
				return err
			}
			if len(found[kind]) == 0 {
				break
			}
			for _, id := range found[kind] {
				if err := s.release(ctx, uid, kind, id); err != nil {
					return err
				}
			}
		}
	}
	return s.Table.Transact(ctx, store.Delete(plan.Key(0, uid), store.Always))
}

// release takes somebody out of one thing.
func (s *Service) release(ctx context.Context, uid int64, kind string, id int64) (err error) {
	for range tidyTries {
		var ops []store.Op
		if ops, err = s.releasing(ctx, uid, kind, id); err != nil {
			return err
		}
		err = s.Table.Transact(ctx, single(ops)...)
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
	return fmt.Errorf("%w: %v", store.ErrUnavailable, err)
}

func (s *Service) releasing(ctx context.Context, uid int64, kind string, id int64) ([]store.Op, error) {
	ops := []store.Op{store.Delete(stakeKey(uid, kind, id), store.Always)}
	r := s.rows()
	c, err := s.scene(ctx, r, uid, kind, id)
	if err != nil || !c.row.Exists() || kind == projects && c.project.Gone || kind == tasks && c.task.Gone {
		return ops, err
	}
	e := &edit{scene: c, s: s, rows: r, now: millis(s.Table.Now())}
	e.who = session.Caller{UID: uid}
	var more []store.Op
	switch {
	case !c.there(): // it will be removed from where it lies
		e.project, e.task, e.job, e.cloud = c.stored.project, c.stored.task, c.stored.job, c.stored.cloud
		e.drop(uid)
		more, err = e.save(ctx, nil)
	case c.personal() && c.workspace().UID == uid && c.after().Owner == uid:
		more, err = e.remove(ctx)
	default:
		e.drop(uid)
		more, err = e.save(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	for _, it := range c.above {
		more = append(more, store.Check(it.Key, it.At()))
	}
	return unstaked(more, ops), nil
}

// drop makes somebody nobody.
func (e *edit) drop(uid int64) {
	for _, p := range []*int64{&e.project.Owner, &e.project.Assignee, &e.project.Mover, &e.task.Owner, &e.task.Assignee, &e.job.Assignee, &e.cloud.Owner} {
		if *p == uid {
			*p = 0
		}
	}
}

// unstaked adds writes whose keys the others do not write.
func unstaked(ops, more []store.Op) []store.Op {
	seen := map[store.Key]bool{}
	for _, o := range ops {
		seen[o.Key] = true
	}
	for _, o := range more {
		if !seen[o.Key] {
			ops = append(ops, o)
		}
	}
	return ops
}
