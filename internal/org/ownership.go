package org

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/mail"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

const offerLife = 7 * 24 * time.Hour

// Offer is an offer of ownership as people see it.
type Offer struct {
	User    int64    `json:"user_id"`
	Expires api.Time `json:"expires_at"`
}

// OfferRequest offers an organization to one of its members.
type OfferRequest struct {
	api.Late
	ID   int64 `path:"id"`
	User int64 `json:"user_id" rule:"required"`
}

// Near implements api.Near.
func (r OfferRequest) Near(uid int64) []store.Key {
	return append(near(r.ID, uid), tenant.OfferKey(r.ID))
}

func (s *Service) transferable() error {
	if s.Settings.Transfer {
		return nil
	}
	return fault.New(403, "ownership_fixed", "This installation does not let organizations change their owner.")
}

// OfferOwnership asks a member to take the organization over. Nothing changes until
// they accept, within 7 days; a new offer replaces the one before.
func (s *Service) OfferOwnership(ctx context.Context, who session.Caller, in OfferRequest) (Offer, error) {
	f, err := s.find(ctx, who, "ownership")
	if err != nil {
		return Offer{}, err
	}
	if err := s.transferable(); err != nil {
		return Offer{}, err
	}
	var before tenant.Offer
	if api.Prior(ctx, &before) {
		return Offer{before.To, millis(before.Expires)}, nil
	}
	if err := in.Invalid(); err != nil {
		return Offer{}, err
	}
	items, err := s.Table.Get(ctx, tenant.MemberKey(in.User, f.ID))
	if err != nil {
		return Offer{}, err
	}
	m, err := tenant.Members.Of(items[0])
	switch {
	case err != nil:
		return Offer{}, err
	case m.ID == 0:
		return Offer{}, fault.Field("user_id", "This is not a member of the organization.")
	case in.User == f.Owner:
		return Offer{}, fault.Field("user_id", "This is the owner already.")
	}
	now := api.From(ctx).Now
	o := tenant.Offer{To: in.User, Membership: m.ID, By: f.Owner, Expires: now.Add(offerLife).UnixMilli()}
	ops := []store.Op{
		tenant.Offers.Put(tenant.OfferKey(f.ID), o, api.NearOf(ctx)[5].At()).Until(now.Add(offerLife)),
		f.Same(), store.Check(items[0].Key, items[0].At()),
		mail.Queue(now, jobOffer, map[string]string{"org": idText(f.ID), "uid": idText(in.User)}),
		Audited(ctx, "ownership.offer", who.UID, f.ID, audit.Event{Target: in.User, Object: objectOf(m.ID)}),
	}
	return Offer{o.To, millis(o.Expires)}, s.Table.Transact(ctx, slices.Concat(ops, ByAuthority(who, &f.View), api.Done(ctx, o))...)
}

// OwnershipRequest answers an offer, or takes it back.
type OwnershipRequest struct {
	ID    int64        `path:"id"`
	Shown tenant.Offer // the offer that is meant; zero: whichever stands
}

// means reports whether o is the offer that is meant.
func (r OwnershipRequest) means(o tenant.Offer) bool {
	return r.Shown == (tenant.Offer{}) || r.Shown == o
}

// Near implements api.Near.
func (r OwnershipRequest) Near(uid int64) []store.Key {
	return append(near(r.ID, uid), tenant.OfferKey(r.ID))
}

// AcceptOwnership makes the caller the owner of the organization that they were
// offered. The former owner stays as a maintainer.
func (s *Service) AcceptOwnership(ctx context.Context, who session.Caller, in OwnershipRequest) (View, error) {
	return s.TakeOver(ctx, who, in, nil)
}

// TakeOver is AcceptOwnership of a caller who has just given their password; proof
// are the writes that belong to that.
func (s *Service) TakeOver(ctx context.Context, who session.Caller, in OwnershipRequest, proof []store.Op) (View, error) {
	f, err := s.find(ctx, who, "view")
	if err != nil {
		return View{}, err
	}
	if err := s.transferable(); err != nil {
		return View{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.read(ctx, before.ID)
	}
	it := api.NearOf(ctx)[5]
	o, err := tenant.Offers.Of(it)
	if err != nil {
		return View{}, err
	}
	if f.Member.ID == 0 || !in.means(o) || o.To != who.UID || o.By != f.Owner || o.Membership != f.Member.ID { // administrators see it without being in it
		return View{}, fault.New(404, "no_offer", "There is no offer of this organization to you.")
	}
	if err := judgeHeir(ctx, who, f.View); err != nil {
		return View{}, err
	}
	ops, err := s.handOver(ctx, who, f.View, f.Member, f.MemberAt())
	if err != nil {
		return View{}, err
	}
	ops = append(ops, store.Delete(it.Key, it.At()),
		Audited(ctx, "ownership.accept", who.UID, f.ID, audit.Event{Target: who.UID, Object: objectOf(f.Member.ID), Changes: ownerChange(f.Owner, who.UID)}))
	owner, err := s.profile(ctx, who.UID)
	if err != nil {
		return View{}, err
	}
	f.Owner = who.UID // what was written: by the time of the answer it may be another's, or gone
	return s.view(f.View.State, f.description, owner), s.Table.Transact(ctx, slices.Concat(ops, proof, api.Done(ctx, made{f.ID}))...)
}

// judgeHeir refuses somebody who could not do what owners do.
func judgeHeir(ctx context.Context, who session.Caller, v tenant.View) error {
	v.Owner, v.Member.Role = who.UID, policy.Owner.String()
	return api.Judge(ctx, who, api.Question{Package: "organizations", Scope: "ownership", Org: &v,
		Resource: &policy.Resource{ID: v.ID, Owner: who.UID, Role: policy.Owner}})
}

// DropOffer takes an offer back, or declines it.
func (s *Service) DropOffer(ctx context.Context, who session.Caller, in OwnershipRequest) (struct{}, error) {
	f, err := s.find(ctx, who, "view")
	if err != nil {
		return struct{}{}, err
	}
	it := api.NearOf(ctx)[5]
	o, err := tenant.Offers.Of(it)
	if err != nil {
		return struct{}{}, err
	}
	if o.To == 0 || !in.means(o) || o.To != who.UID && f.Owner != who.UID && !who.Admin() {
		return struct{}{}, fault.New(404, "no_offer", "There is no offer of this organization by you or to you.")
	}
	action := "ownership.withdraw"
	if o.To == who.UID {
		action = "ownership.decline"
	}
	ops := []store.Op{store.Delete(it.Key, it.At()), f.Same(), Audited(ctx, action, who.UID, f.ID, audit.Event{Target: o.To})}
	return struct{}{}, s.Table.Transact(ctx, append(ops, ByAuthority(who, &f.View)...)...)
}

// handOver are the writes by which a member, whose row is still as at says, becomes
// the owner, and the owner a maintainer. They hold for as long as the accounts of
// the caller and of the new owner are what they are now.
func (s *Service) handOver(ctx context.Context, who session.Caller, v tenant.View, m tenant.Member, at store.Cond) ([]store.Op, error) {
	items, err := s.Table.Get(ctx, tenant.MemberKey(v.Owner, v.ID), MemberRowKey(v.ID, m.ID), session.AuthorityKey(m.UID), descriptionKey(v.ID))
	if err != nil {
		return nil, err
	}
	old, err := tenant.Members.Of(items[0])
	if err != nil {
		return nil, err
	}
	if old.ID == 0 {
		return nil, fmt.Errorf("org: the owner of %d is not a member, or was read before they left: %w", v.ID, &store.ConflictError{})
	}
	a, err := session.Authorities.Of(items[2])
	if err != nil {
		return nil, err
	}
	if a.Status != session.Active {
		return nil, fault.New(409, "account_disabled", "The account of this member is disabled.")
	}
	st := v.State
	st.Owner = m.UID
	m.Role, old.Role = policy.Owner.String(), policy.Maintainer.String()
	ops := []store.Op{
		tenant.States.Put(tenant.Key(v.ID), st, v.At()),
		tenant.Members.Put(tenant.MemberKey(m.UID, v.ID), m, at),
		tenant.Members.Put(items[0].Key, old, items[0].At()),
		tenant.Own(old.UID, -1), tenant.Own(m.UID, 1),
		store.Check(session.AuthorityKey(who.UID), who.AuthorityAt()),
		mail.Queue(api.From(ctx).Now, jobNewOwner, map[string]string{"org": idText(v.ID), "uid": idText(old.UID)}),
	}
	if m.UID != who.UID {
		// Whoever asks to be deleted may own nothing, and would from now on.
		ops = append(ops, store.Check(items[2].Key, items[2].At()))
	}
	rows, err := s.relisted(ctx, st, items[1], old, items[3])
	return append(ops, rows...), err
}

// relisted are the rows of the rosters after st got its new owner.
func (s *Service) relisted(ctx context.Context, st tenant.State, owner store.Item, old tenant.Member, described store.Item) ([]store.Op, error) {
	d, err := descriptions.Of(described)
	if err != nil {
		return nil, err
	}
	items, err := s.Table.Get(ctx, MemberRowKey(st.ID, old.ID))
	if err != nil {
		return nil, err
	}
	ops := []store.Op{
		orgRows.Put(orgRowKey(st.ID), orgRow{st.ID, st.Slug, d.Name, st.Owner}, store.Always),
		store.Check(described.Key, described.At()),
	}
	for i, it := range []store.Item{owner, items[0]} {
		r, err := MemberRows.Of(it)
		if err != nil {
			return nil, err
		}
		r.Role = []string{policy.Owner.String(), old.Role}[i]
		ops = append(ops, MemberRows.Put(it.Key, r, it.At()))
	}
	return ops, nil
}

func ownerChange(before, after int64) map[string]audit.Change {
	return map[string]audit.Change{"owner": {Before: idText(before), After: idText(after)}}
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
