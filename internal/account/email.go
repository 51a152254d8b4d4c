package account

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
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
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return Detail{}, fault.Unavailable(err)
	}
	m := api.From(ctx)
	if err := s.Limits.Take(ctx, mailBuckets(k, "confirm", e.Key(), m.Network)...); err != nil {
		return Detail{}, err
	}
	return done, s.Table.Transact(ctx, append(api.Done(ctx, registered{UID: who.UID}),
		tickets.Put(changeKey(who.UID), ticket{Seed: token.Seed(), Email: e.String(), Epoch: who.Epoch}, store.Always).Until(m.Now.Add(changeLife)),
		mail.Queue(m.Now, jobChange, map[string]string{"uid": uidText(who.UID), "email": e.String()}),
		auditRow(ctx, "email.ask", who.UID, who.UID, nil))...)
}

// linkID names a ticket of an account in a mail secret: the user id, and for the
// undo of a change which address it is about.
func linkID(uid int64, sk string) string {
	id := strconv.FormatInt(uid, 36)
	return strings.Repeat("0", uidDigits-len(id)) + id + strings.TrimPrefix(sk, undoPrefix)
}

// uidDigits is the length of a user id in base 36 that is padded.
const uidDigits = 11

// purposes say which ticket of an account a link is about.
var purposes = map[string]string{purposeChange: "E", purposeDeletion: "D", purposeUndo: undoPrefix}

// byLink finds the account and the ticket that a mail secret proves.
func (s *Service) byLink(ctx context.Context, purpose, key string) (*subject, ticket, error) {
	id, ok := token.ParseMail(key)
	if !ok || len(id) < uidDigits {
		return nil, ticket{}, badKey()
	}
	uid, err := strconv.ParseInt(id[:uidDigits], 36, 64)
	sk := purposes[purpose]
	if purpose == purposeUndo {
		sk += id[uidDigits:]
	}
	suffix := ""
	if purpose == purposeUndo {
		suffix = sk
	}
	if err != nil || uid <= 0 || linkID(uid, suffix) != id {
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
	sub, t, err := s.byLink(ctx, purposeChange, in.Key)
	if err != nil {
		return Detail{}, err
	}
	if sub.authority.Status != session.Active || t.Epoch != sub.authority.Epoch {
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
		store.Check(session.AuthorityKey(sub.uid), sub.at("A")),
		store.Delete(changeKey(sub.uid), sub.at("E")),
		profile.Profiles.Put(profile.Key(sub.uid), p, sub.at("P")),
		claims.Put(emailKey(t.Email), claim{UID: sub.uid}, items[0].At()),
		store.Delete(resetKey(sub.uid), store.Always), // it went to the old address
		auditRow(ctx, "email.change", sub.uid, sub.uid, nil),
	}
	before, err := tickets.Of(sub.items[undoKey(sub.uid, t.Email).SK])
	if err != nil {
		return Detail{}, err
	}
	switch {
	case before.Email != "":
		// Back to an address from before: those since then have no way back.
		drop, err := s.dropSince(ctx, sub, t.Email, before.At)
		if err != nil {
			return Detail{}, err
		}
		ops = append(ops, drop...)
	case old != "" && old != t.Email:
		if undoable(sub) >= maxUndo {
			return Detail{}, fault.New(409, "too_many_changes", "The address was changed too often this week. Try again later.")
		}
		ops = append(ops, s.keepOld(now, sub, old)...)
	}
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// keepOld are the writes that let the old address take a change back: its claim
// stays for a week, and a mail goes there. One that was never proven is free.
func (s *Service) keepOld(now time.Time, sub *subject, old string) []store.Op {
	if !sub.profile.Verified {
		return []store.Op{store.Delete(emailKey(old), store.Present)}
	}
	until := now.Add(undoLife)
	return []store.Op{
		claims.Put(emailKey(old), claim{UID: sub.uid}, store.Present).Until(until),
		tickets.Put(undoKey(sub.uid, old), ticket{Seed: token.Seed(), Email: old, At: now.UnixMilli()}, store.Always).Until(until),
		mail.Queue(now, jobChanged, map[string]string{"uid": uidText(sub.uid), "email": old}),
	}
}

// UndoEmail gives an account its old address back, by the link that went there.
// Whoever changed it may hold a session, or a later address: all sessions end,
// the later addresses lose their own way back, and the password must be reset.
func (s *Service) UndoEmail(ctx context.Context, in KeyRequest) (Detail, error) {
	done := Detail{"E-mail address has been restored. Reset your password to sign in."}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	sub, t, err := s.byLink(ctx, purposeUndo, in.Key)
	if err != nil {
		return Detail{}, err
	}
	claimed, err := s.Table.Get(ctx, emailKey(t.Email))
	if err != nil {
		return Detail{}, err
	}
	if c, err := claims.Of(claimed[0]); err != nil || c.UID != sub.uid || sub.authority.Status == session.Erased {
		return Detail{}, orBadKey(err)
	}
	now := api.From(ctx).Now
	p, a := sub.profile, sub.authority
	endEverything(&a, now)
	a.PATEpoch++
	back, err := s.comeBack(ctx, sub, &a)
	if err != nil {
		return Detail{}, err
	}
	ops := []store.Op{
		store.Delete(changeKey(sub.uid), store.Always),
		store.Delete(resetKey(sub.uid), store.Always),
		store.Delete(credentialKey(sub.uid), store.Always),
		claims.Put(claimed[0].Key, claim{UID: sub.uid}, claimed[0].At()),
		session.Authorities.Put(session.AuthorityKey(sub.uid), a, sub.at("A")),
		auditRow(ctx, "email.undo", 0, sub.uid, nil),
	}
	drop, err := s.dropSince(ctx, sub, t.Email, t.At)
	if err != nil {
		return Detail{}, err
	}
	ops = append(append(ops, back...), drop...)
	p.Email, p.Verified = t.Email, true
	ops = append(ops, profile.Profiles.Put(profile.Key(sub.uid), p, sub.at("P")),
		mail.Queue(now, jobReset, map[string]string{"email": p.Email}))
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: sub.uid})...)...)
}

// comeBack are the writes that also take back a deletion that was asked for by
// whoever had the account meanwhile.
func (s *Service) comeBack(ctx context.Context, sub *subject, a *session.Authority) ([]store.Op, error) {
	d, err := tickets.Of(sub.items["D"])
	if err != nil || a.Status != session.Leaving || d.By != "self" {
		return nil, err
	}
	a.Status = session.Active
	ops, err := s.changed(ctx, sub.profile, true)
	return append(ops,
		store.Delete(deletionKey(sub.uid), sub.at("D")),
		store.Delete(dueKey(time.UnixMilli(d.Due), sub.uid), store.Always),
		roster.Put(rosterKey(sub.uid), row(sub.profile, true), store.Always),
	), err
}

// maxUndo bounds how many old addresses can take a change back at a time.
const maxUndo = 10

// undoable is how many old addresses can.
func undoable(sub *subject) (n int) {
	for sk := range sub.items {
		if strings.HasPrefix(sk, undoPrefix) {
			n++
		}
	}
	return n
}

// dropSince are the writes that take the present address from an account, and the
// way back from every address that it left at a time or later. Addresses from
// before keep theirs: a thief cannot take it from them by going to and fro.
// Claims go only if they are the account's own; that of keep stays.
func (s *Service) dropSince(ctx context.Context, sub *subject, keep string, since int64) (ops []store.Op, err error) {
	gone := map[string]bool{}
	if sub.profile.Email != "" {
		gone[sub.profile.Email] = true
	}
	for sk, it := range sub.items {
		if !strings.HasPrefix(sk, undoPrefix) {
			continue
		}
		t, err := tickets.Of(it)
		if err != nil {
			return nil, err
		}
		if t.At >= since {
			ops = append(ops, store.Delete(it.Key, it.At()))
			gone[t.Email] = true
		}
	}
	delete(gone, keep)
	var keys []store.Key
	for email := range gone {
		keys = append(keys, emailKey(email))
	}
	items, err := s.Table.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		c, err := claims.Of(it)
		if err != nil {
			return nil, err
		}
		if c.UID == sub.uid {
			ops = append(ops, store.Delete(it.Key, it.At()))
		}
	}
	return ops, nil
}
