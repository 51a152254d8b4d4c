//go:build !race

package audit

// tampers is how many changes TestASVS16_4_2_Tamperings does.
const tampers = 10_000
