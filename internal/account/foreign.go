package account

import (
	"context"
	"errors"

	"gatehouse/internal/audit"
	"gatehouse/internal/ident"
	"gatehouse/internal/jwt"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// foreign accepts a token of a configured issuer.
//
// Who somebody is there is the pair of issuer and subject, and nothing else: an
// address in the token never finds an account, because the issuer may give it to
// somebody new. An unknown subject is refused, unless the issuer is set to
// provision: then an account is made for it, with the address only if the issuer
// vouches for it and nobody here has it.
func (s *Service) foreign(ctx context.Context, rest string) session.Ticket {
	t := session.Ticket{Kind: session.CredForeign, Code: session.BadToken}
	c, err := s.Foreign.Verify(ctx, rest)
	if errors.Is(err, jwt.ErrUnavailable) {
		return s.settle(ctx, t, err)
	}
	if err != nil {
		return t
	}
	items, err := s.Table.Get(ctx, identityKey(c.Issuer, c.Subject))
	if err != nil {
		return s.settle(ctx, t, err)
	}
	id, err := identities.Of(items[0])
	if err == nil && id.UID == 0 {
		if !c.Provision {
			return t
		}
		id.UID, err = s.provision(ctx, c)
	}
	if err != nil {
		return s.settle(ctx, t, err)
	}
	t.UID, t.Issued, t.Code = id.UID, c.IssuedAt.Unix(), session.OK
	return t
}

// provision makes the account of a foreign subject. Of several requests at once
// one makes it, and the others find it.
func (s *Service) provision(ctx context.Context, c jwt.ForeignClaims) (int64, error) {
	at := identityKey(c.Issuer, c.Subject)
	for range 5 {
		items, err := s.Table.Get(ctx, at)
		if err != nil {
			return 0, err
		}
		if id, err := identities.Of(items[0]); err != nil || id.UID != 0 {
			return id.UID, err
		}
		ops, uid, err := s.provisioning(ctx, c)
		if err != nil {
			return 0, err
		}
		id := identity{uid, c.Issuer, c.Subject}
		ops = append(ops, identities.Put(at, id, items[0].At()), identities.Put(linkedKey(uid, c.Issuer, c.Subject), id, store.Absent))
		err = s.Table.Transact(ctx, ops...)
		if _, lost := store.Conflict(err); !lost {
			return uid, err
		}
	}
	return 0, store.ErrUnavailable
}

func (s *Service) provisioning(ctx context.Context, c jwt.ForeignClaims) ([]store.Op, int64, error) {
	now := s.Table.Now()
	p := profile.Profile{UID: store.NewID(now)}
	email := store.Absent
	if e, err := ident.ParseEmail(c.Email); err == nil && c.EmailVerified {
		items, err := s.Table.Get(ctx, emailKey(e.Key()))
		if err != nil {
			return nil, 0, err
		}
		if !items[0].Exists() {
			p.Email, p.Verified, email = e.String(), true, items[0].At()
		}
	}
	base := "user-" + token.ID()[:8]
	if u, err := ident.ParseUsername(c.Username, 5, 150); err == nil {
		base = u.String()
	} else if e, err := ident.ParseEmail(c.Email); err == nil {
		base = ident.Propose(e)
	}
	name, err := s.freeName(ctx, base)
	if err != nil {
		return nil, 0, err
	}
	items, err := s.Table.Get(ctx, usernameKey(fold(name)))
	if err != nil {
		return nil, 0, err
	}
	p.Username = name
	ops := newAccount(now, p, "", []string{"user"}, items[0].At(), email)
	return append(ops, audit.Row(now, audit.Event{Action: "account.provision", Target: p.UID, Detail: map[string]string{"issuer": c.Issuer}})), p.UID, nil
}
