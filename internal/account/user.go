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

// SelfRequest asks for the caller.
type SelfRequest struct{}

// Near implements api.Near.
func (SelfRequest) Near(uid int64) []store.Key {
	return []store.Key{profile.Key(uid), lastLoginKey(uid)}
}

// Self is the caller, as far as the policy lets them see themselves.
func (s *Service) Self(ctx context.Context, who session.Caller, _ SelfRequest) (User, error) {
	if err := api.Judge(ctx, who, aboutUser(ctx, "view", who.UID)); err != nil {
		return User{}, err
	}
	return s.self(who, api.NearOf(ctx))
}

// Me is the caller, for what shows them their own account and asks no policy.
func (s *Service) Me(ctx context.Context, who session.Caller) (User, error) {
	items, err := s.Table.Get(ctx, SelfRequest{}.Near(who.UID)...)
	if err != nil {
		return User{}, err
	}
	return s.self(who, items)
}

func (s *Service) self(who session.Caller, items []store.Item) (User, error) {
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

// Near implements api.Near.
func (r UserRequest) Near(int64) []store.Key { return targetKeys(r.ID) }

// GetUser is one user: oneself, in an organization the people of it, and for
// administrators anybody. For everyone else the others do not exist.
func (s *Service) GetUser(ctx context.Context, who session.Caller, in UserRequest) (any, error) {
	t, err := s.target(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return s.show(who, t), nil
}

// show is the form in which the caller sees a user.
func (s *Service) show(who session.Caller, t target) any {
	if t.profile.UID == who.UID || who.Super && t.authority.Status != "" {
		return s.full(t.profile, t.authority, t.last)
	}
	return s.basic(t.profile)
}

// target is a user whom a request is about. Of somebody who has no account yet
// only the profile is known.
type target struct {
	authority session.Authority
	profile   profile.Profile
	last      lastLogin
	items     []store.Item // at targetKeys
}

func targetKeys(id int64) []store.Key {
	return []store.Key{session.AuthorityKey(id), profile.Key(id), lastLoginKey(id)}
}

// aboutUser is a question about a user, in the workspace of the request.
func aboutUser(ctx context.Context, scope string, id int64) api.Question {
	q := api.Question{Package: "users", Scope: scope, Org: api.WorkspaceOf(ctx).Org, Resource: &policy.Resource{ID: id}}
	if q.Org != nil {
		q.Resource.Role = q.Org.Role()
	}
	return q
}

// target is the user that a request names, if the caller may see them. It relies
// on the request's Near being targetKeys.
func (s *Service) target(ctx context.Context, who session.Caller, id int64) (target, error) {
	q := aboutUser(ctx, "view", id)
	q.Noun = "User"
	if err := api.Judge(ctx, who, q); err != nil {
		return target{}, err
	}
	t, there, err := readTarget(api.NearOf(ctx))
	if err != nil || there && (id == who.UID || who.Admin()) {
		return t, err
	}
	// The policy lets members of an organization see users; which, is for us to say.
	p, in, err := s.person(ctx, who, q.Org, id)
	if err != nil {
		return t, err
	}
	if !in || t.authority.Status == session.Erased {
		return t, fault.NotFound("User")
	}
	if !there {
		t = target{profile: profile.Profile{UID: id, Username: p.Username, First: p.First, Last: p.Last}}
	}
	return t, nil
}

// readTarget reports whether there is an account, and which.
func readTarget(items []store.Item) (t target, there bool, err error) {
	t.items = items
	if t.authority, err = session.Authorities.Of(items[0]); err != nil {
		return t, false, err
	}
	if t.profile, err = profile.Profiles.Of(items[1]); err != nil {
		return t, false, err
	}
	t.last, err = lastLogins.Of(items[2])
	return t, items[0].Exists() && items[1].Exists() && t.authority.Status != session.Erased, err
}
