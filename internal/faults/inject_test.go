package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// mode is a way for a call, or for what comes after it, to fail.
type mode uint8

const (
	none mode = iota
	throttled
	contended
	timeoutBefore
	timeoutAfter
	crashBefore
	crashAfter
	selfConflict
	outageBefore // the answer is lost, nothing was done, and the store stays away
	outageAfter  // the same, but it was done
	lostReply    // of the whole request; no call fails
)

// modes are those of a call.
var modes = []mode{throttled, contended, timeoutBefore, timeoutAfter, crashBefore, crashAfter, selfConflict, outageBefore, outageAfter}

func (m mode) String() string {
	return [...]string{"no fault", "throttled before", "conflict before", "timeout before", "timeout after", "crash before", "crash after",
		"own success seen as a conflict", "outage before", "outage after", "lost reply"}[m]
}

// plain are the modes that end with the call, as package storetest knows them.
var plain = map[mode]storetest.Mode{throttled: storetest.ThrottledBefore, contended: storetest.ContendedBefore,
	timeoutBefore: storetest.TimeoutBefore, timeoutAfter: storetest.TimeoutAfter, selfConflict: storetest.SelfConflict,
	outageBefore: storetest.TimeoutBefore, outageAfter: storetest.TimeoutAfter}

// fault is a mode at a call, counted from 1.
type fault struct {
	at   int
	mode mode
}

func (f fault) String() string {
	if f.at == 0 {
		return f.mode.String()
	}
	return fmt.Sprintf("call %d: %s", f.at, f.mode)
}

// errCrash is all that a dead process hears. Not a panic: handlers read on several
// goroutines, and a panic there would end the tests. Whatever the code makes of the
// error, nothing that it does reaches the store, the carrier or the client any more.
var errCrash = errors.New("the process is gone")

// injector is a driver, and a count of all calls to the world outside, of which one
// can be made to fail.
type injector struct {
	*storetest.Memory

	mu    sync.Mutex
	calls int
	names []string
	fault fault
	hit   bool
	dead  bool
	away  bool
}

// arm begins a request, in a process that may have just been started.
func (in *injector) arm(f fault) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.calls, in.names, in.fault, in.hit, in.dead, in.away = 0, nil, f, false, false, false
}

// next counts a call and says how it goes.
func (in *injector) next(name string) (m mode, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.calls++
	in.names = append(in.names, name)
	switch {
	case in.dead:
		return none, errCrash
	case in.away:
		return none, fmt.Errorf("%w (injected)", store.ErrThrottled)
	case in.calls != in.fault.at:
		return none, nil
	}
	in.hit = true
	switch m = in.fault.mode; m {
	case crashBefore, crashAfter:
		in.dead = true
	case outageBefore, outageAfter:
		in.away = true
	}
	return m, nil
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
	err = in.call("get", func(d store.Driver) error {
		items, err = d.Get(ctx, keys)
		return err
	})
	return items, err
}

// Query implements store.Driver.
func (in *injector) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = in.call("query", func(d store.Driver) error {
		p, err = d.Query(ctx, q)
		return err
	})
	return p, err
}

// Transact implements store.Driver.
func (in *injector) Transact(ctx context.Context, tx store.Tx) error {
	return in.call("transact", func(d store.Driver) error { return d.Transact(ctx, tx) })
}

// state says whether the fault has come, whether the process died of it, and which
// calls there were.
func (in *injector) state() (hit, dead bool, names []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.hit, in.dead, in.names
}
