package storetest

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"gatehouse/internal/store"
)

// Harsh is a driver that does at random what an engine may do. The same seed and
// the same calls, made one after the other, give the same faults.
type Harsh struct {
	d    store.Driver
	lose bool // answers

	mu    sync.Mutex
	rand  *rand.Rand
	tries map[string]int // faults that a transaction has met
	late  []*lateWrite
}

// maxLate is how many writes, or looks at an index, an index may be behind;
// maxFaults how often one transaction is made to fail, so that one who repeats it
// as store.Table does comes through.
const (
	maxLate   = 4
	maxFaults = 3
)

// lateWrite is what a key held before a write that the indexes do not show yet.
type lateWrite struct {
	before store.Item
	left   int
}

// Lag is d with indexes that are a few writes late (they catch up while one
// looks), with short pages, and with contention: some transactions answer
// store.ErrContended or store.ErrThrottled and some reads store.ErrThrottled.
func Lag(d store.Driver, seed uint64) *Harsh {
	return &Harsh{d: d, rand: rand.New(rand.NewPCG(seed, 1)), tries: map[string]int{}}
}

// Faulty is Lag that also loses answers, of transactions that were applied and of
// some that were not, and makes some conflict with themselves. Of an add on its own
// only the answer that it was done gets lost: when another does, Table gives up, by
// design, and NewFault is there to test that.
func Faulty(d store.Driver, seed uint64) *Harsh {
	h := Lag(d, seed)
	h.lose = true
	return h
}

// draw picks the fault of one try of a transaction, 0 for none: about one in three.
func (h *Harsh) draw(tx store.Tx) Mode {
	h.mu.Lock()
	defer h.mu.Unlock()
	modes := []Mode{ContendedBefore, ThrottledBefore}
	if h.lose {
		modes = append(modes, TimeoutBefore, TimeoutAfter, SelfConflict)
	}
	m := modes[h.rand.IntN(len(modes))]
	if h.rand.IntN(3) != 0 || h.tries[tx.ID] == maxFaults {
		return 0
	}
	h.tries[tx.ID]++
	if m == TimeoutBefore && loneAdd(tx) {
		m = ContendedBefore
	}
	return m
}

func loneAdd(tx store.Tx) bool { return len(tx.Ops) == 1 && tx.Ops[0].Verb == store.VerbAdd }

func (h *Harsh) chance(oneIn int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rand.IntN(oneIn) == 0
}

// Transact implements store.Driver.
func (h *Harsh) Transact(ctx context.Context, tx store.Tx) error {
	var keys []store.Key
	for _, o := range tx.Ops {
		if o.Verb != store.VerbCheck {
			keys = append(keys, o.Key)
		}
	}
	var before []store.Item
	if len(keys) > 0 {
		var err error
		if before, err = h.d.Get(ctx, keys); err != nil {
			return err
		}
	}
	mode := h.draw(tx)
	var err error
	switch {
	case mode == TimeoutAfter && loneAdd(tx):
		if err = h.d.Transact(ctx, tx); err == nil {
			err = failed(store.ErrUnknownOutcome)
		}
	case mode != 0:
		err = fail(ctx, h.d, tx, mode)
	default:
		err = h.d.Transact(ctx, tx)
	}
	if err == nil || mode == TimeoutAfter || mode == SelfConflict {
		h.delay(before) // where nothing was written, late is the same as now
	}
	return err
}

// delay keeps indexes from showing what has just been written. Older delays get
// shorter by one.
func (h *Harsh) delay(before []store.Item) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.age()
	for _, i := range before {
		if !slices.ContainsFunc(h.late, func(l *lateWrite) bool { return l.before.Key == i.Key }) {
			h.late = append(h.late, &lateWrite{i, 1 + h.rand.IntN(maxLate)})
		}
	}
}

func (h *Harsh) age() {
	for _, l := range h.late {
		l.left--
	}
	h.late = slices.DeleteFunc(h.late, func(l *lateWrite) bool { return l.left <= 0 })
}

// Get implements store.Driver.
func (h *Harsh) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if h.chance(50) {
		return nil, failed(store.ErrThrottled)
	}
	return h.d.Get(ctx, keys)
}

// Query implements store.Driver.
func (h *Harsh) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if h.chance(50) {
		return store.Page{}, failed(store.ErrThrottled)
	}
	if h.chance(2) {
		q.Limit = 1
	}
	if q.Index == "" {
		return h.d.Query(ctx, q)
	}
	return h.stale(ctx, q)
}

// stale answers a query of an index with what late writes have replaced.
func (h *Harsh) stale(ctx context.Context, q store.Query) (store.Page, error) {
	items, err := drain(ctx, h.d, store.Query{Index: q.Index, PK: q.PK, Limit: 1000})
	if err != nil {
		return store.Page{}, err
	}
	h.mu.Lock()
	for _, l := range h.late {
		items = slices.DeleteFunc(items, func(i store.Item) bool { return i.Key == l.before.Key })
		if l.before.Index[q.Index].PK == q.PK {
			items = append(items, l.before)
		}
	}
	h.age()
	h.mu.Unlock()

	place := func(i store.Item) store.Place { return store.Place{SK: i.Index[q.Index].SK, Key: i.Key} }
	sign := 1
	if q.Reverse {
		sign = -1
	}
	slices.SortFunc(items, func(a, b store.Item) int { return sign * comparePlaces(place(a), place(b)) })
	var p store.Page
	for _, i := range items {
		at := place(i)
		out := !strings.HasPrefix(at.SK, q.Prefix) || at.SK < q.From || q.To != "" && at.SK >= q.To
		if out || q.After != (store.Place{}) && sign*comparePlaces(at, q.After) <= 0 {
			continue
		}
		if n := len(p.Items); n == q.Limit {
			p.Next = place(p.Items[n-1])
			break
		}
		p.Items = append(p.Items, i)
	}
	return p, nil
}

func comparePlaces(a, b store.Place) int {
	return cmp.Or(cmp.Compare(a.SK, b.SK), compareKeys(a.Key, b.Key))
}
