package app_test

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/app"
)

// match is a set of operations that are played at once.
type match struct {
	ops     []operation
	full    bool // in every order too, not only in those that can differ
	crashes bool
	made    made // nil: the product's own
}

func (m match) name() string {
	var names []string
	for _, o := range m.ops {
		names = append(names, o.name)
	}
	if m.crashes {
		return crashName + strings.Join(names, " | ")
	}
	return strings.Join(names, " | ")
}

// jobs reports whether a job is among the operations: what one leaves is done later.
func (m match) jobs() bool {
	return slices.ContainsFunc(m.ops, func(o operation) bool { return o.job != "" })
}

func (m match) functions() made {
	if m.made != nil {
		return m.made
	}
	return app.Functions()
}

// outcome is what became of a match.
type outcome struct {
	name   string
	orders int
	brief  int // of those that can differ
	// redrawn is how many orders went another way than the time before, by chance.
	redrawn int
	bad     []string
	apart   map[string]int  // orders that end as none without overlap does, by why that is fine
	ends    map[string]bool // answers and what is left, that were found
}

// referee plays matches. It may be used by several at a time.
type referee struct {
	*judge
	all bool // looks at everything after every order
}

const mostBad = 3

// play plays all orders of a match.
func (f *referee) play(m match) (out outcome) {
	out = outcome{name: m.name(), apart: map[string]int{}, ends: map[string]bool{}}
	s, err := f.serially(m)
	if err != nil {
		out.bad = append(out.bad, err.Error())
		return out
	}
	f.explore(m, s, !m.crashes, &out)
	out.brief = out.orders
	if few := len(out.ends); m.full && len(out.bad) == 0 {
		out.apart = map[string]int{}
		f.explore(m, s, false, &out)
		if len(out.ends) != few {
			out.bad = append(out.bad, fmt.Sprintf("%s: all orders have %d ends, those that can differ %d", out.name, len(out.ends), few))
		}
	}
	return out
}

// explore plays all orders, or those that can differ.
func (f *referee) explore(m match, s serial, brief bool, out *outcome) {
	x := &explorer{scene: f.scene, functions: m.functions(), ops: m.ops, brief: brief, crashes: m.crashes}
	orders, err := x.each(func(o *order) bool {
		bad, e := f.verdict(m, s, o, out.apart)
		out.ends[e.String()] = true
		if len(bad) > 0 {
			out.bad = append(out.bad, fmt.Sprintf("%s\n\t%s\n\t%v", out.name, strings.Join(bad, "\n\t"), o))
		}
		return len(out.bad) < mostBad
	})
	out.orders, out.redrawn = max(out.orders, orders), out.redrawn+x.redrawn
	if err != nil {
		out.bad = append(out.bad, out.name+": "+err.Error())
	}
}

// verdict says what is wrong with an order.
func (f *referee) verdict(m match, s serial, o *order, apart map[string]int) (bad []string, e ending) {
	for n, status := range o.statuses {
		if status >= 500 {
			bad = append(bad, fmt.Sprintf("%s gets %d", m.ops[n].name, status))
		}
	}
	bad = append(bad, f.rules(o.run)...)
	bad = append(bad, tooMany(m, o.statuses)...)
	left, err := f.end(m, o)
	if err != nil {
		return append(bad, err.Error()), e
	}
	if m.jobs() {
		bad = append(bad, f.rules(o.run)...)
	}
	e = ending{o.statuses, left.text(s.words...)}
	if s.has(e) {
		return bad, e
	}
	if why := s.excuse(m, o, e); why != "" {
		apart[why]++
		return bad, e
	}
	return append(bad, s.apart(e)...), e
}

func (f *referee) rules(r *run) []string {
	bad := append(f.broken(r), f.owned(r)...)
	if f.all {
		if all := f.brokenAnywhere(r); !slices.Equal(all, f.broken(r)) {
			bad = append(bad, append(all, "(seen only by looking at everything)")...)
		}
	}
	return bad
}
