package account

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// LoginRequest names an account by user name or e-mail address; if both are
// given the address counts, as in the baseline.
type LoginRequest struct {
	Username string `json:"username" rule:"blank"`
	Email    string `json:"email" rule:"blank"`
	Password string `json:"password" rule:"blank,exact"`
}

func (r LoginRequest) name() string {
	if r.Email != "" {
		return r.Email
	}
	return r.Username
}

// LoginAnswer is the legacy token key; the session goes into cookies.
type LoginAnswer struct {
	Key string `json:"key"`
	browser
}

// browser are the cookies that a sign-in sets.
type browser struct {
	cookie, csrf, device string
}

// SetCookies implements api.SetsCookies.
func (b browser) SetCookies(c *api.Cookies) {
	if b.cookie != "" {
		c.Session(b.cookie, b.csrf)
	}
	if b.device != "" {
		c.Device(b.device)
	}
}

// Login signs in with a password: session cookies for browsers and cvat-sdk, and
// the token key. Whatever is wrong about name or password, the answer is the same.
func (s *Service) Login(ctx context.Context, who *session.Caller, in LoginRequest) (LoginAnswer, error) {
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return LoginAnswer{}, err
	}
	defer leave()
	sub, err := s.passwordSignIn(ctx, in)
	if err != nil {
		return LoginAnswer{}, err
	}
	ops, err := s.signIn(ctx, sub, in.Password)
	if err != nil {
		return LoginAnswer{}, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return LoginAnswer{}, fault.Unavailable(err)
	}
	a := sub.authority
	tok := s.tokenKey(ctx, k, sub, &a)
	cookie, sid := token.NewSession(sub.uid)
	ops = append(ops, tok...)
	ops = append(ops, newSession(ctx, session.KindCookie, sub.uid, a.Epoch).Put(session.Key(sub.uid, sid), store.Absent))
	ops = append(ops, endOld(who)...)
	if err := s.Table.Transact(ctx, dedupe(ops)...); err != nil {
		return LoginAnswer{}, err
	}
	return LoginAnswer{Key: token.Key(k, sub.uid, a.TokenGen),
		browser: browser{cookie, token.CSRF(k, sid), s.deviceCookie(ctx, sub)}}, nil
}

// passwordSignIn checks the form of the request, then the password.
func (s *Service) passwordSignIn(ctx context.Context, in LoginRequest) (*subject, error) {
	if in.Password == "" || in.name() == "" {
		return nil, fault.Invalid("invalid", `Must include either "username" or "email" and "password".`)
	}
	sub, err := s.authenticate(ctx, in.name(), in.Password)
	if errors.Is(err, errCredentials) {
		return nil, fault.Refused(fault.SignInFailed, fault.NonField, "Unable to log in with provided credentials.")
	}
	if err != nil {
		return nil, err
	}
	if s.needsVerifying(sub) {
		return nil, s.unverified(ctx, sub)
	}
	return sub, nil
}

// renewToken is how old the session of the token key may be at a sign-in before
// it is begun anew. Its absolute end is counted from then.
const renewToken = 24 * time.Hour

// tokenKey are the writes, at most once a day, that make the user's token key
// good for another 30 days, and the check that the account is as it was read. A key
// that has ended does not come back to life: a gets the next generation.
func (s *Service) tokenKey(ctx context.Context, k *secret.Keys, sub *subject, a *session.Authority) []store.Op {
	now := api.From(ctx).Now
	at := session.Key(sub.uid, session.TokenSID)
	old, err := session.Sessions.Of(sub.items[at.SK])
	alive := err == nil && old.Alive(*a, now) && old.Root == k.CurrentID()
	same := store.Check(session.AuthorityKey(sub.uid), sub.at("A"))
	if alive && now.Sub(time.Unix(old.Created, 0)) < renewToken {
		return []store.Op{same}
	}
	if !alive {
		a.TokenGen++
		same = session.Authorities.Put(same.Key, *a, sub.at("A"))
	}
	ops := []store.Op{same}
	ops = append(ops, session.TokenKeys.Put(session.TokenKeyKey(token.KeyHashes(k, sub.uid, a.TokenGen)[0]),
		session.TokenKey{UID: sub.uid, Generation: a.TokenGen}, store.Always).Until(now.Add(session.Absolute)))
	row := newSession(ctx, session.KindToken, sub.uid, a.Epoch)
	row.Generation, row.Root = a.TokenGen, k.CurrentID()
	return append(ops, row.Put(at, store.Always))
}

// raiseToken makes the token key that is in use worthless; the next sign-in makes
// its successor.
func raiseToken(a *session.Authority) {
	if a.TokenGen != 0 {
		a.TokenGen++
	}
}

// endEverything ends all sessions and the token key of an account: those that
// are read from now on are of an older epoch.
func endEverything(a *session.Authority, now time.Time) {
	a.Epoch++
	a.EpochAt = now.Unix()
	raiseToken(a)
}

// endOld ends the session that a browser comes with when it signs in again, so
// that no value from before survives.
func endOld(who *session.Caller) []store.Op {
	if who == nil {
		return nil
	}
	if k, ok := who.SessionKey(); ok && who.Kind == session.CredCookie {
		return []store.Op{store.Delete(k, store.Always)}
	}
	return nil
}

// dedupe drops a second delete of one key: the oldest session may be the one
// that the browser comes with.
func dedupe(ops []store.Op) []store.Op {
	seen := map[store.Key]bool{}
	out := ops[:0:0]
	for _, o := range ops {
		if o.Verb == store.VerbDelete && seen[o.Key] {
			continue
		}
		seen[o.Key] = true
		out = append(out, o)
	}
	return out
}

// deviceCookie marks an unknown browser as known; "" if it already is.
func (s *Service) deviceCookie(ctx context.Context, sub *subject) string {
	if sub.device != "" {
		return ""
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return ""
	}
	return token.Device(k, sub.uid, token.ID())
}

// LogoutAnswer says goodbye and removes the cookies.
type LogoutAnswer struct {
	Detail string `json:"detail"`
}

// SetCookies implements api.SetsCookies.
func (LogoutAnswer) SetCookies(c *api.Cookies) { c.ClearSession() }

// Logout ends the session of this request and the token key. Other sessions and
// access tokens live on. It succeeds for anybody, signed in or not.
func (s *Service) Logout(ctx context.Context, who *session.Caller, _ struct{}) (LogoutAnswer, error) {
	bye := LogoutAnswer{"Successfully logged out."}
	if who == nil || who.ReadOnly {
		return bye, nil
	}
	a := who.Authority
	raiseToken(&a)
	var ops []store.Op
	if a.TokenGen != who.TokenGen {
		ops = append(ops, session.Authorities.Put(session.AuthorityKey(who.UID), a, who.AuthorityAt()))
	}
	if k, ok := who.SessionKey(); ok {
		ops = append(ops, store.Delete(k, who.SessionAt()))
	}
	if len(ops) == 0 {
		return bye, nil
	}
	return bye, s.Table.Transact(ctx, ops...)
}
