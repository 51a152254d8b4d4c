package account

import (
	"context"

	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// rename moves the claim of the user name. Whoever asks for one hears whether it is
// taken, so the limit comes first.
func (s *Service) rename(ctx context.Context, who session.Caller, p *profile.Profile, in PatchUser, bad *fault.Fields) ([]store.Op, error) {
	if !in.Username.Set || in.Username.Value == p.Username {
		return nil, nil
	}
	u, err := ident.ParseUsername(in.Username.Value, 1, 150)
	if err != nil {
		bad.Add("username", err.Error())
		return nil, nil
	}
	old := fold(p.Username)
	p.Username = u.String()
	if u.Key() == old {
		return nil, nil
	}
	if err := s.mayTryName(ctx, who); err != nil {
		return nil, err
	}
	items, err := s.Table.Get(ctx, usernameKey(u.Key()))
	if err != nil {
		return nil, err
	}
	c, err := claims.Of(items[0])
	switch {
	case err != nil:
		return nil, err
	case items[0].Exists() && c.UID == p.UID:
		return nil, &store.ConflictError{} // it was renamed so meanwhile
	case items[0].Exists():
		bad.Add("username", takenName)
	}
	return []store.Op{
		claims.Put(items[0].Key, claim{UID: p.UID}, items[0].At()),
		store.Delete(usernameKey(old), store.Present),
	}, nil
}

// mayTryName takes from the limit of user names that an account may try.
// Administrators have none.
func (s *Service) mayTryName(ctx context.Context, who session.Caller) error {
	if who.Admin() {
		return nil
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return fault.Unavailable(err)
	}
	return s.Limits.Take(ctx, bucket(k, "rename", uidText(who.UID), rateRename))
}
