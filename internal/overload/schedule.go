package overload

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// arrival is one request of a schedule.
type arrival struct {
	due   time.Duration
	cheap bool
}

// arrivals come at random, rate a second on average, from one time to another. The
// same seed gives the same ones.
func arrivals(seed uint64, rate float64, from, to time.Duration, cheap bool) (list []arrival) {
	random := rand.New(rand.NewPCG(seed, uint64(from)))
	for at := from; ; {
		at += time.Duration(random.ExpFloat64() / rate * float64(time.Second))
		if at >= to {
			return list
		}
		list = append(list, arrival{at, cheap})
	}
}

// mix is sign-ins at a rate, and cheap requests beside them in their share.
func mix(rate float64, from, to time.Duration) []arrival {
	return append(arrivals(1, rate, from, to, false), arrivals(2, rate*cheapShare/(1-cheapShare), from, to, true)...)
}

// level offers factor peaks of sign-ins for d, and then half a peak for after,
// without a pause between the two.
func (g *generator) level(ctx context.Context, factor, peak float64, d, after time.Duration) (*played, error) {
	schedule := mix(factor*peak, 0, d)
	if after > 0 {
		schedule = append(schedule, mix(Factors[0]*peak, d, d+after)...)
	}
	slices.SortStableFunc(schedule, func(a, b arrival) int { return cmp.Compare(a.due, b.due) })
	p := g.play(ctx, schedule)
	return p, ctx.Err()
}
