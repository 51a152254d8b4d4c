package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const ordersFile = "testdata/interleavings.txt"

// tally is what the machine reads of a run.
type tally struct {
	Pairs, Shared, Triples, Crashes, Orders, Violations int
	Seconds                                             float64
	OrdersOf                                            map[string]int
	Apart                                               map[string]int
}

func (r outcome) notes() string {
	notes := ordered(r.apart)
	if r.redrawn > 0 {
		notes = append(notes, fmt.Sprintf("%d redrawn", r.redrawn))
	}
	if len(notes) == 0 {
		return ""
	}
	return "  (" + strings.Join(notes, ", ") + ")"
}

// report prints what was played and what was not, and writes the same for machines.
func report(t *testing.T, pairs []pair, results []outcome, took time.Duration) {
	t.Helper()
	n := tally{Shared: len(pairs), Seconds: took.Seconds(), OrdersOf: map[string]int{}, Apart: map[string]int{}}
	for _, r := range results {
		switch {
		case strings.HasPrefix(r.name, crashName):
			n.Crashes++
		case strings.Count(r.name, " | ") > 1:
			n.Triples++
		default:
			n.Pairs++
		}
		n.Orders, n.Violations = n.Orders+r.orders, n.Violations+len(r.bad)
		n.OrdersOf[r.name] = r.orders
		for why, orders := range r.apart {
			n.Apart[why] += orders
		}
	}
	var rest []string
	for _, p := range pairs {
		if _, ok := n.OrdersOf[p.name()]; !ok {
			rest = append(rest, p.name())
		}
	}
	if len(rest) > 0 {
		fmt.Printf("interleavings: %d pairs are played with GATEHOUSE_FAULTS=on or long only: %s\n", len(rest), strings.Join(rest, "; "))
	}
	for _, why := range slices.Sorted(maps.Keys(n.Apart)) {
		fmt.Printf("interleavings: %d orders end as none without overlap: %s\n", n.Apart[why], why)
	}
	if file := os.Getenv("GATEHOUSE_FAULTS_JSON"); file != "" {
		b, err := json.Marshal(map[string]any{"pairs": n.Pairs, "shared": n.Shared, "triples": n.Triples, "crashes": n.Crashes, "orders": n.Orders,
			"violations": n.Violations, "seconds": n.Seconds, "orders_of": n.OrdersOf, "apart": n.Apart})
		if err == nil {
			err = os.WriteFile(file, append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	}
	fmt.Printf("interleavings: %d of %d pairs, %d of %d triples, %d pairs with a crash, %d orders, %d violations\n",
		n.Pairs, n.Shared, n.Triples, len(together), n.Crashes, n.Orders, n.Violations)
}

// least is what a pair has at least: orders that can differ, and the reasons for which
// some end as none without overlap.
type least struct {
	brief int
	apart string
}

func readOrders(t *testing.T) map[string]least {
	t.Helper()
	b, err := os.ReadFile(ordersFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	all := map[string]least{}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 3 {
			continue
		}
		var l least
		if _, err := fmt.Sscan(f[1], &l.brief); err != nil {
			t.Fatalf("%s: %q: %v", ordersFile, line, err)
		}
		l.apart = f[2]
		all[f[0]] = l
	}
	return all
}

// holdOrders fails if a pair shares no key any more, or is played in fewer orders
// than before, or has an end that no order without overlap has for another reason.
func holdOrders(t *testing.T, pairs []pair, results []outcome) {
	t.Helper()
	all := readOrders(t)
	if *update {
		writeOrders(t, pairs, results, all)
		return
	}
	for _, p := range pairs {
		if _, ok := all[p.name()]; !ok {
			t.Errorf("%s is not in %s: look why, then run with -update", p.name(), ordersFile)
		}
	}
	for name := range all {
		if strings.Count(name, " | ") == 1 && !strings.HasPrefix(name, crashName) && !slices.ContainsFunc(pairs, func(p pair) bool { return p.name() == name }) {
			t.Errorf("%s is in %s, and shares no key any more", name, ordersFile)
		}
	}
	for _, r := range results {
		if l := all[r.name]; r.brief < l.brief || reasons(r) != l.apart {
			t.Errorf("%s: %d orders %q, at least %d %q: look why, then run with -update", r.name, r.brief, reasons(r), l.brief, l.apart)
		}
	}
}

func reasons(r outcome) string { return strings.Join(ordered(r.apart), ", ") }

// writeOrders notes what was played. What was not keeps its line, or has an empty one.
func writeOrders(t *testing.T, pairs []pair, results []outcome, before map[string]least) {
	t.Helper()
	all := map[string]least{}
	for _, p := range pairs {
		all[p.name()] = before[p.name()]
	}
	for name, l := range before {
		if strings.HasPrefix(name, crashName) {
			all[name] = l
		}
	}
	for _, r := range results {
		l := least{r.brief, reasons(r)}
		if strings.Contains(r.name, "job ") {
			l.brief = min(l.brief, 2) // which share a shard of a queue is drawn
		}
		all[r.name] = l
	}
	var b strings.Builder
	fmt.Fprintln(&b, "# In how many orders that can differ operations are played at least, and why some may end as none without overlap.")
	fmt.Fprintln(&b, "# Written by: GATEHOUSE_FAULTS=long go test ./internal/app -run TestInterleavings -update")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s\t%d\t%s\n", name, all[name].brief, all[name].apart)
	}
	if err := os.WriteFile(ordersFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
