package faults

import (
	"fmt"
	"time"

	"gatehouse/internal/store/storetest"
)

// The calls to the world outside, by name.
const (
	callGet      = "get"
	callQuery    = "query"
	callTransact = "transact"
	callSend     = "send"
	callKeys     = "load the root key"
	callClock    = "read the clock"
)

// service is who answers a call. In an outage all of its calls fail.
func service(call string) string {
	switch call {
	case callGet, callQuery, callTransact:
		return "store"
	}
	return call
}

// mode is a way for a call, or for what comes after it, to fail.
type mode uint8

const (
	none mode = iota
	throttled
	contended
	timeoutBefore
	timeoutAfter
	crashBefore
	crashAfter
	selfConflict
	outageBefore // the answer is lost, nothing was done, and the service stays away
	outageAfter  // the same, but it was done
	lostReply    // of the whole request; no call fails
	jumpedBack   // the clock, from this reading until the process is replaced
	jumpedAhead
)

// modesOf are the ways for a call to fail.
func modesOf(call string) []mode {
	switch call {
	case callKeys:
		return []mode{throttled, timeoutAfter, crashBefore, crashAfter, outageBefore}
	case callClock:
		return []mode{jumpedBack, jumpedAhead, crashBefore}
	}
	return []mode{throttled, contended, timeoutBefore, timeoutAfter, crashBefore, crashAfter, selfConflict, outageBefore, outageAfter}
}

func (m mode) String() string {
	return [...]string{"no fault", "throttled before", "conflict before", "timeout before", "timeout after", "crash before", "crash after",
		"own success seen as a conflict", "outage before", "outage after", "lost reply", "jumped back", "jumped ahead"}[m]
}

// plain are the modes that end with the call, as package storetest knows them.
var plain = map[mode]storetest.Mode{throttled: storetest.ThrottledBefore, contended: storetest.ContendedBefore,
	timeoutBefore: storetest.TimeoutBefore, timeoutAfter: storetest.TimeoutAfter, selfConflict: storetest.SelfConflict,
	outageBefore: storetest.TimeoutBefore, outageAfter: storetest.TimeoutAfter}

// jumps are how far a clock is off after it jumped.
var jumps = map[mode]time.Duration{jumpedBack: -4 * time.Minute, jumpedAhead: 4 * time.Minute}

// fault is a mode at a call, counted from 1.
type fault struct {
	at   int
	mode mode
}

// skews reports whether the fault is one of the clock.
func (f fault) skews() bool { return jumps[f.mode] != 0 }

// plain is the fault with the first of all modes that its call does not tell apart: a
// read that was cut off is the same before and after, and so is a mail that was not
// sent, whatever the carrier says.
func (f fault) plain(calls []string) fault {
	if f.at == 0 {
		return f
	}
	same := map[mode]mode{}
	switch calls[f.at-1] {
	case callGet, callQuery:
		same = map[mode]mode{contended: throttled, timeoutAfter: timeoutBefore, selfConflict: timeoutBefore, crashAfter: crashBefore, outageAfter: outageBefore}
	case callSend:
		same = map[mode]mode{contended: throttled, timeoutBefore: throttled, selfConflict: throttled}
	case callKeys:
		same = map[mode]mode{timeoutAfter: throttled, crashAfter: crashBefore}
	}
	if m, ok := same[f.mode]; ok {
		f.mode = m
	}
	return f
}

func (f fault) String() string {
	if f.at == 0 {
		return f.mode.String()
	}
	return fmt.Sprintf("call %d: %s", f.at, f.mode)
}
