package faults

import (
	"encoding/json"
	"os"
	"testing"
)

// TestLongRun holds the record of the last long run against the cases of today: one
// that was added, or is tried in more ways, since then has not been tried in pairs.
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
	least := readFloor(t)
	for _, c := range scenarios(t) {
		n, ok := r.Routes[c.title()]
		want, floored := least[c.title()]
		switch {
		case !ok || !floored:
			t.Errorf("%s was not in the last long run: run make faults-long", c.title())
		case n.Singles < want[0] || n.Pairs < want[1]:
			t.Errorf("%s: %d single faults and %d pairs in the last long run, at least %v: run make faults-long", c.title(), n.Singles, n.Pairs, want)
		case n.Violations > 0:
			t.Errorf("%s: %d violations in the last long run", c.title(), n.Violations)
		}
	}
}
