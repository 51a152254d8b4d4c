// Package overload measures what a server does when more is asked of it than it can
// do: how many sign-ins are good, how fast the others are refused, and how soon it
// is itself again.
//
//	closed loop → peak → open loop at 0.5, 1, 2, 3 and 5 times the peak → 0.5 again
//
// The closed loop asks again as soon as it has an answer, and so never asks for more
// than there is. The open loop asks by a schedule that was made before it began:
// arrivals at random, as of many people who do not know of each other, whether or
// not earlier ones were answered. Latency counts from the time in the schedule, so
// nothing that waits, on either side, is left out.
//
// The server is the built binary with the settings of production, on a port of its
// own of this machine. Generator and server share its cores: the generator has one
// connection and one goroutine for each request under way, parses no bodies, and
// reports the share of the processor that it took and how late it was.
package overload

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"
)

// Options say what to measure and where to write it.
type Options struct {
	Server   string        // the binary
	Data     string        // a folder that does not exist yet; the caller removes it
	Level    time.Duration // how long each level lasts
	Accounts int           // who signs in, in turn
	Commit   string        // what is measured
	Out      io.Writer     // progress and the table
}

// Factors are the levels of load, in peaks.
var Factors = []float64{0.5, 1, 2, 3, 5}

const (
	good       = time.Second // a sign-in that takes longer is no use to anybody
	cheapShare = 0.2         // of all requests; they ask who somebody is
	connected  = 256         // requests under way at most; more wait, and their clock runs
	calm       = 12 * time.Second
	pause      = time.Second // between levels
)

// Run measures a server from its start to its end.
func Run(ctx context.Context, o Options) (*Result, error) {
	s, err := start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	g, err := s.prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	r := newResult(o)
	if r.Peak, err = g.peak(ctx, o); err != nil {
		return nil, err
	}
	for n, factor := range Factors {
		after := time.Duration(0)
		if n == len(Factors)-1 {
			after = calm
		}
		p, err := g.level(ctx, factor, r.Peak, o.Level, after)
		if err != nil {
			return nil, err
		}
		l := p.level(factor, o.Level)
		fmt.Fprintf(o.Out, "%g times the peak: %s\n", factor, l)
		r.Levels = append(r.Levels, l)
		if after > 0 {
			r.Recovery = p.recovery(r.Levels[0].Accepted.P99, o.Level, after)
		}
		wait(ctx, pause)
	}
	r.finish()
	return r, ctx.Err()
}

// peak is the most good sign-ins a second that a closed loop gets, with one client
// for each core, and with four, which keep the cores busy while others wait for the
// disk.
func (g *generator) peak(ctx context.Context, o Options) (float64, error) {
	best := 0.0
	for _, clients := range []int{runtime.NumCPU(), 4 * runtime.NumCPU()} {
		n, err := g.saturate(ctx, clients, o.Level)
		if err != nil {
			return 0, err
		}
		rate := float64(n) / o.Level.Seconds()
		fmt.Fprintf(o.Out, "closed loop of %d: %.1f good sign-ins a second\n", clients, rate)
		best = max(best, rate)
	}
	if best == 0 {
		return 0, fmt.Errorf("no sign-in was good")
	}
	return best, nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
