// Package faults is the crash sweep: every route and every handler of a schedule or
// a stream is run with a fault at every call that it makes of the world outside, and
// repeated as a client would repeat it.
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
// Calls are numbered in one sequence: those of the store, of the mail carrier and of
// the key store, and every reading of the clock. Every run starts cold, each function
// with caches and keys of its own. A clock jumps by four minutes and stays wrong until
// its process is replaced; the repetition has a process with the right one. In such a
// run moments are not compared, and mails may be as late. What else a wrong clock may
// honestly do is said in the case.
//
// Randomness has no fault of its own: crypto/rand does not fail, it ends the process,
// and that leaves what a crash before the next call leaves. That it may draw the same
// twice is tested apart.
//
// With GATEHOUSE_FAULTS=long every pair of faults is tried as well: one in the first
// try, one in the second. Modes that a call does not tell apart (a read that was cut
// off before or after) are all tried alone; pairs that differ by nothing else are
// counted, and have one run. All numbers are those of the plan, which is made of the
// clean run and of the repetitions; nothing is sampled. testdata/floor.txt says how
// much there is at least, and testdata/long.json what became of the last long run.
//
// The package has only tests.
package faults
