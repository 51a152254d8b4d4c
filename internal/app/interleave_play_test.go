package app_test

import (
	"context"
	"fmt"
	"strings"
)

// step is one choice of an order: which request goes on, or dies, and the call that
// it was about to make.
type step struct {
	thread int
	dies   bool
	call   footprint
}

func (s step) String() string {
	if s.dies {
		return fmt.Sprintf("%d dies before %s", s.thread, s.call.name)
	}
	return fmt.Sprintf("%d %s", s.thread, s.call.name)
}

// order is one order of the calls of some operations, played to its end.
type order struct {
	steps    []step
	statuses []int // 0 of one whose process has died
	run      *run
}

func (o *order) String() string {
	var all []string
	for _, s := range o.steps {
		all = append(all, s.String())
	}
	return fmt.Sprintf("answers %v in the order\n\t\t%s", o.statuses, strings.Join(all, "\n\t\t"))
}

// chooser says who of those that wait goes on. ok is false if nothing that comes can
// be new.
type chooser func(done []step, waiting map[int]footprint) (next step, ok bool)

// play runs operations at once, one call at a time as choose says. It gives nil if
// the order was not played to its end.
func (s *scene) play(functions made, ops []operation, choose chooser) *order {
	o := &order{run: s.start(functions), statuses: make([]int, len(ops))}
	r := o.run
	r.on, r.gone = true, map[int]bool{}
	for n, op := range ops {
		ctx := context.WithValue(s.Context(), threadKey{}, n)
		go func() {
			o.statuses[n] = r.do(ctx, op)
			r.events <- event{thread: n}
		}()
	}
	waiting, calls, played := map[int]chan struct{}{}, map[int]footprint{}, true
	for running, live := len(ops), len(ops); live > 0; running++ {
		for ; running > 0; running-- {
			e := <-r.events
			if e.grant == nil {
				live--
				continue
			}
			waiting[e.thread], calls[e.thread] = e.grant, e.next
		}
		if live == 0 {
			break
		}
		next, ok := choose(o.steps, calls)
		if !ok { // let all of them end
			played, choose = false, first
			next, _ = first(nil, calls)
		}
		next.call = calls[next.thread]
		o.steps = append(o.steps, next)
		if next.dies {
			r.gone[next.thread] = true
		}
		grant := waiting[next.thread]
		delete(waiting, next.thread)
		delete(calls, next.thread)
		close(grant)
	}
	r.on = false
	for n := range r.gone {
		o.statuses[n] = 0
	}
	if !played {
		return nil
	}
	return o
}

// first lets the first go on until it has ended, then the next.
func first(_ []step, waiting map[int]footprint) (step, bool) {
	least := -1
	for n := range waiting {
		if least < 0 || n < least {
			least = n
		}
	}
	return step{thread: least}, true
}

// oneByOne plays operations without any overlap, in the order in which threads are given.
func oneByOne(threads ...int) chooser {
	return func(_ []step, waiting map[int]footprint) (step, bool) {
		for _, n := range threads {
			if _, ok := waiting[n]; ok {
				return step{thread: n}, true
			}
		}
		return step{}, false
	}
}
