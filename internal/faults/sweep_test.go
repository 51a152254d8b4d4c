package faults

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// scenario is a request, or an event, and what holds of its repetition.
type scenario struct {
	route string // line of routes.txt, or a function and its input
	name  string // tells cases of one route apart
	env   map[string]string
	set   func(s *stage) request

	waits bool     // mails and audit rows of the set-up are still to be seen to
	keyed bool     // is sent with an Idempotency-Key, and answers a repetition as the first time
	again []int    // further honest answers to a repetition
	extra []string // beginnings of lines that every try may leave once more
	// known are violations that are not to be forgiven, but to be repaired: each
	// must still be found, so that none outlives its repair.
	known []string
	pause time.Duration // before a repetition; times are then no part of the end
	ease  func(line string) string
	bugs  func(b *base) // for the tests of the sweep itself
}

func (c scenario) title() string { return strings.TrimSpace(c.route + " " + c.name) }

// end is what a run has left, and how it was answered.
type end struct {
	status int
	body   string
	lines  []string
}

// sweep is one scenario at work.
type sweep struct {
	scenario
	base  *base
	clean end
	known known
	names []string // of the calls of the clean run
	made  sync.Map // lines of the items of the base, by version
	want  []string // the normal form of the lines of the clean run
	loose []string // the loose form

	mu      sync.Mutex
	runs    int
	bad     []string
	matched map[string]int // of scenario.known: runs
	retried map[fault]bool // after which a client repeats
}

const tries = 3

// begin makes the clean runs.
func (s *sweep) begin() error {
	first, err := s.cleanRun(0)
	if err != nil {
		return err
	}
	second, err := s.cleanRun(10 * s.pause) // no moment of this is one of another run
	if err != nil {
		return err
	}
	s.clean, s.matched, s.retried = first, map[string]int{}, map[fault]bool{}
	s.known = knownOf(append(first.lines, first.body), append(second.lines, second.body))
	s.want, s.loose = s.known.normal(first.lines), s.known.loose(first.lines)
	if extra, missing := compare(s.want, s.known.normal(second.lines)); len(extra)+len(missing) > 0 {
		return fmt.Errorf("two clean runs differ: %q, %q", extra, missing)
	}
	return nil
}

func (s *sweep) cleanRun(later time.Duration) (e end, err error) {
	w, err := s.base.fresh(later)
	if err != nil {
		return e, err
	}
	w.judged = -1
	if bad := w.rules(); bad != "" {
		return e, fmt.Errorf("the base is broken: %s", bad)
	}
	a, _, err := w.send(fault{})
	if err != nil {
		return e, err
	}
	if a.status < 200 || a.status >= 400 {
		return e, fmt.Errorf("the clean run answers %d %s", a.status, a.body)
	}
	if strings.HasPrefix(s.route, "GET ") && w.in.Written() > 0 {
		return e, errors.New("reading changes the store")
	}
	s.names = w.lastNames
	if bad := w.rules(); bad != "" {
		return e, fmt.Errorf("the clean run ends broken: %s", bad)
	}
	e.lines, err = s.finish(w)
	if bad := w.chained(); len(bad) > 0 {
		return e, fmt.Errorf("the clean run ends broken: %s", bad)
	}
	e.status, e.body = a.status, text(a)
	return e, err
}

// finish lets the mails out and says what is left. A mail may go out twice, as long
// as it is the same one.
func (s *sweep) finish(w *world) ([]string, error) {
	w.now = w.now.Add(s.pause)
	for range 2 { // audit rows of what the first has done
		if _, err := w.proc.functions["outbox"].Invoke(w.base.Context(), []byte("{}")); err != nil {
			return nil, err
		}
	}
	all := append(s.lines(w.in.Memory.All()), letters(w.sent)...)
	if s.ease != nil {
		for i := range all {
			all[i] = s.ease(all[i])
		}
	}
	return all, nil
}

// untouched reports whether the store is as it was, for what is only read.
func (s *sweep) untouched(w *world) bool {
	return strings.HasPrefix(s.route, "GET ") && w.in.Written() == 0
}

// lines are those of items, made once of each version.
func (s *sweep) lines(items []store.Item) (all []string) {
	for _, it := range items {
		text, ok := s.made.Load(it.Version)
		if !ok {
			line, _ := line(it)
			text = line
			if base := s.base.items.At(it.Key); base.Version == it.Version {
				s.made.Store(it.Version, line)
			}
		}
		if text != "" {
			all = append(all, text.(string))
		}
	}
	return all
}

// letters are mails, each once.
func letters(sent []mail.Message) (all []string) {
	for _, m := range sent {
		if l := letter(m); !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all
}

// run tries a plan: a fault in the first try, perhaps one in the second, then none.
// It answers false, and counts nothing, if a fault of the plan was never met.
func (s *sweep) run(plan ...fault) (met bool) {
	w, err := s.base.fresh(0)
	var bad []string
	done := false
	for n := 0; err == nil && !done && n < len(plan)+tries; n++ {
		var f fault
		if n < len(plan) {
			f = plan[n]
		}
		if n > 0 {
			w.now = w.now.Add(s.pause)
		}
		a, hit, failed := w.send(f)
		if err = failed; n < len(plan) && !hit {
			return false
		}
		for _, what := range []string{s.judge(n, a), w.rules()} {
			if what != "" {
				bad = append(bad, fmt.Sprintf("try %d: %s", n+1, what))
			}
		}
		if done = a.status != 0 && a.status < 500; done && n+1 < len(plan) {
			return false
		}
		if n == 0 && !done {
			s.repeated(f)
		}
	}
	if !done {
		bad = append(bad, "no repetition succeeds")
	}
	if err == nil {
		var more []string
		more, err = s.left(w)
		bad = append(bad, more...)
	}
	if err != nil {
		bad = append(bad, err.Error())
	}
	s.count(plan, bad)
	return true
}

// left says what is wrong with what is left at the end of a run.
func (s *sweep) left(w *world) (bad []string, err error) {
	if s.untouched(w) {
		return nil, nil
	}
	all, err := s.finish(w)
	if err != nil {
		return nil, err
	}
	bad = s.differs(all)
	if s.pause > 0 { // what is no request may be at work on the chains
		bad = append(bad, w.chained()...)
	}
	return bad, nil
}

func (s *sweep) repeated(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retried[f] = true
}

// count notes a run. One in which something shows that is known is not looked at
// any further.
func (s *sweep) count(plan []fault, bad []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	for _, k := range s.scenario.known {
		if slices.ContainsFunc(bad, func(text string) bool { return strings.Contains(text, k) }) {
			s.matched[k]++
			return
		}
	}
	for _, text := range bad {
		where := fmt.Sprint(plan[0])
		if at := plan[0].at; at > 0 && at <= len(s.names) {
			where += " (" + s.names[at-1] + ")"
		}
		if len(plan) > 1 {
			where += ", then " + plan[1].String()
		}
		s.bad = append(s.bad, where+": "+text)
	}
}
