//go:build race

package bound

// slowness is how much slower the race detector makes things.
const slowness = 10
