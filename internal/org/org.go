// Package org owns organizations and their members: making, describing and
// removing an organization, who is in it as what, and whose it is.
//
// It does not own how people come in (invite), nor who may do what (policy), nor
// what every request reads of an organization (tenant). It does own the row of an
// invitation, because an open invitation is the membership of somebody who has not
// joined yet: both are listed, changed and removed by one id.
//
//	Create ─▶ member (owner) ─▶ roles ─▶ Leave / Remove ─▶ …
//	Delete ─▶ state "going" ─▶ Drain removes what is left, bit by bit
//
// Rows beside those of tenant:
//
//	ORG#<id>                P description · O offer of ownership
//	MID#<membership>        M  who and where it is: a member, or an invitation
//	INV#<key>               I  an invitation
//	INVBY#<uid>             what somebody has sent
//	LST#organizations       what administrators list
//	LST#members#<org>       what the list of members may search, sort and filter by
//	LST#invitations#<org>   the same of invitations
//	DUE#invitations, DUE#organizations, DUE#names   what the sweep has to do
//
// Every transaction here that is about an organization checks, or writes, its
// state row, so that it can neither be decided on an old owner or limit nor slip
// into an organization that is being deleted.
package org

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Settings are what an operator may choose.
type Settings struct {
	Site     mail.Site
	Transfer bool // owners may hand an organization over
}

// Service has what the operations need.
type Service struct {
	Table    *store.Table
	Secrets  *secret.Source
	Limits   *limit.Limiter
	Settings Settings
	Log      *slog.Logger
	// Left is the write by which another domain learns that an organization has gone,
	// and whether what was in it goes with it; it goes into the transaction that ends
	// the organization. nil: there is no such domain.
	Left func(org int64, wipe bool) store.Op
}

// description is what an organization says of itself.
type description struct {
	Name    string          `json:"name"`
	About   string          `json:"about,omitempty"`
	Contact json.RawMessage `json:"contact"`
	Updated int64           `json:"updated"` // Unix milliseconds
}

// Pointer leads from the id of a membership to it: of somebody who has joined to
// the member, of somebody who has not to the invitation.
type Pointer struct {
	Org int64  `json:"org"`
	UID int64  `json:"uid,omitempty"` // 0: has not joined
	Key string `json:"key,omitempty"` // of the invitation, if there is one
}

// Invitation is an invitation, and until it is accepted the membership too. The
// user in it has a reserved id, that of the membership.
type Invitation struct {
	Key      string `json:"key"`
	Org      int64  `json:"org"`
	ID       int64  `json:"id"` // of the membership
	Email    string `json:"email"`
	Role     string `json:"role"`
	Inviter  int64  `json:"inviter"`       // user id
	UID      int64  `json:"uid,omitempty"` // who accepted
	Created  int64  `json:"created"`       // Unix milliseconds, as all times here
	Sent     int64  `json:"sent,omitempty"`
	Expires  int64  `json:"expires"`
	Accepted int64  `json:"accepted,omitempty"`
	Seated   bool   `json:"seated,omitempty"` // holds a seat, as an open one does
	Seed     string `json:"seed,omitempty"`   // of the secret that only the mail holds
	Mail     string `json:"mail,omitempty"`   // reference of the newest mail
}

// Open reports whether the invitation waits for an answer.
func (i Invitation) Open(now time.Time) bool {
	return i.Key != "" && i.Accepted == 0 && now.UnixMilli() < i.Expires
}

// MemberRow is what the list of members may search, sort and filter by.
type MemberRow struct {
	ID       int64  `json:"id"`
	UID      int64  `json:"uid,omitempty"` // 0: has not joined
	Username string `json:"username"`      // the address of somebody who has not joined
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
	Role     string `json:"role"`
	Active   bool   `json:"active"`  // has joined
	Enabled  bool   `json:"enabled"` // the account is
	Key      string `json:"key,omitempty"`
}

// InviteRow is the same for the list of invitations.
type InviteRow struct {
	Key      string `json:"key"`
	UID      int64  `json:"uid"` // the reserved id until it is accepted
	Inviter  int64  `json:"inviter"`
	Accepted bool   `json:"accepted,omitempty"`
	Created  int64  `json:"created"`
}

// orgRow is what administrators may search organizations by.
type orgRow struct {
	ID    int64  `json:"id"`
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Owner int64  `json:"owner"`
}

// The rows that invite writes too.
var (
	Pointers    = store.Kind[Pointer]{Name: "membership-pointer", Schema: 1}
	Invitations = store.Kind[Invitation]{Name: "invitation", Schema: 1}
	MemberRows  = store.Kind[MemberRow]{Name: "member-roster", Schema: 1}
	InviteRows  = store.Kind[InviteRow]{Name: "invitation-roster", Schema: 1}
	Senders     = store.Kind[tenant.Open]{Name: "invitation-sent", Schema: 1}

	descriptions = store.Kind[description]{Name: "organization-description", Schema: 1}
	orgRows      = store.Kind[orgRow]{Name: "organization-roster", Schema: 1}
)

// PointerKey is where the id of a membership leads from.
func PointerKey(id int64) store.Key { return store.Key{PK: "MID#" + store.IDText(id), SK: "M"} }

// InvitationKey is where an invitation is.
func InvitationKey(key string) store.Key { return store.Key{PK: "INV#" + key, SK: "I"} }

// MemberRowKey is a place in the roster of members.
func MemberRowKey(org, id int64) store.Key {
	return store.Key{PK: membersRoster(org), SK: store.IDText(id)}
}

// InviteRowKey is a place in the roster of invitations.
func InviteRowKey(i Invitation) store.Key {
	return store.Key{PK: InvitesRoster(i.Org), SK: byTime(i)}
}

// SenderKey is a place in the list of what somebody has sent.
func SenderKey(i Invitation) store.Key { return store.Key{PK: SenderPK(i.Inviter), SK: byTime(i)} }

// SenderPK is the partition of what somebody has sent.
func SenderPK(uid int64) string { return "INVBY#" + strconv.FormatInt(uid, 10) }

// InvitesRoster is the partition of the roster of invitations.
func InvitesRoster(org int64) string { return "LST#invitations#" + strconv.FormatInt(org, 10) }

func byTime(i Invitation) string { return store.TimeText(time.UnixMilli(i.Created)) + "#" + i.Key }

func membersRoster(org int64) string { return "LST#members#" + strconv.FormatInt(org, 10) }
func descriptionKey(org int64) store.Key {
	return store.Key{PK: tenant.PK(org), SK: "P"}
}
func orgRowKey(org int64) store.Key { return store.Key{PK: Roster, SK: store.IDText(org)} }

// Roster has a row for each organization there is, at its id.
const Roster = "LST#organizations"

// Row is the roster row of somebody who has joined.
func Row(m tenant.Member, p profile.Profile, enabled bool) MemberRow {
	return MemberRow{ID: m.ID, UID: m.UID, Username: p.Username, First: p.First, Last: p.Last, Role: m.Role, Active: true, Enabled: enabled, Key: m.Invitation}
}

// WaitingRow is the roster row of somebody who has not.
func WaitingRow(i Invitation) MemberRow {
	return MemberRow{ID: i.ID, Username: i.Email, Role: i.Role, Enabled: true, Key: i.Key}
}

// Audited writes what a request did into the log of an organization.
func Audited(ctx context.Context, action string, actor, org int64, e audit.Event) store.Op {
	m := api.From(ctx)
	e.Action, e.Actor, e.Org, e.Network, e.Agent, e.Request = action, actor, org, m.Network, m.Agent, m.Request
	return audit.OrgRow(m.Now, e)
}

// ByAuthority are the checks that make a decision hold that was made on who the
// caller is: that their account is as it was read, and for whoever decides as a
// member, the membership. An administrator may write their own membership, which no
// check can stand beside.
func ByAuthority(who session.Caller, v *tenant.View) []store.Op {
	ops := []store.Op{store.Check(session.AuthorityKey(who.UID), who.AuthorityAt())}
	if v.Member.ID != 0 && !who.Admin() {
		ops = append(ops, v.MemberSame())
	}
	return ops
}

func millis(ms int64) api.Time {
	if ms == 0 {
		return api.Time{}
	}
	return api.Time(time.UnixMilli(ms))
}
