package account

import (
	"context"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

func (in RegisterRequest) invited() bool { return in.Invitation != "" || in.Secret != "" }

// admit lets somebody in by an invitation. Its mail proves the address, so nothing
// is left to confirm, and it limits who comes, so the network's limit is not taken
// from: a class behind one address can join. Whoever has the address unconfirmed
// loses it, as when a registration is confirmed.
func (s *Service) admit(ctx context.Context, in RegisterRequest, a *admission) error {
	proven := false
	if s.Invitations != nil && in.Invitation != "" && in.Secret != "" {
		var err error
		if proven, err = s.Invitations.Proven(ctx, in.Invitation, in.Secret, a.profile.Email); err != nil {
			return err
		}
	}
	if !proven {
		return fault.Refused(fault.LinkRefused, "invitation", "The invitation is not valid any more, or was sent to another address. Ask whoever invited you to send it again.")
	}
	items, err := s.Table.Get(ctx, usernameKey(fold(a.profile.Username)), emailKey(a.profile.Email))
	if err != nil {
		return err
	}
	if items[0].Exists() {
		// Whoever joins is not held up by the sign-ups of the network; whoever tries
		// out names is.
		k, err := s.Secrets.Keys(ctx)
		if err != nil {
			return fault.Unavailable(err)
		}
		if err := s.Limits.Take(ctx, bucket(k, "signup", api.From(ctx).Network, rateSignup)); err != nil {
			return err
		}
		return fault.Field("username", takenName)
	}
	free := false
	if a.first, free, err = s.displace(ctx, items[1]); err != nil {
		return err
	}
	if !free {
		// Whoever reads the mails of an address may know that it has an account.
		return fault.Field("email", takenAddress)
	}
	a.profile.Verified, a.invitation, a.secret = true, in.Invitation, in.Secret
	a.name, a.email = items[0].At(), items[1].At()
	return nil
}

// registerNow makes the account and signs it in, where nothing has to be confirmed
// first.
func (s *Service) registerNow(ctx context.Context, who *session.Caller, answer RegisterAnswer, a admission) (RegisterAnswer, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return answer, fault.Unavailable(err)
	}
	now := api.From(ctx).Now
	a.profile.UID = store.NewID(now)
	uid := a.profile.UID
	sub := &subject{uid: uid, authority: session.Authority{Status: session.Active, Epoch: 1, PATEpoch: 1, Groups: []string{"user"}, TokenGen: 1}}
	cookie, sid := token.NewSession(uid)
	ops, err := s.admitted(ctx, k, sub, a)
	if err != nil {
		return RegisterAnswer{}, err
	}
	ops = append(ops, newSession(ctx, session.KindCookie, uid, 1).Put(session.Key(uid, sid), store.Absent))
	ops = append(ops, endOld(who)...)
	ops = append(ops, api.Done(ctx, registered{UID: uid})...)
	err = s.Table.Transact(ctx, ops...)
	if lost, ok := store.Conflict(err); ok && slices.Contains(lost, 0) {
		// Two of one millisecond got the same id. Another id needs no second take
		// from the limits.
		return s.registerNow(ctx, who, answer, a)
	}
	if err != nil {
		return RegisterAnswer{}, err
	}
	key := token.Key(k, uid, 1)
	answer.Key = &key
	answer.browser = browser{cookie, token.CSRF(k, sid), s.deviceCookie(ctx, sub)}
	return answer, nil
}

// admitted are the writes that make the account, with its token key. The first is
// that of the authority.
func (s *Service) admitted(ctx context.Context, k *secretKeys, sub *subject, a admission) ([]store.Op, error) {
	now, p := api.From(ctx).Now, a.profile
	ops := newAccount(now, p, a.hash, sub.authority.Groups, a.name, a.email)
	ops[0] = session.Authorities.Put(session.AuthorityKey(p.UID), sub.authority, store.Absent)
	tok := newSession(ctx, session.KindToken, p.UID, 1)
	tok.Generation, tok.Root = 1, k.CurrentID()
	detail := map[string]string{"agreements": a.accepted}
	if a.invitation != "" {
		join, err := s.Invitations.Join(ctx, a.invitation, a.secret, p)
		if err != nil {
			return nil, err
		}
		ops = append(append(ops, a.first...), join...)
		detail["invitation"] = a.invitation
	}
	if !p.Verified {
		ops = append(ops, s.pendAddress(now, p)...)
	}
	return append(ops,
		session.TokenKeys.Put(session.TokenKeyKey(token.KeyHashes(k, p.UID, 1)[0]), session.TokenKey{UID: p.UID, Generation: 1}, store.Always).Until(now.Add(session.Absolute)),
		tok.Put(session.Key(p.UID, session.TokenSID), store.Absent),
		lastLogins.Put(lastLoginKey(p.UID), lastLogin{now.UnixMilli()}, store.Always),
		auditRow(ctx, "account.create", p.UID, p.UID, detail)), nil
}

// registeredBefore answers a repetition: no session cookie, whose value nobody has
// kept, and the token key only as long as nothing has happened to the account
// since: whoever repeats may not be its owner any more.
func (s *Service) registeredBefore(ctx context.Context, answer RegisterAnswer, uid int64) (RegisterAnswer, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return answer, fault.Unavailable(err)
	}
	items, err := s.Table.Get(ctx, session.AuthorityKey(uid))
	if err != nil {
		return answer, err
	}
	a, err := session.Authorities.Of(items[0])
	if err == nil && a.Status == session.Active && a.Epoch == 1 && a.TokenGen == 1 {
		key := token.Key(k, uid, a.TokenGen)
		answer.Key = &key
	}
	return answer, err
}
