package bound

import (
	"syscall"
	"time"
)

const ofThisThread = 1 // RUSAGE_THREAD

// spent is how much of a processor this thread has had.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(ofThisThread, &u); err != nil {
		panic(err) // there is nothing that could be wrong with the call
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
