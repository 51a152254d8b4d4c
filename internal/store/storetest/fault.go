package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"gatehouse/internal/store"
)

// Mode is a way for a call to fail. Before and After say whether the call was
// carried out; a read has no difference between them but for a crash.
type Mode uint8

// The modes of Fault.
const (
	ThrottledBefore Mode = iota + 1 // store.ErrThrottled, nothing done
	ContendedBefore                 // store.ErrContended, nothing done
	TimeoutBefore                   // store.ErrUnknownOutcome, nothing done
	TimeoutAfter                    // store.ErrUnknownOutcome, but done
	CrashBefore                     // panic(ErrCrash), nothing done
	CrashAfter                      // panic(ErrCrash), but done
	// SelfConflict is a call whose answer was lost below the driver and that was
	// sent again there: it is done, and then conflicts with itself.
	SelfConflict
)

// Modes are all modes, for tests that try each.
func Modes() []Mode {
	return []Mode{ThrottledBefore, ContendedBefore, TimeoutBefore, TimeoutAfter, CrashBefore, CrashAfter, SelfConflict}
}

func (m Mode) String() string {
	return [...]string{"none", "throttled before", "contended before", "timeout before", "timeout after", "crash before", "crash after", "self-conflict"}[m]
}

// ErrCrash is what a crash panics with: the process is gone. A test recovers it,
// and goes on with a new service on the same driver.
var ErrCrash = errors.New("storetest: crash")

// Fault is a driver whose call number N fails; all others go through.
type Fault struct {
	d     store.Driver
	n     int64
	mode  Mode
	calls atomic.Int64
}

// NewFault fails call number n of d, counted from 1 over all verbs, in that mode.
// A test that counts n up until Hit is false has tried every call.
func NewFault(d store.Driver, n int, mode Mode) *Fault { return &Fault{d: d, n: int64(n), mode: mode} }

// Hit reports whether the call to fail has come.
func (f *Fault) Hit() bool { return f.calls.Load() >= f.n }

// Get implements store.Driver.
func (f *Fault) Get(ctx context.Context, keys []store.Key) (items []store.Item, err error) {
	err = f.read(func() (err error) {
		items, err = f.d.Get(ctx, keys)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Query implements store.Driver.
func (f *Fault) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = f.read(func() (err error) {
		p, err = f.d.Query(ctx, q)
		return err
	})
	if err != nil {
		return store.Page{}, err
	}
	return p, nil
}

func (f *Fault) read(do func() error) error {
	if f.calls.Add(1) != f.n {
		return do()
	}
	switch f.mode {
	case ThrottledBefore, ContendedBefore:
		return failed(store.ErrThrottled)
	case CrashBefore:
		panic(ErrCrash)
	case CrashAfter:
		_ = do() // nobody is left to hear of it
		panic(ErrCrash)
	}
	return failed(store.ErrUnknownOutcome)
}

// Transact implements store.Driver.
func (f *Fault) Transact(ctx context.Context, tx store.Tx) error {
	if f.calls.Add(1) != f.n {
		return f.d.Transact(ctx, tx)
	}
	return fail(ctx, f.d, tx, f.mode)
}

// fail does tx on d as mode says.
func fail(ctx context.Context, d store.Driver, tx store.Tx, mode Mode) error {
	switch mode {
	case ThrottledBefore:
		return failed(store.ErrThrottled)
	case ContendedBefore:
		return failed(store.ErrContended)
	case TimeoutBefore:
		return failed(store.ErrUnknownOutcome)
	case CrashBefore:
		panic(ErrCrash)
	}
	err := d.Transact(ctx, tx)
	switch {
	case mode == CrashAfter:
		panic(ErrCrash)
	case mode == SelfConflict && err == nil:
		return selfConflict(tx)
	case mode == TimeoutAfter:
		return failed(store.ErrUnknownOutcome)
	}
	return err
}

func failed(err error) error { return fmt.Errorf("%w (injected)", err) }

// selfConflict is how tx fails after it was applied: by the conditions that its
// own writes have made untrue.
func selfConflict(tx store.Tx) error {
	var lost []int
	for i, o := range tx.Ops {
		put := o.Verb == store.VerbPut && o.If >= store.Absent
		gone := o.Verb == store.VerbDelete && (o.If > store.Absent || o.If == store.Present)
		if put || gone {
			lost = append(lost, i)
		}
	}
	if lost == nil {
		return nil
	}
	return &store.ConflictError{Ops: lost}
}
