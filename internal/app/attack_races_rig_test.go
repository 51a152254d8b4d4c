package app_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/store"
)

// sound fails the test if any rule about the rows of the store is broken.
func sound(t *testing.T, w *apptest.World) {
	t.Helper()
	found, err := check.Run(w.Context(), store.New(w.DB, w.Clock.Now), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// crowd is a driver that can let transactions wait for each other, so that what is at
// once has read the same before the first of them writes.
type crowd struct {
	store.Driver
	on   atomic.Bool
	mu   sync.Mutex
	gate chan struct{}
}

// crowded is a world whose transactions can be made to meet.
func crowded(t *testing.T, opts ...apptest.Option) (*apptest.World, *crowd) {
	c := &crowd{}
	opts = append(opts, limitsOff, apptest.Driver(func(d store.Driver) store.Driver { c.Driver = d; return c }))
	return apptest.New(t, opts...), c
}

// Transact waits for whoever else comes within ten milliseconds.
func (c *crowd) Transact(ctx context.Context, tx store.Tx) error {
	if c.on.Load() {
		<-c.next()
	}
	return c.Driver.Transact(ctx, tx)
}

func (c *crowd) next() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gate == nil {
		c.gate = make(chan struct{})
		time.AfterFunc(10*time.Millisecond, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			close(c.gate)
			c.gate = nil
		})
	}
	return c.gate
}

// meet lets transactions meet while f runs.
func (c *crowd) meet(f func()) {
	c.on.Store(true)
	defer c.on.Store(false)
	f()
}

// atOnce runs moves at the same time, in an order of chance, and gives their statuses
// in the order of the moves.
func (c *crowd) atOnce(t *testing.T, moves ...func() *apptest.Answer) []int {
	t.Helper()
	got, order := make([]int, len(moves)), rand.Perm(len(moves))
	c.meet(func() {
		parallel(len(moves), func(i int) int {
			n := order[i]
			got[n] = patient(moves[n]).Status
			return 0
		})
	})
	if slices.Contains(got, 500) {
		t.Fatalf("answers %v", got)
	}
	return got
}
