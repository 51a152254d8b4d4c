package web

import (
	"context"
	"strconv"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Organizations is what the pages need of organizations themselves.
type Organizations struct {
	// Transfer says that owners may hand their organization over. Without it the
	// pages say nothing of that.
	Transfer bool
	// Named reads the title of an organization.
	Named func(ctx context.Context, st tenant.State) (string, error)

	// TakeOver makes the visitor the owner, with the writes that belong to the check
	// of their password.
	TakeOver func(ctx context.Context, who session.Caller, in org.OwnershipRequest, proof []store.Op) (org.View, error)
	// Drop declines an offer or takes it back.
	Drop Answer[org.OwnershipRequest]
}

// mark tells an offer from every other of the organization: a button belongs to the
// offer that it was shown with.
func mark(o tenant.Offer) string {
	return strconv.FormatInt(o.To, 36) + "." + strconv.FormatInt(o.Expires, 36)
}

// slugOf is a short name that was sent; "" if it cannot be one.
func slugOf(s string) string {
	if tenant.ValidSlug(s) {
		return s
	}
	return ""
}

// place is an organization as a member sees it. For whoever is no member, and if
// there is no such organization, nothing is known of it and ID is 0.
type place struct {
	tenant.View
	title    string
	me       profile.Profile
	owner    profile.Profile
	heir     profile.Profile // to whom it is offered
	offering tenant.Offer    // zero: it is offered to nobody
}

// toMe reports whether the visitor is asked to become the owner, and byMe whether
// the visitor has asked somebody.
func (o place) toMe() bool { return o.offering.To != 0 && o.offering.Membership == o.Member.ID }
func (o place) byMe() bool { return o.offering.To != 0 && o.offering.By == o.Member.UID }

// asked is an answer to the offer that was shown, and to no other.
func (o place) asked() org.OwnershipRequest {
	return org.OwnershipRequest{ID: o.ID, Shown: o.offering}
}

// place finds out how a visitor stands to the organization of a short name.
func (p *Pages) place(ctx context.Context, r *api.Request, who *session.Caller, slug string) (place, error) {
	return api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, _ *session.Caller) (place, error) {
		return p.readPlace(ctx, slug, who.UID)
	})
}

// readPlace makes the same first reads whether or not there is such an organization.
func (p *Pages) readPlace(ctx context.Context, slug string, uid int64) (o place, err error) {
	table := p.accounts.Table
	items, err := table.Get(ctx, tenant.SlugKey(slug), profile.Key(uid))
	if err != nil {
		return o, err
	}
	claim, err := tenant.Claims.Of(items[0])
	if err != nil {
		return o, err
	}
	if o.me, err = profile.Profiles.Of(items[1]); err != nil {
		return o, err
	}
	if items, err = table.Get(ctx, tenant.Key(claim.Org), tenant.MemberKey(uid, claim.Org), tenant.OfferKey(claim.Org)); err != nil {
		return o, err
	}
	v, err := tenant.Read(items[0], items[1])
	if err != nil || !v.Alive() || v.Member.ID == 0 {
		return o, err
	}
	o.View = v
	if p.organizations.Transfer {
		if o.offering, err = tenant.Offers.Of(items[2]); err != nil {
			return o, err
		}
	}
	if o.offering.By != o.Owner || o.offering.To == o.Owner {
		o.offering = tenant.Offer{} // an owner before this one made it
	}
	if items, err = table.Get(ctx, profile.Key(o.Owner), profile.Key(o.offering.To)); err != nil {
		return o, err
	}
	if o.owner, err = profile.Profiles.Of(items[0]); err != nil {
		return o, err
	}
	if o.heir, err = profile.Profiles.Of(items[1]); err != nil {
		return o, err
	}
	o.title, err = p.organizations.Named(ctx, o.State)
	return o, err
}

// placeView is an organization as it is shown. Others have chosen its words.
type placeView struct {
	Org, Slug, Role, Owner string
	Offer                  []string // what an offer means; none: there is none
	Until                  string   // for people
	At                     string   // for programs
}

func (p *Pages) describePlace(o place) *placeView {
	v := &placeView{Org: tame(o.title), Slug: tame(o.Slug), Role: tame(o.Member.Role), Owner: tame(o.owner.Username)}
	switch {
	case o.toMe():
		v.Offer = []string{p.text("organization.offer.text", v.Owner), p.text("organization.offer.means", v.Owner)}
	case o.byMe():
		v.Offer = []string{p.text("organization.asked.text", tame(o.heir.Username))}
	default:
		return v
	}
	until := time.UnixMilli(o.offering.Expires).UTC()
	v.Until, v.At = until.Format(p.text("time")), until.Format(time.RFC3339)
	return v
}
