package org

import "gatehouse/internal/store"

// The rows of this domain that no other domain knows, as whoever reads the whole
// table sees them.
type (
	ListRow     = orgRow
	Description = description
	Due         = made
)

// Rows are their kinds.
var Rows = struct {
	List         store.Kind[ListRow]
	Descriptions store.Kind[Description]
	DueOrgs      store.Kind[Due] // organizations that are being removed
	DueNames     store.Kind[Due] // people whose rosters show old names
}{orgRows, descriptions, dueOrgs, dueNames}

// Keys are where they lie, and where an organization describes itself.
var Keys = struct {
	List, Description func(org int64) store.Key
	DueNames          func(uid int64) store.Key
}{orgRowKey, descriptionKey, dueNamesKey}

// DueOrgsPK is the partition of the organizations that are being removed.
const DueOrgsPK = dueOrgsPK
