package check

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// workTally is what a scan has seen of what people work on, and of its counters.
type workTally struct {
	projects map[int64]workspace.Project
	tasks    map[int64]workspace.Task
	jobs     map[int64]workspace.Job
	clouds   map[int64]workspace.Cloud
	counters map[store.Key]store.Item
}

func newWorkTally() workTally {
	return workTally{map[int64]workspace.Project{}, map[int64]workspace.Task{}, map[int64]workspace.Job{}, map[int64]workspace.Cloud{}, map[store.Key]store.Item{}}
}

// add takes an item up. One that cannot be read is reported elsewhere.
func (t *workTally) add(it store.Item) {
	switch it.Kind {
	case workspace.Projects.Name:
		if p, err := workspace.Projects.Of(it); err == nil {
			p.Matches = nil
			t.projects[p.ID] = p
		}
	case workspace.Tasks.Name:
		if k, err := workspace.Tasks.Of(it); err == nil {
			t.tasks[k.ID] = workspace.Task{ID: k.ID, Project: k.Project, Org: k.Org, Owner: k.Owner, Gone: k.Gone}
		}
	case workspace.Jobs.Name:
		if j, err := workspace.Jobs.Of(it); err == nil {
			t.jobs[j.ID] = workspace.Job{ID: j.ID, Task: j.Task, Stage: j.Stage, State: j.State}
		}
	case workspace.Clouds.Name:
		if c, err := workspace.Clouds.Of(it); err == nil {
			t.clouds[c.ID] = workspace.Cloud{ID: c.ID, Org: c.Org, Owner: c.Owner}
		}
	case workspace.Records.Count:
		t.counters[it.Key] = store.Item{Key: it.Key, Version: it.Version, Counts: it.Counts}
	}
}

// counts are what the counters should hold. Those of what is gone are left out.
func (t *workTally) counts() map[store.Key]int64 {
	n := map[store.Key]int64{}
	note := func(kind string, tr workspace.Trace) {
		if tr.Scope != (workspace.Scope{}) {
			n[tr.Scope.CountKey(kind)]++
		}
		for _, k := range tr.Counts {
			n[k]++
		}
	}
	for _, p := range t.projects {
		if !p.Gone {
			note(workspace.Kinds.Projects, p.Trace())
		}
	}
	for _, c := range t.clouds {
		note(workspace.Kinds.Clouds, c.Trace())
	}
	gone := func(k workspace.Task) bool { return k.Gone || t.projects[k.Project].Gone }
	for _, k := range t.tasks {
		if !gone(k) {
			note(workspace.Kinds.Tasks, k.Trace(t.projects[k.Project]))
		}
	}
	for _, j := range t.jobs {
		if k := t.tasks[j.Task]; !gone(k) {
			note(workspace.Kinds.Jobs, j.Trace(k, t.projects[k.Project]))
		}
	}
	return n
}

// remains reports whether a counter belongs to something that is gone, and says
// nothing any more.
func (t *workTally) remains(k store.Key) bool {
	if id, ok := number(k.PK, "PRJ#"); ok {
		return t.projects[id].Gone
	}
	id, ok := number(k.PK, "TSK#")
	return ok && (t.tasks[id].Gone || t.projects[t.tasks[id].Project].Gone)
}

// wrong are the counters that do not hold what they should.
func (t *workTally) wrong() (found []Violation) {
	want := t.counts()
	keys := maps.Clone(want)
	for k := range t.counters {
		keys[k] += 0
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), func(a, b store.Key) int { return slices.Compare([]string{a.PK, a.SK}, []string{b.PK, b.SK}) }) {
		if is := tenant.Count(t.counters[k]); is != want[k] && is >= 0 && !t.remains(k) {
			found = append(found, Violation{WorkCount, k, fmt.Sprintf("it counts %d; there are %d", is, want[k])})
		}
	}
	return found
}

// settleWork judges the counters of what people work on. If some seem wrong all are
// counted again, and a counter counts as wrong if it stood still all the while.
func (c *checker) settleWork(ctx context.Context) ([]Violation, error) {
	suspects := c.tally.work.wrong()
	for n := 0; len(suspects) > 0 && n < confirmations; n++ {
		keys := make([]store.Key, len(suspects))
		for i, v := range suspects {
			keys[i] = v.Key
		}
		before, err := c.t.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		t := newWorkTally()
		for after := (store.Key{}); ; {
			items, next, err := c.t.Scan(ctx, after, pageSize)
			if err != nil {
				return nil, err
			}
			for _, it := range items {
				t.add(it)
			}
			if after = next; after == (store.Key{}) {
				break
			}
		}
		again, err := c.t.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		still := map[store.Key]bool{}
		for i, k := range keys {
			still[k] = before[i].Version == again[i].Version
		}
		found := t.wrong()
		suspects = slices.DeleteFunc(slices.Clone(found), func(v Violation) bool { return still[v.Key] })
		if len(suspects) == 0 {
			return found, nil
		}
	}
	return nil, nil
}
