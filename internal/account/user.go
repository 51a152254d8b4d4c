package account

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// User is what a user sees of himself, and a superuser of anybody.
type User struct {
	profile.Basic
	Email     string   `json:"email"`
	Groups    []string `json:"groups"`
	Staff     bool     `json:"is_staff"`
	Super     bool     `json:"is_superuser"`
	Active    bool     `json:"is_active"`
	LastLogin api.Time `json:"last_login"`
	Joined    api.Time `json:"date_joined"`
	Analytics bool     `json:"has_analytics_access"`
}

func (s *Service) basic(p profile.Profile) profile.Basic {
	return profile.Show(s.Settings.Site.BaseURL, p)
}

func (s *Service) full(p profile.Profile, a session.Authority, l lastLogin) User {
	u := User{Basic: s.basic(p), Email: p.Email, Groups: a.Groups, Staff: a.Staff, Super: a.Super,
		Active: a.Status == session.Active, Joined: api.Time(time.UnixMilli(p.Joined)), Analytics: a.Admin()}
	if l.At != 0 {
		u.LastLogin = api.Time(time.UnixMilli(l.At))
	}
	if u.Groups == nil {
		u.Groups = []string{}
	}
	return u
}

// Self is the caller.
func (s *Service) Self(ctx context.Context, who session.Caller, _ struct{}) (User, error) {
	items, err := s.Table.Get(ctx, profile.Key(who.UID), lastLoginKey(who.UID))
	if err != nil {
		return User{}, err
	}
	p, err := profile.Profiles.Of(items[0])
	if err != nil {
		return User{}, err
	}
	l, err := lastLogins.Of(items[1])
	return s.full(p, who.Authority, l), err
}

// UserRequest names a user.
type UserRequest struct {
	ID int64 `path:"id"`
}

// GetUser is one user: oneself, or for administrators anybody. For everyone else
// the others do not exist.
func (s *Service) GetUser(ctx context.Context, who session.Caller, in UserRequest) (any, error) {
	u, _, err := s.user(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if in.ID == who.UID || who.Super {
		return s.full(u.profile, u.authority, u.last), nil
	}
	return s.basic(u.profile), nil
}

// target is a user whom a request is about.
type target struct {
	authority session.Authority
	profile   profile.Profile
	last      lastLogin
}

// user reads a user whom the caller may see.
func (s *Service) user(ctx context.Context, who session.Caller, id int64) (target, []store.Item, error) {
	if id != who.UID && !who.Admin() {
		return target{}, nil, fault.NotFound("User")
	}
	items, err := s.Table.Get(ctx, session.AuthorityKey(id), profile.Key(id), lastLoginKey(id))
	if err != nil {
		return target{}, nil, err
	}
	var t target
	if t.authority, err = session.Authorities.Of(items[0]); err != nil {
		return t, nil, err
	}
	if t.profile, err = profile.Profiles.Of(items[1]); err != nil {
		return t, nil, err
	}
	if t.last, err = lastLogins.Of(items[2]); err != nil {
		return t, nil, err
	}
	if !items[0].Exists() || !items[1].Exists() || t.authority.Status == session.Erased {
		return t, nil, fault.NotFound("User")
	}
	return t, items, nil
}

// ListRequest is a list's query parameters.
type ListRequest struct {
	Query string `query:"*"`
}

// Listing is a page of a list, as the baseline has them.
type Listing[T any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

func userSpec() list.Spec[rosterRow] {
	text := func(name string, get func(rosterRow) string) list.Field[rosterRow] {
		return list.Field[rosterRow]{Name: name, Kind: list.String, Search: true, Sort: true, Simple: true, Filter: true,
			Get: func(r rosterRow) list.Value { return list.OfString(get(r)) }}
	}
	return list.Spec[rosterRow]{
		Default: "-id",
		ID:      func(r rosterRow) list.Value { return list.OfInt(r.ID) },
		Fields: []list.Field[rosterRow]{
			text("username", func(r rosterRow) string { return r.Username }),
			text("first_name", func(r rosterRow) string { return r.First }),
			text("last_name", func(r rosterRow) string { return r.Last }),
			{Name: "is_active", Kind: list.Bool, Sort: true, Simple: true, Filter: true, Get: func(r rosterRow) list.Value { return list.OfBool(r.Active) }},
			{Name: "id", Kind: list.Int, Sort: true, Filter: true, Get: func(r rosterRow) list.Value { return list.OfInt(r.ID) }},
		},
	}
}

// maxRoster bounds the list of all users as long as it is read whole.
const maxRoster = 100_000

// ListUsers lists all users to administrators, and to everybody else themselves.
func (s *Service) ListUsers(ctx context.Context, who session.Caller, in ListRequest) (any, error) {
	query := list.Query(in.Query)
	params, err := list.Parse(userSpec(), query)
	if err != nil {
		return nil, listFault(err)
	}
	rows, err := s.visible(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := list.Eval(userSpec(), rows, params)
	if err != nil {
		return nil, listFault(err)
	}
	results := make([]any, len(page.Rows))
	var keys []store.Key
	for i, r := range page.Rows {
		results[i] = s.basic(profile.Profile{UID: r.ID, Username: r.Username, First: r.First, Last: r.Last})
		keys = append(keys, session.AuthorityKey(r.ID), profile.Key(r.ID), lastLoginKey(r.ID))
	}
	if who.Super {
		if err := s.fillFull(ctx, keys, results); err != nil {
			return nil, err
		}
	}
	return listing(s.Settings.Site.BaseURL+"/api/users", query, page, results), nil
}

// fillFull replaces the results by the full form, read fresh.
func (s *Service) fillFull(ctx context.Context, keys []store.Key, results []any) error {
	for start := 0; start < len(keys); start += 99 {
		items, err := s.Table.Get(ctx, keys[start:min(start+99, len(keys))]...)
		if err != nil {
			return err
		}
		for i := 0; i < len(items); i += 3 {
			a, err := session.Authorities.Of(items[i])
			if err != nil {
				return err
			}
			p, err := profile.Profiles.Of(items[i+1])
			if err != nil {
				return err
			}
			l, err := lastLogins.Of(items[i+2])
			if err != nil {
				return err
			}
			results[(start+i)/3] = s.full(p, a, l)
		}
	}
	return nil
}

func (s *Service) visible(ctx context.Context, who session.Caller) ([]rosterRow, error) {
	if !who.Admin() {
		items, err := s.Table.Get(ctx, profile.Key(who.UID))
		if err != nil {
			return nil, err
		}
		p, err := profile.Profiles.Of(items[0])
		return []rosterRow{row(p, true)}, err
	}
	items, err := s.Table.All(ctx, store.Query{PK: rosterPK}, maxRoster)
	if err != nil {
		return nil, err
	}
	rows := make([]rosterRow, len(items))
	for i, it := range items {
		if rows[i], err = roster.Of(it); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func listing[R, T any](base string, q url.Values, p list.Page[R], results []T) Listing[T] {
	u, err := url.Parse(base)
	if err != nil {
		panic(err) // the base URL was checked at start
	}
	u.RawQuery = q.Encode()
	l := Listing[T]{Count: p.Count, Results: results}
	next, previous := p.Links(u)
	if next != "" {
		l.Next = &next
	}
	if previous != "" {
		l.Previous = &previous
	}
	return l
}

func listFault(err error) error {
	if e, ok := err.(*list.Error); ok {
		return &fault.Fault{Status: e.Status, Code: "invalid_list", Body: json.RawMessage(e.Body)}
	}
	return err
}
