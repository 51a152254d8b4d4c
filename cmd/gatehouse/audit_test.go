package main

import (
	"strings"
	"testing"

	"gatehouse/internal/audit"
	"gatehouse/internal/store"
)

// TestVerifyAudit: the log of a server is sound, beside it and after it; what
// somebody has changed in its file is found, and told by the code as well.
func TestVerifyAudit(t *testing.T) {
	t.Parallel()
	s := serving(t)
	s.join("grace.hopper", "grace@example.com")
	s.admin("", "set-role", "--user", "grace.hopper", "--role", "worker").is(t, 0)
	s.admin("", "verify-audit").is(t, 0, "audit: 1 partitions, ", ", 0 findings\n", "100 %")
	s.stop()
	r := s.admin("", "verify-audit")
	r.is(t, 0, "audit: 1 partitions, ", " events, 0 findings\n")
	if strings.Contains(r.out, " 0 events") || strings.Contains(r.out, "warning") {
		t.Errorf("says %q", r.out)
	}

	var first store.Item
	s.inside(0, func(_ *installation, table *store.Table) {
		heads, err := table.All(t.Context(), store.Query{PK: "LST#chains", Prefix: audit.Prefix}, 10)
		if err != nil || len(heads) != 1 {
			t.Fatalf("%d chains, %v", len(heads), err)
		}
		events, err := table.All(t.Context(), store.Query{PK: heads[0].SK}, 100)
		if err != nil || len(events) < 2 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		first = events[0]
		e, err := audit.Events.Of(first)
		if err != nil {
			t.Fatal(err)
		}
		e.Network = "192.0.2.0/24"
		if err := table.Transact(t.Context(), audit.Events.Put(first.Key, e, first.At())); err != nil {
			t.Fatal(err)
		}
	})
	r = s.admin("", "verify-audit")
	r.is(t, 1, first.PK, first.SK, ": edited", "audit: 1 partitions, ", ", 1 findings\n")
	if lines := strings.Split(strings.TrimRight(r.out, "\n"), "\n"); !strings.HasPrefix(lines[len(lines)-1], "audit: ") {
		t.Errorf("the last line is not the sum:\n%s", r.out)
	}
	s.admin("", "verify-audit", "more").is(t, 2, "1 arguments given")
}
