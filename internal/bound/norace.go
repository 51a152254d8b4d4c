//go:build !race

package bound

const slowness = 1
