// Package store is the one table that everything lives in.
//
// A Driver moves items of one table under three verbs; it has two
// implementations, dynamo (production) and sqlite (one file on one machine), and
// both keep the contract in storetest. Table stands in front of either and does
// what must not differ between them: it checks sizes and keys, numbers
// transactions, hides what has expired, repeats what was contended, and finds
// out what became of a transaction whose answer was lost.
//
// The package knows no domain. Domains describe their items with Kind and build
// writes as Op values, so that a change that crosses domains is still one
// transaction:
//
//	table.Transact(ctx, user.Put(…), claim.Put(…), mail.Queue(…), audit.Row(…))
package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Key addresses an item: a partition and a place in its byte order.
type Key struct{ PK, SK string }

// Index is a secondary index, named by its purpose. Items appear in it only if
// they carry a key for it. Its reads may lag behind writes, so nothing is
// decided on them.
type Index string

// The indexes of the table.
const (
	// ByRecipient lists mail deliveries by the address they went to.
	ByRecipient Index = "recipient"
	// ByUnchained lists audit events that no chain holds yet.
	ByUnchained Index = "unchained"
)

// Indexes are all secondary indexes of the table, as infra/table.yaml has them.
var Indexes = [...]Index{ByRecipient, ByUnchained}

// Item is what one key holds. Version is 0 where nothing is held.
type Item struct {
	Key
	Kind    string           // what the body is, e.g. "session"
	Schema  int              // version of the body's shape
	Version int64            // changes with each write and never repeats for a key
	TxID    string           // the transaction that wrote it
	Expires time.Time        // zero: never; whole seconds
	Body    []byte           // JSON
	Counts  map[string]int64 // numbers that Add changes
	Index   map[Index]Key    // its places in secondary indexes

	stale int64 // version of an item that has expired but was not yet removed
}

// Exists reports whether the key holds something that has not expired.
func (i Item) Exists() bool { return i.Version != 0 }

// At is the condition that the item is still as it was read, present or not.
// For an expired item it is the version that is still lying there.
func (i Item) At() Cond {
	if i.Version == 0 {
		return Cond(i.stale)
	}
	return Cond(i.Version)
}

// Cond is what must hold of an item for its op to go through. The set is closed:
// what both drivers cannot mean identically cannot be said. A positive Cond is
// the version that the item must have.
type Cond int64

// The conditions that name no version.
const (
	Absent  Cond = 0
	Present Cond = -1
	Always  Cond = -2
)

// Holds judges the condition by the version that the engine has, 0 for none.
func (c Cond) Holds(version int64) bool {
	switch c {
	case Always:
		return true
	case Present:
		return version != 0
	}
	return int64(c) == version
}

// Verb is what an Op does.
type Verb uint8

// The verbs of a transaction.
const (
	VerbPut Verb = iota + 1
	VerbDelete
	VerbCheck // only the condition counts
	VerbAdd
)

// Op is one write, or one check, of a transaction.
type Op struct {
	Verb    Verb
	Key     Key
	If      Cond // not used by Add
	Kind    string
	Schema  int
	Body    []byte
	Index   map[Index]Key
	Expires time.Time

	// Add changes the number Field by Delta if the sum is within Min and Max. A
	// missing item, and a missing field, count as 0; the item is made if need be,
	// without a body. Of one that is there Add keeps kind, body, places in indexes
	// and, unless the op has one, expiry: an item that has expired but was not yet
	// removed counts on, so a counter's key names its period. A Put drops all numbers.
	Field           string
	Delta, Min, Max int64
}

// Delete removes the item at k.
func Delete(k Key, c Cond) Op { return Op{Verb: VerbDelete, Key: k, If: c} }

// Check writes nothing and fails the transaction unless c holds of k.
func Check(k Key, c Cond) Op { return Op{Verb: VerbCheck, Key: k, If: c} }

// Add changes a number by delta unless the sum would leave min..max.
func Add(k Key, kind, field string, delta, min, max int64) Op {
	return Op{Verb: VerbAdd, Key: k, Kind: kind, Schema: 1, Field: field, Delta: delta, Min: min, Max: max}
}

// Sum is what Add makes of a number that is old now, and whether that is allowed.
func (o Op) Sum(old int64) (sum int64, ok bool) {
	sum = old + o.Delta
	overflow := (sum > old) != (o.Delta > 0) && o.Delta != 0
	return sum, !overflow && o.Min <= sum && sum <= o.Max
}

// Until gives the op's item an expiry.
func (o Op) Until(t time.Time) Op {
	o.Expires = t.Truncate(time.Second)
	return o
}

// In gives the op's item a place in an index.
func (o Op) In(i Index, k Key) Op {
	m := map[Index]Key{}
	maps.Copy(m, o.Index)
	m[i] = k
	o.Index = m
	return o
}

// Tx is a transaction as a driver gets it: at most one op per key, all of them
// valid. Every item that it writes gets ID and Version.
type Tx struct {
	ID      string // 32 hex digits; may be used as the engine's own idempotency token
	Version int64  // > 0
	Ops     []Op
}

// Query asks for a run of one partition, of the table or of an index, in byte
// order of the sort key.
type Query struct {
	Index   Index // "" is the table itself
	PK      string
	Prefix  string // sort keys that start with it; or
	From    string // sort keys from it (inclusive)
	To      string // up to it (exclusive); "" is no bound
	Reverse bool
	After   Place // where the last page of the same query ended; zero at the start
	Limit   int   // 1..1000
}

// Place is where a page ended: the sort key, and for an index the item's own
// key, because index keys repeat.
type Place struct {
	SK  string
	Key Key
}

// Page is part of an answer to a Query. Next is zero when there is no more; a
// page may be short, even empty, and still have a Next.
type Page struct {
	Items []Item
	Next  Place
}

// Driver is the table of one engine.
type Driver interface {
	// Get reads items consistently. The answer has one item per key, in order,
	// with Version 0 where there is none; a key may come twice. It is no snapshot.
	// At most MaxGet keys.
	Get(ctx context.Context, keys []Key) ([]Item, error)
	// Query reads the table consistently, an index perhaps late.
	Query(ctx context.Context, q Query) (Page, error)
	// Transact does all ops or none. It answers with a *ConflictError when a
	// condition failed, and with an error that is ErrContended, ErrThrottled or
	// ErrUnknownOutcome when that is what happened.
	Transact(ctx context.Context, tx Tx) error
}

// The errors that a driver tells apart. All others are final.
var (
	// ErrContended: another transaction is at work on one of the keys; nothing was written.
	ErrContended = errors.New("store: contended")
	// ErrThrottled: the engine is out of capacity; nothing was written.
	ErrThrottled = errors.New("store: throttled")
	// ErrUnknownOutcome: the answer was lost; the transaction may have been applied.
	ErrUnknownOutcome = errors.New("store: outcome unknown")
)

// ErrTwice (wrapped) says that a transaction has two ops on one key, and was not tried.
// In one that is right otherwise an id was drawn that is another's: it will be another
// the next time.
var ErrTwice = errors.New("store: two ops on")

// ErrUnavailable is what Table says when repeating did not help. Nothing is known to be written.
var ErrUnavailable = errors.New("store: unavailable")

// ConflictError says which ops of a transaction found the world changed.
type ConflictError struct{ Ops []int }

func (e *ConflictError) Error() string { return fmt.Sprintf("store: conflict at ops %v", e.Ops) }

// Conflict reports whether err says that conditions failed, and of which ops.
func Conflict(err error) ([]int, bool) {
	if c, ok := errors.AsType[*ConflictError](err); ok {
		return c.Ops, true
	}
	return nil, false
}
