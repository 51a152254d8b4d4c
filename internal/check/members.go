package check

import (
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/tenant"
)

func member(v *view, m tenant.Member) {
	v.at(tenant.MemberKey(m.UID, m.Org))
	v.ofAccount(m.UID)
	st, lives := v.ofOrg(m.Org)
	if !lives {
		return
	}
	if owns := m.Role == policy.Owner.String(); owns && st.Owner != m.UID {
		v.report(Owner, "%d is a member as owner, and %d owns it", m.UID, st.Owner)
	}
	if p, _ := get(v, org.Pointers, org.PointerKey(m.ID)); p != (org.Pointer{Org: m.Org, UID: m.UID, Key: m.Invitation}) {
		v.report(Membership, "its id %d leads to %+v", m.ID, p)
	}
	memberListed(v, m)
	if m.Invitation == "" {
		return
	}
	if i, ok := get(v, org.Invitations, org.InvitationKey(m.Invitation)); !ok || i.Accepted == 0 || i.UID != m.UID || i.ID != m.ID {
		v.report(Accepted, "the invitation %s was not accepted by %d", m.Invitation, m.UID)
	}
}

// memberListed: of somebody whose names are still being written into rosters, these
// may be old.
func memberListed(v *view, m tenant.Member) {
	row, listed := get(v, org.MemberRows, org.MemberRowKey(m.Org, m.ID))
	if !listed {
		v.report(MemberRoster, "the membership %d is not listed", m.ID)
		return
	}
	p, ok := get(v, profile.Profiles, profile.Key(m.UID))
	a, there := get(v, session.Authorities, session.AuthorityKey(m.UID))
	if _, late := get(v, org.Rows.DueNames, org.Keys.DueNames(m.UID)); late || !ok || !there {
		p.Username, p.First, p.Last = row.Username, row.First, row.Last
		if row.Enabled {
			a.Status = session.Active
		} else {
			a.Status = session.Disabled
		}
	}
	if want := org.Row(m, p, a.Status == session.Active); row != want {
		v.report(MemberRoster, "listed as %+v, not as %+v", row, want)
	}
}

func pointer(v *view, p org.Pointer) {
	id, ok := number(v.self.PK, "MID#")
	if !ok || v.self.Key != org.PointerKey(id) {
		v.report(Place, "this is no place of an id")
		return
	}
	if _, lives := v.ofOrg(p.Org); !lives {
		return
	}
	if p.UID != 0 {
		if m, _ := get(v, tenant.Members, tenant.MemberKey(p.UID, p.Org)); m.ID != id {
			v.report(Membership, "it leads to the membership %d of %d", m.ID, p.UID)
		}
		return
	}
	if i, _ := get(v, org.Invitations, org.InvitationKey(p.Key)); i.ID != id || i.Org != p.Org || i.Accepted != 0 {
		v.report(Membership, "it leads to the invitation %s, which is not open or of %d", p.Key, i.ID)
	}
}

func memberRow(v *view, r org.MemberRow) {
	id, ok := number(v.self.PK, "LST#members#")
	if !ok || v.self.Key != org.MemberRowKey(id, r.ID) {
		v.report(Place, "this is no place of the membership %d", r.ID)
		return
	}
	if _, lives := v.ofOrg(id); !lives {
		return
	}
	if r.Active {
		if m, _ := get(v, tenant.Members, tenant.MemberKey(r.UID, id)); m.ID != r.ID {
			v.report(MemberRoster, "%d is listed and no member by this id", r.UID)
		}
		return
	}
	if i, _ := get(v, org.Invitations, org.InvitationKey(r.Key)); i.ID != r.ID || i.Org != id || i.Accepted != 0 {
		v.report(MemberRoster, "the invitation %s is listed and not open", r.Key)
	}
}

func invitation(v *view, i org.Invitation) {
	v.at(org.InvitationKey(i.Key))
	if _, lives := v.ofOrg(i.Org); !lives {
		return
	}
	want := org.InviteRow{Key: i.Key, UID: i.ID, Inviter: i.Inviter, Accepted: i.Accepted != 0, Created: i.Created}
	if want.Accepted {
		want.UID = i.UID
		accepted(v, i)
	} else {
		waiting(v, i)
	}
	if row, _ := get(v, org.InviteRows, org.InviteRowKey(i)); row != want {
		v.report(InviteRoster, "listed as %+v, not as %+v", row, want)
	}
	// Whoever is erased has sent nothing.
	if s, _ := get(v, org.Senders, org.SenderKey(i)); s.Key != i.Key && v.account(i.Inviter) {
		v.report(Sender, "%d does not find it", i.Inviter)
	}
}

func accepted(v *view, i org.Invitation) {
	if m, _ := get(v, tenant.Members, tenant.MemberKey(i.UID, i.Org)); m.Invitation != i.Key || m.ID != i.ID {
		v.report(Accepted, "%d accepted it, and is no member by it", i.UID)
	}
	if i.Seated {
		v.report(InvitationDue, "it is accepted, and holds a seat of its own")
	}
}

func waiting(v *view, i org.Invitation) {
	if p, _ := get(v, org.Pointers, org.PointerKey(i.ID)); p != (org.Pointer{Org: i.Org, Key: i.Key}) {
		v.report(Membership, "its id %d leads to %+v", i.ID, p)
	}
	if row, _ := get(v, org.MemberRows, org.MemberRowKey(i.Org, i.ID)); row != org.WaitingRow(i) {
		v.report(MemberRoster, "listed as %+v, not as %+v", row, org.WaitingRow(i))
	}
	if o, _ := get(v, tenant.Opens, tenant.OpenKey(i.Email, i.Org)); o.Key != i.Key {
		v.report(OpenOne, "the address leads to %q", o.Key)
	}
	if d, _ := get(v, org.DueInvitations, org.DueInvitationKey(i)); i.Seated && d.Key != i.Key {
		v.report(InvitationDue, "it holds a seat, and nothing will give that back")
	}
}

func open(v *view, o tenant.Open) {
	i, _ := get(v, org.Invitations, org.InvitationKey(o.Key))
	if i.Key == "" || i.Accepted != 0 || tenant.OpenKey(i.Email, i.Org) != v.self.Key {
		v.report(OpenOne, "it leads to %s, which is no open invitation of this address", o.Key)
	}
}

func inviteRow(v *view, r org.InviteRow) {
	if i, _ := get(v, org.Invitations, org.InvitationKey(r.Key)); i.Key == "" || org.InviteRowKey(i) != v.self.Key {
		v.report(InviteRoster, "there is no such invitation")
	}
}

func sender(v *view, o tenant.Open) {
	if uid, ok := number(v.self.PK, "INVBY#"); ok {
		v.ofAccount(uid)
	}
	if i, _ := get(v, org.Invitations, org.InvitationKey(o.Key)); i.Key == "" || org.SenderKey(i) != v.self.Key {
		v.report(Sender, "it leads to %s, which is not sent by this one", o.Key)
	}
}

func dueInvitation(v *view, o tenant.Open) {
	i, _ := get(v, org.Invitations, org.InvitationKey(o.Key))
	if i.Key == "" || i.Accepted != 0 || org.DueInvitationKey(i) != v.self.Key {
		v.report(InvitationDue, "it leads to %s, which does not expire then", o.Key)
	}
}
