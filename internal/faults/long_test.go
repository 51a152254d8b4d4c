package faults

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestLongRun holds the record of the last long run against the cases of today: one
// that was added, or is tried in more ways, since then has not been tried in pairs. Such
// a case stands in testdata/untried.txt until it has been.
func TestLongRun(t *testing.T) {
	b, err := os.ReadFile(longFile)
	if err != nil {
		t.Fatalf("%v: run make faults-long", err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%s: %v", longFile, err)
	}
	if r.Commit == "" || r.Go == "" || r.Cores == 0 || r.Date == "" || r.Seconds == 0 {
		t.Errorf("%s does not say of which tree and where it was made", longFile)
	}
	least, untried := readFloor(t), readUntried(t)
	defer func() { t.Logf("%d cases are not tried in pairs yet: make faults-long", len(untried)) }()
	for _, c := range scenarios(t) {
		n, ok := r.Routes[c.title()]
		want, floored := least[c.title()]
		missing := !ok || !floored || n.Singles < want[0] || n.Pairs < want[1]
		switch {
		case missing && !untried[c.title()]:
			t.Errorf("%s: %d single faults and %d pairs in the last long run, at least %v: run make faults-long, or add it to testdata/untried.txt", c.title(), n.Singles, n.Pairs, want)
		case !missing && untried[c.title()]:
			t.Errorf("%s is in testdata/untried.txt, and was tried", c.title())
		case n.Violations > 0:
			t.Errorf("%s: %d violations in the last long run", c.title(), n.Violations)
		}
	}
}

// readUntried are the cases that wait for a long run, a line each.
func readUntried(t testing.TB) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("testdata/untried.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		all[strings.TrimRight(line, "\n")] = true
	}
	return all
}
