package invite

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Decline refuses an invitation, which frees its seat. After it was accepted it is
// leaving the organization.
func (s *Service) Decline(ctx context.Context, who session.Caller, _ KeyRequest) (struct{}, error) {
	f, err := s.find(ctx, who, "decline")
	if api.Prior(ctx, &made{}) {
		return struct{}{}, nil // it is gone, so that nobody finds it
	}
	if err != nil {
		return struct{}{}, err
	}
	var ops []store.Op
	e := audit.Event{Target: f.inv.UID, Object: org.ObjectOf(f.inv), Changes: map[string]audit.Change{"email": {Before: f.inv.Email}}}
	action := "invitation.decline"
	switch {
	case f.inv.Accepted == 0:
		ops = org.Withdraw(f.View, f.inv, f.at)
	case f.member.ID == 0:
		return struct{}{}, fault.NotFound("Invitation")
	case f.inv.UID == f.Owner:
		return struct{}{}, org.LastOwner(f.View)
	default:
		ops = org.Part(f.View, f.member, f.joined, f.inv)
		action, e.Changes = "membership.leave", map[string]audit.Change{"role": {Before: f.member.Role}}
	}
	if f.toMe(who.UID) {
		ops = append(ops, store.Check(f.mine.Key, f.mine.At()))
	} else {
		ops = append(ops, org.ByAuthority(who, &f.View)...)
	}
	ops = append(ops, org.Audited(ctx, action, who.UID, f.View.ID, e))
	return struct{}{}, s.Table.Transact(ctx, distinct(append(ops, api.Done(ctx, made{f.inv.Key})...))...)
}

// Delete takes an invitation back, which frees its seat. Of one that was accepted
// only the memory goes: the member stays.
func (s *Service) Delete(ctx context.Context, who session.Caller, _ KeyRequest) (struct{}, error) {
	f, err := s.find(ctx, who, "delete")
	if err != nil {
		return struct{}{}, err
	}
	ops := f.forget()
	if f.inv.Accepted == 0 {
		ops = org.Withdraw(f.View, f.inv, f.at)
	}
	ops = append(append(ops, org.ByAuthority(who, &f.View)...),
		org.Audited(ctx, "invitation.delete", who.UID, f.View.ID, audit.Event{Target: f.inv.UID, Object: org.ObjectOf(f.inv),
			Changes: map[string]audit.Change{"email": {Before: f.inv.Email}}}))
	return struct{}{}, s.Table.Transact(ctx, distinct(ops)...)
}

// forget are the writes by which an accepted invitation is no more, and the
// membership does not mention it.
func (f *subject) forget() []store.Op {
	ops := []store.Op{
		store.Delete(f.at.Key, f.at.At()),
		store.Delete(org.InviteRowKey(f.inv), store.Always),
		store.Delete(org.SenderKey(f.inv), store.Always),
		f.Same(),
	}
	if f.member.ID == 0 {
		return ops
	}
	m := f.member
	m.Invitation = ""
	ops = append(ops, tenant.Members.Put(f.joined.Key, m, f.joined.At()),
		org.Pointers.Put(org.PointerKey(m.ID), org.Pointer{Org: m.Org, UID: m.UID}, store.Present))
	if r, err := org.MemberRows.Of(f.listed); err == nil && r.ID != 0 {
		r.Key = ""
		ops = append(ops, org.MemberRows.Put(f.listed.Key, r, f.listed.At()))
	}
	return ops
}
