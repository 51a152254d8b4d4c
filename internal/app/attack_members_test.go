package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// credentials are clients that act for somebody by each kind of credential.
func credentials(w *apptest.World, name string) map[string]*apptest.Client {
	w.Helper()
	access, _ := tokens(w, name)
	c := w.Client()
	key := c.Post("/api/auth/login", login(name)).Is(200).String("key")
	pat := c.Post("/api/auth/access_tokens", object{"name": "robot", "read_only": false}).Is(201).String("value")
	all := map[string]*apptest.Client{"cookie": c, "jwt": bearer(w, access), "pat": bearer(w, pat),
		"token": w.Client().With("Authorization", "Token "+key), "basic": w.Client().With("Authorization", basic(name, apptest.Password))}
	for _, c := range all {
		c.Get("/api/users/self").Is(200)
	}
	return all
}

// TestG15_FormerMembers reads an organization, after having been removed from it, by
// every kind of credential from before, by ids that are known, and with a cursor that
// was given out: it is not there any more.
func TestG15_FormerMembers(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	team.Join("member", "maintainer")
	key := team.Invite("guest@example.org", "worker")
	owner, own := team.Member("founder"), team.Member("member")
	known := credentials(w, "member")
	cursor := known["cookie"].Get(team.Path("/audit?page_size=1")).Is(200).String("next")
	team.Owner.Delete(own).Is(204)
	founder := fmt.Sprint("/api/users/", team.Owner.Get("/api/users/self").Int("id"))
	for kind, c := range known {
		unchanged(t, w, func() {
			for what, a := range map[string]*apptest.Answer{
				"organization": c.Get(team.Path("")), "audit": c.Get(team.Path("/audit")), "cursor": c.Get(team.Path("/audit?page_size=1&cursor=" + url.QueryEscape(cursor))),
				"members": team.In(c).Get("/api/memberships"), "by number": c.Get(fmt.Sprint("/api/memberships?org_id=", team.ID)), "people": team.In(c).Get("/api/users"),
				"invitations": team.In(c).Get("/api/invitations"), "invitation": c.Get("/api/invitations/" + key), "delivery": c.Get("/api/invitations/" + key + "/delivery"),
				"owner": c.Get(owner), "own membership": c.Get(own), "a person": team.In(c).Get(founder), "person alone": c.Get(founder), "self": team.In(c).Get("/api/users/self"),
				"change": c.Patch(team.Path(""), object{"name": "x"}), "invite": team.In(c).Post("/api/invitations", object{"email": "x@example.org", "role": "worker"}),
				"role": c.Patch(owner, object{"role": "worker"}), "check": team.In(c).Post("/api/permissions/check", object{"checks": []object{{"scope": "memberships:list"}}}),
			} {
				if a.Status != 404 || strings.Contains(a.Body, "guest@") {
					t.Errorf("%s by %s: %d %.200s", what, kind, a.Status, a.Body)
				}
			}
			c.Get("/api/organizations").Is(200).Has(`"count":0`)
			c.Get("/api/memberships").Is(200).Has(`"count":0`)
		})
		if kind != "pat" {
			if a := c.Get("/api/users/self/export"); strings.Contains(a.Body, "guest@") || strings.Contains(a.Body, "founder@") {
				t.Errorf("the export by %s: %s", kind, a.Body)
			}
		}
	}
}

// TestG21_AccessTokensAreNoWiderThanTheirMaker: an access token can what its maker can
// at that moment, or less; it makes no further tokens, and ends with the account.
func TestG21_AccessTokensAreNoWiderThanTheirMaker(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	operator(w, "chief01", true, "admin")
	team := w.Found(w.SignIn("founder"), "acme")
	c := team.Join("member", "maintainer")
	pat := func(readOnly bool) *apptest.Client {
		return bearer(w, c.Post("/api/auth/access_tokens", object{"name": "robot", "read_only": readOnly, "scopes": []string{"*"}, "owner": 1, "groups": []string{"admin"}}).Is(201).String("value"))
	}
	reads, writes := pat(true), pat(false)
	for _, robot := range []*apptest.Client{reads, writes} {
		robot.Get("/api/users/self").Is(200).Has(`"username":"member"`)
		unchanged(t, w, func() {
			for _, a := range []*apptest.Answer{
				robot.Post("/api/auth/access_tokens", object{"name": "more"}), robot.Post("/api/auth/email", object{"email": "x@example.org"}),
				robot.Post("/api/users/self/deletion", nil), robot.Delete("/api/auth/sessions"), robot.Patch(team.Member("founder"), object{"role": "worker"}),
				robot.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}),
				robot.Post("/api/auth/reauthenticate", object{"password": apptest.Password}), robot.Post(team.Path("/ownership/accept"), nil),
				robot.Get("/api/mails"), robot.Delete(team.Path("")),
			} {
				if a.Status != 403 && a.Status != 401 {
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
		})
	}
	unchanged(t, w, func() {
		reads.Patch(team.Path(""), object{"name": "x"}).Is(403)
		team.In(reads).Post("/api/invitations", object{"email": "x@example.org", "role": "worker"}).Is(403)
	})
	team.In(reads).Get("/api/memberships").Is(200)
	writes.Patch(team.Path(""), object{"name": "Robots"}).Is(200)
	at, uid := team.Member("member"), c.Get("/api/users/self").Int("id")
	team.Owner.Patch(at, object{"role": "worker"}).Is(200)
	writes.Patch(team.Path(""), object{"name": "x"}).Is(403)
	team.Owner.Delete(at).Is(204)
	writes.Get(team.Path("")).Is(404)
	admin := w.SignIn("chief01")
	admin.Patch(fmt.Sprint("/api/users/", uid), object{"is_active": false}).Is(200)
	admin.Patch(fmt.Sprint("/api/users/", uid), object{"is_active": true}).Is(200)
	for _, robot := range []*apptest.Client{reads, writes} {
		robot.Get("/api/users/self").Is(401)
	}
}

// TestG22_NobodyActsForAnother looks for a way by which an administrator would be
// somebody else, or could set their password: there is none.
func TestG22_NobodyActsForAnother(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	admin := h.admin()
	uid := fmt.Sprint(h.uid)
	for _, name := range []string{"X-User", "X-User-Id", "X-Remote-User", "Remote-User", "X-Forwarded-User", "Impersonate-User", "X-Impersonate", "X-Sudo", "Sudo", "X-Act-As", "X-Amzn-Oidc-Identity"} {
		for _, v := range []string{uid, "holder01"} {
			admin.With(name, v).Get("/api/users/self").Is(200).Has(`"username":"chief01"`)
			w.Client().With(name, v).Get("/api/users/self").Is(401)
		}
	}
	for _, q := range []string{"user=", "user_id=", "as=", "sudo=", "uid=", "impersonate="} {
		admin.Get("/api/users/self?" + q + uid).Is(200).Has(`"username":"chief01"`)
	}
	unchanged(t, w, func() {
		for _, name := range []string{"password", "password1", "new_password1", "hash", "key", "sessions", "epoch"} {
			admin.Patch("/api/users/"+uid, object{name: newPassword}).Is(403)
		}
		admin.Post("/api/auth/password/change", object{"user_id": h.uid, "username": "holder01", "old_password": "wrong", "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		admin.Post("/api/auth/reauthenticate", object{"password": apptest.Password, "user_id": h.uid}).Is(400)
		w.Client().Post("/api/auth/login", object{"username": "holder01", "password": newPassword, "admin": true}).Is(400)
		admin.Delete("/api/auth/sessions/" + h.session).Is(404)
	})
	token := admin.Post("/api/auth/access_tokens", object{"name": "robot", "owner": h.uid, "user_id": h.uid}).Is(201).Has(`"username":"chief01"`)
	bearer(w, token.String("value")).Get("/api/users/self").Is(200).Has(`"username":"chief01"`)
	for _, route := range routes(t, "/", "GET", "POST", "PATCH", "PUT", "DELETE") {
		for _, word := range []string{"impersonat", "sudo", "act-as", "masquerade", "assume"} {
			if strings.Contains(route, word) {
				t.Errorf("%s lets somebody act for another; it needs a right, a notice and an audit row of its own", route)
			}
		}
	}
	w.SignIn("holder01")
}
