package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// TokenRequest names an access token.
type TokenRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r TokenRequest) Near(int64) []store.Key { return []store.Key{session.IDKey(r.ID)} }

// Next implements api.Next. Only one's own token leads on, so that a stranger's
// request does the same whether or not there is one.
func (TokenRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	p, err := session.Pointers.Of(near[0])
	if err != nil || !near[0].Exists() || p.UID != uid {
		return nil, err
	}
	return tokenKeys(p), nil
}

func tokenKeys(p session.Pointer) []store.Key {
	return []store.Key{session.AccessTokenKey(p.Prefix), session.AuthorityKey(p.UID), profile.Key(p.UID)}
}

// held is an access token, where it lies, and whose it is.
type held struct {
	token session.AccessToken
	item  store.Item
	owner profile.Basic
}

// aboutToken is a question about an access token. It belongs to a person, in every
// workspace: being in the organization that a request names is no relation to it.
func aboutToken(scope string, id, owner int64) api.Question {
	return api.Question{Package: "access_tokens", Scope: scope, Resource: &policy.Resource{ID: id, Owner: owner}, Noun: "AccessToken"}
}

// accessToken is the token that a TokenRequest names, if the caller may do with it
// what scope says.
func (s *Service) accessToken(ctx context.Context, who session.Caller, scope string, id int64) (h held, err error) {
	missing := fault.NotFound("AccessToken")
	near := api.NearOf(ctx)[0]
	p, err := session.Pointers.Of(near)
	if err != nil || !near.Exists() {
		return h, orMissing(err, missing)
	}
	if err := api.Judge(ctx, who, aboutToken(scope, id, p.UID)); err != nil {
		return h, err
	}
	items := api.NextOf(ctx)
	if len(items) == 0 { // an administrator's look at another's
		if items, err = s.Table.Get(ctx, tokenKeys(p)...); err != nil {
			return h, err
		}
	}
	a, err := session.Authorities.Of(items[1])
	if err != nil {
		return h, err
	}
	owner, err := profile.Profiles.Of(items[2])
	if err != nil {
		return h, err
	}
	h.item, h.owner = items[0], s.basic(owner)
	h.token, err = session.AccessTokens.Of(items[0])
	if err != nil || !items[0].Exists() || !h.token.Usable(s.Table.Now()) || h.token.Epoch != a.PATEpoch {
		return h, orMissing(err, missing)
	}
	return h, nil
}

func orMissing(err error, missing *fault.Fault) error {
	if err != nil {
		return err
	}
	return missing
}

// GetToken is one access token.
func (s *Service) GetToken(ctx context.Context, who session.Caller, in TokenRequest) (AccessTokenView, error) {
	h, err := s.accessToken(ctx, who, "view", in.ID)
	return s.view(h.token, h.owner), err
}

// SelfTokenRequest asks for the access token that the request itself comes with.
type SelfTokenRequest struct{}

// Near implements api.Near.
func (SelfTokenRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// SelfToken is the access token that the request itself comes with.
func (s *Service) SelfToken(ctx context.Context, who session.Caller, _ SelfTokenRequest) (AccessTokenView, error) {
	if who.Kind != session.CredPAT {
		f := fault.NoCredentials()
		f.Scheme = "Bearer"
		return AccessTokenView{}, f
	}
	if err := api.Judge(ctx, who, aboutToken("view", who.TokenID, who.UID)); err != nil {
		return AccessTokenView{}, err
	}
	items, err := s.Table.Get(ctx, session.AccessTokenKey(who.SID))
	if err != nil {
		return AccessTokenView{}, err
	}
	t, err := session.AccessTokens.Of(items[0])
	if err != nil {
		return AccessTokenView{}, err
	}
	owner, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	return s.view(t, s.basic(owner)), err
}

// UpdateTokenRequest changes an access token.
type UpdateTokenRequest struct {
	api.Late
	ID       int64              `path:"id"`
	Name     api.Opt[string]    `json:"name" rule:"max=50"`
	Expiry   api.Opt[time.Time] `json:"expiry_date" rule:"null"`
	ReadOnly api.Opt[bool]      `json:"read_only"`
}

// Near implements api.Near.
func (r UpdateTokenRequest) Near(uid int64) []store.Key { return TokenRequest{r.ID}.Near(uid) }

// Next implements api.Next.
func (r UpdateTokenRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return TokenRequest{r.ID}.Next(uid, near)
}

// UpdateToken changes name, expiry or rights of an access token.
func (s *Service) UpdateToken(ctx context.Context, who session.Caller, in UpdateTokenRequest) (AccessTokenView, error) {
	h, err := s.accessToken(ctx, who, "update", in.ID)
	if err != nil {
		return AccessTokenView{}, err
	}
	if err := in.Invalid(); err != nil {
		return AccessTokenView{}, err
	}
	now, t := api.From(ctx).Now, h.token
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
	same := t == h.token
	t.Updated = now.Unix() // the baseline notes a change that changes nothing too
	ops := []store.Op{session.AccessTokens.Put(h.item.Key, t, h.item.At())}
	if !same {
		ops = append(ops, auditRow(ctx, "access_token.update", who.UID, t.UID, map[string]string{"name": t.Name}))
	}
	return s.view(t, h.owner), s.Table.Transact(ctx, ops...)
}

// RevokeToken ends an access token. Its row is kept for a while, so that its
// prefix is not given to another.
func (s *Service) RevokeToken(ctx context.Context, who session.Caller, in TokenRequest) (struct{}, error) {
	h, err := s.accessToken(ctx, who, "delete", in.ID)
	if err != nil {
		return struct{}{}, err
	}
	now, t := api.From(ctx).Now, h.token
	t.Revoked, t.Updated = true, now.Unix()
	return struct{}{}, s.Table.Transact(ctx,
		session.AccessTokens.Put(h.item.Key, t, h.item.At()).Until(now.Add(90*24*time.Hour)),
		store.Delete(session.PointerKey(t.UID, t.ID), store.Always),
		store.Delete(session.IDKey(t.ID), store.Always),
		auditRow(ctx, "access_token.revoke", who.UID, t.UID, map[string]string{"name": t.Name}))
}
