package org

import "gatehouse/internal/store"

// The rows of this domain that no other domain knows, as whoever reads the whole
// table sees them.
type (
	ListRow = orgRow
	Due     = made
)

// Rows are their kinds.
var Rows = struct {
	List     store.Kind[ListRow]
	DueOrgs  store.Kind[Due] // organizations that are being removed
	DueNames store.Kind[Due] // people whose rosters show old names
}{orgRows, dueOrgs, dueNames}

// Keys are where they lie, and where an organization describes itself.
var Keys = struct {
	List, Description func(org int64) store.Key
	DueNames          func(uid int64) store.Key
}{orgRowKey, descriptionKey, dueNamesKey}

// Partitions of what is due.
const DueOrgsPK = dueOrgsPK
