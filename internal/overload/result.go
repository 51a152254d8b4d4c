package overload

import (
	"fmt"
	"math"
	"runtime"
	"time"
)

// Result is a whole measurement.
type Result struct {
	Commit   string   `json:"commit"`
	Date     string   `json:"date"`
	Machine  string   `json:"machine"`
	Go       string   `json:"go"`
	Seconds  float64  `json:"seconds_a_level"`
	Accounts int      `json:"accounts"`
	Peak     float64  `json:"peak"` // good sign-ins a second of the closed loop, which the levels are multiples of
	Most     float64  `json:"most"` // that, or what a level had if it was more
	Levels   []Level  `json:"levels"`
	Recovery float64  `json:"recovery_seconds"` // -1: not before the measurement ended
	Failed   []string `json:"failed"`           // what did not hold
}

func newResult(o Options) *Result {
	return &Result{Commit: o.Commit, Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Go: runtime.Version(),
		Seconds: o.Level.Seconds(), Accounts: o.Accounts}
}

// finish fills in what follows from the levels.
func (r *Result) finish() {
	if math.IsNaN(r.Recovery) {
		r.Recovery = -1
	}
	r.Most = r.Peak
	for _, l := range r.Levels {
		r.Most = max(r.Most, l.Goodput)
	}
	for n := range r.Levels {
		r.Levels[n].Share = thousandths(r.Levels[n].Goodput / r.Most)
	}
	r.Failed = r.judge()
}

// The bars. What is refused is to be answered within refusalAim; refusalBar is what
// fails the measurement.
const (
	shareBar    = 0.9
	acceptedBar = 1000 // milliseconds
	refusalBar  = 250
	refusalAim  = 50
	recoveryBar = 10 // seconds
	judged      = 3  // factor of the level whose goodput and refusals are held
)

// judge tells what does not hold.
func (r *Result) judge() (failed []string) {
	bad := func(format string, a ...any) { failed = append(failed, fmt.Sprintf(format, a...)) }
	for _, l := range r.Levels {
		if l.OwnFaults > 0 {
			bad("%g times the peak: %d own faults, want none", l.Factor, l.OwnFaults)
		}
		if l.Proper != l.Refused.N {
			bad("%g times the peak: %d of %d refusals have 429 or 503 and Retry-After, want all", l.Factor, l.Proper, l.Refused.N)
		}
		if l.Accepted.P99 > acceptedBar {
			bad("%g times the peak: p99 of accepted sign-ins %.0f ms, want at most %d", l.Factor, l.Accepted.P99, acceptedBar)
		}
		if l.Factor != judged {
			continue
		}
		if l.Share < shareBar {
			bad("%g times the peak: goodput is %.0f %% of the peak, want at least %.0f", l.Factor, 100*l.Share, 100*shareBar)
		}
		if l.Refused.N == 0 || l.Refused.P99 >= refusalBar {
			bad("%g times the peak: %d refusals, p99 %.0f ms, want some and less than %d", l.Factor, l.Refused.N, l.Refused.P99, refusalBar)
		}
	}
	if r.Recovery < 0 || r.Recovery > recoveryBar {
		bad("normal again after %g s, want at most %d", r.Recovery, recoveryBar)
	}
	return failed
}
