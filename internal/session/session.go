// Package session owns what a credential resolves to: the authority of a user,
// and the sessions and access tokens that act for it.
//
// One session entity stands behind the session cookie, the legacy token key, and
// the access and refresh tokens. Every request reads the session and the
// authority of its user, so that a sign-out, a new password or a disabled account
// holds for the very next request:
//
//	credential → authorizer → Ticket → Resolve (one read of both rows) → Caller
//
// Ending everything is one write however many sessions there are: the authority's
// epoch goes up, and a session of an older epoch is dead.
package session

import (
	"strconv"
	"time"

	"gatehouse/internal/store"
)

// Lifetimes of a session (NIST SP 800-63B-4, 2.1.3: at most 30 days).
const (
	Idle     = 7 * 24 * time.Hour
	Absolute = 30 * 24 * time.Hour
	// touchEvery is how exact the idle time is: a use is noted when the last
	// note is older, so that most requests write nothing.
	touchEvery = time.Hour
	// MaxPerUser bounds the sessions of one user; the oldest gives way.
	MaxPerUser = 50
)

// Status of an account.
const (
	Active   = "active"
	Disabled = "disabled" // by an administrator
	Leaving  = "leaving"  // asked for deletion; erased when the grace period ends
	Erased   = "erased"
)

// Authority is what every request must know of a user, and nothing else: names
// and addresses live apart, so that editing them conflicts with nothing here.
type Authority struct {
	Status   string   `json:"status"`
	Epoch    int64    `json:"epoch"`           // sessions of an older epoch are dead
	EpochAt  int64    `json:"epoch_at"`        // Unix seconds; foreign tokens issued before are dead
	PATEpoch int64    `json:"pat_epoch"`       // access tokens of an older epoch are dead
	Groups   []string `json:"groups"`          // admin, user, worker
	Staff    bool     `json:"staff,omitempty"` // shown to clients; grants nothing
	Super    bool     `json:"super,omitempty"` // shown to clients; grants nothing
	TokenGen int64    `json:"token_gen"`       // generation of the token key; 0: none was made
}

// Admin reports whether the user administers the installation.
func (a Authority) Admin() bool { return a.InGroup("admin") }

// InGroup reports membership of a global group.
func (a Authority) InGroup(name string) bool {
	for _, g := range a.Groups {
		if g == name {
			return true
		}
	}
	return false
}

// Authorities is the authority row: partition of the user, sort key A.
var Authorities = store.Kind[Authority]{Name: "authority", Schema: 1}

// UserPK is the partition of everything that belongs to one user.
func UserPK(uid int64) string { return "U#" + strconv.FormatInt(uid, 10) }

// AuthorityKey is where a user's authority is.
func AuthorityKey(uid int64) store.Key { return store.Key{PK: UserPK(uid), SK: "A"} }

// The kinds of session.
const (
	KindCookie = "cookie" // a browser, or cvat-sdk
	KindToken  = "token"  // the legacy token key
	KindBearer = "bearer" // access and refresh tokens
)

// Session is one sign-in, or for the token key all of them.
type Session struct {
	Kind     string   `json:"kind"`
	UID      int64    `json:"uid"`
	Epoch    int64    `json:"epoch"`
	Created  int64    `json:"created"`   // Unix seconds, as all times here
	Seen     int64    `json:"seen"`      // last use, noted at most hourly
	AuthTime int64    `json:"auth_time"` // when the password was last given
	Network  string   `json:"network,omitempty"`
	Agent    string   `json:"agent,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	Left     int64    `json:"left,omitempty"` // when its successor took its place; 0: it is the caller's

	Generation int64  `json:"generation,omitempty"` // token key: which one
	Root       string `json:"root,omitempty"`       // token key: the root key that it was derived with
	Seed       string `json:"seed,omitempty"`       // refresh chain
	Refreshed  int64  `json:"refreshed,omitempty"`  // highest refresh generation presented
	FirstUse   int64  `json:"first_use,omitempty"`  // when that was, Unix milliseconds
}

// Sessions is the session row.
var Sessions = store.Kind[Session]{Name: "session", Schema: 1}

const sessionPrefix = "S#"

// Key is where a session of a user is.
func Key(uid int64, sid string) store.Key {
	return store.Key{PK: UserPK(uid), SK: sessionPrefix + sid}
}

// IsSession reports whether a row of a user's partition is a session, and its id.
func IsSession(k store.Key) (sid string, ok bool) {
	if len(k.SK) > len(sessionPrefix) && k.SK[:len(sessionPrefix)] == sessionPrefix {
		return k.SK[len(sessionPrefix):], true
	}
	return "", false
}

// TokenSID is the id of the one session of a user's legacy token key.
const TokenSID = "token"

// TokenKey leads from the hash of a legacy token key to its user and generation.
type TokenKey struct {
	UID        int64 `json:"uid"`
	Generation int64 `json:"generation"`
}

// TokenKeys is the row that a token key is found by.
var TokenKeys = store.Kind[TokenKey]{Name: "token-key", Schema: 1}

// TokenKeyKey is where a token key leads from, by its hash.
func TokenKeyKey(hash string) store.Key { return store.Key{PK: "TOK#" + hash, SK: "T"} }

// Alive reports whether a session, as read from a user's partition, would be
// accepted now.
func (s Session) Alive(a Authority, now time.Time) bool {
	return s.Kind != "" && s.Left == 0 && s.Epoch == a.Epoch && now.Before(s.Ends()) && (s.Kind != KindToken || s.Generation == a.TokenGen)
}

// Ends is when a session ends unless it is used before.
func (s Session) Ends() time.Time {
	return time.Unix(min(s.Seen+int64(Idle/time.Second), s.Created+int64(Absolute/time.Second)), 0)
}

// Grace is how long a session that was left still tells whose it was, so that a
// request whose answer was lost can be repeated.
const Grace = 30 * time.Second

// Leave notes at k that the session has a successor now. It opens nothing any more.
func (s Session) Leave(k store.Key, c store.Cond, now time.Time) store.Op {
	s.Left = now.Unix()
	return Sessions.Put(k, s, c).Until(now.Add(2 * Grace))
}

// Put writes the session at k with its expiry.
func (s Session) Put(k store.Key, c store.Cond) store.Op {
	return Sessions.Put(k, s, c).Until(s.Ends())
}

// AccessToken is a personal access token: the row that its prefix names.
type AccessToken struct {
	ID       int64  `json:"id"`
	UID      int64  `json:"uid"`
	Name     string `json:"name"`
	ReadOnly bool   `json:"read_only"`
	Hash     string `json:"hash"`  // of the whole token
	Epoch    int64  `json:"epoch"` // of Authority.PATEpoch
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
	Expiry   int64  `json:"expiry,omitempty"` // 0: none
	LastUsed int64  `json:"last_used,omitempty"`
	Revoked  bool   `json:"revoked,omitempty"`
}

// AccessTokens is the access token row; Pointers lead to it from elsewhere.
var (
	AccessTokens = store.Kind[AccessToken]{Name: "access-token", Schema: 1}
	Pointers     = store.Kind[Pointer]{Name: "access-token-pointer", Schema: 1}
)

// Pointer leads from a user, or from an id, to an access token.
type Pointer struct {
	UID    int64  `json:"uid"`
	Prefix string `json:"prefix"`
}

// staleAfter ends access tokens that nobody uses (the baseline's 6 × 30 days).
const staleAfter = 180 * 24 * time.Hour

// Usable reports whether an access token may be used at a time.
func (t AccessToken) Usable(now time.Time) bool {
	n := now.Unix()
	return !t.Revoked && (t.Expiry == 0 || n < t.Expiry) && n < max(t.LastUsed, t.Created)+int64(staleAfter/time.Second)
}

// AccessTokenKey is where the token of a prefix is.
func AccessTokenKey(prefix string) store.Key { return store.Key{PK: "PAT#" + prefix, SK: "T"} }

// PointerKey is where a user's list of access tokens leads to one.
func PointerKey(uid, id int64) store.Key {
	return store.Key{PK: UserPK(uid), SK: pointerPrefix + store.IDText(id)}
}

// PointerID is the id in the key of a pointer of a user.
func PointerID(k store.Key) int64 {
	id, _ := strconv.ParseInt(k.SK[len(pointerPrefix):], 10, 64)
	return id
}

const pointerPrefix = "T#"

// PointerQuery lists a user's access tokens.
func PointerQuery(uid int64) store.Query {
	return store.Query{PK: UserPK(uid), Prefix: pointerPrefix}
}

// IDKey is where the id of an access token leads to it.
func IDKey(id int64) store.Key { return store.Key{PK: "PATID#" + store.IDText(id), SK: "T"} }
