package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// TokenRequest names an access token.
type TokenRequest struct {
	ID int64 `path:"id"`
}

// accessToken reads a token that the caller may see: one's own, or for
// administrators any. For everybody else it does not exist.
func (s *Service) accessToken(ctx context.Context, who session.Caller, id int64) (session.AccessToken, store.Item, error) {
	missing := fault.NotFound("AccessToken")
	if err := grouped(who); err != nil {
		return session.AccessToken{}, store.Item{}, err
	}
	items, err := s.Table.Get(ctx, session.IDKey(id))
	if err != nil {
		return session.AccessToken{}, store.Item{}, err
	}
	p, err := session.Pointers.Of(items[0])
	if err != nil || !items[0].Exists() || p.UID != who.UID && !who.Admin() {
		return session.AccessToken{}, store.Item{}, orMissing(err, missing)
	}
	items, err = s.Table.Get(ctx, session.AccessTokenKey(p.Prefix), session.AuthorityKey(p.UID))
	if err != nil {
		return session.AccessToken{}, store.Item{}, err
	}
	t, err := session.AccessTokens.Of(items[0])
	if err != nil {
		return t, store.Item{}, err
	}
	a, err := session.Authorities.Of(items[1])
	if err != nil || !items[0].Exists() || !t.Usable(s.Table.Now()) || t.Epoch != a.PATEpoch {
		return t, store.Item{}, orMissing(err, missing)
	}
	return t, items[0], nil
}

func orMissing(err error, missing *fault.Fault) error {
	if err != nil {
		return err
	}
	return missing
}

// GetToken is one access token.
func (s *Service) GetToken(ctx context.Context, who session.Caller, in TokenRequest) (AccessTokenView, error) {
	t, _, err := s.accessToken(ctx, who, in.ID)
	if err != nil {
		return AccessTokenView{}, err
	}
	owner, err := s.profile(ctx, t.UID)
	return s.view(t, owner), err
}

// SelfToken is the access token that the request itself comes with.
func (s *Service) SelfToken(ctx context.Context, who session.Caller, _ struct{}) (AccessTokenView, error) {
	if who.Kind != session.CredPAT {
		f := fault.NoCredentials()
		f.Scheme = "Bearer"
		return AccessTokenView{}, f
	}
	return s.GetToken(ctx, who, TokenRequest{who.TokenID})
}

// UpdateTokenRequest changes an access token.
type UpdateTokenRequest struct {
	ID       int64              `path:"id"`
	Name     api.Opt[string]    `json:"name" rule:"max=50"`
	Expiry   api.Opt[time.Time] `json:"expiry_date" rule:"null"`
	ReadOnly api.Opt[bool]      `json:"read_only"`
}

// UpdateToken changes name, expiry or rights of an access token.
func (s *Service) UpdateToken(ctx context.Context, who session.Caller, in UpdateTokenRequest) (AccessTokenView, error) {
	t, it, err := s.accessToken(ctx, who, in.ID)
	if err != nil {
		return AccessTokenView{}, err
	}
	now := api.From(ctx).Now
	if err := expiryAhead(in.Expiry, now); err != nil {
		return AccessTokenView{}, err
	}
	if in.Name.Set {
		t.Name = in.Name.Value
	}
	if in.Expiry.Set {
		t.Expiry = 0
		if !in.Expiry.Null {
			t.Expiry = in.Expiry.Value.Unix()
		}
	}
	if in.ReadOnly.Set {
		t.ReadOnly = in.ReadOnly.Value
	}
	t.Updated = now.Unix()
	err = s.Table.Transact(ctx, session.AccessTokens.Put(it.Key, t, it.At()),
		auditRow(ctx, "access_token.update", who.UID, t.UID, map[string]string{"name": t.Name}))
	if err != nil {
		return AccessTokenView{}, err
	}
	owner, err := s.profile(ctx, t.UID)
	return s.view(t, owner), err
}

// RevokeToken ends an access token. Its row is kept for a while, so that its
// prefix is not given to another.
func (s *Service) RevokeToken(ctx context.Context, who session.Caller, in TokenRequest) (struct{}, error) {
	t, it, err := s.accessToken(ctx, who, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	t.Revoked, t.Updated = true, api.From(ctx).Now.Unix()
	return struct{}{}, s.Table.Transact(ctx,
		session.AccessTokens.Put(it.Key, t, it.At()).Until(api.From(ctx).Now.Add(90*24*time.Hour)),
		store.Delete(session.PointerKey(t.UID, t.ID), store.Always),
		store.Delete(session.IDKey(t.ID), store.Always),
		auditRow(ctx, "access_token.revoke", who.UID, t.UID, map[string]string{"name": t.Name}))
}
