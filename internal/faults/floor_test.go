package faults

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const floorFile = "testdata/floor.txt"

// floor is how many runs there were of each scenario, of one fault and of two.
type floor map[string][2]int

func readFloor(t testing.TB) floor {
	t.Helper()
	b, err := os.ReadFile(floorFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	f := floor{}
	for line := range strings.Lines(string(b)) {
		var n [2]int
		title, rest, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		if _, err := fmt.Sscan(rest, &n[0], &n[1]); err != nil {
			t.Fatalf("%s: %q: %v", floorFile, line, err)
		}
		f[title] = n
	}
	return f
}

// holdFloor fails if a scenario is tried less than it was, so that nothing stops
// being tried unseen.
func holdFloor(t *testing.T, results []result, long bool) {
	t.Helper()
	f := readFloor(t)
	if *update {
		writeFloor(t, f, results, long)
		return
	}
	for _, r := range results {
		least, ok := f[r.title]
		delete(f, r.title)
		pairs := r.planned.Pairs
		if long {
			pairs = r.ran.Pairs
		}
		if !ok || r.ran.Singles < least[0] || pairs < least[1] {
			t.Errorf("%s: %d and %d runs, at least %v: look why, then run the test with -update", r.title, r.ran.Singles, pairs, least)
		}
	}
	for title := range f {
		t.Errorf("%s is in %s, and was not tried", title, floorFile)
	}
}

// writeFloor notes what was tried. Pairs that were not tried keep their number. The
// shards that mails and audit rows wait in are drawn, and with them how much of the
// work a repetition finds done: of such cases three quarters of the pairs are noted.
func writeFloor(t *testing.T, before floor, results []result, long bool) {
	t.Helper()
	f := floor{}
	for _, r := range results {
		n := [2]int{r.ran.Singles, before[r.title][1]}
		if long {
			n[1] = r.ran.Pairs
			if r.waits {
				n[1] -= n[1] / 4
			}
		}
		f[r.title] = n
	}
	var b strings.Builder
	fmt.Fprintln(&b, "# How many runs a case has at least: of one fault, of two. Written by: GATEHOUSE_FAULTS=long ./scripts/faults -update")
	for _, title := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&b, "%s\t%d %d\n", title, f[title][0], f[title][1])
	}
	if err := os.WriteFile(floorFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
