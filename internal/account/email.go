package account

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

const (
	purposeChange   = "change"
	purposeUndo     = "undo"
	purposeDeletion = "deletion"
)

// ChangeEmail asks for a new address. Nothing changes until it is confirmed
// there; for one that is taken the answer is the same, and its owner is told.
func (s *Service) ChangeEmail(ctx context.Context, who session.Caller, in EmailRequest) (Detail, error) {
	done := Detail{"Confirmation e-mail has been sent to the new address."}
	e, err := ident.ParseEmail(in.Email)
	if err != nil {
		return Detail{}, fault.Field("email", err.Error())
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return Detail{}, fault.Unavailable(err)
	}
	m := api.From(ctx)
	if err := s.Limits.Take(ctx, mailBuckets(k, e.Key(), m.Network)...); err != nil {
		return Detail{}, err
	}
	return done, s.Table.Transact(ctx,
		tickets.Put(changeKey(who.UID), ticket{Seed: token.Seed(), Email: e.String()}, store.Always).Until(m.Now.Add(changeLife)),
		mail.Queue(m.Now, jobChange, map[string]string{"uid": uidText(who.UID), "email": e.String()}),
		auditRow(ctx, "email.ask", who.UID, who.UID, nil))
}

// byLink finds the account and the ticket that a mail secret proves.
func (s *Service) byLink(ctx context.Context, purpose, sk, key string) (*subject, ticket, error) {
	id, ok := token.ParseMail(key)
	uid := parseUID36(id)
	if !ok || uid == 0 {
		return nil, ticket{}, badKey()
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, ticket{}, fault.Unavailable(err)
	}
	sub := &subject{uid: uid, partition: session.UserPK(uid)}
	if err := s.load(ctx, sub); err != nil {
		return nil, ticket{}, err
	}
	t, err := tickets.Of(sub.items[sk])
	if err == nil && !token.ValidMail(k, purpose, id, t.Seed, key) {
		err = badKey()
	}
	return sub, t, err
}

// ConfirmEmail makes the new address that of the account. The old one is kept for
// the account for a week, in which it can take the change back.
func (s *Service) ConfirmEmail(ctx context.Context, in KeyRequest) (Detail, error) {
	done := Detail{"E-mail address has been changed."}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	sub, t, err := s.byLink(ctx, purposeChange, "E", in.Key)
	if err != nil {
		return Detail{}, err
	}
	if sub.authority.Status != session.Active {
		return Detail{}, badKey()
	}
	items, err := s.Table.Get(ctx, emailKey(t.Email))
	if err != nil {
		return Detail{}, err
	}
	taken, err := claims.Of(items[0])
	if err != nil {
		return Detail{}, err
	}
	if taken.UID != 0 && taken.UID != sub.uid {
		return Detail{}, badKey()
	}
	now := api.From(ctx).Now
	p := sub.profile
	old := p.Email
	p.Email, p.Verified = t.Email, true
	ops := []store.Op{
		store.Delete(changeKey(sub.uid), sub.at("E")),
		profiles.Put(profileKey(sub.uid), p, sub.at("P")),
		claims.Put(emailKey(t.Email), claim{UID: sub.uid}, items[0].At()),
		store.Delete(resetKey(sub.uid), store.Always), // it went to the old address
		auditRow(ctx, "email.change", sub.uid, sub.uid, nil),
	}
	if old != "" && old != t.Email {
		until := now.Add(undoLife)
		ops = append(ops,
			claims.Put(emailKey(old), claim{UID: sub.uid}, store.Present).Until(until),
			tickets.Put(undoKey(sub.uid), ticket{Seed: token.Seed(), Email: old, Old: t.Email}, store.Always).Until(until),
			mail.Queue(now, jobChanged, map[string]string{"uid": uidText(sub.uid), "email": old}))
	}
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// UndoEmail gives an account its old address back, by the link that went there.
// Whoever changed it may hold a session: all of them end, and the password must
// be reset.
func (s *Service) UndoEmail(ctx context.Context, in KeyRequest) (Detail, error) {
	done := Detail{"E-mail address has been restored. Reset your password to sign in."}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	sub, t, err := s.byLink(ctx, purposeUndo, "V", in.Key)
	if err != nil {
		return Detail{}, err
	}
	now := api.From(ctx).Now
	p, a := sub.profile, sub.authority
	endEverything(&a, now)
	a.PATEpoch++
	ops := []store.Op{
		store.Delete(undoKey(sub.uid), sub.at("V")),
		store.Delete(changeKey(sub.uid), store.Always),
		store.Delete(resetKey(sub.uid), store.Always),
		store.Delete(credentialKey(sub.uid), store.Always),
		claims.Put(emailKey(t.Email), claim{UID: sub.uid}, store.Present),
		session.Authorities.Put(session.AuthorityKey(sub.uid), a, sub.at("A")),
		auditRow(ctx, "email.undo", 0, sub.uid, nil),
	}
	if p.Email != t.Email {
		ops = append(ops, store.Delete(emailKey(p.Email), store.Present))
	}
	p.Email, p.Verified = t.Email, true
	ops = append(ops, profiles.Put(profileKey(sub.uid), p, sub.at("P")),
		mail.Queue(now, jobReset, map[string]string{"email": p.Email}))
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}
