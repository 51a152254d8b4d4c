package account

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/jwt"
	"gatehouse/internal/limit"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Authorize looks at the credential of a request and says whose it claims to be.
// It refuses nothing itself: a gateway's own refusal has a fixed body. The
// wrapper of the operation refuses, on rows that it reads in that request, so an
// answer of the authorizer that somebody caches is harmless.
//
//	Authorization: Token …    one read
//	Authorization: Bearer …   access token: one read; JWT: none; foreign JWT: one
//	Authorization: Basic …    the reads, limit and hash of a sign-in
//	Cookie: sessionid         none: the cookie names its row
func (s *Service) Authorize(ctx context.Context, r *api.Request) (map[string]any, error) {
	ctx = api.WithMeta(ctx, r, s.Table.Now())
	t := s.ticket(ctx, r)
	return t.Context(), nil
}

func (s *Service) ticket(ctx context.Context, r *api.Request) session.Ticket {
	header, sent := r.Header["authorization"]
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	scheme, rest = strings.ToLower(scheme), strings.TrimSpace(rest)
	// The gateway joins repeated headers by commas, and no credential has one.
	if sent && scheme != "basic" && strings.Contains(header, ",") {
		return session.Ticket{Kind: session.CredNone, Code: session.Ambiguous}
	}
	switch scheme {
	case "token":
		return s.opaque(ctx, session.CredToken, rest)
	case "bearer":
		return s.bearer(ctx, rest)
	case "basic":
		if s.Settings.BasicAuth {
			return s.basicAuth(ctx, rest)
		}
	}
	if sent {
		// Another scheme: as if nothing had been sent. The cookie is not read, so
		// that a request never has two callers.
		return session.Ticket{Kind: session.CredNone}
	}
	cookie, ok := r.Cookie("sessionid")
	if uid, sid, valid := token.ParseSession(cookie); ok && valid {
		return session.Ticket{Kind: session.CredCookie, UID: uid, SID: sid}
	}
	return session.Ticket{Kind: session.CredNone}
}

func headerForm(kind, rest string) (session.Ticket, bool) {
	t := session.Ticket{Kind: kind}
	switch {
	case rest == "":
		t.Code = session.BadHeader
	case strings.ContainsAny(rest, " \t"):
		t.Code = session.SpaceInHeader
	}
	return t, t.Code == session.OK
}

func (s *Service) opaque(ctx context.Context, kind, rest string) session.Ticket {
	if t, ok := headerForm(kind, rest); !ok {
		return t
	}
	t, err := session.Find(ctx, s.Table, kind, rest)
	return s.settle(ctx, t, err)
}

// settle turns trouble with the store into a code.
func (s *Service) settle(ctx context.Context, t session.Ticket, err error) session.Ticket {
	if err != nil {
		t.Code = session.NoAnswer
		s.Log.ErrorContext(ctx, "authorizer", "event", "authorizer.failed", "err", err.Error())
	}
	return t
}

// bearer tells the kinds of bearer token apart: 41 characters with a dot after
// the eighth are an access token, three parts a JWT, whose issuer decides.
func (s *Service) bearer(ctx context.Context, rest string) session.Ticket {
	if t, ok := headerForm(session.CredPAT, rest); !ok {
		return t
	}
	if _, ok := token.ParsePAT(rest); ok {
		return s.opaque(ctx, session.CredPAT, rest)
	}
	issuer, ok := jwt.UnverifiedIssuer(rest)
	if !ok {
		return session.Ticket{Kind: session.CredJWT, Code: session.BadToken}
	}
	if issuer == s.Settings.Issuer {
		return s.ownJWT(ctx, rest)
	}
	if s.Foreign == nil {
		return session.Ticket{Kind: session.CredForeign, Code: session.BadToken}
	}
	return s.foreign(ctx, rest)
}

func (s *Service) ownJWT(ctx context.Context, rest string) session.Ticket {
	t := session.Ticket{Kind: session.CredJWT, Code: session.BadToken}
	v := jwt.Verifier{Issuer: s.Settings.Issuer, Audience: s.Settings.Issuer, Keys: s.Keys, Now: s.Table.Now}
	c, err := v.Verify(ctx, rest)
	if errors.Is(err, jwt.ErrUnavailable) {
		return s.settle(ctx, t, err)
	}
	uid, perr := strconv.ParseInt(c.Subject, 10, 64)
	if err != nil || perr != nil {
		return t
	}
	t.UID, t.SID, t.Code = uid, c.SessionID, session.OK
	return t
}

// basicAuth signs in for one request. Under mandatory verification the address
// must be confirmed, as at a sign-in.
func (s *Service) basicAuth(ctx context.Context, rest string) session.Ticket {
	t := session.Ticket{Kind: session.CredBasic}
	raw, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		t.Code = session.BadBasicHeader
		return t
	}
	name, pw, ok := strings.Cut(string(raw), ":")
	if !ok || name == "" || pw == "" || !utf8.Valid(raw) {
		t.Code = session.BadBasic
		return t
	}
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return s.settle(ctx, t, err)
	}
	defer leave()
	sub, err := s.authenticate(ctx, name, pw)
	if errors.Is(err, errCredentials) {
		t.Code = session.BadBasic
		return t
	}
	if err != nil {
		if f := fault.Of(err); f.Status == 429 {
			t.Code, t.After = session.Throttled, int64(f.After.Seconds())
			return t
		}
		return s.settle(ctx, t, err)
	}
	if s.needsVerifying(sub) {
		t.Code = session.Unverified
		return t
	}
	same, err := s.unchanged(ctx, sub)
	if err != nil {
		return s.settle(ctx, t, err)
	}
	if !same {
		t.Code = session.NoAnswer
		return t
	}
	// A new password ends what was checked against the old one.
	t.UID, t.SID = sub.uid, strconv.FormatInt(sub.authority.Epoch, 10)
	if s.Limits != nil && !s.Limits.Off {
		if err := s.Table.Transact(ctx, limit.Reset(sub.bucket, s.Table.Now())); err != nil {
			return s.settle(ctx, t, err)
		}
	}
	return t
}

// unchanged reports whether account and password are as they were read, one after the
// other: then they were so at one moment.
func (s *Service) unchanged(ctx context.Context, sub *subject) (bool, error) {
	items, err := s.Table.Get(ctx, session.AuthorityKey(sub.uid), credentialKey(sub.uid))
	if err != nil {
		return false, err
	}
	return items[0].At() == sub.at("A") && items[1].At() == sub.at("C"), nil
}

// identity leads from a foreign subject to the account that it is.
type identity struct {
	UID     int64  `json:"uid"`
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

var identities = store.Kind[identity]{Name: "identity", Schema: 1}

// linkedKey is the same identity in the partition of its account, so that erasing
// the account finds it.
func linkedKey(uid int64, issuer, subject string) store.Key {
	return userKey(uid, "I#"+token.Hash("identity", issuer+" "+subject)[:32])
}

func identityKey(issuer, subject string) store.Key {
	return store.Key{PK: "IDP#" + token.Hash("issuer", issuer)[:32] + "#" + token.Hash("subject", subject), SK: "I"}
}
