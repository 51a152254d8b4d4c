package workspace

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// edit is a change of one thing under way: what it was, what it becomes, and the
// checks that its decisions stand on.
type edit struct {
	scene
	s       *Service
	who     session.Caller
	rows    *rows
	now     int64 // Unix milliseconds
	bad     fault.Fields
	checks  []store.Op
	changes map[string]audit.Change
}

func (s *Service) edit(ctx context.Context, who session.Caller, c scene, r *rows, bad error) *edit {
	return &edit{scene: c, s: s, who: who, rows: r, now: api.From(ctx).Now.UnixMilli(), bad: fault.FieldsOf(bad), changes: map[string]audit.Change{}}
}

// note remembers that a field changes, and reports whether it does.
func (e *edit) note(field, was, is string) bool {
	if was == is {
		return false
	}
	e.changes[field] = audit.Change{Before: clip(was), After: clip(is)}
	return true
}

func (e *edit) noteID(field string, was, is int64) bool { return e.note(field, id(was), id(is)) }

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return idText(n)
}

// clip keeps the audit log readable.
func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// text takes up a text that is sent.
func (e *edit) text(field string, p *string, sent api.Opt[string]) {
	if sent.Set && e.note(field, *p, sent.Value) {
		*p = sent.Value
	}
}

// give takes up somebody who is to own something, or be assigned to it. Nobody may
// own it: null, or 0, is nobody.
func (e *edit) give(ctx context.Context, field string, p *int64, sent api.Opt[int64]) error {
	if !sent.Set || e.bad.Has(field) || sent.Value == *p {
		return nil
	}
	if sent.Value == 0 && field == "owner_id" && e.personal() && !e.who.Admin() {
		e.bad.Add(field, "What is personal has an owner.") // it counts where the owner's does
		return nil
	}
	if sent.Value != 0 {
		ops, fits, err := e.s.person(ctx, e.rows, e.who, &e.scene, sent.Value)
		if err != nil {
			return err
		}
		if !fits {
			e.bad.Add(field, unknown(sent.Value))
			return nil
		}
		e.checks = append(e.checks, ops...)
	}
	e.noteID(field, *p, sent.Value)
	*p = sent.Value
	return nil
}

// commit writes the change with what it stands on. Of a key that stands twice the
// write counts, and of two checks the first.
func (e *edit) commit(ctx context.Context, action string, ops ...store.Op) error {
	return e.s.Table.Transact(ctx, single(slices.Concat(ops, []store.Op{e.audited(ctx, action)}, e.holds(e.who), e.checks))...)
}

func single(ops []store.Op) (out []store.Op) {
	rank := func(o store.Op) int {
		if o.Verb == store.VerbCheck {
			return 1
		}
		return 0
	}
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b store.Op) int { return cmp.Compare(rank(a), rank(b)) })
	seen := map[store.Key]bool{}
	for _, o := range ops {
		if o.Verb == store.VerbCheck && seen[o.Key] {
			continue
		}
		seen[o.Key] = true
		out = append(out, o)
	}
	return out
}

// audited is the row of the audit log: the organization's, or of what is personal the
// owner's.
func (e *edit) audited(ctx context.Context, action string) store.Op {
	return audited(ctx, e.who.UID, &e.View, e.workspace().UID, e.after(), action, e.changes)
}

func audited(ctx context.Context, actor int64, v *tenant.View, owner int64, what thing, action string, changes map[string]audit.Change) store.Op {
	ev := audit.Event{Object: singular[what.kind] + ":" + idText(what.ID), Changes: changes}
	action = singular[what.kind] + "." + action
	if v.ID != 0 {
		ev.Target = what.Assignee
		return org.Audited(ctx, action, actor, v.ID, ev)
	}
	m := api.From(ctx)
	ev.Action, ev.Actor, ev.Target, ev.Network, ev.Agent, ev.Request = action, actor, cmp.Or(owner, actor), m.Network, m.Agent, m.Request
	return audit.Row(m.Now, ev)
}

// singular names one of a kind, as the decision endpoint does.
var singular = map[string]string{projects: "project", tasks: "task", jobs: "job", clouds: "cloudstorage"}

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

// emptied are the deletions of what is counted of the jobs of a task that has none.
func emptied(kind string, id int64) (ops []store.Op) {
	if kind == tasks {
		for _, what := range jobCounts[1:] {
			ops = append(ops, store.Delete(jobsKey(id, what), store.Always))
		}
	}
	return ops
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
