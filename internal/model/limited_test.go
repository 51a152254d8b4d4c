package model

import (
	"testing"

	"pgregory.net/rapid"
)

// TestModelLimited runs sequences with the rate limits on. They may refuse any
// command, and change nothing else.
func TestModelLimited(t *testing.T) {
	cover := newCoverage()
	sequences(t, max(15, amount(t, 0)/20), fixedSeed, func(t *rapid.T) { play(t, cover, "on", mistake{}) })
	if t.Logf("%d sequences, %d steps, %d throttled", cover.sequences, cover.steps, cover.throttled); cover.throttled == 0 {
		t.Error("no limit was ever reached")
	}
}

// insisting does the same thing again and again.
func (m *machine) insisting(t *rapid.T) {
	email := pick(t, "address", addresses)
	again := evenly(t, "what", []func(){
		func() { m.run(t, m.askReset(email)) },
		func() { m.run(t, m.wish(email)) },
		func() { m.run(t, m.login(names[0], "not the password", "", nil)) },
		func() { m.run(t, m.resendInvite(m.of(names[0]), m.invites[0].key)) },
	})
	for range 6 {
		again()
	}
}
