package account

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// AccessTokenView is a personal access token without its secret.
type AccessTokenView struct {
	ID       int64     `json:"id"`
	Name     string    `json:"name"`
	Created  api.Time  `json:"created_date"`
	Updated  api.Time  `json:"updated_date"`
	Expiry   api.Time  `json:"expiry_date"`
	LastUsed api.Time  `json:"last_used_date"`
	ReadOnly bool      `json:"read_only"`
	Owner    BasicUser `json:"owner"`
}

// NewAccessToken is the one answer that has the token itself.
type NewAccessToken struct {
	AccessTokenView
	Value string `json:"value"`
}

// maxTokens bounds the usable access tokens of one user, in every plan.
const maxTokens = 50

func (s *Service) view(t session.AccessToken, owner Profile) AccessTokenView {
	return AccessTokenView{ID: t.ID, Name: t.Name, Created: api.UnixTime(t.Created), Updated: api.UnixTime(t.Updated), Expiry: api.UnixTime(t.Expiry),
		LastUsed: api.UnixTime(t.LastUsed), ReadOnly: t.ReadOnly, Owner: s.basic(owner)}
}

// usable lists the caller's access tokens that work.
func (s *Service) usable(ctx context.Context, who session.Caller) ([]session.AccessToken, error) {
	out, _, err := s.ownTokens(ctx, who)
	return out, err
}

// ownTokens lists the caller's access tokens that work, and where those lead from
// that do not any more.
func (s *Service) ownTokens(ctx context.Context, who session.Caller) (out []session.AccessToken, dead []store.Key, err error) {
	pointers, err := s.Table.All(ctx, session.PointerQuery(who.UID), 2000)
	if err != nil {
		return nil, nil, err
	}
	for chunk := range slices.Chunk(pointers, 100) {
		var keys []store.Key
		for _, it := range chunk {
			p, err := session.Pointers.Of(it)
			if err != nil {
				return nil, nil, err
			}
			keys = append(keys, session.AccessTokenKey(p.Prefix))
		}
		items, err := s.Table.Get(ctx, keys...)
		if err != nil {
			return nil, nil, err
		}
		for i, it := range items {
			t, err := session.AccessTokens.Of(it)
			if err != nil {
				return nil, nil, err
			}
			if it.Exists() && t.Epoch == who.PATEpoch && t.Usable(s.Table.Now()) {
				out = append(out, t)
			} else {
				dead = append(dead, chunk[i].Key)
			}
		}
	}
	return out, dead, nil
}

func (s *Service) profile(ctx context.Context, uid int64) (Profile, error) {
	items, err := s.Table.Get(ctx, profileKey(uid))
	if err != nil {
		return Profile{}, err
	}
	return profiles.Of(items[0])
}

func tokenSpec() list.Spec[session.AccessToken] {
	at := func(name string, get func(session.AccessToken) int64) list.Field[session.AccessToken] {
		return list.Field[session.AccessToken]{Name: name, Kind: list.Time, Sort: true, Filter: true, Get: func(t session.AccessToken) list.Value {
			if get(t) == 0 {
				return list.Null()
			}
			return list.OfTime(time.Unix(get(t), 0).UTC())
		}}
	}
	return list.Spec[session.AccessToken]{
		Default: "-id",
		ID:      func(t session.AccessToken) list.Value { return list.OfInt(t.ID) },
		Fields: []list.Field[session.AccessToken]{
			{Name: "name", Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true, Get: func(t session.AccessToken) list.Value { return list.OfString(t.Name) }},
			{Name: "read_only", Kind: list.Bool, Sort: true, Simple: true, Filter: true, Get: func(t session.AccessToken) list.Value { return list.OfBool(t.ReadOnly) }},
			{Name: "id", Kind: list.Int, Sort: true, Filter: true, Get: func(t session.AccessToken) list.Value { return list.OfInt(t.ID) }},
			at("created_date", func(t session.AccessToken) int64 { return t.Created }),
			at("updated_date", func(t session.AccessToken) int64 { return t.Updated }),
			at("expiry_date", func(t session.AccessToken) int64 { return t.Expiry }),
			at("last_used_date", func(t session.AccessToken) int64 { return t.LastUsed }),
		},
	}
}

// grouped refuses whoever is in no global group at all.
func grouped(who session.Caller) error {
	if !who.InGroup("admin") && !who.InGroup("user") && !who.InGroup("worker") {
		return fault.Forbidden()
	}
	return nil
}

// ListTokens lists the caller's usable access tokens.
func (s *Service) ListTokens(ctx context.Context, who session.Caller, in ListRequest) (Listing[AccessTokenView], error) {
	if err := grouped(who); err != nil {
		return Listing[AccessTokenView]{}, err
	}
	query := list.Query(in.Query)
	params, err := list.Parse(tokenSpec(), query)
	if err != nil {
		return Listing[AccessTokenView]{}, listFault(err)
	}
	rows, err := s.usable(ctx, who)
	if err != nil {
		return Listing[AccessTokenView]{}, err
	}
	page, err := list.Eval(tokenSpec(), rows, params)
	if err != nil {
		return Listing[AccessTokenView]{}, listFault(err)
	}
	owner, err := s.profile(ctx, who.UID)
	results := make([]AccessTokenView, len(page.Rows))
	for i, t := range page.Rows {
		results[i] = s.view(t, owner)
	}
	return listing(s.Settings.Site.BaseURL+"/api/auth/access_tokens", query, page, results), err
}

// CreateTokenRequest describes a new access token, which is read-only unless
// asked otherwise.
type CreateTokenRequest struct {
	Name     string             `json:"name" rule:"required,max=50"`
	Expiry   api.Opt[time.Time] `json:"expiry_date" rule:"null"`
	ReadOnly api.Opt[bool]      `json:"read_only"`
}

// tokenGuard is written with every new access token, so that of many made at once
// none is counted on what is no longer true.
type tokenGuard struct {
	Count int `json:"count"`
}

var tokenGuards = store.Kind[tokenGuard]{Name: "access-token-guard", Schema: 1}

type createdToken struct {
	Prefix string `json:"prefix"`
	Seed   string `json:"seed"` // kept for a day, for a repetition of the request; useless without the root secret
}

// CreateToken makes an access token. Its value is in this answer only.
func (s *Service) CreateToken(ctx context.Context, who session.Caller, in CreateTokenRequest) (NewAccessToken, error) {
	if err := grouped(who); err != nil {
		return NewAccessToken{}, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return NewAccessToken{}, fault.Unavailable(err)
	}
	items, err := s.Table.Get(ctx, profileKey(who.UID), userKey(who.UID, "N"))
	if err != nil {
		return NewAccessToken{}, err
	}
	owner, err := profiles.Of(items[0])
	if err != nil {
		return NewAccessToken{}, err
	}
	guard := items[1] // read before the tokens are counted, written with the new one
	var before createdToken
	if api.Prior(ctx, &before) {
		items, err := s.Table.Get(ctx, session.AccessTokenKey(before.Prefix))
		if err != nil {
			return NewAccessToken{}, err
		}
		t, err := session.AccessTokens.Of(items[0])
		return NewAccessToken{s.view(t, owner), token.PAT(k, before.Prefix, before.Seed)}, err
	}
	if err := expiryAhead(in.Expiry, api.From(ctx).Now); err != nil {
		return NewAccessToken{}, err
	}
	have, dead, err := s.ownTokens(ctx, who)
	if err != nil {
		return NewAccessToken{}, err
	}
	if len(have) >= maxTokens {
		return NewAccessToken{}, fault.Invalid("too_many_tokens", "You have reached the maximum allowed number of Personal Access Tokens for a user")
	}
	t, value, ops := mint(ctx, k, who, in)
	ops = append(ops, tokenGuards.Put(guard.Key, tokenGuard{len(have) + 1}, guard.At()))
	for _, k := range dead[:min(len(dead), maxTokens/2)] { // what nobody can use makes room
		ops = append(ops, store.Delete(k, store.Always))
	}
	return NewAccessToken{s.view(t, owner), value}, s.Table.Transact(ctx, ops...)
}

// mint makes a token and the writes that keep it.
func mint(ctx context.Context, k *secretKeys, who session.Caller, in CreateTokenRequest) (session.AccessToken, string, []store.Op) {
	now := api.From(ctx).Now
	made := createdToken{token.PATPrefix(), token.Seed()}
	value := token.PAT(k, made.Prefix, made.Seed)
	t := session.AccessToken{ID: store.NewID(now), UID: who.UID, Name: in.Name, ReadOnly: !in.ReadOnly.Set || in.ReadOnly.Value,
		Hash: token.Hash("access token", value), Epoch: who.PATEpoch, Created: now.Unix(), Updated: now.Unix()}
	if in.Expiry.Set && !in.Expiry.Null {
		t.Expiry = in.Expiry.Value.Unix()
	}
	ptr := session.Pointer{UID: who.UID, Prefix: made.Prefix}
	ops := []store.Op{
		session.AccessTokens.Put(session.AccessTokenKey(made.Prefix), t, store.Absent),
		session.Pointers.Put(session.PointerKey(who.UID, t.ID), ptr, store.Absent),
		session.Pointers.Put(session.IDKey(t.ID), ptr, store.Absent),
		auditRow(ctx, "access_token.create", who.UID, who.UID, map[string]string{"name": t.Name}),
	}
	return t, value, append(ops, api.Done(ctx, made)...)
}

func expiryAhead(e api.Opt[time.Time], now time.Time) error {
	if e.Set && !e.Null && !e.Value.After(now) {
		return fault.Field("expiry_date", "The expiry date must be in the future.")
	}
	return nil
}

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
