package account

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// ChangeRequest is a new password, typed twice, and the old one.
type ChangeRequest struct {
	Old  string `json:"old_password" rule:"required,exact,max=256"`
	New1 string `json:"new_password1" rule:"required,exact,min=8,max=256"`
	New2 string `json:"new_password2" rule:"required,exact,min=8,max=256"`
}

// ChangeAnswer says that the password is new, and moves the caller's session to a
// new cookie.
type ChangeAnswer struct {
	Detail string `json:"detail"`
	browser
}

// check judges a new password; mismatch and strength stand at new_password2, as
// in the baseline, and the apostrophe is its own.
func (s *Service) checkNew(new1, new2 string, of profile.Profile) error {
	var bad fault.Fields
	if new1 != new2 {
		bad.Add("new_password2", "The two password fields didn’t match.")
		return bad.Err()
	}
	bad.Add("new_password2", s.Policy.Check(new1, person(of))...)
	return bad.Err()
}

// confirm checks the caller's own password. It counts against the same limit as
// signing in does, so it is no second way to guess. An account or a session that has
// changed since the caller was let in is a conflict, which costs no attempt.
func (s *Service) confirm(ctx context.Context, who session.Caller, pw string) (*subject, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	m := api.From(ctx)
	sub := &subject{uid: who.UID, partition: session.UserPK(who.UID), network: s.networkBucket(k, m.Network)}
	if err := s.load(ctx, sub); err != nil {
		return nil, err
	}
	at, ok := who.SessionKey()
	if sub.at("A") != who.AuthorityAt() || ok && sub.at(at.SK) != who.SessionAt() {
		return nil, &store.ConflictError{}
	}
	sub.device, _ = token.ValidDevice(k, who.UID, m.Device)
	s.chooseBucket(sub)
	if err := s.Limits.Take(ctx, sub.bucket); err != nil {
		return nil, err
	}
	stored := sub.cred.Hash
	if stored == "" {
		stored = s.Hasher.Dummy()
	}
	ok, _, err = s.verify(ctx, stored, pw)
	if err == nil && (!ok || sub.authority.Status != session.Active) {
		err = errCredentials
	}
	return sub, err
}

// ChangePassword sets a new password. All sessions and the token key end but for
// the caller's, which gets a new cookie; access tokens live on.
func (s *Service) ChangePassword(ctx context.Context, who session.Caller, in ChangeRequest) (done ChangeAnswer, err error) {
	done.Detail = "New password has been saved."
	if !who.Left() && api.Prior(ctx, &registered{}) {
		return done, nil
	}
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return ChangeAnswer{}, err
	}
	defer leave()
	if who.Left() {
		done.browser, err = s.successor(ctx, who, in.New1)
		return done, err
	}
	sub, err := s.confirm(ctx, who, in.Old)
	if errors.Is(err, errCredentials) {
		return ChangeAnswer{}, fault.Refused(fault.PasswordWrong, "old_password", "Your old password was entered incorrectly. Please enter it again.")
	}
	if err != nil {
		return ChangeAnswer{}, err
	}
	if err := s.checkNew(in.New1, in.New2, sub.profile); err != nil {
		return ChangeAnswer{}, err
	}
	ops, err := s.newPassword(ctx, sub, in.New1, "password.change", who.UID)
	if err != nil {
		return ChangeAnswer{}, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return ChangeAnswer{}, fault.Unavailable(err)
	}
	a := sub.authority
	endEverything(&a, api.From(ctx).Now)
	ops = append(ops, session.Authorities.Put(session.AuthorityKey(who.UID), a, sub.at("A")), limit.Reset(sub.bucket, api.From(ctx).Now),
		store.Delete(resetKey(who.UID), store.Always)) // a link that was mailed before is good no longer
	more, b := s.move(ctx, who, a, k)
	ops = append(ops, more...)
	done.browser = b
	own, _ := who.SessionKey()
	for _, it := range sub.sessions[:min(len(sub.sessions), maxEvict)] {
		if it.Key != own { // it has ended; so that rows do not pile up
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
	}
	ops = append(ops, api.Done(ctx, registered{UID: who.UID})...)
	return done, s.Table.Transact(ctx, ops...)
}

// newPassword are the writes that set a password and tell its owner.
func (s *Service) newPassword(ctx context.Context, sub *subject, pw, action string, actor int64) ([]store.Op, error) {
	hash, err := s.Hasher.Hash(ctx, pw)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	m := api.From(ctx)
	ops := []store.Op{
		credentials.Put(credentialKey(sub.uid), credential{hash, m.Now.Unix()}, sub.at("C")),
		auditRow(ctx, action, actor, sub.uid, nil),
	}
	job := jobPasswordChanged
	if action == "password.reset" {
		job = jobPasswordReset
	}
	return append(ops, mail.Queue(m.Now, job, map[string]string{"uid": uidText(sub.uid), "email": sub.profile.Email, "agent": m.Agent, "network": m.Network})), nil
}

// move gives the caller a session of the new epoch. A bearer session keeps its
// refresh chain; everybody else gets a cookie, as in the baseline. A sign-out that
// comes between wins.
func (s *Service) move(ctx context.Context, who session.Caller, a session.Authority, k *secretKeys) ([]store.Op, browser) {
	if at, ok := who.SessionKey(); ok && who.Kind == session.CredJWT {
		row := who.Session
		row.Epoch, row.AuthTime = a.Epoch, api.From(ctx).Now.Unix()
		return []store.Op{row.Put(at, who.SessionAt())}, browser{}
	}
	row := newSession(ctx, session.KindCookie, who.UID, a.Epoch)
	if at, ok := who.SessionKey(); ok && who.Kind == session.CredCookie {
		b, sid := next(k, who)
		return []store.Op{row.Put(session.Key(who.UID, sid), store.Absent), who.Session.Leave(at, who.SessionAt(), api.From(ctx).Now)}, b
	}
	cookie, sid := token.NewSession(who.UID)
	return []store.Op{row.Put(session.Key(who.UID, sid), store.Absent)}, browser{cookie: cookie, csrf: token.CSRF(k, sid)}
}

// next is the session that takes the place of the caller's.
func next(k *secretKeys, who session.Caller) (b browser, sid string) {
	cookie, sid := token.NextSession(k, who.UID, who.SID)
	return browser{cookie: cookie, csrf: token.CSRF(k, sid)}, sid
}

// successor gives a caller whose session was left its successor, if that still lives,
// for the password as it is now: a request whose answer was lost is answered again.
func (s *Service) successor(ctx context.Context, who session.Caller, pw string) (b browser, err error) {
	sub, err := s.confirm(ctx, who, pw)
	if errors.Is(err, errCredentials) {
		err = fault.NoCredentials().Noted(fault.PasswordWrong)
	}
	if err != nil {
		return b, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return b, fault.Unavailable(err)
	}
	b, sid := next(k, who)
	row, err := session.Sessions.Of(sub.items[session.Key(who.UID, sid).SK])
	if err == nil && !row.Alive(sub.authority, api.From(ctx).Now) {
		err = fault.NoCredentials()
	}
	if err != nil {
		return browser{}, err
	}
	return b, s.Table.Transact(ctx, limit.Reset(sub.bucket, api.From(ctx).Now))
}

// ReauthRequest is the caller's password.
type ReauthRequest struct {
	Password string `json:"password" rule:"required,exact,max=256"`
}

// Reauthenticate renews the caller's proof, for what is asked again within five
// minutes. A browser gets a new cookie.
func (s *Service) Reauthenticate(ctx context.Context, who session.Caller, in ReauthRequest) (done ChangeAnswer, err error) {
	if _, ok := who.SessionKey(); !ok || who.Kind == session.CredToken {
		return ChangeAnswer{}, fault.New(403, "reauth_impossible", "Tokens cannot confirm a password; sign in.")
	}
	done.Detail = "ok"
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return ChangeAnswer{}, err
	}
	defer leave()
	if who.Left() {
		done.browser, err = s.successor(ctx, who, in.Password)
		return done, err
	}
	sub, err := s.own(ctx, who, in.Password)
	if err != nil {
		return ChangeAnswer{}, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return ChangeAnswer{}, fault.Unavailable(err)
	}
	ops, b := s.move(ctx, who, sub.authority, k)
	done.browser = b
	own, _ := who.SessionKey()
	ops = append(ops, sub.evict(session.MaxPerUser, own, api.From(ctx).Now)...)
	return done, s.Table.Transact(ctx, append(ops, limit.Reset(sub.bucket, api.From(ctx).Now))...)
}

// own confirms the caller's password, which stands in the field password.
func (s *Service) own(ctx context.Context, who session.Caller, pw string) (*subject, error) {
	sub, err := s.confirm(ctx, who, pw)
	if errors.Is(err, errCredentials) {
		err = fault.Refused(fault.PasswordWrong, "password", "The password is not correct.")
	}
	return sub, err
}

// Prove confirms the caller's password for one change. Its transaction takes the
// writes along, and must hold the caller's authority as it was: a new password
// changes that. The session is none the fresher for it.
func (s *Service) Prove(ctx context.Context, who session.Caller, in ReauthRequest) ([]store.Op, error) {
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	sub, err := s.own(ctx, who, in.Password)
	if err != nil {
		return nil, err
	}
	return []store.Op{limit.Reset(sub.bucket, api.From(ctx).Now)}, nil
}

// ResetPassword mails a link to set a new password. The answer and the work are
// the same for every address.
func (s *Service) ResetPassword(ctx context.Context, in EmailRequest) (Detail, error) {
	done := Detail{"Password reset e-mail has been sent."}
	return done, s.mailTo(ctx, "reset", jobReset, in.Email)
}

// ResetRequest is a new password, typed twice, and the two parts of the link.
type ResetRequest struct {
	UID   string `json:"uid" rule:"required,max=20"`
	Token string `json:"token" rule:"required,max=200"`
	New1  string `json:"new_password1" rule:"required,exact,min=8,max=256"`
	New2  string `json:"new_password2" rule:"required,exact,min=8,max=256"`
}

const purposeReset = "reset"

// ResetConfirm sets a new password by a mailed link, which also proves the
// address. Every session, the token key and all access tokens end; nobody is
// signed in.
func (s *Service) ResetConfirm(ctx context.Context, in ResetRequest) (Detail, error) {
	done := Detail{"Password has been reset with the new password."}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	ctx, leave, err := s.inLine(ctx)
	if err != nil {
		return Detail{}, err
	}
	defer leave()
	sub, err := s.resetSubject(ctx, in.UID, in.Token)
	if err != nil {
		return Detail{}, err
	}
	if err := s.checkNew(in.New1, in.New2, sub.profile); err != nil {
		return Detail{}, err
	}
	ops, err := s.newPassword(ctx, sub, in.New1, "password.reset", 0)
	if err != nil {
		return Detail{}, err
	}
	a := sub.authority
	endEverything(&a, api.From(ctx).Now)
	a.PATEpoch++
	ops = append(ops,
		store.Delete(resetKey(sub.uid), sub.at("R")),
		session.Authorities.Put(session.AuthorityKey(sub.uid), a, sub.at("A")))
	for sk, it := range sub.items {
		if sk == "~a" || strings.HasPrefix(sk, devicePrefix) { // whoever was locked out may sign in again, on every browser
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
	}
	if !sub.profile.Verified {
		p := sub.profile
		p.Verified = true
		ops = append(ops, profile.Profiles.Put(profile.Key(sub.uid), p, sub.at("P")))
	}
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// resetSubject finds the account that the parts of a reset link are for.
func (s *Service) resetSubject(ctx context.Context, uidPart, secretPart string) (*subject, error) {
	uid, err := strconv.ParseInt(strings.ToLower(uidPart), 36, 64)
	if err != nil || uid <= 0 {
		return nil, fault.Refused(fault.LinkRefused, "uid", "Invalid value")
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	sub := &subject{uid: uid, partition: session.UserPK(uid)}
	if err := s.load(ctx, sub); err != nil {
		return nil, err
	}
	t, err := tickets.Of(sub.items["R"])
	if err != nil {
		return nil, err
	}
	if sub.authority.Status != session.Active || t.Email != sub.profile.Email || t.Epoch != sub.authority.Epoch || !token.ValidMail(k, purposeReset, resetID(uid), t.Seed, resetID(uid)+"."+secretPart) {
		return nil, fault.Refused(fault.LinkRefused, "token", "Invalid value")
	}
	return sub, nil
}

// resetID names the account in the secret of a reset link.
func resetID(uid int64) string { return strconv.FormatInt(uid, 36) }
