package app_test

import (
	"context"
	"errors"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// turn is a driver under which several requests are at work and one call at a time
// goes on: each request waits before each of its calls.
type turn struct {
	*storetest.Memory
	on     bool
	events chan event
	wrote  map[store.Key]bool // written by calls that had their turn, or at any time while it is off
	seen   *footprint         // if not nil, of all calls
	gone   map[int]bool       // requests whose process has died
}

// event is a request that waits before a call, or that has ended.
type event struct {
	thread int
	next   footprint
	grant  chan struct{} // nil: it has ended
}

type threadKey struct{}

// errGone is what a request gets whose process has died: no call reaches anything.
var errGone = errors.New("the process is gone")

func (s *turn) wait(ctx context.Context, next footprint) error {
	n, ok := ctx.Value(threadKey{}).(int)
	if !s.on || !ok {
		if s.seen != nil {
			s.seen.add(next)
			s.seen.calls++
		}
		return nil
	}
	if s.gone[n] {
		return errGone
	}
	grant := make(chan struct{})
	s.events <- event{n, next, grant}
	<-grant
	if s.gone[n] {
		return errGone
	}
	return nil
}

// Get implements store.Driver.
func (s *turn) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if err := s.wait(ctx, ofGet(keys)); err != nil {
		return nil, err
	}
	return s.Memory.Get(ctx, keys)
}

// Query implements store.Driver.
func (s *turn) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.wait(ctx, ofQuery(q)); err != nil {
		return store.Page{}, err
	}
	return s.Memory.Query(ctx, q)
}

// Transact implements store.Driver.
func (s *turn) Transact(ctx context.Context, tx store.Tx) error {
	f := ofTx(tx, s.Memory)
	if err := s.wait(ctx, f); err != nil {
		return err
	}
	for k := range f.writes {
		s.wrote[k] = true
	}
	return s.Memory.Transact(ctx, tx)
}
