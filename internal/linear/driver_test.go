package linear

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// restless is a driver whose calls take a while, each a different one, so that
// those of several requests mix. It keeps what drivers promise and nothing beyond: a
// read of several keys is no snapshot, so others get in between.
type restless struct {
	d store.Driver

	mu   sync.Mutex
	rand *rand.Rand
}

func (r *restless) below(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rand.IntN(n)
}

func (r *restless) pause() {
	switch n := r.below(8); {
	case n < 5:
		for range n {
			runtime.Gosched()
		}
	default:
		time.Sleep(time.Duration(r.below(150)) * time.Microsecond)
	}
}

// Get implements store.Driver: at once, or one key after the other in any order.
func (r *restless) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if err := lost(ctx); err != nil {
		return nil, err
	}
	r.pause()
	if len(keys) < 2 || r.below(2) == 0 {
		return r.d.Get(ctx, keys)
	}
	items := make([]store.Item, len(keys))
	r.mu.Lock()
	order := r.rand.Perm(len(keys))
	r.mu.Unlock()
	for _, i := range order {
		one, err := r.d.Get(ctx, keys[i:i+1])
		if err != nil {
			return nil, err
		}
		items[i] = one[0]
		if r.below(3) == 0 {
			r.pause()
		}
	}
	return items, nil
}

// Query implements store.Driver.
func (r *restless) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := lost(ctx); err != nil {
		return store.Page{}, err
	}
	r.pause()
	if r.below(4) == 0 {
		q.Limit = min(q.Limit, 1+r.below(4))
	}
	return r.d.Query(ctx, q)
}

// Transact implements store.Driver.
func (r *restless) Transact(ctx context.Context, tx store.Tx) error {
	c, _ := ctx.Value(cutKey{}).(*cut)
	r.pause()
	defer r.pause()
	switch c.next() {
	case gone:
		return store.ErrUnknownOutcome
	case breaks:
		return storetest.NewFault(r.d, 1, c.mode).Transact(ctx, tx)
	}
	return r.d.Transact(ctx, tx)
}

// cut is a request whose connection to the store breaks at one of its calls, for good.
// Whether that call was carried out, nobody will ever tell the request.
type cut struct {
	at    int64 // number of the call; 0: never
	mode  storetest.Mode
	calls atomic.Int64
}

type cutKey struct{}

// The states of a connection at a call.
const (
	fine = iota
	breaks
	gone
)

func (c *cut) next() int {
	if c == nil || c.at == 0 {
		return fine
	}
	switch n := c.calls.Add(1); {
	case n < c.at:
		return fine
	case n == c.at:
		return breaks
	}
	return gone
}

// lost is the error of a read of a request that has been cut off.
func lost(ctx context.Context) error {
	if c, _ := ctx.Value(cutKey{}).(*cut); c.next() != fine {
		return store.ErrUnknownOutcome
	}
	return nil
}

// cutting is the context of a request: in one of a few it breaks.
func (w *worker) cutting(ctx context.Context) context.Context {
	if !w.cuts || w.IntN(8) != 0 {
		return ctx
	}
	c := &cut{at: int64(1 + w.IntN(7)), mode: choose(w, storetest.TimeoutBefore, storetest.TimeoutAfter)}
	return context.WithValue(ctx, cutKey{}, c)
}
