package workspace

import (
	"slices"

	"gatehouse/internal/store"
)

// thing is a project, a task, a job or a cloud storage, as lists and counters see it.
// Zero is one that is not there.
type thing struct {
	kind  string
	org   int64 // whose roster it is in; 0: the personal ones
	scope Scope // where it counts; zero: nowhere
	in    int64 // project of a job's task
	mover int64 // who moved a project, as long as something below follows it
	Row
}

func (p Project) scope() Scope { return scopeOf(p.Org, p.Owner) }

func (p Project) thing() thing {
	return thing{projects, p.Org, p.scope(), 0, p.Mover, Row{ID: p.ID, Name: p.Name, Owner: p.Owner, Assignee: p.Assignee, Updated: p.Updated, Moves: p.Moves}}
}

// scope is where a task counts: with its project, as that is stored.
func (t Task) scope(stored Project) Scope {
	if t.Project != 0 {
		return stored.scope()
	}
	return scopeOf(t.Org, t.Owner)
}

func (t Task) thing(stored Project) thing {
	return thing{tasks, t.Org, t.scope(stored), 0, 0, Row{ID: t.ID, Name: t.Name, Owner: t.Owner, Assignee: t.Assignee, Project: t.Project, Subset: t.Subset, Updated: t.Updated, Moves: t.top(), Clouds: t.clouds()}}
}

// clouds are the cloud storages that a task uses.
func (t Task) clouds() (ids []int64) {
	for _, id := range []int64{t.Data, t.Source.Cloud, t.Target.Cloud} {
		if id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (j Job) thing(t Task, stored Project) thing {
	return thing{jobs, j.Org, t.scope(stored), t.Project, 0, Row{ID: j.ID, Assignee: j.Assignee, Task: j.Task, Stage: j.Stage, State: j.State, Updated: j.Updated, Moves: j.Seen}}
}

func (c Cloud) thing() thing {
	return thing{clouds, c.Org, scopeOf(c.Org, c.Owner), 0, 0, Row{ID: c.ID, Name: c.Name, Owner: c.Owner, Provider: c.Provider, Resource: c.Resource, Kind: c.Kind, About: c.About, Updated: c.Updated}}
}

// people are who has a stake in it, or finds what is below it by it.
func (t thing) people() (uids []int64) {
	for _, uid := range []int64{t.Owner, t.Assignee, t.mover} {
		if uid != 0 && !slices.Contains(uids, uid) {
			uids = append(uids, uid)
		}
	}
	return uids
}

func (t thing) rosterKey() store.Key { return rosterKey(t.kind, t.org, t.ID) }

// part is where it is listed below what it belongs to; false if it stands at the top.
func (t thing) part() (store.Key, bool) {
	if t.ID == 0 || t.Project == 0 && t.Task == 0 {
		return store.Key{}, false
	}
	return partKey(t.Row), true
}

// ledger are the writes that keep lists, stakes and counters in step with a thing
// that was before and is after. They belong into the transaction that writes it, on
// the version that before was read in. most bounds what there may be afterwards
// where after is; 0 is no bound.
func ledger(before, after thing, most int64) (ops []store.Op) {
	put := func(k store.Key, kind store.Kind[Row]) { ops = append(ops, kind.Put(k, after.Row, store.Always)) }
	if before.ID != 0 && (after.ID == 0 || before.rosterKey() != after.rosterKey()) {
		ops = append(ops, store.Delete(before.rosterKey(), store.Always))
	}
	if after.ID != 0 {
		put(after.rosterKey(), Rows)
	}
	was, had := before.part()
	is, has := after.part()
	if had && was != is {
		ops = append(ops, store.Delete(was, store.Always))
	}
	if has {
		put(is, Parts)
	}
	return slices.Concat(ops, moveStakes(before, after), moveCounts(before, after, most), moveParts(before, after))
}

func moveStakes(before, after thing) (ops []store.Op) {
	had, has := before.people(), after.people()
	for _, uid := range had {
		if !slices.Contains(has, uid) {
			ops = append(ops, store.Delete(stakeKey(uid, before.kind, before.ID), store.Always))
		}
	}
	for _, uid := range has {
		if !slices.Contains(had, uid) {
			ops = append(ops, stakes.Put(stakeKey(uid, after.kind, after.ID), stake{}, store.Always))
		}
	}
	return ops
}

func moveCounts(before, after thing, most int64) (ops []store.Op) {
	if before.scope == after.scope {
		return nil
	}
	if before.scope != (Scope{}) {
		ops = append(ops, add(before.scope.countKey(before.kind), -1, 0))
	}
	if after.scope != (Scope{}) {
		ops = append(ops, add(after.scope.countKey(after.kind), 1, most))
	}
	return ops
}

// moveParts counts tasks in their project and jobs in their task.
func moveParts(before, after thing) (ops []store.Op) {
	counts := map[store.Key]int64{}
	for t, n := range map[*thing]int64{&before: -1, &after: 1} {
		for _, k := range t.countedIn() {
			counts[k] += n
		}
	}
	for k, n := range counts {
		if n != 0 {
			ops = append(ops, add(k, n, 0))
		}
	}
	slices.SortFunc(ops, func(a, b store.Op) int { return compareKeys(a.Key, b.Key) })
	return ops
}

func (t thing) countedIn() []store.Key {
	switch {
	case t.ID == 0:
		return nil
	case t.kind == tasks && t.Project != 0:
		return []store.Key{tasksKey(t.Project)}
	case t.kind == jobs:
		keys := []store.Key{jobsKey(t.Task, allJobs)}
		if t.in != 0 {
			keys = append(keys, projectJobsKey(t.in))
		}
		if t.Stage == Annotation || t.Stage == Validation {
			keys = append(keys, jobsKey(t.Task, t.Stage))
		}
		if t.Stage == Acceptance && t.State == Completed {
			keys = append(keys, jobsKey(t.Task, Completed))
		}
		return keys
	}
	return nil
}
