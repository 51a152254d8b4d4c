package app_test

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
)

// TestInterleavings plays every two operations that share a key, at once, in the
// orders of their calls of the store, each of which must end as one after the other
// would. Which share a key is told by what each reads and writes alone: of two that
// share none, each does the same whatever the other does.
//
// A pair is played in the orders that can differ (brief), and if there are not too
// many also in all (full); both must come to the same ends. With GATEHOUSE_FAULTS
//
//	unset  pairs of at most fewCalls calls, brief
//	on     all pairs, brief; those of at most someOrders orders, full; triples, brief; pairs of at most someCalls calls with a crash
//	long   those of at most manyOrders orders, full; all pairs with a crash; and looks at the whole table each time
//
// What is not played is named.
func TestInterleavings(t *testing.T) {
	started := time.Now()
	s := setScene(t)
	j, err := newJudge(s)
	if err != nil {
		t.Fatal(err)
	}
	mode := os.Getenv("GATEHOUSE_FAULTS")
	f := &referee{judge: j, all: mode == "long"}
	ops := s.operations()
	everyRoute(t, ops)
	pairs := s.pairs(t, ops)
	results := f.playAll(s.plan(pairs, mode))
	for _, r := range results {
		for _, b := range r.bad {
			t.Errorf("%s", b)
		}
	}
	report(t, pairs, results, time.Since(started))
	if !t.Failed() {
		holdOrders(t, pairs, results)
	}
}

// Bounds of the modes. fewCalls is of both operations alone, together.
const (
	fewCalls   = 7
	someCalls  = 9
	someOrders = 126
	manyOrders = 2_000
)

// pair is two operations that share a key, and how many calls each makes alone.
type pair struct {
	match
	calls [2]int64
}

// all is how many orders there are if no call depends on another.
func (p pair) all() *big.Int { return new(big.Int).Binomial(p.calls[0]+p.calls[1], p.calls[0]) }

// pairs are all that share a key.
func (s *scene) pairs(t *testing.T, ops []operation) (all []pair) {
	t.Helper()
	prints := make([]footprint, len(ops))
	for n, o := range ops {
		r := s.start(app.Functions())
		r.seen = &prints[n]
		if status := r.do(t.Context(), o); status >= 500 {
			t.Fatalf("%s alone gets %d", o.name, status)
		}
	}
	for i := range ops {
		for j := i; j < len(ops); j++ {
			if prints[i].shares(prints[j]) {
				all = append(all, pair{match{ops: []operation{ops[i], ops[j]}}, [2]int64{prints[i].calls, prints[j].calls}})
			}
		}
	}
	return all
}

// plan says what is played in a mode.
func (s *scene) plan(pairs []pair, mode string) (all []match) {
	most := map[string]int64{"on": someOrders, "long": manyOrders}[mode]
	for _, p := range pairs {
		m := p.match
		switch {
		case mode == "" && p.calls[0]+p.calls[1] > fewCalls, mode != "long" && m.name() == longest:
			continue
		case p.all().Cmp(big.NewInt(most)) <= 0:
			m.full = true
		}
		all = append(all, m)
	}
	switch mode {
	case "on":
		all = slices.Concat(all, s.triples(), s.crashing(pairs, someCalls))
	case "long":
		all = slices.Concat(all, s.triples(), s.crashing(pairs, math.MaxInt64))
	}
	return all
}

// longest has by far the most orders that can differ.
var longest = strings.Repeat(`job sweep {"job":"erase"} | `, 2)[:len(`job sweep {"job":"erase"}`)*2+3]

// players is how many orders are played at once.
const players = 4

// playAll plays matches, and gives the results in their order.
func (f *referee) playAll(matches []match) []outcome {
	results := make([]outcome, len(matches))
	queue := make(chan int)
	var wg sync.WaitGroup
	for range players {
		wg.Go(func() {
			for n := range queue {
				r := f.play(matches[n])
				results[n] = r
				fmt.Printf("interleavings: %-64s %6d orders%s\n", r.name, r.orders, r.notes())
			}
		})
	}
	for n := range matches {
		queue <- n
	}
	close(queue)
	wg.Wait()
	return results
}

// everyRoute fails for a route that changes something, or a schedule, without an
// operation, and for an operation of none.
func everyRoute(t *testing.T, ops []operation) {
	t.Helper()
	table, err := apptest.Template()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range table.Routes {
		if !strings.HasPrefix(r.Key, "GET ") && r.Key != "$default" {
			want = append(want, r.Key)
		}
	}
	for _, c := range table.Schedules {
		want = append(want, c.Function+" "+c.Input)
	}
	names := map[string]bool{}
	for _, o := range ops {
		if names[o.name] {
			t.Errorf("two operations are called %q", o.name)
		}
		names[o.name] = true
		if !slices.Contains(want, o.route) {
			t.Errorf("%s: %s is no route that changes something", o.name, o.route)
		}
	}
	for _, route := range want {
		if !slices.ContainsFunc(ops, func(o operation) bool { return o.route == route }) {
			t.Errorf("%s has no operation", route)
		}
	}
}
