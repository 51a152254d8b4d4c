package app_test

import (
	"fmt"
	"slices"
	"testing"

	"gatehouse/internal/apptest"
)

// TestG5_G6_NobodyRaisesThemselves lets a maintainer, a supervisor and a worker reach
// for roles that are not theirs to give: their own, that of others, and of the owner.
func TestG5_G6_NobodyRaisesThemselves(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	actors := map[string]*apptest.Client{}
	for _, role := range []string{"maintainer", "supervisor", "worker"} {
		actors[role] = team.Join("a."+role, role)
	}
	target := team.Join("target", "worker")
	owner, other := team.Member("founder"), team.Member("target")
	heir := target.Get("/api/users/self").Int("id")
	for role, c := range actors {
		own, in := team.Member("a."+role), team.In(c)
		unchanged(t, w, func() {
			for _, to := range []string{"owner", "maintainer", "supervisor", "worker"} {
				if to != role {
					c.Patch(own, object{"role": to}).Is(403)
				}
				if to != "owner" {
					c.Patch(owner, object{"role": to}).Is(403)
				}
			}
			c.Patch(other, object{"role": "owner"}).Is(403)
			c.Patch(other, object{"role": "maintainer"}).Is(403)
			c.Delete(owner).Is(403)
			in.Post("/api/invitations", object{"email": "x@example.org", "role": "owner"}).Is(403)
			in.Post("/api/invitations", object{"email": "x@example.org", "role": "maintainer"}).Is(403)
			c.Post(team.Path("/ownership"), object{"user_id": heir}).Is(403)
			c.Post(team.Path("/ownership/accept"), nil).Is(404)
			a := in.Post("/api/invitations/batch", object{"invitations": []object{{"email": "x@example.org", "role": "owner"}, {"email": "y@example.org", "role": "maintainer"}}})
			if a.Status != 403 && (a.Status != 200 || len(a.JSON()["results"].([]any)) != 2) {
				t.Errorf("%s invites by the hundred: %d %s", role, a.Status, a.Body)
			}
		})
	}
	// The owner neither: there is one, and the organization is handed over.
	unchanged(t, w, func() {
		team.Owner.Patch(other, object{"role": "owner"}).Is(403)
		team.In(team.Owner).Post("/api/invitations", object{"email": "x@example.org", "role": "owner"}).Is(403)
	})
}

// TestG7_TheOwnerStays tries every way by which an organization could lose its owner.
func TestG7_TheOwnerStays(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	operator(w, "chief01", true, "admin")
	owner, admin := w.SignIn("founder"), w.SignIn("chief01")
	team := w.Found(owner, "acme")
	maintainer := team.Join("maint01", "maintainer")
	uid, at := owner.Get("/api/users/self").Int("id"), team.Member("founder")
	unchanged(t, w, func() {
		for _, role := range []string{"maintainer", "worker"} {
			owner.Patch(at, object{"role": role}).Is(403)
			maintainer.Patch(at, object{"role": role}).Is(403)
			admin.Patch(at, object{"role": role}).Is(409).Has("always has one owner")
		}
		owner.Delete(at).Is(403)
		maintainer.Delete(at).Is(403)
		admin.Delete(at).Is(409).Has("always has one owner")
		owner.Post("/api/users/self/deletion", nil).Is(409).Has(`"organizations":["acme"]`)
		owner.Delete(fmt.Sprint("/api/users/", uid)).Is(409)
		admin.Delete(fmt.Sprint("/api/users/", uid)).Is(409)
	})
	state(t, w, team.ID, uid)
	// With another owner they may go.
	admin.Patch(team.Member("maint01"), object{"role": "owner"}).Is(200)
	owner.Delete(at).Is(204)
	owner.Post("/api/users/self/deletion", nil).Is(200)
	state(t, w, team.ID, maintainer.Get("/api/users/self").Int("id"))
}

// TestG8_OneOwnerOfMany lets an administrator make two members the owner, and the
// owner's heir accept, at the same time: in the end one of them is.
func TestG8_OneOwnerOfMany(t *testing.T) {
	w, crowd := crowded(t, transferOn)
	w.Join("founder", "founder@example.org")
	operator(w, "chief01", true, "admin")
	admin, team := w.SignIn("chief01"), w.Found(w.SignIn("founder"), "acme")
	names := []string{"founder", "heir01", "heir02", "heir03"}
	clients, uids := map[string]*apptest.Client{"founder": team.Owner}, map[string]int64{}
	for _, n := range names {
		if n != "founder" {
			clients[n] = team.Join(n, "maintainer")
		}
		uids[n] = clients[n].Get("/api/users/self").Int("id")
	}
	now := "founder"
	for n := range schedules {
		clients[now].Post(team.Path("/ownership"), object{"user_id": uids[names[(n+1)%4]]})
		moves := []func() *apptest.Answer{func() *apptest.Answer { return clients[names[(n+1)%4]].Post(team.Path("/ownership/accept"), nil) }}
		for _, name := range names {
			to := team.Member(name)
			moves = append(moves, func() *apptest.Answer { return admin.Patch(to, object{"role": "owner"}) })
		}
		got := crowd.atOnce(t, moves...)
		if !slices.Contains(got, 200) {
			t.Fatalf("schedule %d: %v", n, got)
		}
		owned(t, w, team.ID)
		owners := 0
		for _, name := range names {
			if ownerIs(w, team.ID, uids[name]) {
				owners, now = owners+1, name
			}
		}
		if owners != 1 {
			t.Fatalf("schedule %d: %d owners", n, owners)
		}
	}
}

// TestG23_ZIT46999_TokensHoldNoRole takes a role, the membership and the account from
// somebody who holds an access token from before: the next request knows.
func TestG23_ZIT46999_TokensHoldNoRole(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	operator(w, "chief01", true, "admin")
	team := w.Found(w.SignIn("founder"), "acme")
	team.Join("member", "maintainer")
	h := map[string]*apptest.Client{}
	access, _ := tokens(w, "member")
	h["jwt"], h["cookie"] = bearer(w, access), w.SignIn("member")
	h["pat"] = bearer(w, h["cookie"].Post("/api/auth/access_tokens", object{"name": "robot", "read_only": false}).Is(201).String("value"))
	each := func(status int) {
		t.Helper()
		for kind, c := range h {
			if a := team.In(c).Get("/api/invitations"); a.Status != status && status != 403 {
				t.Errorf("%s: %d, want %d", kind, a.Status, status)
			}
			if a := c.Patch(team.Path(""), object{"name": "Acme"}); a.Status != status {
				t.Errorf("%s: %d, want %d", kind, a.Status, status)
			}
		}
	}
	each(200)
	at := team.Member("member")
	team.Owner.Patch(at, object{"role": "supervisor"}).Is(200)
	each(403)
	team.Owner.Patch(at, object{"role": "maintainer"}).Is(200)
	each(200)
	team.Owner.Delete(at).Is(204)
	each(404)
	uid := h["cookie"].Get("/api/users/self").Int("id")
	w.SignIn("chief01").Patch(fmt.Sprint("/api/users/", uid), object{"is_active": false}).Is(200)
	each(401)
}
