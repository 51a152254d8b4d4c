package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/internal/store"
)

// organizations is the kind of what is due of an organization that is no more.
const organizations = "organizations"

// Left is the write by which what an organization leaves behind becomes due: it goes
// into the transaction that ends the organization. Its owners inherit it, or with wipe
// it is gone as well.
func Left(org int64, wipe bool) store.Op {
	return dues.Put(dueKey(organizations, org), due{Kind: organizations, ID: org, Orgs: []int64{org}, Wipe: wipe}, store.Always)
}

// Tidy writes down what was moved, and removes what was deleted, and says how much of
// it is done. It can be cut off anywhere, goes on where it stopped, and may run beside
// itself. Organizations come first: what they leave behind becomes due by itself.
func (s *Service) Tidy(ctx context.Context) (n int, err error) {
	for _, prefix := range []string{organizations + "#", ""} {
		items, lost := s.first(ctx, store.Query{PK: duePK, Prefix: prefix}, maxDue)
		if lost != nil {
			return n, errors.Join(err, lost)
		}
		for _, it := range items {
			done, lost := s.tidy(ctx, it)
			if done {
				n++
			}
			if err = errors.Join(err, lost); ctx.Err() != nil || errors.Is(lost, store.ErrUnavailable) {
				return n, err
			}
		}
	}
	return n, err
}

// maxDue is how much is seen to at once; the rest waits for the next time.
const maxDue = 1000

// tidyTries bounds how often one thing is tried while others change it.
const tidyTries = 5

// tidy does what one row asks for.
func (s *Service) tidy(ctx context.Context, it store.Item) (bool, error) {
	d, err := dues.Of(it)
	if err != nil {
		return false, err
	}
	switch d.Kind {
	case organizations:
		err = s.inherit(ctx, d.ID)
	case projects:
		err = s.descend(ctx, &d, &it, ProjectTasks(d.ID), s.settleTask)
	case tasks:
		err = s.descend(ctx, &d, &it, TaskJobs(d.ID), func(ctx context.Context, r Row) error { return s.settle(ctx, jobs, r.ID) })
	default:
		return false, fmt.Errorf("workspace: %q is due, which nobody knows", d.Kind)
	}
	if err != nil {
		return false, lostRace(err)
	}
	return s.finish(ctx, d, it)
}

// lostRace is no error: somebody else is at it, and it will be looked at again.
func lostRace(err error) error {
	if _, lost := store.Conflict(err); lost {
		return nil
	}
	return err
}

// each does something for all rows of a query.
func (s *Service) each(ctx context.Context, q store.Query, kind store.Kind[Row], do func(context.Context, Row) error) error {
	for q.Limit = 100; ; {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range p.Items {
			r, err := kind.Of(it)
			if err != nil {
				return err
			}
			if err := do(ctx, r); err != nil {
				return err
			}
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		q.After = p.Next
	}
}

// descend does something for each part of a top, from where the last time ended, and
// notes now and then how far it is.
func (s *Service) descend(ctx context.Context, d *due, it *store.Item, q store.Query, do func(context.Context, Row) error) error {
	if d.After != "" {
		q.After = store.Place{SK: d.After}
	}
	for q.Limit = 50; ; {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, row := range p.Items {
			r, err := Parts.Of(row)
			if err != nil {
				return err
			}
			if err := do(ctx, r); err != nil {
				return err
			}
			d.After, d.Done = row.SK, d.Done+1
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		// Fails if it has moved once more in the meantime: then all begins anew.
		if err := s.Table.Transact(ctx, dues.Put(it.Key, *d, it.At())); err != nil {
			return err
		}
		items, err := s.Table.Get(ctx, it.Key)
		if err != nil {
			return err
		}
		now, err := dues.Of(items[0])
		if err != nil {
			return err
		}
		if now.After != d.After || now.Done != d.Done || !slices.Equal(now.Orgs, d.Orgs) {
			return &store.ConflictError{} // it has moved once more since
		}
		*it, q.After = items[0], p.Next
	}
}

// finish ends what was due, unless it has become due once more. The marks stay for a
// while, for those who began to read before.
func (s *Service) finish(ctx context.Context, d due, it store.Item) (bool, error) {
	if err := s.fade(ctx, d, it); err != nil {
		return false, lostRace(err)
	}
	more, err := s.buried(ctx, d)
	if err != nil {
		return false, err
	}
	err = s.Table.Transact(ctx, append(more, store.Delete(it.Key, it.At()))...)
	return err == nil, lostRace(err)
}

// fadesAtOnce is how many marks are written at once.
const fadesAtOnce = 50

// fade gives the marks of a top their end, so many at once: all that they say is
// written by now, and what moves once more writes its own.
func (s *Service) fade(ctx context.Context, d due, it store.Item) error {
	var ops []store.Op
	for _, kind := range below(d.Kind) {
		for _, org := range d.Orgs {
			k := markKey(kind, org, d.ID)
			items, err := s.Table.Get(ctx, k)
			if err != nil {
				return err
			}
			if m, err := marks.Of(items[0]); err != nil {
				return err
			} else if items[0].Exists() {
				ops = append(ops, marks.Put(k, m, items[0].At()).Until(s.Table.Now().Add(markLife)))
			}
		}
	}
	for some := range slices.Chunk(ops, fadesAtOnce) {
		if err := s.Table.Transact(ctx, append(slices.Clip(some), store.Check(it.Key, it.At()))...); err != nil {
			return err
		}
	}
	return nil
}

// buried are the deletions of a top that was only kept for what stood below it.
func (s *Service) buried(ctx context.Context, d due) ([]store.Op, error) {
	r := s.rows()
	switch d.Kind {
	case projects:
		p, it, err := one(ctx, r, ProjectKey(d.ID), Projects)
		if err != nil || !it.Exists() {
			return nil, err
		}
		if p.Gone {
			return []store.Op{store.Delete(it.Key, it.At()), store.Delete(tasksKey(d.ID), store.Always), store.Delete(projectJobsKey(d.ID), store.Always)}, nil
		}
		if p.Matches != nil || p.Mover != 0 { // all that they say is written down
			before := p.thing()
			p.Matches, p.Mover = nil, 0
			return append(moveStakes(before, p.thing()), Projects.Put(it.Key, p, it.At())), nil
		}
		return []store.Op{store.Check(it.Key, it.At())}, nil
	case tasks:
		t, it, err := one(ctx, r, TaskKey(d.ID), Tasks)
		if err != nil || !it.Exists() {
			return nil, err
		}
		if !t.Gone {
			return []store.Op{store.Check(it.Key, it.At())}, nil
		}
		ops := []store.Op{store.Delete(it.Key, it.At())}
		for _, what := range jobCounts {
			ops = append(ops, store.Delete(jobsKey(d.ID, what), store.Always))
		}
		return ops, nil
	}
	return nil, nil
}
