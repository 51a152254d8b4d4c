//go:build race

package audit

// tampers is how many changes TestASVS16_4_2_Tamperings does. It does one at a time, so the
// race detector has nothing to find there, and makes it thirty times as slow.
const tampers = 400
