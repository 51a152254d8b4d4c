package password

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// The line is bounded in number and in time: past either a caller would wait longer
// than anybody does, so it is told at once instead. However long a hash takes, one
// caller a slot may wait.
const (
	waitersPerSlot = 16
	maxWait        = 500 * time.Millisecond
)

// slots bounds how many hashes run at the same time, and so their memory, and how
// many callers stand in line for them.
type slots struct {
	running chan struct{}
	places  atomic.Int64 // taken by those who run, who wait, and who were admitted
	lately  atomic.Int64 // how long a slot is held, in nanoseconds: a running mean
	begun   atomic.Int64 // hashes since the start
}

func newSlots(n int) *slots {
	return &slots{running: make(chan struct{}, max(n, 1))}
}

// enter takes a place in the line, or is told at once that there is none.
func (s *slots) enter() error {
	if s.places.Add(1) > s.most() {
		s.places.Add(-1)
		return ErrBusy
	}
	return nil
}

func (s *slots) leave() { s.places.Add(-1) }

// most is how many places there are.
func (s *slots) most() int64 {
	n := int64(cap(s.running))
	waiters := n * waitersPerSlot
	if lately := s.lately.Load(); lately > 0 {
		waiters = min(waiters, max(n, n*int64(maxWait)/lately))
	}
	return n + waiters
}

// acquire takes a slot, waiting until ctx is done; a caller that was not admitted
// takes a place first. After a nil error the caller must call release.
func (s *slots) acquire(ctx context.Context) (release func(), err error) {
	// A caller that has already given up must not burn a hash even when a
	// slot is free.
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	leave := func() {}
	if ctx.Value(admittedKey{}) != s {
		if err := s.enter(); err != nil {
			return nil, err
		}
		leave = s.leave
	}
	select {
	case s.running <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
	s.begun.Add(1)
	start := time.Now()
	return func() {
		s.note(time.Since(start))
		<-s.running
		leave()
	}, nil
}

// note adds to the running mean. Longer than maxWait makes no difference to the
// line, and one such time must not count for long.
func (s *slots) note(d time.Duration) {
	took := max(1, int64(min(d, maxWait)))
	if old := s.lately.Load(); old > 0 {
		took = old + (took-old)/8
	}
	s.lately.Store(took)
}

// admittedKey is where a context holds the slots that it has a place for.
type admittedKey struct{}

// Admit takes a place in the line for hashes, or answers ErrBusy at once if there is
// none. It is for before anything else is done for a request, so that refusing it
// costs next to nothing. Hash and Verify with the context that it returns, one at a
// time, use that place; leave gives it up.
func (h *Hasher) Admit(ctx context.Context) (admitted context.Context, leave func(), err error) {
	if err := h.slots.enter(); err != nil {
		return nil, nil, err
	}
	return context.WithValue(ctx, admittedKey{}, h.slots), h.slots.leave, nil
}

// Begun is how many hashes were begun, right or wrong, since New.
func (h *Hasher) Begun() int64 { return h.slots.begun.Load() }
