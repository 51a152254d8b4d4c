package faults

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// workers is how many runs of a scenario are under way at once: most of them wait,
// as repeated calls of the store do.
const workers = 32

// each calls do for all of list, several at once.
func each[T any](list []T, do func(T)) {
	queue := make(chan T)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for v := range queue {
				do(v)
			}
		})
	}
	for _, v := range list {
		queue <- v
	}
	close(queue)
	wg.Wait()
}

// faultsOf are all faults of a request that makes some calls.
func faultsOf(calls []string) []fault {
	all := []fault{{0, lostReply}}
	for n, call := range calls {
		for _, m := range modesOf(call) {
			all = append(all, fault{n + 1, m})
		}
	}
	return all
}

// singles tries every fault, and says how many there are.
func (s *sweep) singles() int {
	plans := faultsOf(s.names)
	each(plans, func(f fault) { s.run(1, f) })
	return len(plans)
}

// pair is a fault in the first try and one in the second, and how many pairs are the
// same by construction: those of modes that a call does not tell apart.
type pair struct {
	first, second fault
	same          int
}

// pairPlan is, for every fault after which a client repeats, every fault in the
// repetition. Pairs that are the same come once.
func (s *sweep) pairPlan() (plans []*pair) {
	found := map[[2]fault]*pair{}
	byPlace := func(a, b fault) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.mode, b.mode)) }
	for _, f := range slices.SortedFunc(maps.Keys(s.second), byPlace) {
		for _, g := range faultsOf(s.second[f]) {
			key := [2]fault{f.plain(s.names), g.plain(s.second[f])}
			if found[key] == nil {
				found[key] = &pair{first: f, second: g}
				plans = append(plans, found[key])
			}
			found[key].same++
		}
	}
	return plans
}

// pairs tries them.
func (s *sweep) pairs(plans []*pair) {
	each(plans, func(p *pair) { s.run(p.same, p.first, p.second) })
}
