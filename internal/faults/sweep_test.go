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
	young bool     // no key has been made yet to sign with
	again []int    // further honest answers to a repetition
	extra []string // beginnings of lines that every try may leave once more
	// What a wrong clock may honestly do: refuse with one of some answers what is
	// asked again later, and leave lines once more that begin so.
	refused []int
	skewed  []string
	// A repetition by a clock that is ahead may end as one that comes so late, and is
	// refused.
	lapses bool
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
	base   *base
	exact  yardstick
	dated  yardstick // for runs in which a clock is wrong
	lapsed yardstick // for those in which it makes a repetition come too late
	names  []string  // of the calls of the clean run
	made   sync.Map  // lines of the items of the base, by version

	mu      sync.Mutex
	runs    int
	bad     []string
	matched map[string]int     // of scenario.known: runs
	second  map[fault][]string // calls of the repetition, for each fault after which a client repeats
}

const tries = 3

// begin makes the clean runs: two that must not differ, and one at another time.
func (s *sweep) begin() error {
	first, err := s.cleanRun(0)
	if err != nil {
		return err
	}
	second, err := s.cleanRun(10 * s.pause) // no moment of this is one of another run
	if err != nil {
		return err
	}
	third, err := s.cleanRun(10*s.pause + apart)
	if err != nil {
		return err
	}
	s.matched, s.second = map[string]int{}, map[fault][]string{}
	s.exact, s.dated = newYardstick(false, first, second), newYardstick(true, first, second, third)
	if extra, missing := s.exact.compare(second.lines); len(extra)+len(missing) > 0 {
		return fmt.Errorf("two clean runs differ: %q, %q", extra, missing)
	}
	if extra, missing := s.dated.compare(third.lines); len(extra)+len(missing) > 0 {
		return fmt.Errorf("two clean runs at different times differ: %q, %q", extra, missing)
	}
	if s.lapses {
		return s.beginLapsed()
	}
	return nil
}

// beginLapsed makes the run in which the repetition does come too late.
func (s *sweep) beginLapsed() error {
	var runs []end
	for _, later := range []time.Duration{0, apart} {
		w, err := s.base.fresh(later)
		if err != nil {
			return err
		}
		if _, _, err = w.send(fault{}); err != nil {
			return err
		}
		w.now = w.now.Add(jumps[jumpedAhead])
		a, _, err := w.send(fault{})
		if err != nil {
			return err
		}
		lines, err := s.finish(w)
		if err != nil {
			return err
		}
		runs = append(runs, end{a.status, text(a), lines})
	}
	s.lapsed = newYardstick(true, runs...)
	return nil
}

// yard is what a run by a plan is held against.
func (s *sweep) yard(plan []fault) *yardstick {
	if slices.ContainsFunc(plan, fault.skews) {
		return &s.dated
	}
	return &s.exact
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
		if _, err := w.proc.Functions["outbox"].Invoke(w.base.Context(), []byte("{}")); err != nil {
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
