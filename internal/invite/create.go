package invite

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// CreateRequest invites an address to the organization that the request names.
type CreateRequest struct {
	api.Late
	Email string `json:"email" rule:"required,max=254"`
	Role  string `json:"role" rule:"required,blank"`
}

// Near implements api.Near: the answer shows who invites.
func (CreateRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// Create invites somebody. They get a mail, and hold a seat from now on; where the
// installation does not ask them, somebody with an account is a member at once.
func (s *Service) Create(ctx context.Context, who session.Caller, in CreateRequest) (View, error) {
	v := api.WorkspaceOf(ctx).Org
	if err := mayInvite(ctx, who, v, in.Role); err != nil {
		return View{}, err
	}
	if v == nil {
		return View{}, noOrganization()
	}
	var before made
	if api.Prior(ctx, &before) {
		views, err := s.views(ctx, before.Key)
		if err == nil && len(views) == 0 {
			err = fault.NotFound("Invitation") // made, and taken back since
		}
		if err != nil {
			return View{}, err
		}
		return views[0], nil
	}
	d := draft{key: newKey()}
	bad := fault.FieldsOf(in.Invalid())
	d.check(in.Email, in.Role, &bad)
	if err := bad.Err(); err != nil {
		return View{}, err
	}
	me, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	if err != nil {
		return View{}, err
	}
	d.also = api.Done(ctx, made{d.key})
	return s.invite(ctx, who, *v, me, d)
}

func noOrganization() error {
	return fault.Invalid("organization_required", "Name the organization to invite to, by the header X-Organization or the parameter org.")
}

// mayInvite refuses whoever may not invite to a role. A role that there is not is
// judged as none, and is wrong later.
func mayInvite(ctx context.Context, who session.Caller, v *tenant.View, role string) error {
	r, _ := policy.ParseRole(role)
	q := api.Question{Package: "invitations", Scope: "create", Org: v, Resource: &policy.Resource{Owner: who.UID, Role: r}}
	if v != nil {
		q.Resource.Organization = v.ID
	}
	return api.Judge(ctx, who, q)
}

// draft is an invitation that is to be made.
type draft struct {
	key, email, role string
	also             []store.Op // what else the transaction writes
}

// check takes up what was asked for, or adds what is wrong with it.
func (d *draft) check(email, role string, bad *fault.Fields) {
	if !bad.Has("email") {
		e, err := ident.ParseEmail(email)
		if err != nil {
			bad.Add("email", err.Error())
		}
		d.email = e.String()
	}
	if bad.Has("role") {
		return
	}
	switch r, known := policy.ParseRole(role); {
	case !known:
		bad.Add("role", strconv.Quote(role)+" is not a valid choice.")
	case r == policy.Owner:
		bad.Add("role", "Nobody can be invited as owner: an organization has one owner. Invite them as maintainer.")
	}
	d.role = role
}

func alreadyMember() error {
	return fault.Invalid("already_member", "The user is a member of the organization already.")
}

// invite makes the invitation of a draft, once whoever asks for it may. A conflict
// means that it has to be decided again.
func (s *Service) invite(ctx context.Context, who session.Caller, v tenant.View, me profile.Profile, d draft) (View, error) {
	// Before anything is read of the address: who asks whether it is a member counts.
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return View{}, fault.Unavailable(err)
	}
	if err := s.Limits.Take(ctx, bucket(k, "invite-by", who.UID, rateInviter), bucket(k, "invite-to", v.ID, rateOrg), addressBucket(k, d.email)); err != nil {
		return View{}, err
	}
	p, err := s.vacancy(ctx, v, d.email)
	if err != nil {
		return View{}, err
	}
	now := api.From(ctx).Now
	i, ops := s.writes(ctx, who, v, d, p, now)
	if err := s.commit(ctx, v.State, slices.Concat(ops, d.also), s.exhausted(v.State)); err != nil {
		return View{}, err
	}
	return s.show(i, v.State, me, p.profile), nil
}

// attempts bounds how often something that lost against another is tried on fresh
// reads, where an operation has to do that itself.
const attempts = 5

// again reads the caller, and the organization as they stand to it, anew.
func (s *Service) again(ctx context.Context, org int64, who session.Caller) (session.Caller, tenant.View, error) {
	items, err := s.Table.Get(ctx, tenant.Key(org), tenant.MemberKey(who.UID, org), session.AuthorityKey(who.UID))
	if err != nil {
		return who, tenant.View{}, err
	}
	if who, err = who.Again(items[2]); err != nil {
		return who, tenant.View{}, ended(err)
	}
	v, err := tenant.Read(items[0], items[1])
	if err == nil && !v.Alive() {
		err = fault.NotFound("Organization")
	}
	return who, v, err
}

// ended is the answer to somebody whose account ends while they are at work.
func ended(err error) error {
	if errors.Is(err, session.ErrEnded) {
		return fault.Unauthenticated(session.Inactive, "User inactive or deleted.")
	}
	return err
}
