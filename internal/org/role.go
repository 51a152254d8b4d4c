package org

import (
	"context"
	"strconv"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// RoleRequest changes the role of a membership.
type RoleRequest struct {
	api.Names
	api.Late
	ID   int64           `path:"id"`
	Role api.Opt[string] `json:"role" rule:""`
}

// Near implements api.Near.
func (r RoleRequest) Near(int64) []store.Key { return []store.Key{PointerKey(r.ID)} }

// Next implements api.Next.
func (r RoleRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return beyond(uid, r.ID, near)
}

// ChangeRole gives a member, or somebody who has been invited, another role. It
// holds for the next request.
func (s *Service) ChangeRole(ctx context.Context, who session.Caller, in RoleRequest) (Membership, error) {
	f, err := s.membership(ctx, who, "view")
	if err != nil {
		return Membership{}, err
	}
	for _, name := range in.Sent() {
		if name != "role" {
			return Membership{}, fault.New(403, "unknown_field", "Attempted to update an unknown field")
		}
	}
	if len(in.Sent()) == 0 {
		return s.show(f), nil
	}
	role, known := policy.ParseRole(in.Role.Value)
	q := api.Question{Package: "memberships", Scope: "change:role", Org: &f.View, Resource: f.resource()}
	q.Resource.NewRole = role
	if err := api.Judge(ctx, who, q); err != nil {
		return Membership{}, err
	}
	if err := in.Invalid(); err != nil {
		return Membership{}, err
	}
	if !known {
		return Membership{}, fault.Field("role", strconv.Quote(in.Role.Value)+" is not a valid choice.")
	}
	if q.Resource.Role == role {
		return s.show(f), nil
	}
	if f.member.UID != 0 && f.member.UID == f.Owner {
		return Membership{}, LastOwner(f.View)
	}
	if role == policy.Owner {
		return s.makeOwner(ctx, who, f)
	}
	return s.setRole(ctx, who, f, role)
}

func (s *Service) setRole(ctx context.Context, who session.Caller, f subject, role policy.Role) (Membership, error) {
	change := audit.Change{Before: f.row.Role, After: role.String()}
	f.row.Role = change.After
	ops := []store.Op{
		MemberRows.Put(f.listed.Key, f.row, f.listed.At()), f.Same(),
		Audited(ctx, "membership.role", who.UID, f.View.ID, audit.Event{Target: f.member.UID, Object: objectOf(f.row.ID), Changes: map[string]audit.Change{"role": change}}),
	}
	if f.member.ID != 0 {
		f.member.Role = change.After
		ops = append(ops, tenant.Members.Put(f.target.Key, f.member, f.target.At()))
	} else {
		was := f.inv
		f.inv.Role, f.inv.Inviter = change.After, who.UID
		ops = append(ops, Invitations.Put(f.invited.Key, f.inv, f.invited.At()))
		ops = append(ops, Resent(was, f.inv)...)
	}
	return s.show(f), s.Table.Transact(ctx, append(ops, ByAuthority(who, &f.View)...)...)
}

// Resent are the writes by which an open invitation is another's: whoever gives it
// a role, or sends it again for somebody who may not invite any more, is the one
// whose right counts when it is accepted.
func Resent(was, is Invitation) []store.Op {
	if was.Inviter == is.Inviter {
		return nil
	}
	return []store.Op{
		store.Delete(SenderKey(was), store.Always),
		Senders.Put(SenderKey(is), tenant.Open{Key: is.Key}, store.Always),
		InviteRows.Put(InviteRowKey(is), InviteRow{Key: is.Key, UID: is.ID, Inviter: is.Inviter, Created: is.Created}, store.Always),
	}
}

// LastOwner refuses what would leave an organization without its owner.
func LastOwner(v tenant.View) error {
	return fault.New(409, "last_owner", "The owner of "+v.Slug+" cannot leave, be removed or get another role. An organization always has one owner.")
}

func objectOf(membership int64) string {
	return "membership:" + strconv.FormatInt(membership, 10)
}

// makeOwner is how an administrator of the installation gives an organization to
// another of its members.
func (s *Service) makeOwner(ctx context.Context, who session.Caller, f subject) (Membership, error) {
	if f.member.ID == 0 {
		return Membership{}, fault.Field("role", "Only somebody who has joined can be the owner.")
	}
	ops, err := s.handOver(ctx, who, f.View, f.member, f.target.At())
	if err != nil {
		return Membership{}, err
	}
	f.member.Role = policy.Owner.String()
	ops = append(ops, store.Delete(tenant.OfferKey(f.View.ID), store.Always),
		Audited(ctx, "ownership.set", who.UID, f.View.ID, audit.Event{Target: f.member.UID, Object: objectOf(f.member.ID), Changes: ownerChange(f.Owner, f.member.UID)}))
	return s.show(f), s.Table.Transact(ctx, ops...)
}

// RemoveRequest removes a membership.
type RemoveRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r RemoveRequest) Near(int64) []store.Key { return []store.Key{PointerKey(r.ID)} }

// Next implements api.Next.
func (r RemoveRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return beyond(uid, r.ID, near)
}

// Remove ends a membership: one's own, or that of somebody else. Of somebody who
// has not joined it takes the invitation back.
func (s *Service) Remove(ctx context.Context, who session.Caller, _ RemoveRequest) (struct{}, error) {
	f, err := s.membership(ctx, who, "view", "delete")
	if err != nil {
		return struct{}{}, err
	}
	if f.member.ID == 0 {
		ops := append(Withdraw(f.View, f.inv, f.invited), ByAuthority(who, &f.View)...)
		ops = append(ops,
			Audited(ctx, "invitation.delete", who.UID, f.View.ID, audit.Event{Object: ObjectOf(f.inv), Changes: map[string]audit.Change{"email": {Before: f.inv.Email}}}))
		return struct{}{}, s.Table.Transact(ctx, ops...)
	}
	return struct{}{}, s.end(ctx, who, f)
}

func (s *Service) end(ctx context.Context, who session.Caller, f subject) error {
	if f.member.UID == f.Owner {
		return LastOwner(f.View)
	}
	action := "membership.leave"
	ops := Part(f.View, f.member, f.target, f.inv)
	if f.member.UID == who.UID {
		ops = append(ops, store.Check(session.AuthorityKey(who.UID), who.AuthorityAt()))
	} else {
		action = "membership.remove"
		ops = append(ops, ByAuthority(who, &f.View)...)
		if f.profile.Email != "" {
			name, err := s.Named(ctx, f.View.State)
			if err != nil {
				return err
			}
			ops = append(ops, removedMail(api.From(ctx).Now, f, name))
		}
	}
	ops = append(ops, Audited(ctx, action, who.UID, f.View.ID, audit.Event{Target: f.member.UID, Object: objectOf(f.member.ID),
		Changes: map[string]audit.Change{"role": {Before: f.member.Role}}}))
	return s.Table.Transact(ctx, ops...)
}

// Part are the writes by which somebody is no longer a member. inv is the
// invitation that they came by, zero if there is none.
func Part(v tenant.View, m tenant.Member, at store.Item, inv Invitation) []store.Op {
	return append(gone(m, at, inv), v.Seat(-1), v.Join(-1), v.Same())
}

// gone are the deletions of a membership in an organization that is no more: its
// counters are nobody's concern.
func gone(m tenant.Member, at store.Item, inv Invitation) []store.Op {
	ops := []store.Op{
		store.Delete(at.Key, at.At()),
		store.Delete(PointerKey(m.ID), store.Always),
		store.Delete(MemberRowKey(m.Org, m.ID), store.Always),
	}
	return append(ops, forgotten(inv)...)
}

// forgotten are the deletions of an invitation that was accepted, none if there is
// none.
func forgotten(inv Invitation) []store.Op {
	if inv.Key == "" {
		return nil
	}
	return []store.Op{store.Delete(InvitationKey(inv.Key), store.Always), store.Delete(InviteRowKey(inv), store.Always), store.Delete(SenderKey(inv), store.Always)}
}

// Withdraw are the writes by which an open invitation is no more.
func Withdraw(v tenant.View, i Invitation, at store.Item) []store.Op {
	ops := append(Unlist(i), store.Delete(at.Key, at.At()), v.Same())
	if i.Seated {
		ops = append(ops, v.Seat(-1))
	}
	return ops
}

// Unlist are the deletions of everything that leads to an open invitation.
func Unlist(i Invitation) []store.Op {
	return []store.Op{
		store.Delete(PointerKey(i.ID), store.Always),
		store.Delete(MemberRowKey(i.Org, i.ID), store.Always),
		store.Delete(InviteRowKey(i), store.Always),
		store.Delete(SenderKey(i), store.Always),
		store.Delete(DueInvitationKey(i), store.Always),
		store.Delete(tenant.OpenKey(i.Email, i.Org), store.Always),
	}
}

// ObjectOf names an invitation in the audit log.
func ObjectOf(i Invitation) string { return "invitation:" + i.Key }
