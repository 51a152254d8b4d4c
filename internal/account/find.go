package account

import (
	"context"

	"gatehouse/internal/session"
)

// Find is the live account of an address, 0 if there is none, and whether the
// address is confirmed. It reads as much for an address that nobody has.
func (s *Service) Find(ctx context.Context, email string) (uid int64, verified bool, err error) {
	items, err := s.Table.Get(ctx, emailKey(email))
	if err != nil {
		return 0, false, err
	}
	c, err := claims.Of(items[0])
	if err != nil {
		return 0, false, err
	}
	p, a, err := s.account(ctx, c.UID)
	if err != nil || p.UID == 0 || p.Email != email || a.Status != session.Active {
		return 0, false, err
	}
	return p.UID, p.Verified, nil
}
