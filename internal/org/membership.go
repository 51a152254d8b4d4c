package org

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Membership is a member, or somebody who has been invited, as people see them.
type Membership struct {
	ID         int64         `json:"id"`
	User       profile.Basic `json:"user"`
	Org        int64         `json:"organization"`
	Active     bool          `json:"is_active"`
	Joined     api.Time      `json:"joined_date"`
	Role       string        `json:"role"`
	Invitation *string       `json:"invitation"`
}

// MemberRequest names a membership.
type MemberRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r MemberRequest) Near(int64) []store.Key { return []store.Key{PointerKey(r.ID)} }

// Next implements api.Next.
func (r MemberRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return beyond(uid, r.ID, near)
}

// beyond is where a pointer leads: the organization as the caller stands to it,
// the row of the roster, and the member with profile or the invitation. Where there
// is no pointer as much is read, so that time does not tell.
func beyond(uid, id int64, near []store.Item) ([]store.Key, error) {
	p, err := Pointers.Of(near[0])
	if err != nil {
		return nil, err
	}
	if p.Org == 0 {
		p.Key = "none"
	}
	keys := []store.Key{tenant.Key(p.Org), tenant.MemberKey(uid, p.Org), MemberRowKey(p.Org, id)}
	if p.UID != 0 {
		keys = append(keys, tenant.MemberKey(p.UID, p.Org), profile.Key(p.UID))
	}
	if p.Key != "" {
		keys = append(keys, InvitationKey(p.Key))
	}
	return keys, nil
}

// subject is a membership that a request is about.
type subject struct {
	tenant.View // the organization, and the caller in it
	pointer     Pointer
	member      tenant.Member // zero: has not joined
	inv         Invitation    // zero: was not invited, or that is forgotten
	profile     profile.Profile
	row         MemberRow

	pointed, target, invited, listed store.Item
}

func (f subject) resource() *policy.Resource {
	r := &policy.Resource{ID: f.row.ID, Organization: f.View.ID, Active: f.member.ID != 0, User: f.member.UID}
	role := f.member.Role
	if !r.Active {
		role, r.User = f.inv.Role, f.inv.ID
	}
	r.Role, _ = policy.ParseRole(role)
	return r
}

// open takes up what beyond led to. ok is false when there is no such membership.
func (f *subject) open(near, next []store.Item) (ok bool, err error) {
	if f.pointer, err = Pointers.Of(near[0]); err != nil || f.pointer.Org == 0 {
		return false, err
	}
	f.pointed = near[0]
	if f.View, err = tenant.Read(next[0], next[1]); err != nil {
		return false, err
	}
	f.listed = next[2]
	if f.row, err = MemberRows.Of(next[2]); err != nil {
		return false, err
	}
	next = next[3:]
	if f.pointer.UID != 0 {
		f.target = next[0]
		if f.member, err = tenant.Members.Of(next[0]); err != nil {
			return false, err
		}
		if f.profile, err = profile.Profiles.Of(next[1]); err != nil {
			return false, err
		}
		if err = f.Agrees(f.member); err != nil {
			return false, err
		}
		next = next[2:]
	}
	if f.pointer.Key != "" {
		f.invited = next[0]
		if f.inv, err = Invitations.Of(next[0]); err != nil {
			return false, err
		}
		if f.pointer.UID == 0 && f.inv.Accepted != 0 {
			return false, &store.ConflictError{} // accepted between the two reads: decide again
		}
	}
	return f.Alive() && f.listed.Exists() && (f.target.Exists() && f.member.ID == f.row.ID || f.pointer.UID == 0 && f.invited.Exists()), nil
}

// membership takes up the membership that a request is about; for whoever may not
// do scope it is not there, or refused.
func (s *Service) membership(ctx context.Context, who session.Caller, scopes ...string) (f subject, err error) {
	ok := false
	if near, next := api.NearOf(ctx), api.NextOf(ctx); len(next) > 0 {
		if ok, err = f.open(near, next); err != nil {
			return f, err
		}
	}
	if !ok {
		f = subject{}
	}
	q := api.Question{Package: "memberships", Org: &f.View, Resource: f.resource(), Noun: "Membership"}
	for _, q.Scope = range scopes {
		if err := api.Judge(ctx, who, q); err != nil {
			return f, err
		}
	}
	if !ok {
		return f, fault.NotFound("Membership")
	}
	return f, nil
}

func (s *Service) show(f subject) Membership {
	if f.member.ID == 0 {
		return s.waiting(f.inv)
	}
	return s.joined(f.member, f.profile)
}

func (s *Service) joined(m tenant.Member, p profile.Profile) Membership {
	v := Membership{ID: m.ID, Org: m.Org, Active: true, Joined: millis(m.Joined), Role: m.Role, User: profile.Show(s.Settings.Site.BaseURL, p)}
	if m.Invitation != "" {
		v.Invitation = &m.Invitation
	}
	return v
}

func (s *Service) waiting(i Invitation) Membership {
	return Membership{ID: i.ID, Org: i.Org, Role: i.Role, Invitation: &i.Key, User: s.Reserved(i)}
}

// Reserved is how somebody is shown who has not joined: their id is reserved, and
// their name is the address.
func (s *Service) Reserved(i Invitation) profile.Basic {
	return profile.Show(s.Settings.Site.BaseURL, profile.Profile{UID: i.ID, Username: i.Email})
}

// GetMember is one membership.
func (s *Service) GetMember(ctx context.Context, who session.Caller, _ MemberRequest) (Membership, error) {
	f, err := s.membership(ctx, who, "view")
	if err != nil {
		return Membership{}, err
	}
	return s.show(f), nil
}
