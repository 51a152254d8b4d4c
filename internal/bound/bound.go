// Package bound holds a piece of a test to limits of time and memory, so that a fuzz
// target finds not only what crashes but also what is slow or large.
//
// It is imported by tests only.
package bound

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// The limits of one input. A processor is what counts, not a clock: other work on the
// machine makes nothing slower. The race detector does.
const (
	Time  = slowness * 50 * time.Millisecond
	Bytes = 16 << 20
)

// T is what is needed of a test.
type T interface {
	Helper()
	Error(...any)
}

// Of begins to measure; the answer ends it, and fails the test if what was done since
// took more than the limits allow:
//
//	defer bound.Of(t)()
func Of(t T) func() {
	runtime.LockOSThread()
	began, had := spent(), allocated()
	return func() {
		t.Helper()
		took, used := spent()-began, allocated()-had
		runtime.UnlockOSThread()
		if took > Time {
			t.Error(fmt.Sprintf("took %v of a processor, more than %v", took, Time))
		}
		if used > Bytes {
			t.Error(fmt.Sprintf("allocated %d bytes, more than %d", used, Bytes))
		}
	}
}

// allocated is how much the process has allocated so far.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
