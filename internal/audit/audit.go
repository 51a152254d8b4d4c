// Package audit owns the audit log: one row for each change that matters for
// security, written in the transaction of the change.
//
// A row says who did what to whom, from where and when; values only where they
// are no secret. It does not hold sign-ins and refreshes: those are logged.
package audit

import (
	"strconv"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Event is one change.
type Event struct {
	Action  string            `json:"action"`          // e.g. "password.change"
	Actor   int64             `json:"actor,omitempty"` // user id; 0: nobody signed in, or the operator
	Target  int64             `json:"target"`          // user id
	Network string            `json:"network,omitempty"`
	Agent   string            `json:"agent,omitempty"`
	Request string            `json:"request,omitempty"` // request id
	Detail  map[string]string `json:"detail,omitempty"`
	At      int64             `json:"at"` // Unix milliseconds
}

// Events is the audit row.
var Events = store.Kind[Event]{Name: "audit", Schema: 1}

// UserPK is the partition of one person's audit log.
func UserPK(uid int64) string { return "AUD#U#" + strconv.FormatInt(uid, 10) }

// Row writes an event into the log of its target.
func Row(now time.Time, e Event) store.Op {
	e.At = now.UnixMilli()
	return Events.Put(store.Key{PK: UserPK(e.Target), SK: store.TimeText(now) + "#" + token.ID()}, e, store.Absent)
}
