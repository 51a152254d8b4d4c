package account

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// KeyRequest carries the secret of a mail link.
type KeyRequest struct {
	Key string `json:"key" rule:"required,max=200"`
}

func badKey() error { return fault.Refused(fault.LinkRefused, "key", "Invalid value") }

const purposeVerify = "verify"

// pendingFor finds the registration that a mail secret proves.
func (s *Service) pendingFor(ctx context.Context, key string) (pending, store.Item, error) {
	pid, ok := token.ParseMail(key)
	if !ok {
		return pending{}, store.Item{}, badKey()
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return pending{}, store.Item{}, fault.Unavailable(err)
	}
	items, err := s.Table.Get(ctx, pendingKey(pid))
	if err != nil {
		return pending{}, store.Item{}, err
	}
	p, err := pendings.Of(items[0])
	if err == nil && !token.ValidMail(k, purposeVerify, pid, p.Seed, key) {
		err = badKey()
	}
	return p, items[0], err
}

// VerifyEmail confirms an address. Of a registration it makes the account; the
// link is spent in the same transaction, so of several clicks one succeeds.
func (s *Service) VerifyEmail(ctx context.Context, in KeyRequest) (Detail, error) {
	done := Detail{"ok"}
	if api.Prior(ctx, &registered{}) {
		return done, nil
	}
	p, it, err := s.pendingFor(ctx, in.Key)
	if err != nil {
		return Detail{}, err
	}
	var ops []store.Op
	if p.UID != 0 {
		ops, err = s.confirmAddress(ctx, p)
	} else {
		ops, err = s.becomeAccount(ctx, p)
	}
	if err != nil {
		return Detail{}, err
	}
	ops = append(ops, store.Delete(it.Key, it.At()))
	return done, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{PID: p.PID})...)...)
}

// becomeAccount are the writes that turn a registration into an account. Whoever
// has the address unconfirmed loses it to this proof; whoever has it confirmed
// keeps it, and the link is worth nothing.
func (s *Service) becomeAccount(ctx context.Context, p pending) ([]store.Op, error) {
	now := api.From(ctx).Now
	name := usernameKey(fold(p.Username))
	items, err := s.Table.Get(ctx, name, emailKey(p.Email), latestKey(p.Email))
	if err != nil {
		return nil, err
	}
	if c, err := claims.Of(items[0]); err != nil || c.PID != p.PID {
		return nil, orBadKey(err)
	}
	ops, free, err := s.displace(ctx, items[1])
	if err != nil || !free {
		return nil, orBadKey(err)
	}
	u := profile.Profile{UID: store.NewID(now), Username: p.Username, Email: p.Email, Verified: true, First: p.First, Last: p.Last}
	ops = append(ops, newAccount(now, u, p.Hash, []string{"user"}, items[0].At(), items[1].At())...)
	if c, err := claims.Of(items[2]); err == nil && c.PID == p.PID {
		ops = append(ops, store.Delete(items[2].Key, items[2].At()))
	}
	ops = append(ops, store.Delete(waitingKey(p), store.Always))
	return append(ops, auditRow(ctx, "account.create", u.UID, u.UID, map[string]string{"agreements": p.Accepted})), nil
}

// displace takes an address away from an account that never proved it. It is not
// free if one has that did.
func (s *Service) displace(ctx context.Context, it store.Item) (ops []store.Op, free bool, err error) {
	if !it.Exists() {
		return nil, true, nil
	}
	c, err := claims.Of(it)
	if err != nil {
		return nil, false, err
	}
	items, err := s.Table.Get(ctx, profile.Key(c.UID))
	if err != nil {
		return nil, false, err
	}
	u, err := profile.Profiles.Of(items[0])
	if err == nil && !items[0].Exists() {
		return nil, true, nil // of an account that is erased: nobody has it
	}
	if err != nil || u.Verified {
		return nil, false, err
	}
	u.Email = ""
	return []store.Op{profile.Profiles.Put(items[0].Key, u, items[0].At()), auditRow(ctx, "email.displaced", 0, c.UID, nil)}, true, nil
}

// confirmAddress are the writes that mark the address of an account as proven, if
// it is still that one.
func (s *Service) confirmAddress(ctx context.Context, p pending) ([]store.Op, error) {
	items, err := s.Table.Get(ctx, profile.Key(p.UID))
	if err != nil {
		return nil, err
	}
	u, err := profile.Profiles.Of(items[0])
	if err != nil || u.Email != p.Email {
		return nil, orBadKey(err)
	}
	u.Verified = true
	return []store.Op{profile.Profiles.Put(items[0].Key, u, items[0].At()), auditRow(ctx, "email.verify", p.UID, p.UID, nil)}, nil
}

func orBadKey(err error) error {
	if err != nil {
		return err
	}
	return badKey()
}

// addressPID names the one confirmation that waits for an account's own address.
func addressPID(uid int64) string { return "u" + strings.TrimLeft(store.IDText(uid), "0") }

// pendAddress are the writes that ask an account to confirm its address.
func (s *Service) pendAddress(now time.Time, u profile.Profile) []store.Op {
	p := pending{PID: addressPID(u.UID), UID: u.UID, Email: u.Email, Seed: token.Seed(), Created: now.UnixMilli(), Mailed: now.UnixMilli()}
	return []store.Op{
		pendings.Put(pendingKey(p.PID), p, store.Always).Until(now.Add(verifyLife)),
		mail.Queue(now, jobRegister, map[string]string{"pid": p.PID, "email": u.Email}),
	}
}

// mailVerification mails an account the confirmation of its address, at most
// every three minutes.
func (s *Service) mailVerification(ctx context.Context, u profile.Profile) error {
	now := api.From(ctx).Now
	items, err := s.Table.Get(ctx, pendingKey(addressPID(u.UID)))
	if err != nil {
		return err
	}
	p, err := pendings.Of(items[0])
	if err != nil || now.Sub(time.UnixMilli(p.Mailed)) < remailEvery || u.Email == "" {
		return err
	}
	if ok, err := s.mayMail(ctx, u.Email); err != nil || !ok {
		return err
	}
	err = s.Table.Transact(ctx, s.pendAddress(now, u)...)
	if _, lost := store.Conflict(err); lost {
		return nil
	}
	return err
}

// mayMail takes from the limits of an address, and says whether they allow a mail.
func (s *Service) mayMail(ctx context.Context, address string) (bool, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return false, fault.Unavailable(err)
	}
	err = s.Limits.Take(ctx, mailBuckets(k, "confirm", address, api.From(ctx).Network)...)
	if err != nil && fault.Of(err).Status == 429 {
		return false, nil
	}
	return err == nil, err
}

// EmailRequest carries an address.
type EmailRequest struct {
	Email string `json:"email" rule:"required,max=254"`
}

// Resend mails the confirmation of a registration again. The answer and the work
// are the same for every address; what is sent is decided later.
func (s *Service) Resend(ctx context.Context, in EmailRequest) (Detail, error) {
	done := Detail{"Verification e-mail sent."}
	return done, s.mailTo(ctx, "confirm", jobResend, in.Email)
}

// mailTo queues a mail to an address on a stranger's word.
func (s *Service) mailTo(ctx context.Context, kind, job, address string) error {
	e, err := ident.ParseEmail(address)
	if err != nil {
		return fault.Field("email", err.Error())
	}
	if api.Prior(ctx, &registered{}) {
		return nil
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return fault.Unavailable(err)
	}
	m := api.From(ctx)
	if err := s.Limits.Take(ctx, mailBuckets(k, kind, e.Key(), m.Network)...); err != nil {
		return err
	}
	ops := []store.Op{mail.Queue(m.Now, job, map[string]string{"email": e.String()})}
	return s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{})...)...)
}
