package invite

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// KeyRequest names an invitation.
type KeyRequest struct {
	Key string `path:"key"`
}

// Near implements api.Near.
func (r KeyRequest) Near(uid int64) []store.Key {
	return []store.Key{rowOf(r.Key), profile.Key(uid)}
}

// Next implements api.Next.
func (r KeyRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return beyond(uid, near)
}

// beyond is where an invitation leads: the organization as somebody stands to it,
// whoever sent the invitation, and whoever accepted it. Where there is no invitation
// as much is read, so that time does not tell.
func beyond(uid int64, near []store.Item) ([]store.Key, error) {
	i, err := org.Invitations.Of(near[0])
	if err != nil {
		return nil, err
	}
	keys := []store.Key{tenant.Key(i.Org), tenant.MemberKey(uid, i.Org),
		profile.Key(i.Inviter), session.AuthorityKey(i.Inviter), tenant.MemberKey(i.Inviter, i.Org)}
	if i.Accepted != 0 {
		keys = append(keys, profile.Key(i.UID), tenant.MemberKey(i.UID, i.Org), org.MemberRowKey(i.Org, i.ID))
	}
	return keys, nil
}

// subject is an invitation that a request is about.
type subject struct {
	tenant.View // the organization, and the caller in it
	inv         org.Invitation
	at          store.Item
	me          profile.Profile
	mine        store.Item // my profile
	sender      sender

	invitee        profile.Profile // who accepted; zero as long as nobody has
	member         tenant.Member
	joined, listed store.Item
}

// sender is whoever sent an invitation: it is good only as long as they may.
type sender struct {
	tenant.View // the organization as they stand to it
	profile     profile.Profile
	authority   session.Authority
	right       store.Item
}

// open takes up what Near and Next read. ok is false if there is no such invitation.
func (f *subject) open(near, next []store.Item) (ok bool, err error) {
	f.at, f.mine = near[0], near[1]
	if f.inv, err = org.Invitations.Of(near[0]); err != nil || f.inv.Key == "" {
		return false, err
	}
	if f.me, err = profile.Profiles.Of(near[1]); err != nil {
		return false, err
	}
	if f.View, err = tenant.Read(next[0], next[1]); err != nil {
		return false, err
	}
	if f.sender.profile, err = profile.Profiles.Of(next[2]); err != nil {
		return false, err
	}
	f.sender.right = next[3]
	if f.sender.authority, err = session.Authorities.Of(next[3]); err != nil {
		return false, err
	}
	if f.sender.View, err = tenant.Read(next[0], next[4]); err != nil {
		return false, err
	}
	if f.inv.Accepted != 0 {
		f.joined, f.listed = next[6], next[7]
		if f.invitee, err = profile.Profiles.Of(next[5]); err != nil {
			return false, err
		}
		if f.member, err = tenant.Members.Of(next[6]); err != nil {
			return false, err
		}
		if f.member.Invitation != f.inv.Key {
			f.member = tenant.Member{} // left in between, and perhaps came back otherwise
		}
	}
	return f.Alive(), nil
}

// toMe reports whether somebody is the invitee: whoever accepted, or has proved
// that the invited address is theirs.
func (f *subject) toMe(uid int64) bool {
	if f.inv.Accepted != 0 {
		return f.inv.UID == uid
	}
	return f.me.UID == uid && f.me.Verified && f.me.Email == f.inv.Email
}

// unproven reports whether all that is missing to be the invitee is the proof.
func (f *subject) unproven() bool {
	return f.inv.Key != "" && f.inv.Accepted == 0 && !f.me.Verified && f.me.Email == f.inv.Email
}

func (f *subject) resource(uid int64) *policy.Resource {
	r := &policy.Resource{Owner: f.inv.Inviter, Invitee: f.inv.UID, Organization: f.View.ID}
	if f.toMe(uid) {
		r.Invitee = uid
	}
	r.Role, _ = policy.ParseRole(f.inv.Role)
	return r
}

// find takes up the invitation that a request is about; for whoever may not do
// scope it is not there, or refused.
func (s *Service) find(ctx context.Context, who session.Caller, scope string) (subject, error) {
	return s.judge(ctx, who, scope, api.NearOf(ctx), api.NextOf(ctx))
}

func (s *Service) judge(ctx context.Context, who session.Caller, scope string, near, next []store.Item) (f subject, err error) {
	ok, err := f.open(near, next)
	if err != nil {
		return f, err
	}
	if !ok {
		f = subject{}
	}
	q := api.Question{Package: "invitations", Scope: scope, Org: &f.View, Resource: f.resource(who.UID), Noun: "Invitation"}
	if err := api.Judge(ctx, who, q); err != nil {
		return f, err
	}
	if !ok {
		return f, fault.NotFound("Invitation")
	}
	return f, nil
}

// afresh reads the invitation that a request is about anew.
func (s *Service) afresh(ctx context.Context, who session.Caller, in KeyRequest) (_ session.Caller, near, next []store.Item, err error) {
	near, err = s.Table.Get(ctx, append(in.Near(who.UID), session.AuthorityKey(who.UID))...)
	if err != nil {
		return who, nil, nil, err
	}
	last := len(near) - 1
	if who, err = who.Again(near[last]); err != nil {
		return who, nil, nil, ended(err)
	}
	near = near[:last]
	keys, err := in.Next(who.UID, near)
	if err != nil {
		return who, nil, nil, err
	}
	next, err = s.Table.Get(ctx, keys...)
	return who, near, next, err
}

// Get is one invitation.
func (s *Service) Get(ctx context.Context, who session.Caller, _ KeyRequest) (View, error) {
	f, err := s.find(ctx, who, "view")
	if err != nil {
		return View{}, err
	}
	return s.show(f.inv, f.View.State, f.sender.profile, f.invitee), nil
}

// stands reports whether whoever sent an invitation may still send it.
func (s *Service) stands(i org.Invitation, by sender) (bool, error) {
	if s.Policy == nil {
		return false, fault.New(503, "policy_unavailable", "The rules of this installation could not be read. Its administrator finds the reason in the log.")
	}
	if by.authority.Status != session.Active {
		return false, nil
	}
	in := &policy.Input{Scope: "create", User: i.Inviter, Privilege: policy.PrivilegeOf(by.authority.Groups),
		Org: by.Context(), OrgSpecified: true, Resource: &policy.Resource{Owner: i.Inviter, Organization: i.Org}}
	in.Resource.Role, _ = policy.ParseRole(i.Role)
	return s.Policy.Decide("invitations", in).Allowed, nil
}

// same are the checks that what stands looked at is still so.
func (by sender) same() []store.Op {
	return []store.Op{by.MemberSame(), store.Check(by.right.Key, by.right.At())}
}
