// Package account owns the life of an account: registration, confirmation of the
// address, sign-in, passwords, sessions, access tokens, profile and erasure.
//
// It does not own organizations, nor who may do what in them; what a session is
// belongs to session, how a request becomes a call of an operation to api. What it
// asks of the domains around it are the interfaces People, Followers and
// Invitations.
//
// Everything of one account lies in its own partition:
//
//	U#<uid>   A authority · P profile · C credential · L last sign-in · R reset
//	          E change of address · V#<address> its undo · D deletion · S#<sid> sessions
//	          T#<id> access tokens · ~… rate limits
//
// and the names it is found by are claims, EMAIL#… and UNAME#…. Before the
// address is confirmed there is no account, only a pending registration:
//
//	Register ──▶ PEND#<pid> ──Verify──▶ account, claims
//
// Nothing a stranger can ask tells whether an address has an account: the
// registration, reset and resend operations do not even read its claim. They
// queue a mail, and what that mail says is decided when it is sent.
package account

import (
	"log/slog"
	"time"

	"gatehouse/internal/ident"
	"gatehouse/internal/jwt"
	"gatehouse/internal/keyring"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Whether sign-in needs a confirmed address.
const (
	VerifyNone      = "none"
	VerifyOptional  = "optional"
	VerifyMandatory = "mandatory"
)

// Agreement is a text that people accept when they register.
type Agreement struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	Required bool   `json:"required"`
	Text     string `json:"text"`
}

// Settings are what an operator may choose.
type Settings struct {
	Verification string // VerifyNone, VerifyOptional or VerifyMandatory
	BasicAuth    bool
	Agreements   []Agreement
	Site         mail.Site
	Issuer       string // of access tokens; also their audience
}

// Service has what the operations need.
type Service struct {
	Table    *store.Table
	Secrets  *secret.Source
	Keys     *keyring.Ring
	Foreign  *jwt.Foreign // nil: no foreign issuers
	Hasher   *password.Hasher
	Policy   password.Policy
	Limits   *limit.Limiter
	Settings Settings
	Log      *slog.Logger

	People      People      // nil: nobody is in an organization
	Followers   Followers   // nil: nobody follows
	Invitations Invitations // nil: nobody is invited
}

func person(p profile.Profile) password.Person {
	return password.Person{Username: p.Username, FirstName: p.First, LastName: p.Last, Email: p.Email}
}

// credential is the password.
type credential struct {
	Hash string `json:"hash"`
	Set  int64  `json:"set"` // Unix seconds
}

// lastLogin lies apart from the profile, so that signing in conflicts with nothing.
type lastLogin struct {
	At int64 `json:"at"` // Unix milliseconds
}

// claim says who has a name: an account, or a registration that is not confirmed.
// The newest registration of an address carries its hash along, so that a sign-in
// by address can be checked against it in the same reads.
type claim struct {
	UID  int64  `json:"uid,omitempty"`
	PID  string `json:"pid,omitempty"`
	Hash string `json:"hash,omitempty"`
}

// pending is a registration, or for a known UID an address, that waits for its
// confirmation.
type pending struct {
	PID      string `json:"pid"`
	UID      int64  `json:"uid,omitempty"`
	Username string `json:"username,omitempty"`
	Email    string `json:"email"`
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
	Hash     string `json:"hash,omitempty"`
	Seed     string `json:"seed"`
	Accepted string `json:"accepted,omitempty"` // names of the agreements
	Created  int64  `json:"created"`            // Unix milliseconds
	Mailed   int64  `json:"mailed"`             // Unix milliseconds
}

// ticket is a one-time right of an account, proven by a mail.
type ticket struct {
	Seed  string `json:"seed"`
	Job   string `json:"job,omitempty"`   // the mail that made it
	Email string `json:"email,omitempty"` // the address that it is about
	Epoch int64  `json:"epoch,omitempty"` // of the account when it was asked for; it ends with that
	By    string `json:"by,omitempty"`    // deletion: self or admin
	At    int64  `json:"at,omitempty"`    // undo: when the address was left, Unix milliseconds
	Due   int64  `json:"due,omitempty"`   // deletion: Unix milliseconds
}

// rosterRow is what the list of all users may search, sort and filter by.
type rosterRow struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
	Active   bool   `json:"active"`
}

var (
	credentials = store.Kind[credential]{Name: "credential", Schema: 1}
	lastLogins  = store.Kind[lastLogin]{Name: "last-login", Schema: 1}
	claims      = store.Kind[claim]{Name: "claim", Schema: 1}
	pendings    = store.Kind[pending]{Name: "pending", Schema: 1}
	tickets     = store.Kind[ticket]{Name: "ticket", Schema: 1}
	roster      = store.Kind[rosterRow]{Name: "user-roster", Schema: 1}
)

// Lifetimes of what is mailed (NIST SP 800-63B-4, 4.2.1.2: codes at most 24 hours).
const (
	verifyLife  = 24 * time.Hour
	resetLife   = 20 * time.Minute
	changeLife  = time.Hour
	undoLife    = 7 * 24 * time.Hour
	eraseAfter  = 30 * 24 * time.Hour
	remailEvery = 3 * time.Minute
)

const rosterPK = "LST#users"

func userKey(uid int64, sk string) store.Key { return store.Key{PK: session.UserPK(uid), SK: sk} }
func credentialKey(uid int64) store.Key      { return userKey(uid, "C") }
func lastLoginKey(uid int64) store.Key       { return userKey(uid, "L") }
func resetKey(uid int64) store.Key           { return userKey(uid, "R") }
func changeKey(uid int64) store.Key          { return userKey(uid, "E") }
func deletionKey(uid int64) store.Key        { return userKey(uid, "D") }
func rosterKey(uid int64) store.Key          { return store.Key{PK: rosterPK, SK: store.IDText(uid)} }
func pendingKey(pid string) store.Key        { return store.Key{PK: "PEND#" + pid, SK: "P"} }
func emailKey(key string) store.Key          { return store.Key{PK: "EMAIL#" + key, SK: "C"} }
func usernameKey(key string) store.Key       { return store.Key{PK: "UNAME#" + key, SK: "C"} }
func dueKey(due time.Time, uid int64) store.Key {
	return store.Key{PK: "DUE#erase", SK: store.TimeText(due) + "#" + store.IDText(uid)}
}

// undoKey is where an old address of an account can take a change back, one for
// each: a later change does not take that from an earlier address.
func undoKey(uid int64, old string) store.Key {
	return userKey(uid, undoPrefix+token.Hash("undo", old)[:16])
}

const undoPrefix = "V#"

// latestKey leads from an address to its newest unconfirmed registration, and
// waitingKey to each of them, in order of time.
func latestKey(key string) store.Key { return store.Key{PK: "EMAIL#" + key, SK: "P"} }
func waitingKey(p pending) store.Key {
	return store.Key{PK: "EMAIL#" + p.Email, SK: waitingPrefix + store.TimeText(time.UnixMilli(p.Created)) + "#" + p.PID}
}

const waitingPrefix = "P#"

func fold(username string) string {
	u, err := ident.ParseOperatorUsername(username, 1, 150)
	if err != nil {
		k, _ := ident.LoginKey(username)
		return k
	}
	return u.Key()
}

// newAccount are the writes that make an account. The claims go under the
// conditions that the caller read them with.
func newAccount(now time.Time, p profile.Profile, hash string, groups []string, name, email store.Cond) []store.Op {
	a := session.Authority{Status: session.Active, Epoch: 1, PATEpoch: 1, Groups: groups}
	if p.Joined == 0 {
		p.Joined = now.UnixMilli()
	}
	ops := []store.Op{
		session.Authorities.Put(session.AuthorityKey(p.UID), a, store.Absent),
		profile.Profiles.Put(profile.Key(p.UID), p, store.Absent),
		claims.Put(usernameKey(fold(p.Username)), claim{UID: p.UID}, name),
		roster.Put(rosterKey(p.UID), row(p, true), store.Always),
	}
	if hash != "" {
		ops = append(ops, credentials.Put(credentialKey(p.UID), credential{hash, now.Unix()}, store.Absent))
	}
	if p.Email != "" {
		ops = append(ops, claims.Put(emailKey(p.Email), claim{UID: p.UID}, email))
	}
	return ops
}

func row(p profile.Profile, active bool) rosterRow {
	return rosterRow{p.UID, p.Username, p.First, p.Last, active}
}
