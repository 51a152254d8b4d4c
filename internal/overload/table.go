package overload

import (
	"fmt"
	"os"
	"strings"
)

// Table is the result for the README.
func (r *Result) Table() string {
	var b strings.Builder
	b.WriteString("| load | sign-ins offered/s | good/s | of the peak | accepted, p50 · p99 ms | refused | p50 · p99 ms | 429 or 503 with Retry-After | own faults | cheap requests, p99 ms |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, l := range r.Levels {
		refused, proper := "–", "–"
		if l.Refused.N > 0 {
			refused = fmt.Sprintf("%.0f · %.0f", l.Refused.P50, l.Refused.P99)
			proper = fmt.Sprintf("%.1f %%", 100*float64(l.Proper)/float64(l.Refused.N))
		}
		fmt.Fprintf(&b, "| %g× | %.1f | %.1f | %.0f %% | %.0f · %.0f | %d | %s | %s | %d | %.0f |\n", l.Factor, l.Offered, l.Goodput, 100*l.Share,
			l.Accepted.P50, l.Accepted.P99, l.Refused.N, refused, proper, l.OwnFaults, l.CheapDone.P99)
	}
	fmt.Fprintf(&b, "\nPeak %.1f good sign-ins a second; %s. %s\n", r.Peak, r.again(), r.generator())
	fmt.Fprintf(&b, "%s, commit %s, %s, %s, %.0f s a level.\n", r.Date, r.Commit, r.Machine, r.Go, r.Seconds)
	for _, l := range r.Levels {
		if l.Factor == judged && l.Refused.N > 0 {
			fmt.Fprintf(&b, "At %g× refusals took %.0f ms (p99); the aim is %d, and %d is too much.\n", l.Factor, l.Refused.P99, refusalAim, refusalBar)
		}
	}
	if share := r.server(); share < quiet {
		fmt.Fprintf(&b, "\nSomething else ran on the machine: the server had as little as %.0f %% of its cores when it could have used all.\n", 100*share)
	}
	if len(r.Failed) > 0 {
		fmt.Fprintf(&b, "\nDoes not hold: %s.\n", strings.Join(r.Failed, "; "))
	}
	return b.String()
}

// again tells how soon it was over.
func (r *Result) again() string {
	if r.Recovery < 0 {
		return "not normal again within " + calm.String()
	}
	return fmt.Sprintf("normal again %.0f s after the last level", r.Recovery)
}

// generator tells what the generator may have spoilt.
func (r *Result) generator() string {
	late, share := 0.0, 0.0
	for _, l := range r.Levels {
		late, share = max(late, l.Late), max(share, l.Generator)
	}
	return fmt.Sprintf("The generator ran on the same cores: it took at most %.0f %% of them, and was up to %.0f ms late (p99), which the latencies contain.", 100*share, late)
}

// quiet is the share of the cores that an overloaded server has where nothing else runs.
const quiet = 0.85

// server is the least share of the cores that it had while it was overloaded; 1 if
// that is not known.
func (r *Result) server() float64 {
	least := 1.0
	for _, l := range r.Levels {
		if l.Factor >= 2 && l.Server > 0 {
			least = min(least, l.Server)
		}
	}
	return least
}

const begin, end = "<!-- overload -->\n", "<!-- /overload -->\n"

// Into puts the table between its marks in a file.
func (r *Result) Into(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %s and %s", name, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(name, []byte(before+begin+r.Table()+end+after), 0o644)
}
