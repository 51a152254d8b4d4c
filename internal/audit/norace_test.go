//go:build !race

package audit

// tampers is how many changes TestTamperings does.
const tampers = 10_000
