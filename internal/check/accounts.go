package check

import (
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
)

func authority(v *view, a session.Authority) {
	uid, ok := number(v.self.PK, "U#")
	if !ok || v.self.Key != session.AuthorityKey(uid) {
		v.report(Place, "this is no partition of an account")
		return
	}
	row, listed := get(v, account.Rows.Roster, account.Keys.Roster(uid))
	if a.Status == session.Erased {
		if listed {
			v.report(UserRoster, "it is erased, and listed")
		}
		return
	}
	p, ok := get(v, profile.Profiles, profile.Key(uid))
	if !ok {
		v.report(Account, "it has no profile")
		return
	}
	switch want := (account.RosterRow{ID: uid, Username: p.Username, First: p.First, Last: p.Last, Active: a.Status == session.Active}); a.Status {
	case session.Active, session.Disabled:
		if row != want {
			v.report(UserRoster, "listed as %+v, not as %+v", row, want)
		}
	case session.Leaving:
		if listed {
			v.report(UserRoster, "it is leaving, and listed")
		}
		t, asked := get(v, account.Rows.Tickets, account.Keys.Deletion(uid))
		if !asked {
			v.report(Deletion, "it is leaving, and nothing says when")
		} else if _, due := get(v, account.Rows.Dues, account.Keys.Due(time.UnixMilli(t.Due), uid)); !due {
			v.report(Deletion, "it is leaving, and nothing will erase it")
		}
	default:
		v.report(Account, "its status is %q", a.Status)
	}
}

// account reads whether somebody is there and not erased.
func (v *view) account(uid int64) bool {
	a, ok := get(v, session.Authorities, session.AuthorityKey(uid))
	return ok && a.Status != session.Erased
}

func ofProfile(v *view, p profile.Profile) {
	v.at(profile.Key(p.UID))
	if !v.account(p.UID) {
		return // that it is there at all is judged by owned
	}
	if c, _ := get(v, account.Rows.Claims, account.Keys.Username(p.Username)); c.UID != p.UID {
		v.report(UserName, "the user name %q leads to %d", p.Username, c.UID)
	}
	if p.Email == "" {
		return
	}
	at := account.Keys.Email(p.Email)
	if c, _ := get(v, account.Rows.Claims, at); c.UID != p.UID {
		v.report(Email, "the address %s leads to %d", p.Email, c.UID)
	} else if until := v.look(at).Expires; !until.IsZero() {
		v.report(Email, "the address %s is held only until %s", p.Email, until)
	}
}

func claim(v *view, c account.Claim) {
	if name, ok := strings.CutPrefix(v.self.PK, "UNAME#"); ok {
		usernameClaim(v, name, c)
		return
	}
	address, ok := strings.CutPrefix(v.self.PK, "EMAIL#")
	if !ok {
		v.report(Place, "this is no place of a claim")
		return
	}
	if v.self.Key == account.Keys.Email(address) {
		emailClaim(v, address, c)
		return
	}
	w, ok := get(v, account.Rows.Pendings, account.Keys.Pending(c.PID))
	if !ok || w.Email != address || w.UID != 0 {
		v.report(Email, "it leads to the registration %q, which is not one of this address", c.PID)
	}
}

// usernameClaim: the name of somebody who was erased stays taken.
func usernameClaim(v *view, name string, c account.Claim) {
	if c.UID == 0 {
		w, ok := get(v, account.Rows.Pendings, account.Keys.Pending(c.PID))
		if !ok || account.Keys.Username(w.Username) != v.self.Key {
			v.report(UserName, "it leads to the registration %q, which is not one of this name", c.PID)
		}
		return
	}
	a, ok := get(v, session.Authorities, session.AuthorityKey(c.UID))
	if !ok {
		v.report(UserName, "it leads to %d, whom nobody knows", c.UID)
		return
	}
	if a.Status == session.Erased {
		return
	}
	p, _ := get(v, profile.Profiles, profile.Key(c.UID))
	if p.UID != 0 && account.Keys.Username(p.Username) != v.self.Key {
		v.report(UserName, "it leads to %d, whose name is %q and not %q", c.UID, p.Username, name)
	}
}

// emailClaim: an address that was left keeps its claim for as long as it can take
// that back.
func emailClaim(v *view, address string, c account.Claim) {
	if !v.account(c.UID) {
		v.report(Email, "it leads to %d, who is not there", c.UID)
		return
	}
	p, ok := get(v, profile.Profiles, profile.Key(c.UID))
	if !ok || p.Email == address {
		return
	}
	t, left := get(v, account.Rows.Tickets, account.Keys.Undo(c.UID, address))
	if !left || t.Email != address {
		v.report(Email, "it leads to %d, whose address is %q", c.UID, p.Email)
	} else if v.self.Expires.IsZero() {
		v.report(Email, "%d has left this address, and holds it for ever", c.UID)
	}
}

func pending(v *view, w account.Pending) {
	v.at(account.Keys.Pending(w.PID))
	if w.UID != 0 {
		if _, ok := get(v, session.Authorities, session.AuthorityKey(w.UID)); !ok {
			v.report(Belongs, "there is no account %d", w.UID)
		}
		return
	}
	if c, _ := get(v, account.Rows.Claims, account.Keys.Username(w.Username)); c.PID != w.PID {
		v.report(Registration, "the user name %q does not lead to it", w.Username)
	}
	if c, _ := get(v, account.Rows.Claims, account.Keys.Waiting(w)); c.PID != w.PID {
		v.report(Registration, "the address %s does not lead to it", w.Email)
	}
}

func userRow(v *view, r account.RosterRow) {
	v.at(account.Keys.Roster(r.ID))
	// What it says of an account is judged where that lies.
	if _, ok := get(v, session.Authorities, session.AuthorityKey(r.ID)); !ok {
		v.report(UserRoster, "there is no account %d", r.ID)
	}
}

func dueErasure(v *view, d account.Due) {
	if !strings.HasSuffix(v.self.SK, account.Keys.Due(time.UnixMilli(0), d.UID).SK[len("0000000000000"):]) {
		v.report(Place, "it is about %d", d.UID)
	}
	if _, ok := get(v, session.Authorities, session.AuthorityKey(d.UID)); !ok {
		v.report(Deletion, "there is no account %d to erase", d.UID)
	}
}

func ofSession(v *view, s session.Session) {
	if uid, ok := number(v.self.PK, "U#"); !ok || uid != s.UID {
		v.report(SessionOf, "it is one of %d", s.UID)
	}
}

// tokenKey: a key outlives whom it leads to, and leads nowhere then.
func tokenKey(v *view, k session.TokenKey) {
	if _, ok := get(v, session.Authorities, session.AuthorityKey(k.UID)); !ok {
		v.report(SessionOf, "it leads to %d, whom nobody knows", k.UID)
	}
}

// accessToken: a revoked one keeps nothing but its prefix from being given again.
func accessToken(v *view, t session.AccessToken) {
	if t.Revoked {
		return
	}
	v.ofAccount(t.UID)
	want := session.Pointer{UID: t.UID, Prefix: strings.TrimPrefix(v.self.PK, "PAT#")}
	if p, _ := get(v, session.Pointers, session.IDKey(t.ID)); p != want {
		v.report(AccessToken, "its id leads to %q of %d", p.Prefix, p.UID)
	}
	if p, _ := get(v, session.Pointers, session.PointerKey(t.UID, t.ID)); p != want {
		v.report(AccessToken, "%d does not find it", t.UID)
	}
}

func tokenPointer(v *view, p session.Pointer) {
	t, ok := get(v, session.AccessTokens, session.AccessTokenKey(p.Prefix))
	if !ok || t.Revoked || t.UID != p.UID {
		v.report(AccessToken, "it leads to %q, which is no access token of %d", p.Prefix, p.UID)
		return
	}
	if v.self.Key != session.IDKey(t.ID) && v.self.Key != session.PointerKey(t.UID, t.ID) {
		v.report(AccessToken, "it leads to the access token %d", t.ID)
	}
}

func identity(v *view, i account.Identity) {
	found, linked := account.Keys.Identity(i.Issuer, i.Subject), account.Keys.Linked(i.UID, i.Issuer, i.Subject)
	v.at(found, linked)
	v.ofAccount(i.UID)
	one, _ := get(v, account.Rows.Identities, found)
	two, _ := get(v, account.Rows.Identities, linked)
	if one != i || two != i {
		v.report(Identity, "%q of %q is not found both by itself and by %d", i.Subject, i.Issuer, i.UID)
	}
}
