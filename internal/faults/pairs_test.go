package faults

import (
	"slices"
	"testing"
)

// TestPairsOnceFound tries those pairs in the short run too that have shown a bug:
// all of a mode at a kind of call in the first try, and of another in the second.
func TestPairsOnceFound(t *testing.T) {
	all := scenarios(t)
	for _, c := range []struct {
		title       string
		call, again string
		mode, then  mode
	}{
		// The answer said that there is no such invitation.
		{"POST /auth/invitation decline", callTransact, callKeys, crashAfter, throttled},
		// The session may end, as that of a stolen token, but in no other way.
		{"POST /api/auth/token/refresh", callTransact, callClock, crashAfter, jumpedAhead},
	} {
		at := slices.IndexFunc(all, func(s scenario) bool { return s.title() == c.title })
		if at < 0 {
			t.Fatalf("%s is no case", c.title)
		}
		s := &sweep{scenario: all[at], base: prepare(t, all[at])}
		if err := s.begin(); err != nil {
			t.Fatal(err)
		}
		pairs := 0
		for _, f := range faultsOf(s.names) {
			if f.at == 0 || s.names[f.at-1] != c.call || f.mode != c.mode {
				continue
			}
			s.run(1, f)
			for n, call := range s.second[f] {
				if call == c.again {
					s.run(1, f, fault{n + 1, c.then})
					pairs++
				}
			}
		}
		if pairs == 0 || len(s.bad) > 0 {
			t.Errorf("%s: %d pairs, %d violations: %.700q", c.title, pairs, len(s.bad), s.bad)
		}
	}
}
