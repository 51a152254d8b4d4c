package storetest

import (
	"context"
	"slices"
	"sync"

	"gatehouse/internal/store"
)

// The names of a driver's calls.
const (
	GetCall      = "get"
	QueryCall    = "query"
	TransactCall = "transact"
)

// Call is one call of a driver, as Recorder saw it.
type Call struct {
	Name  string       // GetCall, QueryCall or TransactCall
	Keys  []store.Key  // of a get, or of the ops of a transaction
	Verbs []store.Verb // of the ops
	Query store.Query  // of a query
	Sizes []int        // bytes of the body of each item read or op written
	Err   error
}

// Recorder is a driver that notes the calls it passes on. It is safe for
// concurrent use; calls are in the order in which they ended.
type Recorder struct {
	d     store.Driver
	mu    sync.Mutex
	calls []Call
}

// NewRecorder records the calls of d.
func NewRecorder(d store.Driver) *Recorder { return &Recorder{d: d} }

// Calls are the calls since the start, or since Reset.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Count is how many calls there were of that name, "" for all.
func (r *Recorder) Count(name string) int {
	n := 0
	for _, c := range r.Calls() {
		if name == "" || c.Name == name {
			n++
		}
	}
	return n
}

// Reset forgets the calls.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = nil
}

func (r *Recorder) note(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// Get implements store.Driver.
func (r *Recorder) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	items, err := r.d.Get(ctx, keys)
	r.note(Call{Name: GetCall, Keys: slices.Clone(keys), Sizes: bodySizes(items), Err: err})
	return items, err
}

// Query implements store.Driver.
func (r *Recorder) Query(ctx context.Context, q store.Query) (store.Page, error) {
	p, err := r.d.Query(ctx, q)
	r.note(Call{Name: QueryCall, Query: q, Sizes: bodySizes(p.Items), Err: err})
	return p, err
}

// Transact implements store.Driver.
func (r *Recorder) Transact(ctx context.Context, tx store.Tx) error {
	err := r.d.Transact(ctx, tx)
	c := Call{Name: TransactCall, Err: err}
	for _, o := range tx.Ops {
		c.Keys = append(c.Keys, o.Key)
		c.Verbs = append(c.Verbs, o.Verb)
		c.Sizes = append(c.Sizes, len(o.Body))
	}
	r.note(c)
	return err
}

func bodySizes(items []store.Item) []int {
	var s []int
	for _, i := range items {
		s = append(s, len(i.Body))
	}
	return s
}
