package app_test

import (
	"fmt"
	"slices"
)

// ending is how operations were answered, and what is left.
type ending struct {
	statuses []int
	text     string
}

func (e ending) String() string { return fmt.Sprint(e.statuses, "\n", e.text) }

// serial are the endings that come about without overlap, each in an order of the
// operations, and the words that are not drawn in them.
type serial struct {
	words   []map[string]bool
	orders  [][]int
	endings []ending
	missing [][]ending // those that come about when one operation never begins
}

// serially plays a match in each order without overlap, twice to know what is drawn.
func (f *referee) serially(m match) (s serial, err error) {
	s = serial{words: []map[string]bool{f.scene.words}, orders: permutations(len(m.ops))}
	var ends []end
	for _, threads := range s.orders {
		var twice [2]end
		for n := range twice {
			if twice[n], err = f.end(m, f.scene.play(m.functions(), m.ops, oneByOne(threads...))); err != nil {
				return s, err
			}
		}
		s.words, ends = append(s.words, common(twice[0], twice[1])), append(ends, twice[0])
	}
	for _, e := range ends {
		s.endings = append(s.endings, ending{e.statuses, e.text(s.words...)})
	}
	if m.crashes || len(m.ops) > 2 {
		return s, f.without(m, &s)
	}
	return s, nil
}

// without adds the endings that come about when an operation never begins.
func (f *referee) without(m match, s *serial) error {
	s.missing = make([][]ending, len(m.ops))
	for n := range m.ops {
		for _, threads := range s.orders {
			others := oneByOne(threads...)
			o := f.scene.play(m.functions(), m.ops, func(done []step, waiting map[int]footprint) (step, bool) {
				if _, ok := waiting[n]; ok {
					return step{thread: n, dies: true}, true
				}
				return others(done, waiting)
			})
			e, err := f.end(m, o)
			if err != nil {
				return err
			}
			s.missing[n] = append(s.missing[n], ending{e.statuses, e.text(s.words...)})
		}
	}
	return nil
}

// end is what an order has led to when the jobs, if one was played, have done what
// was left.
func (f *referee) end(m match, o *order) (end, error) {
	if m.jobs() {
		if err := o.run.settle(f.scene.Context()); err != nil {
			return end{}, err
		}
	}
	return o.run.end(o.statuses), nil
}

// permutations are the orders of n numbers.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := n - 1; at >= 0; at-- {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// has reports whether an ending comes about without overlap.
func (s serial) has(e ending) bool {
	return slices.ContainsFunc(s.endings, func(o ending) bool { return o.String() == e.String() })
}

// apart says how an ending differs from each that comes about without overlap.
func (s serial) apart(e ending) (lines []string) {
	lines = []string{"no order without overlap ends so"}
	for n, o := range s.endings {
		lines = append(lines, fmt.Sprintf("beside %v: answers %v", s.orders[n], o.statuses))
		for _, l := range unlike(e.text, o.text) {
			lines = append(lines, fmt.Sprintf("beside %v: %s", s.orders[n], l))
		}
	}
	return lines
}
