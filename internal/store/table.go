package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"time"
)

// Limits that hold for every engine. DynamoDB's own are 100 ops, 400 KB an item
// and 4 MB a transaction; the rest is room for keys, envelope and the marker.
const (
	MaxOps   = 99
	MaxGet   = 100
	MaxItem  = 350 << 10
	maxTotal = 3 << 20
	maxKey   = 1000 // bytes of a partition or sort key
	maxPage  = 1000
	tries    = 8
)

// txKind is the row that says that a transaction was applied. It outlives every
// repetition of the transaction and is then of no use.
const (
	txKind = "tx"
	txLife = time.Hour
)

// Table is the store as domains use it. It is safe for concurrent use.
type Table struct {
	d    Driver
	now  func() time.Time
	wait func(context.Context, int) error
}

// New makes a table of a driver. now is the clock that expiry is judged by.
func New(d Driver, now func() time.Time) *Table {
	return &Table{d: d, now: now, wait: backoff}
}

// Now is the table's clock.
func (t *Table) Now() time.Time { return t.now() }

// Get reads at most MaxGet items consistently, one per key and in that order.
// What has expired is not there, whether or not the engine has got round to
// removing it.
func (t *Table) Get(ctx context.Context, keys ...Key) ([]Item, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if len(keys) > MaxGet {
		return nil, fmt.Errorf("store: %d keys in one read; at most %d are possible", len(keys), MaxGet)
	}
	for _, k := range keys {
		if err := k.valid(); err != nil {
			return nil, err
		}
	}
	var items []Item
	err := t.repeat(ctx, func() (err error) {
		items, err = t.d.Get(ctx, keys)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range items {
		t.hide(&items[i])
	}
	return items, nil
}

// GetMany reads any number of items as Get does, MaxGet at a time.
func (t *Table) GetMany(ctx context.Context, keys []Key) (items []Item, err error) {
	for len(keys) > 0 {
		n := min(len(keys), MaxGet)
		part, err := t.Get(ctx, keys[:n]...)
		if err != nil {
			return nil, err
		}
		items, keys = append(items, part...), keys[n:]
	}
	return items, nil
}

// Query reads one page. Items that have expired are left out, so a page may be short.
func (t *Table) Query(ctx context.Context, q Query) (Page, error) {
	if err := q.valid(); err != nil {
		return Page{}, err
	}
	var p Page
	err := t.repeat(ctx, func() (err error) {
		p, err = t.d.Query(ctx, q)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	p.Items = slices.DeleteFunc(p.Items, func(i Item) bool { t.hide(&i); return !i.Exists() })
	return p, nil
}

// All reads every page of a query, up to max items; it fails if there are more.
// It is for sets that are bounded by a rule.
func (t *Table) All(ctx context.Context, q Query, max int) ([]Item, error) {
	q.Limit = min(max+1, maxPage)
	var all []Item
	for {
		p, err := t.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		if all = append(all, p.Items...); len(all) > max {
			return nil, fmt.Errorf("store: more than %d items in %q", max, q.PK)
		}
		if p.Next == (Place{}) {
			return all, nil
		}
		q.After = p.Next
	}
}

func (t *Table) hide(i *Item) {
	if i.Version != 0 && !i.Expires.IsZero() && !t.now().Before(i.Expires) {
		*i = Item{Key: i.Key, stale: i.Version}
	}
}

// Transact does all ops or none. A failed condition is a *ConflictError that
// names the ops by their place; ErrUnavailable means that nothing is known to be
// written and that the same call may be made again.
//
// A transaction of several ops, or one that deletes, leaves a marker row. After a
// lost answer, and when a condition failed, the marker (for a single op the item
// itself) tells whether that was this very transaction. A single op may find that
// somebody else has written since, and then cannot tell: a put is repeated, which
// its condition makes harmless, or Always makes intended; an add is not, because it
// could count twice, and ErrUnavailable is the answer.
func (t *Table) Transact(ctx context.Context, ops ...Op) error {
	if err := validate(ops); err != nil {
		return err
	}
	tx := Tx{ID: newTxID(), Version: newVersion(), Ops: ops}
	witness := ops[0].Key
	if len(ops) > 1 || ops[0].Verb == VerbDelete {
		witness = Key{"TX#" + tx.ID, "T"}
		marker := Op{Verb: VerbPut, Key: witness, If: Absent, Kind: txKind, Schema: 1, Body: []byte("{}")}
		tx.Ops = append(slices.Clip(ops), marker.Until(t.now().Add(txLife)))
	}
	var last error
	for n := range tries {
		if n > 0 {
			if err := t.wait(ctx, n); err != nil {
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		}
		err := t.d.Transact(ctx, tx)
		c, conflict := errors.AsType[*ConflictError](err)
		switch {
		case err == nil:
			return nil
		case conflict || errors.Is(err, ErrUnknownOutcome):
			applied, lookErr := t.applied(ctx, witness, tx.ID)
			switch {
			case applied:
				return nil
			case lookErr != nil:
				return lookErr
			case conflict:
				return withoutMarker(c, len(ops))
			case len(ops) == 1 && ops[0].Verb == VerbAdd:
				return fmt.Errorf("%w: %v", ErrUnavailable, err)
			}
		case !retryable(err):
			return err
		}
		last = err
	}
	return fmt.Errorf("%w: %v", ErrUnavailable, last)
}

// applied reports whether transaction id wrote the item at k. It goes on when the
// caller has given up, to be right about what has happened already.
func (t *Table) applied(ctx context.Context, k Key, id string) (applied bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err = t.repeat(ctx, func() error {
		items, err := t.d.Get(ctx, []Key{k})
		applied = err == nil && items[0].TxID == id
		return err
	})
	return applied, err
}

// withoutMarker drops the marker's place from a conflict: the caller has no such
// op. Alone it would mean that the marker exists, which applied has ruled out.
func withoutMarker(c *ConflictError, ops int) error {
	c = &ConflictError{Ops: slices.DeleteFunc(slices.Clone(c.Ops), func(i int) bool { return i >= ops })}
	if len(c.Ops) == 0 {
		return ErrUnavailable
	}
	return c
}

// repeat runs a read until it is neither throttled nor cut off.
func (t *Table) repeat(ctx context.Context, read func() error) error {
	var last error
	for n := range 3 {
		if n > 0 {
			if err := t.wait(ctx, n); err != nil {
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		}
		if last = read(); last == nil || !retryable(last) {
			return last
		}
	}
	return fmt.Errorf("%w: %v", ErrUnavailable, last)
}

func retryable(err error) bool {
	return errors.Is(err, ErrContended) || errors.Is(err, ErrThrottled) || errors.Is(err, ErrUnknownOutcome)
}

// backoff waits between tries: a random time up to 2^n × 5 ms, at most 200 ms.
func backoff(ctx context.Context, n int) error {
	d := min(5*time.Millisecond<<n, 200*time.Millisecond)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(mrand.N(d)):
		return nil
	}
}

func newTxID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// newVersion is random rather than counted, so that a put needs no read to know
// the next one; two writes of one key get the same with a chance of 2^-62.
func newVersion() int64 {
	var b [8]byte
	rand.Read(b[:])
	return int64(binary.BigEndian.Uint64(b[:])>>2) | 1
}
