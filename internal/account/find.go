package account

import (
	"context"

	"gatehouse/internal/session"
)

// Find is the live account of an address, 0 if there is none, and whether the
// address is confirmed.
func (s *Service) Find(ctx context.Context, email string) (uid int64, verified bool, err error) {
	p, a, err := s.owner(ctx, email)
	if err != nil || p.UID == 0 || p.Email != email || a.Status != session.Active {
		return 0, false, err
	}
	return p.UID, p.Verified, nil
}
