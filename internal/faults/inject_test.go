package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// errCrash is all that a dead process hears. Not a panic: handlers read on several
// goroutines, and a panic there would end the tests. Whatever the code makes of the
// error, nothing that it does reaches the store, the carrier or the client any more.
var errCrash = errors.New("the process is gone")

// injector is a driver, and a count of all calls to the world outside, of which one
// can be made to fail.
type injector struct {
	*storetest.Memory
	now func() time.Time // what time it is

	mu    sync.Mutex
	names []string // of the calls so far
	fault fault
	hit   bool
	dead  bool
	away  string        // the service that stays away
	off   time.Duration // how wrong the clock of the process is
}

// arm begins a request, in a process that may have just been started.
func (in *injector) arm(f fault) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.names, in.fault, in.hit, in.dead, in.away, in.off = nil, f, false, false, "", 0
}

// next counts a call and says how it goes.
func (in *injector) next(name string) (m mode, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count(name)
}

func (in *injector) count(name string) (m mode, err error) {
	in.names = append(in.names, name)
	switch {
	case in.dead:
		return none, errCrash
	case in.away != "" && in.away == service(name):
		return none, fmt.Errorf("%w (injected)", store.ErrThrottled)
	case len(in.names) != in.fault.at:
		return none, nil
	}
	in.hit = true
	switch m = in.fault.mode; m {
	case crashBefore, crashAfter:
		in.dead = true
	case outageBefore, outageAfter:
		in.away = service(name)
	case jumpedBack, jumpedAhead:
		in.off = jumps[m]
	}
	return m, nil
}

// clock is the clock of the process.
func (in *injector) clock() time.Time {
	in.mu.Lock()
	defer in.mu.Unlock()
	_, _ = in.count(callClock) // a process that dies here finds out at its next call
	return in.now().Add(in.off)
}

// load is the key store.
func (in *injector) load(context.Context) (secret.Text, error) {
	m, err := in.next(callKeys)
	switch {
	case err != nil:
		return "", err
	case m == crashBefore || m == crashAfter:
		return "", errCrash
	case m != none:
		return "", fmt.Errorf("the key store: %s (injected)", m)
	}
	return rootKey, nil
}

// call carries out a call on d, or not, as is its turn.
func (in *injector) call(name string, do func(d store.Driver) error) error {
	m, err := in.next(name)
	switch {
	case err != nil:
		return err
	case m == none:
		return do(in.Memory)
	case m == crashBefore:
		return errCrash
	case m == crashAfter:
		_ = do(in.Memory) // nobody is left to hear of it
		return errCrash
	}
	return do(storetest.NewFault(in.Memory, 1, plain[m]))
}

// Get implements store.Driver.
func (in *injector) Get(ctx context.Context, keys []store.Key) (items []store.Item, err error) {
	err = in.call(callGet, func(d store.Driver) error {
		items, err = d.Get(ctx, keys)
		return err
	})
	return items, err
}

// Query implements store.Driver.
func (in *injector) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = in.call(callQuery, func(d store.Driver) error {
		p, err = d.Query(ctx, q)
		return err
	})
	return p, err
}

// Transact implements store.Driver.
func (in *injector) Transact(ctx context.Context, tx store.Tx) error {
	return in.call(callTransact, func(d store.Driver) error { return d.Transact(ctx, tx) })
}

// state says whether the fault has come, whether the process died of it, and which
// calls there were.
func (in *injector) state() (hit, dead bool, names []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.hit, in.dead, in.names
}
