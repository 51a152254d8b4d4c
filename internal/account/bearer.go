package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/jwt"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// AccessLife is how long an access token is good for by itself. Each request
// checks its session as well, so ending that ends the token.
const AccessLife = 5 * time.Minute

// refreshGrace is how long the successor of a refresh token is told again to
// whoever presents the token once more: a retry, or a second tab.
const refreshGrace = 30 * time.Second

// TokenAnswer is a pair of tokens, in the names of RFC 6749, 5.1.
type TokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
	browser
}

// Token signs in with a password for a frontend that keeps tokens.
func (s *Service) Token(ctx context.Context, in LoginRequest) (TokenAnswer, error) {
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return TokenAnswer{}, err
	}
	defer leave()
	sub, err := s.passwordSignIn(ctx, in)
	if err != nil {
		return TokenAnswer{}, err
	}
	ops, err := s.signIn(ctx, sub, in.Password)
	if err != nil {
		return TokenAnswer{}, err
	}
	row := newSession(ctx, session.KindBearer, sub.uid, sub.authority.Epoch)
	row.Seed = token.Seed()
	_, sid := token.NewSession(sub.uid)
	answer, err := s.tokens(ctx, row, sid)
	if err != nil {
		return TokenAnswer{}, err
	}
	ops = append(ops, row.Put(session.Key(sub.uid, sid), store.Absent), store.Check(session.AuthorityKey(sub.uid), sub.at("A")))
	if err := s.Table.Transact(ctx, ops...); err != nil {
		return TokenAnswer{}, err
	}
	answer.device = s.deviceCookie(ctx, sub)
	return answer, nil
}

// tokens signs an access token and derives the next refresh token of a session.
func (s *Service) tokens(ctx context.Context, row session.Session, sid string) (TokenAnswer, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return TokenAnswer{}, fault.Unavailable(err)
	}
	key, err := s.Keys.Signer(ctx)
	if err != nil {
		return TokenAnswer{}, fault.Unavailable(err)
	}
	now := api.From(ctx).Now
	end := time.Unix(row.Created, 0).Add(session.Absolute)
	access, err := jwt.Sign(key, s.Settings.Issuer, s.Settings.Issuer, jwt.Claims{
		Subject: uidText(row.UID), SessionID: sid, AuthTime: time.Unix(row.AuthTime, 0),
		IssuedAt: now, Expires: earlier(now.Add(AccessLife), end), ID: token.ID(), AMR: row.AMR})
	if err != nil {
		return TokenAnswer{}, err
	}
	return TokenAnswer{AccessToken: access, TokenType: "Bearer", ExpiresIn: int(AccessLife.Seconds()),
		RefreshToken: token.Refresh(k, row.UID, sid, row.Seed, row.Refreshed+1)}, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// RefreshRequest carries the newest refresh token.
type RefreshRequest struct {
	RefreshToken string `json:"refresh_token" rule:"required,max=200"`
}

func errRefresh() *fault.Fault {
	return fault.Unauthenticated("invalid_grant", "The refresh token is not valid.").Noted(fault.RefreshRefused)
}

// Refresh gives the successor of a refresh token, and an access token.
//
// The newest token advances the chain. The one before it gets the same successor
// for half a minute. Any older one, or that one later, was stolen from somebody
// or by somebody: the session ends, and its owner is told.
func (s *Service) Refresh(ctx context.Context, in RefreshRequest) (TokenAnswer, error) {
	uid, sid, gen, ok := token.ParseRefresh(in.RefreshToken)
	if !ok {
		return TokenAnswer{}, errRefresh()
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return TokenAnswer{}, fault.Unavailable(err)
	}
	c, err := session.Chain(ctx, s.Table, uid, sid)
	if err != nil {
		return TokenAnswer{}, err
	}
	at, row, now := session.Key(uid, sid), c.Session, api.From(ctx).Now
	if c.Status != session.Active || row.Kind != session.KindBearer || row.Epoch != c.Epoch || !now.Before(row.Ends()) ||
		!token.ValidRefresh(k, uid, sid, row.Seed, gen, in.RefreshToken) {
		return TokenAnswer{}, errRefresh()
	}
	switch {
	case gen == row.Refreshed+1:
		row.Refreshed, row.FirstUse, row.Seen = gen, now.UnixMilli(), now.Unix()
		answer, err := s.tokens(ctx, row, sid) // before the write: without it the token is as good as before
		if err != nil {
			return TokenAnswer{}, err
		}
		return answer, s.Table.Transact(ctx, row.Put(at, c.SessionAt()))
	case gen == row.Refreshed && now.UnixMilli()-row.FirstUse <= refreshGrace.Milliseconds():
		// A retry: nothing new is made.
	default:
		err := s.Table.Transact(ctx, store.Delete(at, c.SessionAt()),
			mail.Queue(now, jobRefreshReuse, map[string]string{"uid": uidText(uid), "agent": row.Agent, "network": row.Network}),
			auditRow(ctx, "session.reuse", uid, uid, map[string]string{"session": sid}))
		if err != nil {
			return TokenAnswer{}, err
		}
		again := errRefresh().Noted(fault.RefreshReused)
		again.About = uid
		return TokenAnswer{}, again
	}
	return s.tokens(ctx, row, sid)
}

// Detail is an answer that only says something.
type Detail struct {
	Detail string `json:"detail"`
}

// Revoke ends the session of a refresh token. An unknown token is no error
// (RFC 7009, 2.2).
func (s *Service) Revoke(ctx context.Context, in RefreshRequest) (Detail, error) {
	done := Detail{"Revoked."}
	uid, sid, gen, ok := token.ParseRefresh(in.RefreshToken)
	if !ok {
		return done, nil
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return Detail{}, fault.Unavailable(err)
	}
	at := session.Key(uid, sid)
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return Detail{}, err
	}
	row, err := session.Sessions.Of(items[0])
	if err != nil {
		return Detail{}, err
	}
	if !token.ValidRefresh(k, uid, sid, row.Seed, gen, in.RefreshToken) {
		return done, nil
	}
	return done, s.Table.Transact(ctx, store.Delete(at, store.Always))
}
