// Package audit owns the audit log: one row for each change that matters for
// security, written in the transaction of the change, and the chains that show
// whether somebody has changed the log afterwards.
//
// A row says who did what to whom, from where and when; values only where they
// are no secret. It does not hold sign-ins and refreshes: those are logged.
//
// A person and an organization have a partition each. Every partition is chained:
//
//	change ─Row→ AUD#… (a place in ByUnchained) ─Advance→ CHAIN#AUD#… L#1 ← L#2 ← … ← H, signed
//
// An event gets its place in the transaction of its change and loses it in the one
// that links it, so it is linked once, whatever crashes in between. The order of a
// chain is that of its links: an event that appears late is linked late.
package audit

import (
	"hash/fnv"
	"strconv"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Event is one change.
type Event struct {
	Action  string            `json:"action"`           // e.g. "password.change"
	Actor   int64             `json:"actor,omitempty"`  // user id; 0: nobody signed in, or the operator
	Target  int64             `json:"target"`           // user id; 0: no person
	Org     int64             `json:"org,omitempty"`    // organization id
	Object  string            `json:"object,omitempty"` // e.g. "membership:123"
	Network string            `json:"network,omitempty"`
	Agent   string            `json:"agent,omitempty"`
	Request string            `json:"request,omitempty"` // request id
	Detail  map[string]string `json:"detail,omitempty"`
	Changes map[string]Change `json:"changes,omitempty"` // by field; only fields that may be shown
	At      int64             `json:"at"`                // Unix milliseconds
}

// Change is a field before and after an event.
type Change struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// Events is the audit row.
var Events = store.Kind[Event]{Name: "audit", Schema: 1}

// Prefix begins the partition key of every event; the stream's filter uses it.
const Prefix = "AUD#"

// UserPK is the partition of one person's audit log.
func UserPK(uid int64) string { return Prefix + "U#" + strconv.FormatInt(uid, 10) }

// OrgPK is the partition of one organization's audit log.
func OrgPK(org int64) string { return Prefix + "O#" + strconv.FormatInt(org, 10) }

// Row writes an event into the log of its target.
func Row(now time.Time, e Event) store.Op { return row(now, UserPK(e.Target), e) }

// OrgRow writes an event into the log of its organization.
func OrgRow(now time.Time, e Event) store.Op { return row(now, OrgPK(e.Org), e) }

func row(now time.Time, partition string, e Event) store.Op {
	e.At = now.UnixMilli()
	k := store.Key{PK: partition, SK: store.TimeText(now) + "#" + token.ID()}
	return Events.Put(k, e, store.Absent).In(store.ByUnchained, place(k))
}

// shards spread the index over partitions: every change in the installation
// writes to it.
const shards = 8

// place is where an event waits to be chained.
func place(k store.Key) store.Key {
	h := fnv.New32a()
	h.Write([]byte(k.PK))
	return store.Key{PK: shard(int(h.Sum32() % shards)), SK: k.SK}
}

func shard(n int) string { return "UNCHAINED#" + strconv.Itoa(n) }
