// Package profile owns what people see of each other: the names and the address
// of an account, and the form in which the API shows them.
//
// It is apart from account, so that other domains can show a user, and hold a
// transaction to a confirmed address, without knowing how accounts come about.
package profile

import (
	"strconv"

	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// Profile is what people see of an account.
type Profile struct {
	UID      int64  `json:"uid"`
	Username string `json:"username"`
	Email    string `json:"email"` // "" only for people of a foreign issuer that gave none
	Verified bool   `json:"verified"`
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
	Joined   int64  `json:"joined"` // Unix milliseconds
}

// Profiles is the profile row.
var Profiles = store.Kind[Profile]{Name: "profile", Schema: 1}

// Key is where the profile of a user is.
func Key(uid int64) store.Key { return store.Key{PK: session.UserPK(uid), SK: "P"} }

// Basic is what others see of a user.
type Basic struct {
	URL      string `json:"url"`
	ID       int64  `json:"id"`
	Username string `json:"username"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
}

// Show is the form of p that others see. base is the installation's address.
func Show(base string, p Profile) Basic {
	return Basic{URL: base + "/api/users/" + strconv.FormatInt(p.UID, 10), ID: p.UID, Username: p.Username, First: p.First, Last: p.Last}
}
