package linear

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/limit"
	"gatehouse/internal/store"
)

// limit: however many take from a bucket at once, no more pass than it holds, and
// nobody is refused while there is something in it.
//
// Where answers get lost it may be stricter: whoever does not hear that they took, and
// cannot see it because somebody else has taken since, takes once more, as store.Table
// says of a single put. No more pass all the same.

// buckets are two that are taken from, by the time until which they are spoken for,
// and the number of reservations of a third.
type buckets struct {
	until    [2]int64
	reserved int
}

const lossy = "lossy" // on a store that loses answers

var rate = limit.Rate{Burst: 4, Every: time.Minute}

func doLimit(s buckets, c call, r reply) (buckets, string) {
	if r.word == no && c.by == lossy {
		return s, no
	}
	next := s
	every := rate.Every.Milliseconds()
	switch c.do {
	case "take":
		for _, n := range strings.Fields(c.arg) {
			at := n[0] - '0'
			next.until[at] = max(s.until[at], c.now) + every
			if next.until[at] > c.now+every*int64(rate.Burst) {
				return s, no
			}
		}
		return next, ok
	case "reserve":
		next.reserved++
		return either(next.reserved <= rate.Burst, s, next)
	case "return":
		next.reserved--
		return next, ok
	}
	return s, "?"
}

func setLimit(*stage) {}

func playLimit(h *history) {
	takes := &limit.Limiter{Table: h.table}
	still := &limit.Limiter{Table: store.New(h.driver, h.Clock.Now)} // what is reserved does not run off
	for range 3 {
		h.together(people(h), func(w *worker) {
			for range 1 + w.IntN(2) {
				w.take(takes)
			}
			w.reserve(still)
		})
		h.wait(time.Duration(h.seed%5) * 40 * time.Second)
	}
}

func bucketOf(n int) *limit.Bucket {
	return &limit.Bucket{Key: store.Key{PK: fmt.Sprint("LIM#linear#", n), SK: "L"}, Rate: rate}
}

func (r *run) manner() string {
	if r.kind == losing {
		return lossy
	}
	return ""
}

// take takes from one bucket, or from two at once.
func (w *worker) take(l *limit.Limiter) {
	c := call{part: "taken", do: "take", by: w.manner(), arg: choose(w, "0", "1", "0 1")}
	w.do(c, func() reply {
		var from []*limit.Bucket
		for _, n := range strings.Fields(c.arg) {
			from = append(from, bucketOf(int(n[0]-'0')))
		}
		return said(l.Take(w.cutting(w.Context()), from...))
	})
}

// reserve takes from the third bucket, and perhaps gives it back.
func (w *worker) reserve(l *limit.Limiter) {
	b := bucketOf(2)
	r := w.do(call{part: "reserved", do: "reserve", by: w.manner()}, func() reply {
		ctx := w.cutting(w.Context())
		items, err := l.Table.Get(ctx, b.Key)
		if err != nil {
			return reply{word: unknown}
		}
		b.Item, b.Read = items[0], true
		return said(l.Reserve(ctx, b))
	})
	if r.word == ok && w.IntN(2) == 0 {
		w.do(call{part: "reserved", do: "return"}, func() reply {
			l.Return(w.Context(), b)
			return reply{word: ok}
		})
	}
}

// said is what an error says.
func said(err error) reply {
	if err == nil {
		return reply{word: ok}
	}
	switch f := fault.Of(err); f.Status {
	case 429:
		return reply{word: no}
	case 503:
		return reply{word: unknown}
	default:
		return reply{word: fmt.Sprint(f.Status, " ", err)}
	}
}
