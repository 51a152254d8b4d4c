package session

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// The kinds of credential that a request may come with.
const (
	CredNone    = "none"
	CredCookie  = "cookie"
	CredToken   = "token"
	CredPAT     = "pat"
	CredJWT     = "jwt"
	CredForeign = "foreign"
	CredBasic   = "basic"
)

// Why a credential was not accepted. The texts that clients see belong to api.
const (
	OK             = ""
	BadToken       = "invalid_token"
	Inactive       = "user_inactive"
	BadHeader      = "invalid_header"     // Token or Bearer without a credential
	SpaceInHeader  = "invalid_header_sp"  // with more than one
	BadBasicHeader = "invalid_basic"      // not base64
	BadBasic       = "invalid_password"   // wrong user name or password
	Unverified     = "email_not_verified" // Basic, under mandatory verification
	Ambiguous      = "ambiguous"          // several Authorization headers
	Throttled      = "throttled"          // Basic, too many failures
	NoAnswer       = "unavailable"        // the store or an issuer did not answer
	Left           = "left"               // a session whose successor the caller may not have heard of
)

// Ticket is what the authorizer found out about a request's credential. It goes
// to the function in the authorizer's context and says who claims to call, not
// that they may: Resolve decides that on rows read in the same request.
type Ticket struct {
	Kind   string
	Code   string // OK, or why not
	UID    int64
	SID    string // session id, generation of the token key, prefix of the access token, or for Basic the epoch
	Issued int64  // foreign tokens: when, Unix seconds
	After  int64  // seconds until a throttled caller may try again
}

// Context is the ticket as an authorizer's context: strings and numbers.
func (t Ticket) Context() map[string]any {
	return map[string]any{"kind": t.Kind, "code": t.Code, "uid": strconv.FormatInt(t.UID, 10), "sid": t.SID,
		"issued": strconv.FormatInt(t.Issued, 10), "after": strconv.FormatInt(t.After, 10)}
}

// ReadTicket is the inverse of Context. A context without a kind is no ticket.
func ReadTicket(m map[string]any) (Ticket, bool) {
	s := func(k string) string { v, _ := m[k].(string); return v }
	n := func(k string) int64 { v, _ := strconv.ParseInt(s(k), 10, 64); return v }
	t := Ticket{Kind: s("kind"), Code: s("code"), UID: n("uid"), SID: s("sid"), Issued: n("issued"), After: n("after")}
	return t, t.Kind != ""
}

// Caller is who makes a request, as read in that request.
type Caller struct {
	Kind string // of the credential
	UID  int64
	SID  string
	Authority
	Session  Session // zero for access tokens, Basic and foreign tokens
	ReadOnly bool    // a read-only access token
	TokenID  int64   // the access token's id

	authority store.Item
	session   store.Item
	also      []store.Item
}

// Left reports whether the caller comes with a session that has a successor.
func (c Caller) Left() bool { return c.Session.Left != 0 }

// Also is what Resolve read beside the caller, in the order in which it was asked.
func (c Caller) Also() []store.Item { return c.also }

// AuthorityAt is the condition that the authority is still as it was read.
func (c Caller) AuthorityAt() store.Cond { return c.authority.At() }

// ErrEnded says that somebody's account, or what they signed in with, has ended
// since they were resolved.
var ErrEnded = errors.New("session: ended meanwhile")

// Again is the caller by a newer read of the authority row, for work that takes
// longer than one decision holds.
func (c Caller) Again(authority store.Item) (Caller, error) {
	a, err := Authorities.Of(authority)
	if err != nil {
		return c, err
	}
	if a.Status != Active || a.Epoch != c.Epoch || a.PATEpoch != c.PATEpoch {
		return c, ErrEnded
	}
	c.Authority, c.authority = a, authority
	return c, nil
}

// SessionKey is where the caller's session is; ok is false without one.
func (c Caller) SessionKey() (store.Key, bool) {
	return c.session.Key, c.session.Exists()
}

// SessionAt is the condition that the session is still as it was read.
func (c Caller) SessionAt() store.Cond { return c.session.At() }

func (t Ticket) row() store.Key {
	switch t.Kind {
	case CredToken:
		return Key(t.UID, TokenSID)
	case CredPAT:
		return AccessTokenKey(t.SID)
	}
	return Key(t.UID, t.SID)
}

// rereads bounds how often what a ticket stands on is read.
const rereads = 6

// Resolve reads what a ticket stands on and says who calls. code is OK, or why
// not; Left comes with the caller, who has proved nothing by it. An error is the
// store's. It is one read, and once an hour a write and another. What the request
// needs beside the caller can be read along.
//
// One read is no snapshot: an account and a session of different epochs may be of
// before and after one change that the session outlives. They are read again, and
// refused when that finds neither changed: then they were so at one moment.
func Resolve(ctx context.Context, table *store.Table, t Ticket, also ...store.Key) (c Caller, code string, err error) {
	var before [2]store.Cond
	for range rereads {
		c, code, err = read(ctx, table, t, also)
		now := c.asRead()
		if err != nil || code != again && (code != BadToken || !c.crossed() || now == before) {
			return c, code, err
		}
		before = now
	}
	return c, "", store.ErrUnavailable
}

// Chain reads an account and the session of a refresh token, as Resolve does.
func Chain(ctx context.Context, table *store.Table, uid int64, sid string) (c Caller, err error) {
	var before [2]store.Cond
	for range rereads {
		items, err := table.Get(ctx, AuthorityKey(uid), Key(uid, sid))
		if err != nil {
			return c, err
		}
		c = Caller{Kind: CredJWT, UID: uid, SID: sid, authority: items[0], session: items[1]}
		if c.Authority, err = Authorities.Of(items[0]); err != nil {
			return c, err
		}
		if c.Session, err = Sessions.Of(items[1]); err != nil {
			return c, err
		}
		now := c.asRead()
		if !c.crossed() || now == before {
			return c, nil
		}
		before = now
	}
	return c, store.ErrUnavailable
}

// asRead are the conditions that what a caller stands on is as it was read.
func (c *Caller) asRead() [2]store.Cond { return [2]store.Cond{c.authority.At(), c.session.At()} }

// again is the code of a caller who has to be read anew: their use was noted, or
// somebody else wrote the session meanwhile.
const again = "again"

func read(ctx context.Context, table *store.Table, t Ticket, also []store.Key) (c Caller, code string, err error) {
	keys := []store.Key{AuthorityKey(t.UID)}
	if t.Kind != CredBasic && t.Kind != CredForeign {
		keys = append(keys, t.row())
	}
	own := len(keys)
	items, err := table.Get(ctx, append(keys, also...)...)
	if err != nil {
		return c, "", err
	}
	c = Caller{Kind: t.Kind, UID: t.UID, SID: t.SID, authority: items[0], also: items[own:]}
	items = items[:own]
	if c.Authority, err = Authorities.Of(items[0]); err != nil {
		return c, "", err
	}
	if !items[0].Exists() {
		return c, BadToken, nil
	}
	now := table.Now()
	switch {
	case t.Kind == CredForeign && t.Issued <= c.EpochAt:
		return c, BadToken, nil
	case t.Kind == CredBasic && t.SID != strconv.FormatInt(c.Epoch, 10):
		return c, BadToken, nil
	case t.Kind == CredPAT:
		if code, err = c.accessToken(ctx, table, items[1], now); code != OK || err != nil {
			return c, code, err
		}
	case len(items) == 2:
		if code, err = c.takeSession(ctx, table, items[1], now); code != OK && code != Left || err != nil {
			return c, code, err
		}
	}
	if c.Status != Active {
		return c, Inactive, nil
	}
	return c, code, nil
}

// sessionKind is the kind of session that stands behind a kind of credential.
var sessionKind = map[string]string{CredCookie: KindCookie, CredToken: KindToken, CredJWT: KindBearer}

// takeSession takes up the session row, if it is alive.
func (c *Caller) takeSession(ctx context.Context, table *store.Table, row store.Item, now time.Time) (code string, err error) {
	c.session = row
	if c.Session, err = Sessions.Of(row); err != nil {
		return "", err
	}
	if code = c.standing(now); code != OK || now.Sub(time.Unix(c.Session.Seen, 0)) < touchEvery {
		return code, nil
	}
	s := c.Session
	s.Seen = now.Unix()
	err = table.Transact(ctx, s.Put(row.Key, row.At()))
	if _, lost := store.Conflict(err); err != nil && !lost {
		return "", err
	}
	// A sign-out, a successor, or a refresh that comes between wins: the note is not
	// worth more.
	return again, nil
}

// crossed reports whether the session is of another epoch than the account.
func (c *Caller) crossed() bool {
	return c.session.Exists() && c.Session.UID == c.UID && c.Session.Epoch != c.Epoch
}

// standing says what the session is good for, by the rows as they were read.
func (c *Caller) standing(now time.Time) string {
	s := c.Session
	switch {
	case s.UID != c.UID || s.Kind != sessionKind[c.Kind]:
		return BadToken
	case s.Kind == KindCookie && s.Left != 0 && now.Sub(time.Unix(s.Left, 0)) < Grace:
		return Left
	case !s.Alive(c.Authority, now) || s.Kind == KindToken && strconv.FormatInt(s.Generation, 10) != c.SID:
		return BadToken
	}
	return OK
}

// lastUsedEvery is how often the use of an access token is noted (the baseline's 2 hours).
const lastUsedEvery = 2 * time.Hour

func (c *Caller) accessToken(ctx context.Context, table *store.Table, row store.Item, now time.Time) (string, error) {
	t, err := AccessTokens.Of(row)
	if err != nil {
		return "", err
	}
	if !row.Exists() || t.UID != c.UID || t.Epoch != c.PATEpoch || !t.Usable(now) {
		return BadToken, nil
	}
	c.ReadOnly, c.TokenID = t.ReadOnly, t.ID
	if now.Sub(time.Unix(t.LastUsed, 0)) < lastUsedEvery {
		return OK, nil
	}
	t.LastUsed = now.Unix()
	err = table.Transact(ctx, AccessTokens.Put(row.Key, t, row.At()))
	if _, lost := store.Conflict(err); lost {
		return OK, nil // it was changed this very moment; the next use will be noted
	}
	return OK, err
}

// Find reads the row of an opaque credential, once, to learn whose it is.
func Find(ctx context.Context, table *store.Table, kind, presented string) (Ticket, error) {
	t := Ticket{Kind: kind, Code: BadToken}
	if kind == CredToken {
		return t.findKey(ctx, table, presented)
	}
	prefix, ok := token.ParsePAT(presented)
	if !ok {
		return t, nil
	}
	items, err := table.Get(ctx, AccessTokenKey(prefix))
	if err != nil {
		return t, err
	}
	pat, err := AccessTokens.Of(items[0])
	if err != nil || !token.Equal(pat.Hash, token.Hash("access token", presented)) {
		return t, err
	}
	t.UID, t.SID, t.Code = pat.UID, prefix, OK
	return t, nil
}

func (t Ticket) findKey(ctx context.Context, table *store.Table, presented string) (Ticket, error) {
	if !token.IsKey(presented) {
		return t, nil
	}
	items, err := table.Get(ctx, TokenKeyKey(token.KeyHash(presented)))
	if err != nil || !items[0].Exists() {
		return t, err
	}
	k, err := TokenKeys.Of(items[0])
	t.UID, t.SID, t.Code = k.UID, strconv.FormatInt(k.Generation, 10), OK
	return t, err
}
