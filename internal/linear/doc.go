// Package linear holds histories of concurrent requests against sequential
// specifications: whatever many people do at once, each answer must be one that they
// could have heard had the requests been served one after the other, each at some
// moment between its call and its return.
//
//	stage ─▶ copy ─▶ 4–16 goroutines, random requests ─▶ history ─▶ porcupine ─▶ in order, or not
//	             └─ store: memory, SQLite, Lag, Faulty; torn reads, pauses, cut requests
//
// A specification is one function from state and request to the next state and the
// answer. A request that was cut off, or answered with a 503, is of unknown outcome:
// it may have done its work, at any moment until the end of the history, or none.
//
// go test runs a few hundred histories. GATEHOUSE_LINEAR is how many there are in all,
// and fewer fail; GATEHOUSE_LINEAR_SEED begins at a seed that was printed before. The
// same seed gives the same requests and pauses, but not the same schedule. What is not
// in order is drawn into a file whose path is printed.
//
// The package has only tests. Those of the bites put a wrong store, or a wrong
// handler, in the place of a right one, and each must be found.
package linear
