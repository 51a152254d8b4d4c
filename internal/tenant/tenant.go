// Package tenant owns what every request must know of an organization: whether it
// lives, who owns it, how many seats it has, and what somebody is in it.
//
// It does not own what organizations are for (org, invite): only the rows that
// decisions are made on, so that the wrapper of every route can read them in the
// rounds in which it reads the caller anyway.
//
//	SLUG#<slug>   C                short name → id
//	ORG#<id>      A state          owner, seats, alive or going
//	ORG#<id>      O                an offer of its ownership
//	ORG#<id>      S, M             counters: seats taken, members
//	MEM#<uid>     <org>            a membership; ~owned counts the organizations owned, ~joined the joinings
//	EMAIL#<addr>  I#<org>          the open invitation of an address
package tenant

import (
	"regexp"
	"strconv"

	"gatehouse/internal/policy"
	"gatehouse/internal/store"
)

// States of an organization.
const (
	Active = "active"
	Going  = "going" // deleted; what is left of it is being removed
)

// State is what decisions need of an organization, and nothing else: its
// description lies apart, so that editing it conflicts with nothing here. Every
// write that belongs to an organization checks this row's version.
type State struct {
	ID      int64  `json:"id"`
	Slug    string `json:"slug"`
	Owner   int64  `json:"owner"` // user id; always somebody who is a member
	State   string `json:"state"`
	Seats   int64  `json:"seats,omitempty"` // how many members and open invitations its plan gives it; 0: none was ever given, below 0: no limit
	Created int64  `json:"created"`         // Unix milliseconds
}

// Member is a membership: there is one only of somebody who has joined.
type Member struct {
	ID         int64  `json:"id"`
	Org        int64  `json:"org"`
	UID        int64  `json:"uid"`
	Role       string `json:"role"`
	Joined     int64  `json:"joined"`               // Unix milliseconds
	Invitation string `json:"invitation,omitempty"` // key of the invitation that was accepted
}

// Claim says which organization has a short name.
type Claim struct {
	Org int64 `json:"org"`
}

// Open says which invitation of an organization waits for an address.
type Open struct {
	Key string `json:"key"`
}

// Offer is an organization that its owner wants to hand over: it waits for the
// other one's word.
type Offer struct {
	To         int64 `json:"to"`         // user id
	Membership int64 `json:"membership"` // of that user: whoever left and came back has another
	By         int64 `json:"by"`         // user id
	Expires    int64 `json:"expires"`    // Unix milliseconds
}

// The rows.
var (
	States  = store.Kind[State]{Name: "organization", Schema: 1}
	Members = store.Kind[Member]{Name: "membership", Schema: 1}
	Claims  = store.Kind[Claim]{Name: "organization-claim", Schema: 1}
	Opens   = store.Kind[Open]{Name: "open-invitation", Schema: 1}
	Offers  = store.Kind[Offer]{Name: "ownership-offer", Schema: 1}
)

// PK is the partition of what belongs to one organization and is bounded.
func PK(org int64) string { return "ORG#" + strconv.FormatInt(org, 10) }

// Key is where the state of an organization is.
func Key(org int64) store.Key { return store.Key{PK: PK(org), SK: "A"} }

// OfferKey is where the offer of its ownership is.
func OfferKey(org int64) store.Key { return store.Key{PK: PK(org), SK: "O"} }

// ValidSlug reports whether s can be a short name.
func ValidSlug(s string) bool { return slugForm.MatchString(s) }

var slugForm = regexp.MustCompile(`^[-a-zA-Z0-9_]{1,16}$`)

// SlugKey is where a short name leads from. Short names match exactly.
func SlugKey(slug string) store.Key { return store.Key{PK: "SLUG#" + slug, SK: "C"} }

// MembersPK is the partition of one user's memberships.
func MembersPK(uid int64) string { return "MEM#" + strconv.FormatInt(uid, 10) }

// MemberKey is where the membership of a user in an organization is.
func MemberKey(uid, org int64) store.Key {
	return store.Key{PK: MembersPK(uid), SK: store.IDText(org)}
}

// MemberQuery lists the memberships of a user.
func MemberQuery(uid int64) store.Query {
	return store.Query{PK: MembersPK(uid), From: "0", To: ":"}
}

// OpenKey is where the open invitation of an address to an organization is, and
// OpenQuery lists all of an address.
func OpenKey(email string, org int64) store.Key {
	return store.Key{PK: "EMAIL#" + email, SK: openPrefix + store.IDText(org)}
}

// OpenQuery lists the open invitations of an address.
func OpenQuery(email string) store.Query {
	return store.Query{PK: "EMAIL#" + email, Prefix: openPrefix}
}

const openPrefix = "I#"

// noLimit is more than an organization can have of anything.
const noLimit = 1 << 40

func (s State) limit() int64 {
	if s.Seats > 0 {
		return s.Seats
	}
	return noLimit
}

// Seat takes n seats (or gives -n back): one for each member and each open
// invitation. The transaction fails at this op when there are not enough.
func (s State) Seat(n int64) store.Op { return s.count("S", n) }

// Join counts n members more, or -n fewer. Members alone never exceed the seats
// either: that decides who of those invited gets in when there are fewer seats
// than before.
func (s State) Join(n int64) store.Op { return s.count("M", n) }

func (s State) count(sk string, n int64) store.Op {
	most := s.limit()
	if n < 0 {
		most = noLimit // who leaves may always leave
	}
	return store.Add(store.Key{PK: PK(s.ID), SK: sk}, countKind, "n", n, 0, most)
}

const countKind = "organization-count"

// SeatsKey is where the seats taken are counted, and MembersKey the members.
func SeatsKey(org int64) store.Key { return store.Key{PK: PK(org), SK: "S"} }

// MembersKey is where the members are counted.
func MembersKey(org int64) store.Key { return store.Key{PK: PK(org), SK: "M"} }

// Count is the number that a counter's item holds.
func Count(it store.Item) int64 { return it.Counts["n"] }

// Own counts n organizations more that somebody owns, or -n fewer. The transaction
// fails at this op when there would be more than MaxOwned.
func Own(uid, n int64) store.Op {
	if n < 0 {
		return owned(uid, n, 0, noLimit)
	}
	return owned(uid, n, 0, MaxOwned)
}

// MaxOwned is how many organizations one person may own.
const MaxOwned = 1000

// OwnedKey is where it is counted how many somebody owns.
func OwnedKey(uid int64) store.Key { return OwnNone(uid).Key }

// Joined notes that somebody is in one organization more. Whoever lists somebody's
// memberships to write to all of them checks the row at JoinedKey.
func Joined(uid int64) store.Op {
	return store.Add(JoinedKey(uid), "joined-count", "n", 1, 0, noLimit)
}

// JoinedKey is where it is noted.
func JoinedKey(uid int64) store.Key { return store.Key{PK: MembersPK(uid), SK: "~joined"} }

// OwnNone fails the transaction if somebody owns an organization.
func OwnNone(uid int64) store.Op { return owned(uid, 0, 0, 0) }

func owned(uid, n, least, most int64) store.Op {
	return store.Add(store.Key{PK: MembersPK(uid), SK: "~owned"}, "owned-count", "n", n, least, most)
}

// View is an organization as one caller stands to it.
type View struct {
	State
	Member Member // the caller's membership; zero if there is none

	state, member store.Item
}

// Read makes a view of the rows at Key and MemberKey. Rows that were read before and
// after a hand-over are a conflict.
func Read(state, member store.Item) (v View, err error) {
	v.state, v.member = state, member
	if v.State, err = States.Of(state); err != nil {
		return v, err
	}
	if v.Member, err = Members.Of(member); err != nil {
		return v, err
	}
	return v, v.Agrees(v.Member)
}

// Agrees is a conflict if the row of a member and the state cannot be of one moment:
// the owner, and nobody else, has the role of one.
func (v View) Agrees(m Member) error {
	if v.Alive() && m.ID != 0 && (m.UID == v.Owner) != (m.Role == policy.Owner.String()) {
		return &store.ConflictError{}
	}
	return nil
}

// Alive reports whether the organization is there.
func (v View) Alive() bool { return v.state.Exists() && v.State.State == Active }

// Role is the caller's role.
func (v View) Role() policy.Role {
	r, _ := policy.ParseRole(v.Member.Role)
	return r
}

// Same is the check that the organization is still as it was read.
func (v View) Same() store.Op { return store.Check(v.state.Key, v.state.At()) }

// At is the condition that the organization is still as it was read.
func (v View) At() store.Cond { return v.state.At() }

// MemberSame is the check that the caller's membership, or that there is none, is
// still as it was read.
func (v View) MemberSame() store.Op { return store.Check(v.member.Key, v.member.At()) }

// MemberAt is the condition of the same.
func (v View) MemberAt() store.Cond { return v.member.At() }

// Context is the organization as the policy sees it.
func (v View) Context() *policy.Org {
	return &policy.Org{ID: v.ID, Owner: v.Owner, Role: v.Role()}
}
