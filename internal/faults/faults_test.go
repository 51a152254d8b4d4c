package faults

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/floor.txt")

// scenarios are all cases. What is only read has one by itself.
func scenarios(t testing.TB) []scenario {
	t.Helper()
	all := slices.Concat(signupScenarios(), signInScenarios(), passwordScenarios(), addressScenarios(), sessionScenarios(),
		organizationScenarios(), membershipScenarios(), invitationScenarios(), answerScenarios(), linkScenarios(), signInPageScenarios(), organizationPageScenarios(), outboxScenarios(), sweepScenarios())
	table, err := template()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range handlers(table) {
		if strings.HasPrefix(h, "GET ") {
			all = append(all, reading(h))
		}
	}
	return all
}

// TestEveryHandlerHasACase fails for a route, a schedule or a stream without one,
// and for a case of none.
func TestEveryHandlerHasACase(t *testing.T) {
	table, err := template()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../app/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := handlers(table)
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[0] != "#" && f[1] != "$default" {
			want = append(want, f[1]+" "+f[2])
		}
	}
	// No route: it answers what there is not. And the carrier's reports, which are
	// events of AWS alone.
	want = slices.DeleteFunc(append(want, "outbox report"), func(h string) bool { return h == "$default" })
	var have []string
	for _, c := range scenarios(t) {
		have = append(have, c.route)
	}
	for _, h := range want {
		if !slices.Contains(have, h) {
			t.Errorf("%s has no case", h)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			t.Errorf("%s has a case, and is no handler", h)
		}
	}
}

// result is what became of one scenario.
type result struct {
	title                      string
	singles, pairs, bad, known int
}

// TestASVS2_3_3_ASVS16_5_2_ASVS16_5_3_Faults is the sweep.
func TestASVS2_3_3_ASVS16_5_2_ASVS16_5_3_Faults(t *testing.T) {
	long := os.Getenv("GATEHOUSE_FAULTS") == "long"
	started := time.Now()
	var mu sync.Mutex
	var results []result
	t.Run("case", func(t *testing.T) {
		for _, c := range scenarios(t) {
			t.Run(strings.ReplaceAll(c.title(), "/", ":"), func(t *testing.T) {
				t.Parallel()
				r := sweepOne(t, c, long)
				mu.Lock()
				defer mu.Unlock()
				results = append(results, r)
			})
		}
	})
	slices.SortFunc(results, func(a, b result) int { return cmp.Compare(a.title, b.title) })
	runs, bad, known := 0, 0, 0
	for _, r := range results {
		fmt.Printf("%-60s %6d runs, %d violations", r.title, r.singles+r.pairs, r.bad)
		if r.known > 0 {
			fmt.Printf(", %d runs show what is known", r.known)
		}
		fmt.Println()
		runs, bad, known = runs+r.singles+r.pairs, bad+r.bad, known+r.known
	}
	took := time.Since(started)
	fmt.Printf("%.0f runs a second\n", float64(runs)/took.Seconds())
	fmt.Printf("faults: %d runs, %d violations, %d more of bugs that are known and open\n", runs, bad, known)
	if !t.Failed() {
		holdFloor(t, results, long)
	}
}

// sweepOne tries everything in one scenario.
func sweepOne(t *testing.T, c scenario, long bool) result {
	s := &sweep{scenario: c, base: prepare(t, c)}
	if err := s.begin(); err != nil {
		t.Fatal(err)
	}
	s.singles()
	r := result{title: c.title(), singles: s.runs}
	if long {
		s.pairs()
		r.pairs = s.runs - r.singles
	}
	for i, b := range s.bad {
		if i < 12 {
			t.Errorf("%.700s", b)
		}
	}
	if len(s.bad) > 12 {
		t.Errorf("and %d more", len(s.bad)-12)
	}
	for _, k := range c.known {
		if s.matched[k] == 0 {
			t.Errorf("known, but not found any more: %q", k)
		}
		r.known += s.matched[k]
	}
	r.bad = len(s.bad)
	return r
}
