package workspace

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// delete removes a thing with all below it. It is gone for everybody at once; Tidy
// removes what is left.
func (s *Service) delete(ctx context.Context, who session.Caller, kind string, id int64) error {
	c, err := s.found(ctx, who, kind, id, "delete")
	if err != nil {
		return err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), nil)
	e.note("name", c.after().Name, "")
	ops, err := e.remove(ctx)
	if err != nil {
		return err
	}
	return e.commit(ctx, "delete", ops...)
}

// remove takes what the edit is about, and all below it, out of lists and counters.
// What has something below stays, marked as gone, until that is removed.
func (e *edit) remove(ctx context.Context) ([]store.Op, error) {
	before := e.before()
	waits, err := e.waits(ctx)
	if err != nil {
		return nil, err
	}
	more, n, err := e.carry(ctx, before, thing{}, nil)
	if err != nil {
		return nil, err
	}
	ops := append(ledger(before, thing{}, 0), more...)
	if n == 0 && !waits {
		return append(ops, append(emptied(e.kind, before.ID), store.Delete(e.row.Key, e.row.At()))...), nil
	}
	switch e.kind {
	case projects:
		p := e.stored.project
		p.Gone = true
		ops = append(ops, Projects.Put(e.row.Key, p, e.row.At()))
	case tasks:
		t := e.stored.task
		t.Gone, t.Project, t.Seen = true, 0, 0 // the project may go before it
		ops = append(ops, Tasks.Put(e.row.Key, t, e.row.At()))
	}
	more, err = e.shift(ctx, before.org, e.View.ID, true)
	return append(ops, more...), err
}

// waits reports whether something is still due of what the edit is about: that ends
// the marks, and it stays until then.
func (e *edit) waits(ctx context.Context) (bool, error) {
	if e.kind != projects && e.kind != tasks {
		return false, nil
	}
	var keys []store.Key
	for _, k := range e.countedBelow() {
		keys = append(keys, k) // which are asked for next
	}
	items, err := e.rows.get(ctx, append(keys, dueKey(e.kind, e.id()))...)
	return err == nil && items[len(keys)].Exists(), err
}

// emptied are the deletions of what is counted of the jobs of a task that has none.
func emptied(kind string, id int64) (ops []store.Op) {
	if kind == tasks {
		for _, what := range jobCounts[1:] {
			ops = append(ops, store.Delete(jobsKey(id, what), store.Always))
		}
	}
	return ops
}
