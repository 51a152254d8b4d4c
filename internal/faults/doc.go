// Package faults is the crash sweep: every route and every handler of a schedule or
// a stream is run with a fault at every call that it makes of the store or of the
// mail carrier, and repeated as a client would repeat it.
//
//	clean run, twice ─▶ its calls, its end
//	for each call and each mode: fresh copy ─▶ fault ─▶ rules ─▶ repeat ─▶ rules ─▶ same end?
//
// A run passes if the rules of package check hold after every step, no answer blames
// the client for our fault or promises what is not there, the repetition ends well,
// and what is left is what the clean run leaves: the same items, audit rows and
// mails. What a handler may leave beside that is said of it in its case, and nowhere
// else. A route, schedule or stream without a case fails the tests.
//
// With GATEHOUSE_FAULTS=long every pair of faults is tried as well: one in the first
// try, one in the second.
//
// The package has only tests.
package faults
