package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// redraws bounds how often a run is made once more in which two ids were drawn alike.
const redraws = 5

// late is how long mails and audit rows of a process whose clock was ahead may lie
// before they are due.
const late = 5 * time.Minute

// run tries a plan: a fault in the first try, perhaps one in the second, then none.
// It counts as many as are the same, or none if a fault of the plan was never met.
func (s *sweep) run(same int, plan ...fault) {
	r := &run{sweep: s, plan: plan}
	for range redraws {
		if r.bad, r.alike, r.yard = nil, false, s.yard(plan); !r.tries() {
			return
		}
		if !r.alike {
			break
		}
	}
	s.count(same, plan, r.bad)
}

// run is one run of a plan.
type run struct {
	*sweep
	plan  []fault
	yard  *yardstick
	bad   []string
	alike bool // ids that are different in the clean run were drawn alike
}

// tries makes all tries, and reports whether every fault was met.
func (r *run) tries() (met bool) {
	w, err := r.base.fresh(0)
	done := false
	for n := 0; err == nil && !done && n < len(r.plan)+tries; n++ {
		if n > 0 {
			w.now = w.now.Add(r.pause)
		}
		if done, met, err = r.try(w, n); err == nil && !met {
			return false
		}
	}
	if !done {
		r.bad = append(r.bad, "no repetition succeeds")
	}
	if err == nil {
		err = r.left(w)
	}
	if err != nil {
		r.bad = append(r.bad, err.Error())
	}
	return true
}

// try makes try n. It is done if the client does not repeat.
func (r *run) try(w *world, n int) (done, met bool, err error) {
	var f fault
	if n < len(r.plan) {
		f = r.plan[n]
	}
	a, hit, err := w.send(f)
	if err != nil || n < len(r.plan) && !hit {
		return false, false, err
	}
	if r.lapses && n > 0 && f.mode == jumpedAhead && a.status == r.lapsed.status {
		r.yard = &r.lapsed
	}
	refused := f.skews() && slices.Contains(r.refused, a.status)
	verdicts := []string{w.rules()}
	if !refused {
		verdicts = append(verdicts, r.judge(n, a, r.yard))
	}
	for _, what := range verdicts {
		if what != "" {
			r.bad = append(r.bad, fmt.Sprintf("try %d: %s", n+1, what))
		}
	}
	done = a.status != 0 && a.status < 500 && !refused
	if n == 1 && len(r.plan) == 1 {
		r.repeated(r.plan[0], w.lastNames)
	}
	return done, !done || n+1 >= len(r.plan), nil
}

// left says what is wrong with what is left at the end.
func (r *run) left(w *world) error {
	if r.untouched(w) {
		return nil
	}
	extra := r.extra
	if r.yard.undated {
		w.now = w.now.Add(late)
		extra = slices.Concat(extra, r.skewed)
	}
	all, err := r.finish(w)
	if err != nil {
		return err
	}
	bad := r.yard.differs(all, extra)
	r.alike = len(bad) > 0 && r.yard.alike(all)
	r.bad = append(r.bad, bad...)
	if r.pause > 0 { // what is no request may be at work on the chains
		r.bad = append(r.bad, w.chained()...)
	}
	return nil
}

// repeated notes the calls of the repetition after fault f.
func (s *sweep) repeated(f fault, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.second[f] = names
}

// count notes a run. One in which something shows that is known is not looked at
// any further.
func (s *sweep) count(same int, plan []fault, bad []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs += same
	for _, k := range s.known {
		if slices.ContainsFunc(bad, func(text string) bool { return strings.Contains(text, k) }) {
			s.matched[k] += same
			return
		}
	}
	for _, text := range bad {
		where := named(plan[0], s.names)
		if len(plan) > 1 {
			where += ", then " + named(plan[1], s.second[plan[0]])
		}
		s.bad = append(s.bad, where+": "+text)
	}
}

// named is a fault with the name of its call.
func named(f fault, calls []string) string {
	if f.at == 0 || f.at > len(calls) {
		return f.String()
	}
	return fmt.Sprintf("%s (%s)", f, calls[f.at-1])
}
