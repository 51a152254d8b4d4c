package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// optional starts worlds in which people sign in before their address is confirmed.
var optional = apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", "optional")

// invitedTo is an organization with an open invitation of an address.
func invitedTo(w *apptest.World, email string) (team *apptest.Team, key string) {
	w.Helper()
	w.Join("founder", "founder@example.org")
	team = w.Found(w.SignIn("founder"), "acme")
	return team, team.Invite(email, "maintainer")
}

// TestG9_SomebodyElsesInvitation has all of an invitation, the key and the secret of
// the mail, but another confirmed address.
func TestG9_SomebodyElsesInvitation(t *testing.T) {
	w := apptest.New(t, limitsOff)
	team, key := invitedTo(w, "guest@example.org")
	w.Join("mallory", "mallory@example.org")
	mallory, worker := w.SignIn("mallory"), team.Join("worker1", "worker")
	secret := team.Secret("guest@example.org")
	unchanged(t, w, func() {
		for _, end := range []string{"/accept", "/decline", "/resend"} {
			mallory.Post("/api/invitations/"+key+end, object{"invitation_secret": secret, "t": secret, "email": "guest@example.org"}).Is(404)
			worker.Post("/api/invitations/"+key+end, object{"invitation_secret": secret}).Is(403)
		}
		mallory.Get("/api/invitations/" + key).Is(404)
		mallory.Get("/api/invitations").Is(200).Has(`"count":0`)
		f := apptest.Form("newbie01", "other@example.org")
		f["invitation"], f["invitation_secret"] = key, secret
		w.Client().Post("/api/auth/register", f).Is(400).Has(`"invitation":[`)
	})
	team.In(team.Owner).Get("/api/memberships?user=mallory").Is(200).Has(`"count":0`)
}

// TestG10_BETTERAUTH53514_UnconfirmedAddress registers the invited address without
// proving it, and accepts.
func TestG10_BETTERAUTH53514_UnconfirmedAddress(t *testing.T) {
	w := apptest.New(t, limitsOff, optional)
	team, key := invitedTo(w, "guest@example.org")
	w.Client().Post("/api/auth/register", apptest.Form("squatter", "guest@example.org")).Is(201)
	c := w.SignIn("squatter")
	unchanged(t, w, func() {
		c.Post("/api/invitations/"+key+"/accept", nil).Is(403).Has("Confirm your e-mail address first.")
		c.Get("/api/invitations/" + key).Is(404)
		c.Get("/api/invitations/count").Is(200).Has(`{"count":0}`)
		c.Get("/api/invitations").Is(200).Has(`"count":0`)
		for _, a := range []*apptest.Answer{team.In(c).Get("/api/memberships"), c.Get(team.Path("")), team.In(c).Get("/api/users/self")} {
			a.Is(404)
		}
	})
	// Whoever proves it gets in.
	m := w.Mail("guest@example.org", "confirm")
	w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, m.Links[0])}).Is(200)
	c.Post("/api/invitations/"+key+"/accept", nil).Is(200)
}

// TestG11_KC1529_ForgedInvitations edits keys and secrets, swaps them between
// invitations, and adds to the body what is in no one's hand but the inviter's.
func TestG11_KC1529_ForgedInvitations(t *testing.T) {
	w := apptest.New(t, limitsOff)
	team, key := invitedTo(w, "guest@example.org")
	other := team.Invite("other@example.org", "worker")
	secret, otherSecret := team.Secret("guest@example.org"), team.Secret("other@example.org")
	w.Join("guest01", "guest@example.org")
	guest := w.SignIn("guest01")
	edited := func(s string, at int) string {
		b := []byte(s)
		if b[at]++; b[at] == 'z'+1 || b[at] == 'Z'+1 || b[at] == '9'+1 || b[at] == '-'+1 || b[at] == '.'+1 {
			b[at] = 'a'
		}
		return string(b)
	}
	unchanged(t, w, func() {
		for at := range key {
			guest.Post("/api/invitations/"+edited(key, at)+"/accept", nil).Is(404)
		}
		for _, forged := range []string{other, key[1:], key + "x", strings.ToUpper(key), secret} {
			guest.Post("/api/invitations/"+forged+"/accept", nil).Is(404)
		}
		f := apptest.Form("newbie01", "other@example.org")
		for _, pair := range [][2]string{{other, secret}, {key, otherSecret}, {key, secret}, {other, edited(otherSecret, 3)}, {other, otherSecret + "x"}, {other, ""}, {"", otherSecret}, {otherSecret, other}} {
			f["invitation"], f["invitation_secret"] = pair[0], pair[1]
			w.Client().Post("/api/auth/register", f).Is(400).Has(`"invitation":[`)
		}
	})
	guest.Post("/api/invitations/"+key+"/accept", object{"role": "owner", "organization": 1, "email": "mallory@example.org", "owner": "guest01"}).Is(200).Has(`"acme"`)
	team.In(guest).Get("/api/memberships?user=guest01").Is(200).Has(`"role":"maintainer"`).Has(`"count":1`)
	f := apptest.Form("newbie01", "other@example.org")
	f["invitation"], f["invitation_secret"], f["role"] = other, otherSecret, "owner"
	w.Client().Post("/api/auth/register", f).Is(201)
	team.In(guest).Get("/api/memberships?user=newbie01").Is(200).Has(`"role":"worker"`).Has(`"count":1`)
}

// TestG12_DeadInvitations accepts invitations that were taken back, have expired, were
// used, or lead to an organization that is no more, signed in and by registering.
func TestG12_DeadInvitations(t *testing.T) {
	for name, x := range map[string]struct {
		end    func(w *apptest.World, team *apptest.Team, key string, guest *apptest.Client)
		status int
		says   string
	}{
		"taken back": {func(_ *apptest.World, team *apptest.Team, key string, _ *apptest.Client) {
			team.Owner.Delete("/api/invitations/" + key).Is(204)
		}, 404, "No Invitation"},
		"declined": {func(_ *apptest.World, _ *apptest.Team, key string, guest *apptest.Client) {
			guest.Post("/api/invitations/"+key+"/decline", nil).Is(204)
		}, 404, "No Invitation"},
		"expired": {func(w *apptest.World, _ *apptest.Team, _ string, _ *apptest.Client) {
			w.Clock.Add(7*24*time.Hour + time.Second)
		}, 400, "expired"},
		"used": {func(_ *apptest.World, _ *apptest.Team, key string, guest *apptest.Client) {
			guest.Post("/api/invitations/"+key+"/accept", nil).Is(200)
		}, 400, "already accepted"},
		"organization deleted": {func(_ *apptest.World, team *apptest.Team, _ string, _ *apptest.Client) {
			team.Owner.Delete(team.Path("")).Is(204)
		}, 404, "No Invitation"},
	} {
		t.Run(name, func(t *testing.T) {
			w := apptest.New(t, limitsOff)
			team, key := invitedTo(w, "guest@example.org")
			w.Join("guest01", "guest@example.org")
			secret := team.Secret("guest@example.org")
			x.end(w, team, key, w.SignIn("guest01"))
			guest := w.SignIn("guest01")
			unchanged(t, w, func() {
				guest.Post("/api/invitations/"+key+"/accept", nil).Is(x.status).Has(x.says)
				f := apptest.Form("newbie01", "guest@example.org")
				f["invitation"], f["invitation_secret"] = key, secret
				w.Client().Post("/api/auth/register", f).Is(400)
			})
		})
	}
}

// TestG13_TheInviterHasLostTheRight accepts invitations to a role that whoever sent
// them can no longer give.
func TestG13_TheInviterHasLostTheRight(t *testing.T) {
	for name, lose := range map[string]func(w *apptest.World, team *apptest.Team, admin *apptest.Client, uid int64){
		"demoted": func(_ *apptest.World, team *apptest.Team, _ *apptest.Client, _ int64) {
			team.Owner.Patch(team.Member("maint01"), object{"role": "worker"}).Is(200)
		},
		"removed": func(_ *apptest.World, team *apptest.Team, _ *apptest.Client, _ int64) {
			team.Owner.Delete(team.Member("maint01")).Is(204)
		},
		"disabled": func(_ *apptest.World, _ *apptest.Team, admin *apptest.Client, uid int64) {
			admin.Patch(fmt.Sprint("/api/users/", uid), object{"is_active": false}).Is(200)
		},
		"deleted": func(w *apptest.World, _ *apptest.Team, admin *apptest.Client, uid int64) {
			admin.Delete(fmt.Sprint("/api/users/", uid)).Is(204)
			w.Sweep("erase")
		},
		"out of every group": func(_ *apptest.World, _ *apptest.Team, admin *apptest.Client, uid int64) {
			admin.Patch(fmt.Sprint("/api/users/", uid), object{"groups": []string{}}).Is(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := apptest.New(t, limitsOff)
			w.Join("founder", "founder@example.org")
			operator(w, "chief01", true, "admin")
			team := w.Found(w.SignIn("founder"), "acme")
			maintainer := team.Join("maint01", "maintainer")
			w.Join("guest01", "guest@example.org")
			guest := w.SignIn("guest01")
			key := team.In(maintainer).Post("/api/invitations", object{"email": "guest@example.org", "role": "supervisor"}).Is(201).String("key")
			fresh := team.In(maintainer).Post("/api/invitations", object{"email": "fresh@example.org", "role": "worker"}).Is(201).String("key")
			secret := team.Secret("fresh@example.org")
			lose(w, team, w.SignIn("chief01"), maintainer.Get("/api/users/self").Int("id"))
			unchanged(t, w, func() {
				guest.Post("/api/invitations/"+key+"/accept", nil).Is(400).Has("may not invite any more")
				f := apptest.Form("newbie01", "fresh@example.org")
				f["invitation"], f["invitation_secret"] = fresh, secret
				w.Client().Post("/api/auth/register", f).Is(400)
			})
			// The owner's word is good.
			team.Owner.Post("/api/invitations/"+key+"/resend", nil).Is(204)
			guest.Post("/api/invitations/"+key+"/accept", nil).Is(200)
		})
	}
}

// TestG14_ComingBackAsLess removes a maintainer and invites them again as a worker:
// nothing of what they were is theirs, by no credential from before.
func TestG14_ComingBackAsLess(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	c := team.Join("member", "maintainer")
	access, _ := tokens(w, "member")
	old := team.Member("member")
	sent := team.In(c).Post("/api/invitations", object{"email": "friend@example.org", "role": "worker"}).Is(201).String("key")
	team.Owner.Delete(old).Is(204)
	team.Add(c, "member@example.org", "worker")
	team.Owner.Get(old).Is(404)
	for _, who := range []*apptest.Client{c, bearer(w, access)} {
		team.In(who).Get("/api/memberships?user=member").Is(200).Has(`"role":"worker"`).Has(`"count":1`)
		unchanged(t, w, func() {
			who.Patch(team.Path(""), object{"name": "Mine"}).Is(403)
			who.Get(team.Path("/audit")).Is(403)
			team.In(who).Post("/api/invitations", object{"email": "more@example.org", "role": "worker"}).Is(403)
			who.Patch(team.Member("founder"), object{"role": "worker"}).Is(403)
			who.Post("/api/invitations/"+sent+"/resend", nil).Is(403)
		})
	}
	if m, _ := balanced(w, team.ID); m != 2 {
		t.Errorf("%d members", m)
	}
}
