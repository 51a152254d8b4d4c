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

// returnFor bounds how long a request may go on to give back what it has reserved.
const returnFor = 2 * time.Second

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

// counted is the row of a bucket that is reserved from: a number that only moves
// by additions, so that many who reserve at once never lose against each other.
const counted = "limit-count"

const field = "tat"

// Reserve takes one from a bucket of its own kind, which Return can give back: for
// what counts only if it fails. It refuses as Take does. b must have been read.
func (l *Limiter) Reserve(ctx context.Context, b *Bucket) error {
	if l == nil || l.Off {
		return nil
	}
	for range rounds {
		now := l.Table.Now()
		if wait := reserved(b, now); wait > 0 {
			return fault.Throttled(wait)
		}
		if !b.Item.Exists() && b.Item.At() != store.Absent {
			// It has expired but still lies there, and an addition would count on from it.
			if err := l.Table.Transact(ctx, store.Delete(b.Key, b.Item.At())); err != nil && !lost(err) {
				return fault.Unavailable(err)
			}
			b.Item = store.Item{Key: b.Key}
		}
		every := b.Rate.Every.Milliseconds()
		least, most := now.UnixMilli()+every, now.UnixMilli()+every*int64(b.Rate.Burst)
		delta := max(every, least-b.Item.Counts[field])
		keep := now.Add(b.Rate.Every * time.Duration(b.Rate.Burst+1))
		err := l.Table.Transact(ctx, store.Add(b.Key, counted, field, delta, least, most).Until(keep))
		if !lost(err) {
			if err != nil {
				return fault.Unavailable(err)
			}
			return nil
		}
		items, err := l.Table.Get(ctx, b.Key)
		if err != nil {
			return fault.Unavailable(err)
		}
		b.Item = items[0]
	}
	return fault.Throttled(time.Second)
}

func lost(err error) bool {
	_, lost := store.Conflict(err)
	return lost
}

// Reserved refuses like Reserve, but takes nothing.
func (l *Limiter) Reserved(b *Bucket) error {
	if l == nil || l.Off {
		return nil
	}
	if wait := reserved(b, l.Table.Now()); wait > 0 {
		return fault.Throttled(wait)
	}
	return nil
}

// Return gives a reservation back, also of a request whose time is over: a network is not
// closed because we were slow. One that gets lost is only strict.
func (l *Limiter) Return(ctx context.Context, b *Bucket) {
	if l == nil || l.Off {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), returnFor)
	defer cancel()
	every := b.Rate.Every.Milliseconds()
	keep := l.Table.Now().Add(b.Rate.Every * time.Duration(b.Rate.Burst+1))
	_ = l.Table.Transact(ctx, store.Add(b.Key, counted, field, -every, 0, 1<<62).Until(keep))
}

// reserved is how long to wait until a reservation would be possible.
func reserved(b *Bucket, now time.Time) time.Duration {
	every := b.Rate.Every.Milliseconds()
	next := max(b.Item.Counts[field], now.UnixMilli()) + every
	return time.Duration(next-every*int64(b.Rate.Burst)-now.UnixMilli()) * time.Millisecond
}
