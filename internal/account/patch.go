package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// PatchUser is a change of a user: one's own names, and for administrators the rest.
type PatchUser struct {
	api.Names
	api.Late
	ID       int64             `path:"id"`
	Username api.Opt[string]   `json:"username" rule:"min=1,max=150"`
	First    api.Opt[string]   `json:"first_name" rule:"blank,max=150"`
	Last     api.Opt[string]   `json:"last_name" rule:"blank,max=150"`
	Email    api.Opt[string]   `json:"email" rule:"max=254"`
	Groups   api.Opt[[]string] `json:"groups"`
	Active   api.Opt[bool]     `json:"is_active"`
	Staff    api.Opt[bool]     `json:"is_staff"`
	Super    api.Opt[bool]     `json:"is_superuser"`
}

// Near implements api.Near.
func (in PatchUser) Near(int64) []store.Key { return targetKeys(in.ID) }

// patchScopes are what the policy calls the change of a member.
var patchScopes = map[string]string{
	"username": "update:personal_data", "first_name": "update:personal_data", "last_name": "update:personal_data",
	"email":  "update:email",
	"groups": "update:permissions", "is_active": "update:permissions", "is_staff": "update:permissions", "is_superuser": "update:permissions",
}

// judge asks the policy for each kind of change once. What it has no name for,
// nobody may change.
func (in PatchUser) judge(ctx context.Context, who session.Caller) error {
	var scopes []string
	for _, name := range in.Sent() {
		scope, known := patchScopes[name]
		if !known {
			return fault.New(403, "unknown_field", "Attempted to update an unknown field")
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	for _, scope := range scopes {
		if err := api.Judge(ctx, who, aboutUser(ctx, scope, in.ID)); err != nil {
			return err
		}
	}
	return nil
}

// UpdateUser changes a user. New names and rights hold for the next request.
func (s *Service) UpdateUser(ctx context.Context, who session.Caller, in PatchUser) (any, error) {
	u, err := s.target(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.judge(ctx, who); err != nil {
		return nil, err
	}
	if u.items == nil {
		return nil, fault.NotFound("User") // is invited, and has no account yet
	}
	if err := in.Invalid(); err != nil {
		return nil, err
	}
	before := u
	ops, err := s.changes(ctx, who, &u, in)
	if err != nil || len(ops) == 0 {
		return s.show(who, u), err
	}
	if st := u.authority.Status; st == session.Active || st == session.Disabled {
		ops = append(ops, roster.Put(rosterKey(in.ID), row(u.profile, st == session.Active), store.Always))
	}
	more, err := s.follow(ctx, before, u)
	if err != nil {
		return nil, err
	}
	ops = append(append(ops, more...), auditRow(ctx, "user.update", who.UID, in.ID, map[string]string{"fields": strings.Join(in.Sent(), ",")}))
	return s.show(who, u), s.Table.Transact(ctx, ops...)
}

// follow are the writes that tell others, if what they have noted has changed.
func (s *Service) follow(ctx context.Context, before, after target) ([]store.Op, error) {
	type noted struct {
		username, first, last string
		enabled               bool
	}
	of := func(t target) noted {
		return noted{t.profile.Username, t.profile.First, t.profile.Last, t.authority.Status == session.Active}
	}
	if of(before) == of(after) {
		return nil, nil
	}
	return s.changed(ctx, after.profile, of(after).enabled)
}

// changes applies the fields to u and gives the writes.
func (s *Service) changes(ctx context.Context, who session.Caller, u *target, in PatchUser) (ops []store.Op, err error) {
	p, a, items := u.profile, u.authority, u.items
	var bad fault.Fields
	rename, err := s.rename(ctx, who, &u.profile, in, &bad)
	if err != nil {
		return nil, err
	}
	readdress, err := s.readdress(ctx, &u.profile, in, &bad)
	if err != nil {
		return nil, err
	}
	setName(&u.profile.First, in.First, "first_name", &bad)
	setName(&u.profile.Last, in.Last, "last_name", &bad)
	if err := setRights(&u.authority, in, &bad, api.From(ctx).Now); err != nil {
		return nil, err
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if who.UID == in.ID && a.Admin() && (!u.authority.Admin() || u.authority.Status != session.Active) {
		return nil, fault.Invalid("last_admin", "Administrators cannot take their own rights away; another administrator can.")
	}
	ops = append(rename, readdress...)
	sameProfile, sameAuthority := u.profile == p, equalAuthority(a, u.authority)
	if sameProfile && sameAuthority {
		return nil, nil
	}
	// The roster row is made of both: the one that does not change is checked.
	nameRow, rightRow := store.Check(items[1].Key, items[1].At()), store.Check(items[0].Key, items[0].At())
	if !sameProfile {
		nameRow = profile.Profiles.Put(items[1].Key, u.profile, items[1].At())
	}
	if a.Status != session.Active && u.authority.Status == session.Active {
		ops = append(ops, store.Delete(deletionKey(in.ID), store.Always)) // what was asked for is off
	}
	if !sameAuthority {
		rightRow = session.Authorities.Put(items[0].Key, u.authority, items[0].At())
	}
	return append(ops, nameRow, rightRow), nil
}

func equalAuthority(a, b session.Authority) bool {
	return slices.Equal(a.Groups, b.Groups) && a.Status == b.Status && a.Staff == b.Staff && a.Super == b.Super && a.Epoch == b.Epoch
}

func setName(p *string, o api.Opt[string], field string, bad *fault.Fields) {
	if !o.Set {
		return
	}
	n, err := ident.Name(o.Value, 150)
	if err != nil {
		bad.Add(field, err.Error())
		return
	}
	*p = n
}

// readdress moves the claim of the address, for administrators.
func (s *Service) readdress(ctx context.Context, p *profile.Profile, in PatchUser, bad *fault.Fields) ([]store.Op, error) {
	if !in.Email.Set {
		return nil, nil
	}
	e, err := ident.ParseEmail(in.Email.Value)
	if err != nil {
		bad.Add("email", err.Error())
		return nil, nil
	}
	if e.String() == p.Email {
		return nil, nil
	}
	items, err := s.Table.Get(ctx, emailKey(e.Key()))
	if err != nil {
		return nil, err
	}
	if c, err := claims.Of(items[0]); err != nil || c.UID != 0 && c.UID != p.UID {
		bad.Add("email", takenAddress)
	}
	// The operator's word is the last one: no address from before can take it back.
	sub := &subject{uid: p.UID, partition: session.UserPK(p.UID)}
	if err := s.load(ctx, sub); err != nil {
		return nil, err
	}
	ops, err := s.dropSince(ctx, sub, e.String(), 0)
	if err != nil {
		return nil, err
	}
	ops = append(ops, claims.Put(items[0].Key, claim{UID: p.UID}, items[0].At()))
	p.Email = e.String()
	return append(ops, store.Delete(resetKey(p.UID), store.Always), store.Delete(changeKey(p.UID), store.Always)), nil
}

// setRights applies what only administrators may change. Whoever is disabled
// loses every session for good.
func setRights(a *session.Authority, in PatchUser, bad *fault.Fields, now time.Time) error {
	if in.Groups.Set {
		for _, g := range in.Groups.Value {
			if g != "admin" && g != "user" && g != "worker" {
				bad.Add("groups", "Object with name="+g+" does not exist.")
			}
		}
		a.Groups = slices.Compact(slices.Sorted(slices.Values(in.Groups.Value)))
	}
	if in.Staff.Set {
		a.Staff = in.Staff.Value
	}
	if in.Super.Set {
		a.Super = in.Super.Value
	}
	if a.Staff && a.Super && (in.Staff.Set || in.Super.Set) && !a.Admin() {
		a.Groups = append(slices.Clone(a.Groups), "admin")
	}
	switch {
	case in.Active.Set && in.Active.Value:
		a.Status = session.Active
	case in.Active.Set && a.Status != session.Disabled:
		a.Status = session.Disabled
		endEverything(a, now)
		a.PATEpoch++
	}
	return nil
}
