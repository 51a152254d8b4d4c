package app_test

import (
	"fmt"
	"slices"
)

// point is a place in the tree of orders: what can be chosen there, and what is.
type point struct {
	options []step
	at      int
}

// explorer goes through all orders of some operations, depth first. If it is to be
// brief, it leaves out an order that differs from another only in neighbouring calls
// that share no key, which no request and no end can tell apart (sleep sets, after
// Godefroid). With crashes, each request may also die before any of its calls, one
// in each order.
type explorer struct {
	scene     *scene
	functions made
	ops       []operation
	brief     bool
	crashes   bool

	path []point
	anew int // how often all began anew
	// redrawn is in how many orders a call was another than the time before.
	redrawn int
}

// A row that is put elsewhere at random, as queues do, lets a job take another way: what
// was chosen fits no more. Then all begins anew, a few times; and if chance is against
// that, what fits no more is chosen afresh, for so many orders.
const (
	mostAnew    = 5
	mostRedrawn = 500
)

// each plays every order. It ends early when look says so.
func (x *explorer) each(look func(*order) (goOn bool)) (orders int, err error) {
	for {
		depth := 0
		var asleep []step // whose going on first was tried already, and is nothing new
		o := x.scene.play(x.functions, x.ops, func(done []step, waiting map[int]footprint) (step, bool) {
			if depth == len(x.path) {
				p := point{options: x.options(done, waiting, asleep)}
				if len(p.options) == 0 {
					return step{}, false
				}
				x.path = append(x.path, p)
			}
			p := x.path[depth]
			depth++
			next := p.options[p.at]
			call, ok := waiting[next.thread]
			if !ok && x.anew > mostAnew && x.redrawn < mostRedrawn {
				x.redrawn++
				p = point{options: x.options(done, waiting, asleep)}
				if x.path = x.path[:depth-1]; len(p.options) == 0 {
					return step{}, false
				}
				x.path, next = append(x.path, p), p.options[0]
				call, ok = waiting[next.thread], true
			}
			if !ok {
				err = fmt.Errorf("request %d does not wait where it did", next.thread)
				return step{}, false
			}
			if x.brief {
				asleep = stillAsleep(append(asleep, p.options[:p.at]...), waiting, call)
			}
			return next, true
		})
		if err != nil {
			if x.anew++; x.anew > mostAnew+1 {
				return orders, err
			}
			x.path, orders, err = nil, 0, nil
			continue
		}
		if o != nil {
			orders++
			if !look(o) {
				return orders, nil
			}
		}
		for len(x.path) > 0 && x.path[len(x.path)-1].at == len(x.path[len(x.path)-1].options)-1 {
			x.path = x.path[:len(x.path)-1]
		}
		if len(x.path) == 0 {
			return orders, nil
		}
		x.path[len(x.path)-1].at++
	}
}

// options are the choices at a point.
func (x *explorer) options(done []step, waiting map[int]footprint, asleep []step) (all []step) {
	died := slices.ContainsFunc(done, func(s step) bool { return s.dies })
	for n := range x.ops {
		if _, ok := waiting[n]; !ok || slices.ContainsFunc(asleep, func(s step) bool { return s.thread == n }) {
			continue
		}
		all = append(all, step{thread: n})
		if x.crashes && !died {
			all = append(all, step{thread: n, dies: true})
		}
	}
	return all
}

// stillAsleep are those of asleep whose call shares nothing with the one that goes on.
func stillAsleep(asleep []step, waiting map[int]footprint, call footprint) (all []step) {
	for _, s := range asleep {
		if !waiting[s.thread].shares(call) {
			all = append(all, s)
		}
	}
	return all
}
