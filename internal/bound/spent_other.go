//go:build !linux

package bound

import "time"

var start = time.Now()

// spent is the time since the process began, where threads do not count their own.
func spent() time.Duration { return time.Since(start) }
