package faults

import (
	"maps"
	"slices"
	"sync"
)

// workers is how many runs of a scenario are under way at once: most of them wait,
// as repeated calls of the store do.
const workers = 8

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

// singles tries every fault.
func (s *sweep) singles() {
	plans := []fault{{0, lostReply}}
	for n := range s.names {
		for _, m := range modes {
			plans = append(plans, fault{n + 1, m})
		}
	}
	each(plans, func(f fault) { s.run(f) })
}

// pairs tries, for every fault after which a client repeats, every fault in the
// repetition.
func (s *sweep) pairs() {
	each(slices.Collect(maps.Keys(s.retried)), func(f fault) {
		s.run(f, fault{0, lostReply})
		for n := 1; ; n++ {
			met := false
			for _, m := range modes {
				met = s.run(f, fault{n, m}) || met
			}
			if !met {
				return
			}
		}
	})
}
