package permissions

import (
	"context"
	"errors"
	"slices"
	"sync"

	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

// round is a set of rows to read at once, each with what takes it up. What an
// earlier round has read is taken up at once.
type round struct {
	keys []store.Key
	take map[store.Key][]func(store.Item) error
	got  map[store.Key]store.Item
	err  error
}

func (r *round) want(k store.Key, take func(store.Item) error) {
	if it, ok := r.got[k]; ok {
		r.err = errors.Join(r.err, take(it))
		return
	}
	if r.take[k] == nil {
		r.keys = append(r.keys, k)
	}
	r.take[k] = append(r.take[k], take)
}

// done hands out what was read.
func (r *round) done(items []store.Item) error {
	for _, it := range items {
		for _, take := range r.take[it.Key] {
			r.err = errors.Join(r.err, take(it))
		}
		r.got[it.Key] = it
	}
	r.keys = nil
	clear(r.take)
	return r.err
}

// want reads a row of a kind; take gets the zero T if it is not there.
func want[T any](r *round, k store.Key, kind store.Kind[T], take func(T)) {
	r.want(k, func(it store.Item) error {
		v, err := kind.Of(it)
		take(v)
		return err
	})
}

// read reads what the questions need: at first the objects that they name, then
// what those lead to.
func (s *Service) read(ctx context.Context, f *facts, asked []question) error {
	r := &round{take: map[store.Key][]func(store.Item) error{}, got: map[store.Key]store.Item{}}
	asked = objects(asked)
	for _, ask := range []func(*round, question){f.near, f.next} {
		for _, q := range asked {
			ask(r, q)
		}
		items, err := s.get(ctx, r.keys)
		if err != nil {
			return err
		}
		if err := r.done(items); err != nil {
			return err
		}
	}
	if err := f.settle(s.Table.Now()); err != nil {
		return err
	}
	return s.readWork(ctx, f, asked)
}

// readWork reads what people work on, and what the workspaces have left in which
// something new is asked for.
func (s *Service) readWork(ctx context.Context, f *facts, asked []question) (err error) {
	things, rooms := map[string][]int64{}, []workspace.Scope{}
	for _, q := range asked {
		switch {
		case !work(q.pkg):
		case q.id == 0:
			rooms = append(rooms, f.scope(q))
		case q.scope == inProject:
			things["projects"] = append(things["projects"], q.id)
		default:
			things[q.pkg] = append(things[q.pkg], q.id)
		}
	}
	if len(things) > 0 {
		if f.work, err = s.Work.Look(ctx, f.who.UID, things); err != nil {
			return err
		}
	}
	if len(rooms) > 0 {
		f.rooms, err = s.Work.Rooms(ctx, rooms...)
	}
	return err
}

// scope is the workspace that a question is asked in.
func (f *facts) scope(q question) workspace.Scope {
	if org, ok := f.context(q); ok && org != nil {
		return workspace.Scope{Org: org.ID}
	}
	return workspace.Scope{UID: f.who.UID}
}

// objects are the questions without what is asked of the same object again.
func objects(asked []question) (out []question) {
	seen := map[question]bool{}
	for _, q := range asked {
		if q.scope != inProject {
			q.scope = ""
		}
		if !seen[q] {
			seen[q], out = true, append(out, q)
		}
	}
	return out
}

// get reads any number of items, in reads that run side by side.
func (s *Service) get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	parts := slices.Collect(slices.Chunk(keys, store.MaxGet))
	items, errs := make([][]store.Item, len(parts)), make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() { items[i], errs[i] = s.Table.Get(ctx, part...) })
	}
	wg.Wait()
	return slices.Concat(items...), errors.Join(errs...)
}
