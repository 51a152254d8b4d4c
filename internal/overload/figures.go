package overload

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Latency is how long answers of one kind took, in milliseconds.
type Latency struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// Level is what came of one level of load. Sign-ins are accepted or refused; Refused
// and OwnFaults count the cheap requests as well.
type Level struct {
	Factor    float64 `json:"factor"`   // in peaks
	Offered   float64 `json:"offered"`  // sign-ins a second
	Cheap     float64 `json:"cheap"`    // cheap requests a second beside them
	Goodput   float64 `json:"goodput"`  // good sign-ins a second, answered before the level ended
	Share     float64 `json:"share"`    // of the peak
	Accepted  Latency `json:"accepted"` // sign-ins
	Refused   Latency `json:"refused"`
	Proper    int     `json:"refused_properly"` // with 429 or 503, and Retry-After
	OwnFaults int     `json:"own_faults"`       // 5xx but for 503, connections lost, no answer in time
	CheapDone Latency `json:"cheap_accepted"`
	Late      float64 `json:"generator_late_p99_ms"`
	Generator float64 `json:"generator_share_of_cores"`
	Server    float64 `json:"server_share_of_cores"`
}

func latency(list []time.Duration) Latency {
	slices.Sort(list)
	return Latency{len(list), milliseconds(quantile(list, 0.50)), milliseconds(quantile(list, 0.99))}
}

// quantile is the least of a sorted list that is not less than a share q of it.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }

// level counts what was due in the first d.
func (p *played) level(factor float64, d time.Duration) Level {
	l := Level{Factor: factor, Generator: thousandths(p.generator), Server: thousandths(p.server)}
	var accepted, refused, cheap, late []time.Duration
	offered, inTime, cheapOffered := 0, 0, 0
	for _, s := range p.samples {
		if s.due >= d {
			continue
		}
		late = append(late, s.late)
		if s.cheap {
			cheapOffered++
		} else {
			offered++
		}
		switch {
		case s.status >= 200 && s.status < 300 && s.cheap:
			cheap = append(cheap, s.took)
		case s.status >= 200 && s.status < 300:
			accepted = append(accepted, s.took)
			if s.took <= good && s.due+s.took <= d {
				inTime++
			}
		case s.status == 0 || s.status >= 500 && s.status != 503:
			l.OwnFaults++
		default:
			refused = append(refused, s.took)
			if s.retry && (s.status == 429 || s.status == 503) {
				l.Proper++
			}
		}
	}
	l.Offered, l.Cheap, l.Goodput = rate(offered, d), rate(cheapOffered, d), rate(inTime, d)
	l.Accepted, l.Refused, l.CheapDone, l.Late = latency(accepted), latency(refused), latency(cheap), latency(late).P99
	return l
}

func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }

func rate(n int, d time.Duration) float64 { return math.Round(float64(n)/d.Seconds()*10) / 10 }

// window is how closely the return to normal is looked at.
const window = time.Second

// recovery is how many seconds after end it took until everything that was due in a
// window was accepted, with a p99 of at most half more than normal; NaN if that never
// happened before after was over.
func (p *played) recovery(normal float64, end, after time.Duration) float64 {
	for from := end; from+window <= end+after; from += window {
		var took []time.Duration
		refused := false
		for _, s := range p.samples {
			if s.cheap || s.due < from || s.due >= from+window {
				continue
			}
			took = append(took, s.took)
			refused = refused || s.status < 200 || s.status >= 300
		}
		if len(took) > 0 && !refused && latency(took).P99 <= 1.5*normal {
			return (from + window - end).Seconds()
		}
	}
	return math.NaN()
}

func (l Level) String() string {
	return fmt.Sprintf("%.1f offered, %.1f good sign-ins a second; accepted %d, p50 %.0f ms, p99 %.0f ms; refused %d (%d with 429 or 503 and Retry-After), p50 %.0f ms, p99 %.0f ms; own faults %d; cheap requests %d, p99 %.0f ms; generator late by %.1f ms (p99); it took %.1f %% of the cores, the server %.0f %%",
		l.Offered, l.Goodput, l.Accepted.N, l.Accepted.P50, l.Accepted.P99, l.Refused.N, l.Proper, l.Refused.P50, l.Refused.P99, l.OwnFaults, l.CheapDone.N, l.CheapDone.P99, l.Late, 100*l.Generator, 100*l.Server)
}
