//go:build !race

package compile

// scale is how much of its samples a test takes.
const scale = 1.0
