package account

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/list"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// AccessTokenView is a personal access token without its secret.
type AccessTokenView struct {
	ID       int64         `json:"id"`
	Name     string        `json:"name"`
	Created  api.Time      `json:"created_date"`
	Updated  api.Time      `json:"updated_date"`
	Expiry   api.Time      `json:"expiry_date"`
	LastUsed api.Time      `json:"last_used_date"`
	ReadOnly bool          `json:"read_only"`
	Owner    profile.Basic `json:"owner"`
}

// NewAccessToken is the one answer that has the token itself.
type NewAccessToken struct {
	AccessTokenView
	Value string `json:"value"`
}

// maxTokens bounds the usable access tokens of one user, in every plan.
const maxTokens = 50

func (s *Service) view(t session.AccessToken, owner profile.Basic) AccessTokenView {
	return AccessTokenView{ID: t.ID, Name: t.Name, Created: api.UnixTime(t.Created), Updated: api.UnixTime(t.Updated), Expiry: api.UnixTime(t.Expiry),
		LastUsed: api.UnixTime(t.LastUsed), ReadOnly: t.ReadOnly, Owner: owner}
}

// usable lists the caller's access tokens that work.
func (s *Service) usable(ctx context.Context, who session.Caller) ([]session.AccessToken, error) {
	out, _, err := s.ownTokens(ctx, who)
	return out, err
}

// deadToken is an access token that nobody can use any more: where it lies.
type deadToken struct {
	pointer store.Key
	prefix  string
	id      int64
}

// ownTokens lists the caller's access tokens that work, and where those lead from
// that do not any more.
func (s *Service) ownTokens(ctx context.Context, who session.Caller) (out []session.AccessToken, dead []deadToken, err error) {
	pointers, err := s.Table.All(ctx, session.PointerQuery(who.UID), 2000)
	if err != nil {
		return nil, nil, err
	}
	for chunk := range slices.Chunk(pointers, 100) {
		var keys []store.Key
		var prefixes []string
		for _, it := range chunk {
			p, err := session.Pointers.Of(it)
			if err != nil {
				return nil, nil, err
			}
			keys, prefixes = append(keys, session.AccessTokenKey(p.Prefix)), append(prefixes, p.Prefix)
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
			switch {
			case it.Exists() && t.Epoch == who.PATEpoch && t.Usable(s.Table.Now()):
				out = append(out, t)
			case !t.Revoked: // what is revoked meanwhile keeps its prefix from being given again
				dead = append(dead, deadToken{chunk[i].Key, prefixes[i], session.PointerID(chunk[i].Key)})
			}
		}
	}
	return out, dead, nil
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

// ListTokens lists the caller's usable access tokens.
func (s *Service) ListTokens(ctx context.Context, who session.Caller, in OwnListRequest) (api.Listing[AccessTokenView], error) {
	none, query := api.Listing[AccessTokenView]{}, api.ListRequest(in)
	if _, err := api.Plan(ctx, who, "access_tokens"); err != nil {
		return none, err
	}
	if err := api.CheckList(tokenSpec(), query); err != nil {
		return none, err
	}
	owner, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	if err != nil {
		return none, err
	}
	rows, err := s.usable(ctx, who)
	if err != nil {
		return none, err
	}
	page, l, err := api.List[session.AccessToken, AccessTokenView](s.Settings.Site.BaseURL+"/api/auth/access_tokens", tokenSpec(), rows, query)
	for _, t := range page.Rows {
		l.Results = append(l.Results, s.view(t, s.basic(owner)))
	}
	return l, err
}
