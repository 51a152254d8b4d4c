package password

import (
	"context"
	"fmt"
	"sync/atomic"
)

// waitersPerSlot bounds the queue: past it a caller would wait longer than any
// request lives, so it is told at once instead.
const waitersPerSlot = 16

// slots bounds how many hashes run at the same time, and so their memory.
type slots struct {
	running chan struct{}
	waiting atomic.Int64
}

func newSlots(n int) *slots {
	return &slots{running: make(chan struct{}, max(n, 1))}
}

// acquire takes a slot, waiting until ctx is done. After a nil error the
// caller must call release.
func (s *slots) acquire(ctx context.Context) error {
	// A caller that has already given up must not burn a hash even when a
	// slot is free.
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	select {
	case s.running <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > int64(cap(s.running)*waitersPerSlot) {
		return ErrBusy
	}
	select {
	case s.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

func (s *slots) release() { <-s.running }
