package faults

import (
	"cmp"
	"flag"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

var update = flag.Bool("update", false, "write testdata/floor.txt")

// scenarios are all cases. What is only read has one by itself.
func scenarios(t testing.TB) []scenario {
	t.Helper()
	all := slices.Concat(signupScenarios(), signInScenarios(), passwordScenarios(), addressScenarios(), sessionScenarios(),
		organizationScenarios(), membershipScenarios(), invitationScenarios(), answerScenarios(), linkScenarios(), signInPageScenarios(), organizationPageScenarios(), outboxScenarios(), sweepScenarios(),
		projectScenarios(), taskScenarios(), jobScenarios(), storageScenarios(), transferScenarios(), tidyScenarios())
	table, err := apptest.Template()
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
	table, err := apptest.Template()
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

// TestASVS2_3_3_ASVS16_5_2_ASVS16_5_3_Faults is the sweep.
func TestASVS2_3_3_ASVS16_5_2_ASVS16_5_3_Faults(t *testing.T) {
	long := os.Getenv("GATEHOUSE_FAULTS") == "long"
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // little lives long here
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
	took := time.Since(started)
	report(results, took)
	if long {
		keep(t, results, took)
	}
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
	r := result{title: c.title(), waits: c.waits}
	r.planned.Singles = s.singles()
	r.ran.Singles = s.runs
	plans := s.pairPlan()
	for _, p := range plans {
		r.planned.Pairs += p.same
	}
	if long {
		s.pairs(plans)
		r.ran.Pairs, r.ran.Distinct = s.runs-r.ran.Singles, len(plans)
	}
	if r.ran.Singles < r.planned.Singles || long && r.ran.Pairs < r.planned.Pairs {
		t.Errorf("%d of %d single faults and %d of %d pairs were met", r.ran.Singles, r.planned.Singles, r.ran.Pairs, r.planned.Pairs)
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
	r.ran.Violations = len(s.bad)
	return r
}
