package account

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// CreateTokenRequest describes a new access token, which is read-only unless
// asked otherwise.
type CreateTokenRequest struct {
	api.Late
	Name     string             `json:"name" rule:"required,max=50"`
	Expiry   api.Opt[time.Time] `json:"expiry_date" rule:"null"`
	ReadOnly api.Opt[bool]      `json:"read_only"`
}

// Near implements api.Near.
func (CreateTokenRequest) Near(uid int64) []store.Key {
	return []store.Key{profile.Key(uid), userKey(uid, "N")}
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
	none := NewAccessToken{}
	if err := api.Judge(ctx, who, aboutToken("create", 0, who.UID)); err != nil {
		return none, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return none, fault.Unavailable(err)
	}
	p, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	if err != nil {
		return none, err
	}
	owner := s.basic(p)
	guard := api.NearOf(ctx)[1] // read before the tokens are counted, written with the new one
	var before createdToken
	if api.Prior(ctx, &before) {
		items, err := s.Table.Get(ctx, session.AccessTokenKey(before.Prefix))
		if err != nil {
			return none, err
		}
		t, err := session.AccessTokens.Of(items[0])
		return NewAccessToken{s.view(t, owner), token.PAT(k, before.Prefix, before.Seed)}, err
	}
	if err := in.check(api.From(ctx).Now); err != nil {
		return none, err
	}
	have, dead, err := s.ownTokens(ctx, who)
	if err != nil {
		return none, err
	}
	if len(have) >= maxTokens {
		return none, fault.Invalid("too_many_tokens", "You have reached the maximum allowed number of Personal Access Tokens for a user")
	}
	t, value, ops := mint(ctx, k, who, in)
	ops = append(ops, tokenGuards.Put(guard.Key, tokenGuard{len(have) + 1}, guard.At()))
	for _, d := range dead[:min(len(dead), maxTokens/2)] { // what nobody can use makes room
		ops = append(ops, store.Delete(d.pointer, store.Always), store.Delete(session.AccessTokenKey(d.prefix), store.Always), store.Delete(session.IDKey(d.id), store.Always))
	}
	return NewAccessToken{s.view(t, owner), value}, s.Table.Transact(ctx, ops...)
}

// check judges the form.
func (in CreateTokenRequest) check(now time.Time) error {
	if err := in.Invalid(); err != nil {
		return err
	}
	return expiryAhead(in.Expiry, now)
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
