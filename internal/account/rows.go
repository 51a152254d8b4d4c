package account

import (
	"time"

	"gatehouse/internal/store"
)

// The rows of this domain as whoever reads the whole table sees them. Nobody else
// has a use for them: what an account is, the operations say.
type (
	Claim     = claim
	Pending   = pending
	Ticket    = ticket
	RosterRow = rosterRow
	Identity  = identity
	Due       = dueRow
)

// Rows are their kinds.
var Rows = struct {
	Claims     store.Kind[Claim]
	Pendings   store.Kind[Pending]
	Tickets    store.Kind[Ticket]
	Roster     store.Kind[RosterRow]
	Identities store.Kind[Identity]
	Dues       store.Kind[Due]
}{claims, pendings, tickets, roster, identities, dues}

// Keys are where they lie. Username folds the name; Linked is the identity in the
// partition of its account, Waiting a registration among those of its address, and
// Undo what gives an old address back.
var Keys = struct {
	Email, Username  func(string) store.Key
	Pending          func(pid string) store.Key
	Waiting          func(Pending) store.Key
	Roster, Deletion func(uid int64) store.Key
	Undo             func(uid int64, address string) store.Key
	Due              func(due time.Time, uid int64) store.Key
	Identity         func(issuer, subject string) store.Key
	Linked           func(uid int64, issuer, subject string) store.Key
}{
	emailKey, func(name string) store.Key { return usernameKey(fold(name)) },
	pendingKey, waitingKey, rosterKey, deletionKey, undoKey, dueKey, identityKey, linkedKey,
}
