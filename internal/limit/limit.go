// Package limit is the rate limiter, on the store.
//
// It is GCRA: of each bucket one number is kept, the time until which it is
// spoken for. A take that would lead further ahead than the burst allows is
// refused, and says exactly when it would not be. Takes are conditional writes,
// so however many come at once never more pass than the bucket holds.
//
// A bucket also counts failures in a row, which sign-in needs (NIST SP 800-63B-4,
// 3.2.2). What a bucket is about appears in its key only as a MAC, and it exists
// for names that do not.
package limit

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/store"
)

// Rate is a burst, and how long one more takes to become available.
type Rate struct {
	Burst int
	Every time.Duration
}

// State is a bucket as it is kept.
type State struct {
	TAT   int64 `json:"tat"` // theoretical arrival time, Unix milliseconds
	Fails int   `json:"fails,omitempty"`
}

// States is the bucket's row.
var States = store.Kind[State]{Name: "limit", Schema: 1}

// Bucket is one bucket to take from. Item may hold what was already read of it,
// so that taking needs no read of its own; it is brought up to date by Take.
type Bucket struct {
	Key  store.Key
	Rate Rate
	// MaxFails, if not 0, closes the bucket after so many takes without a Reset.
	MaxFails int
	Item     store.Item
	// Read says that Item was read by the caller, even if there was none.
	Read bool
}

// keepFails is how long a count of failures outlives the last of them.
const keepFails = 90 * 24 * time.Hour

// rounds bounds how often a take that lost against another is tried again.
const rounds = 12

// ErrClosed is the cause of the refusal of a bucket whose failures reached MaxFails.
var ErrClosed = errors.New("limit: too many failures in a row")

// Limiter takes from buckets. A nil Limiter, or one that is Off, lets everything pass.
type Limiter struct {
	Table *store.Table
	Off   bool
}

// Take takes one from every bucket, or from none. The refusal is a 429 fault; a
// store that does not answer is a 503, because an open door is worse.
func (l *Limiter) Take(ctx context.Context, buckets ...*Bucket) error {
	if l == nil || l.Off || len(buckets) == 0 {
		return nil
	}
	for range rounds {
		if err := l.read(ctx, buckets); err != nil {
			return fault.Unavailable(err)
		}
		ops, wait, err := take(buckets, l.Table.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			return fault.Throttled(wait)
		}
		err = l.Table.Transact(ctx, ops...)
		if _, lost := store.Conflict(err); !lost {
			if err != nil {
				return fault.Unavailable(err)
			}
			return nil
		}
		for _, b := range buckets {
			b.Read = false
		}
	}
	return fault.Throttled(time.Second)
}

// Check refuses like Take, but takes nothing. It needs no read if all were read.
func (l *Limiter) Check(ctx context.Context, buckets ...*Bucket) error {
	if l == nil || l.Off {
		return nil
	}
	if err := l.read(ctx, buckets); err != nil {
		return fault.Unavailable(err)
	}
	_, wait, err := take(buckets, l.Table.Now())
	if err == nil && wait > 0 {
		return fault.Throttled(wait)
	}
	return err
}

// Reset is the write that empties the failures of a bucket and fills it again.
func Reset(b *Bucket, now time.Time) store.Op {
	// It is kept as long as a count of failures is: a row that comes and goes
	// would make the next take cost more than that of a name that nobody has.
	return States.Put(b.Key, State{TAT: now.UnixMilli()}, store.Always).Until(now.Add(keepFails))
}

// Fails is how many takes in a row came without a Reset, as far as was read.
func (b *Bucket) Fails() int {
	s, _ := States.Of(b.Item)
	return s.Fails
}

func (l *Limiter) read(ctx context.Context, buckets []*Bucket) error {
	var keys []store.Key
	for _, b := range buckets {
		if !b.Read {
			keys = append(keys, b.Key)
		}
	}
	items, err := l.Table.Get(ctx, keys...)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		if !b.Read {
			b.Item, b.Read, items = items[0], true, items[1:]
		}
	}
	return nil
}

// take works out the writes of one take, or how long to wait.
func take(buckets []*Bucket, now time.Time) (ops []store.Op, wait time.Duration, err error) {
	for _, b := range buckets {
		s, err := States.Of(b.Item)
		if err != nil {
			return nil, 0, err
		}
		if b.MaxFails > 0 && s.Fails >= b.MaxFails {
			return nil, 0, fault.Throttled(24 * time.Hour).Because(ErrClosed)
		}
		every := b.Rate.Every.Milliseconds()
		next := max(s.TAT, now.UnixMilli()) + every
		if ahead := next - every*int64(b.Rate.Burst) - now.UnixMilli(); ahead > 0 {
			wait = max(wait, time.Duration(ahead)*time.Millisecond)
			continue
		}
		keep := time.UnixMilli(next).Add(time.Second)
		n := State{TAT: next}
		if b.MaxFails > 0 {
			n.Fails, keep = s.Fails+1, now.Add(keepFails)
		}
		ops = append(ops, States.Put(b.Key, n, b.Item.At()).Until(keep))
	}
	return ops, wait, nil
}
