package app_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/org"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// judge holds the end of an order against the rules of package check. Of the scene
// every item was found in order, so it looks at those alone that an order has
// written, that rest on what it has written, or that are counted.
type judge struct {
	scene   *scene
	resting map[store.Key][]store.Key // by what was read when the item was judged
	asking  map[store.Key][]store.Query
	counted []store.Key
}

// some is a table of which the first scan sees a few items. Another counts once more, and
// sees all.
type some struct {
	*turn
	scanned []store.Item
	again   bool
}

// Scan implements store.Scanner.
func (s *some) Scan(context.Context, store.Key, int) ([]store.Item, store.Key, error) {
	if s.again {
		return s.All(), store.Key{}, nil
	}
	s.again = true
	return s.scanned, store.Key{}, nil
}

// countedKinds are those of counters, and of what they count.
var countedKinds = []string{tenant.States.Name, tenant.Members.Name, org.Invitations.Name, "organization-count", "owned-count",
	workspace.Projects.Name, workspace.Tasks.Name, workspace.Jobs.Name, workspace.Clouds.Name, workspace.Records.Count}

// newJudge notes what every item of the scene rests on.
func newJudge(s *scene) (*judge, error) {
	j := &judge{scene: s, resting: map[store.Key][]store.Key{}, asking: map[store.Key][]store.Query{}}
	for _, it := range s.items.All() {
		if slices.Contains(countedKinds, it.Kind) {
			j.counted = append(j.counted, it.Key)
		}
		seen := &footprint{}
		one := &some{turn: &turn{Memory: s.items, seen: seen}, scanned: []store.Item{it}}
		found, err := check.Run(s.Context(), store.New(one, s.Clock.Now), nil)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return nil, fmt.Errorf("the scene is broken: %v", found)
		}
		for k := range seen.reads {
			j.resting[k] = append(j.resting[k], it.Key)
		}
		if len(seen.queries) > 0 {
			j.asking[it.Key] = seen.queries
		}
	}
	return j, nil
}

// touched are the items that can be out of order after what a run has written.
func (j *judge) touched(r *run) []store.Item {
	keys := map[store.Key]bool{}
	for _, k := range j.counted {
		keys[k] = true
	}
	for written := range r.wrote {
		keys[written] = true
		for _, k := range j.resting[written] {
			keys[k] = true
		}
	}
	for k, queries := range j.asking {
		for _, q := range queries {
			for written := range r.wrote {
				if within(q, written) {
					keys[k] = true
				}
			}
		}
	}
	var items []store.Item
	for k := range keys {
		if it := r.At(k); it.Version != 0 {
			items = append(items, it)
		}
	}
	return items
}

// broken says which rules do not hold. In the scene nobody changes how many seats
// there are, so more than that is wrong too.
func (j *judge) broken(r *run) (bad []string) {
	return j.run(&some{turn: r.turn, scanned: j.touched(r)})
}

// brokenAnywhere is the same by looking at everything.
func (j *judge) brokenAnywhere(r *run) (bad []string) { return j.run(r.turn) }

func (j *judge) run(d store.Driver) (bad []string) {
	found, err := check.Run(j.scene.Context(), store.New(d, j.scene.Clock.Now), nil)
	if err != nil {
		bad = append(bad, err.Error())
	}
	for _, v := range found {
		bad = append(bad, v.String())
	}
	slices.Sort(bad)
	return bad
}

// owned says what is wrong with the organization: whether it lives without an owner
// who is there, though an administrator may have disabled them, and whether its counters are what its rows say.
func (j *judge) owned(r *run) (bad []string) {
	w := &apptest.World{TB: j.scene.TB, Parts: &app.Parts{Table: r.table}}
	items, err := r.table.Get(w.Context(), tenant.Key(j.scene.acme.ID))
	if err != nil {
		return []string{err.Error()}
	}
	st, err := tenant.States.Of(items[0])
	if err != nil || st.State != tenant.Active {
		return nil
	}
	if status, m := ownerOf(j.scene.t, w, st); status != "active" && status != "disabled" || m.Role != "owner" {
		bad = append(bad, fmt.Sprintf("the organization has owner %d, whose account is %s and who is %q in it", st.Owner, status, m.Role))
	}
	if members, open, seats, joined := counted(w, st.ID); seats != members+open || joined != members {
		bad = append(bad, fmt.Sprintf("%d members and %d open invitations, but counted %d seats and %d members", members, open, seats, joined))
	}
	return bad
}

// ordered are the keys of a set.
func ordered[V any](set map[string]V) []string { return slices.Sorted(maps.Keys(set)) }
