package app_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/store/storetest"
)

// TestC2_KC18963_NoOtherWay sets a new password by every way but the mailed secret,
// before and after a reset was asked for, and with the page of another link open.
func TestC2_KC18963_NoOtherWay(t *testing.T) {
	w := apptest.New(t, limitsOff)
	uid := operator(w, "victim01", true)
	operator(w, "attack01", true)
	pair := object{"new_password1": newPassword, "new_password2": newPassword}
	with := func(more object) object {
		for k, v := range pair {
			more[k] = v
		}
		return more
	}
	for _, asked := range []bool{false, true} {
		id := resetName(uid)
		if asked {
			w.Client().Post("/api/auth/password/reset", object{"email": "victim01@example.com"}).Is(200)
			form := resetForm(w, "victim01@example.com", newPassword)
			if form["uid"] != id {
				t.Fatalf("the link names %v, want %s", form["uid"], id)
			}
		}
		own := askReset(w, "attack01@example.com")
		before := w.Dump()
		for _, token := range []any{nil, "", " ", "0", "null", true, []any{}, object{}, own["token"], id, strings.Repeat("A", 43), strings.Repeat("A", 200)} {
			for _, uid := range []any{id, strings.ToUpper(id), "0" + id, fmt.Sprint(uid), "victim01", "victim01@example.com"} {
				a := confirmReset(w, with(object{"uid": uid, "token": token}))
				if a.Status != 400 {
					t.Errorf("uid %v, token %v: %d %s", uid, token, a.Status, a.Body)
				}
			}
		}
		for _, path := range []string{"/api/auth/password/change", "/api/auth/reauthenticate"} {
			w.Client().Post(path, with(object{"old_password": "", "password": "", "uid": id})).Is(401)
		}
		w.Client().Patch(fmt.Sprint("/api/users/", uid), object{"password": newPassword}).Is(401)
		w.SignIn("attack01").Patch(fmt.Sprint("/api/users/", uid), object{"password": newPassword}).Is(404)
		after := w.Client()
		form(after, w, "/auth/password/reset/confirm", "new_password1", newPassword, "new_password2", newPassword, "uid", id, "token", "x").Is(400)
		after.Get("/auth/password/reset/confirm?uid=" + id + "&token=x").Is(303)
		form(after, w, "/auth/password/reset/confirm", "new_password1", newPassword, "new_password2", newPassword).Is(400)
		for _, flow := range []string{"", "reset", "reset " + id, "reset " + id + ".", "asked victim01@example.com", "notice reset.done", "verify " + id + "." + own["token"].(string)} {
			c := w.Client().With("Cookie", "gh_flow="+strings.ReplaceAll(flow, " ", "%20"))
			form(c, w, "/auth/password/reset/confirm", "new_password1", newPassword, "new_password2", newPassword).Is(400)
		}
		w.Client().Post("/api/auth/login", object{"username": "victim01", "password": newPassword}).Is(400)
		w.SignIn("victim01")
		if got, want := credentialsIn(w.Dump()), credentialsIn(before); !slices.Equal(got, want) {
			t.Errorf("a stored password changed:\n%s\n%s", got, want)
		}
	}
}

// credentialsIn are the rows of stored passwords in a dump.
func credentialsIn(dump string) (rows []string) {
	for line := range strings.Lines(dump) {
		if strings.Contains(line, " credential/") {
			rows = append(rows, line)
		}
	}
	return rows
}

// TestC10_ResetEndsEverythingAtOnce resets the password of an account whose every
// credential somebody else has: they end in the transaction that sets it.
func TestC10_ResetEndsEverythingAtOnce(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	mine, other := frozen(h.mine, w), frozen(h.other, w)
	form := askReset(w, "holder01@example.com")
	w.Recorder.Reset()
	confirmReset(w, form).Is(200)
	writes := 0
	for _, c := range w.Recorder.Calls() {
		if c.Name == storetest.TransactCall {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("%d transactions", writes)
	}
	if got := h.accepted(mine, other); len(got) != 0 {
		t.Errorf("still accepted: %v", got)
	}
	w.Mail("holder01@example.com", "password-reset")
	w.Client().Post("/api/auth/login", object{"username": "holder01", "password": newPassword}).Is(200)
}

// TestC11_PreHijackOfAnInvitation registers an invited address first, in every mode.
// Whoever has the mail of the invitation gets the address, and whoever came before
// has nothing of it.
func TestC11_PreHijackOfAnInvitation(t *testing.T) {
	for _, mode := range []string{"mandatory", "optional"} {
		w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", mode))
		operator(w, "founder1", true)
		team := w.Found(w.SignIn("founder1"), "acme")
		f := apptest.Form("attack01", "victim@example.com")
		f["password1"], f["password2"] = newPassword, newPassword
		thief := w.Client()
		thief.Post("/api/auth/register", f).Is(201)
		key := team.Invite("victim@example.com", "worker")
		if a := thief.Post("/api/invitations/"+key+"/accept", nil); a.Status < 400 {
			t.Errorf("%s: accepted without a proof of the address: %s", mode, a.Body)
		}
		g := apptest.Form("victim01", "victim@example.com")
		g["invitation"] = key
		w.Client().Post("/api/auth/register", g).Is(400).Has("invitation") // the key alone proves nothing
		g["invitation_secret"] = strings.Repeat("A", len(team.Secret("victim@example.com")))
		w.Client().Post("/api/auth/register", g).Is(400).Has("invitation")
		g["invitation_secret"] = team.Secret("victim@example.com")
		w.Client().Post("/api/auth/register", g).Is(201)
		w.SignIn("victim@example.com").Get("/api/users/self").Is(200).Has(`"username":"victim01"`)
		w.Client().Post("/api/auth/login", object{"email": "victim@example.com", "password": newPassword}).Is(400)
		if a := thief.Get("/api/users/self"); a.Status == 200 && !strings.Contains(a.Body, `"email":""`) {
			t.Errorf("%s: %s", mode, a.Body)
		}
		if a := thief.With("X-Organization", "acme").Get("/api/memberships"); a.Status < 400 {
			t.Errorf("%s: the earlier registration is in the organization", mode)
		}
		if mode == "mandatory" {
			planted := apptest.Key(w, w.Mail("victim@example.com", "confirm").Links[0])
			w.Client().Post("/api/auth/verify-email", withKey(planted)).Is(400)
		}
	}
}

// TestC15_ZIT119128_FirstPassword: an account without a password gets its first one
// by the mailed secret, and by nothing else.
func TestC15_ZIT119128_FirstPassword(t *testing.T) {
	a := newAbroad(t, true)
	foreign := a.oidc.Mint(object{"email": "abroad01@example.com", "preferred_username": "abroad01"})
	a.who(foreign)
	uid, err := a.Accounts.CreateUser(a.Context(), account.NewUser{Username: "bare0001", Email: "bare0001@example.com", Groups: []string{"user"}})
	if err != nil {
		t.Fatal(err)
	}
	before := a.Dump()
	me := bearer(a.World, foreign)
	id := me.Get("/api/users/self").Is(200).Int("id")
	for _, old := range []any{"", nil, " ", "!", newPassword, "not the password"} {
		me.Post("/api/auth/password/change", object{"old_password": old, "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		for _, n := range []string{"abroad01", "bare0001", "bare0001@example.com"} {
			a.Client().Post("/api/auth/login", object{"username": n, "password": old}).Is(400)
			pw, _ := old.(string)
			a.Client().With("Authorization", basic(n, pw)).Get("/api/users/self").Is(401)
		}
	}
	me.Post("/api/auth/reauthenticate", object{"password": newPassword}).Is(403)
	me.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(403)
	me.Patch(fmt.Sprint("/api/users/", id), object{"password": newPassword}).Is(403)
	a.Client().Patch(fmt.Sprint("/api/users/", uid), object{"password": newPassword}).Is(401)
	f := apptest.Form("bare0001", "bare0001@example.com")
	a.Client().Post("/api/auth/register", f).Is(400).Has("already exists")
	if a.Dump() != before {
		t.Error("the store changed")
	}
	for _, n := range []string{"abroad01", "bare0001"} {
		resetPassword(a.World, n+"@example.com", newPassword).Is(200)
		a.Client().Post("/api/auth/login", object{"username": n, "password": newPassword}).Is(200)
	}
}

// TestC16_ZIT109371_HalfSignedIn tries every change with what somebody has who has
// not given all that a sign-in asks for.
func TestC16_ZIT109371_HalfSignedIn(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	h := hold(w, "holder01")
	h.found()
	pendingClient := w.Client()
	pendingClient.Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	pendingClient.Post("/api/auth/login", object{"username": "newbie01", "password": apptest.Password}).Is(400).Has("email_not_verified")
	opened := w.Client() // has opened the link of a reset, and not used it
	w.Client().Post("/api/auth/password/reset", object{"email": "holder01@example.com"}).Is(200)
	opened.Get(strings.TrimPrefix(w.Mail("holder01@example.com", "reset").Links[0], w.URL)).Is(303)
	failed := w.Client()
	guess(failed, "holder01").Is(400)
	device := w.Client().With("Cookie", "gh_device="+h.mine.Cookie("gh_device")+"; csrftoken="+h.mine.Cookie("csrftoken")).With("X-CSRFToken", h.mine.Cookie("csrftoken"))
	half := map[string]*apptest.Client{"unconfirmed": pendingClient, "reset link opened": opened, "wrong password": failed, "known browser": device,
		"unconfirmed, Basic": w.Client().With("Authorization", basic("newbie01", apptest.Password))}
	private := append(routes(t, "/api/users", "PATCH", "DELETE", "POST"), routes(t, "/api/auth/", "PATCH", "DELETE", "POST")...)
	before := w.Dump()
	tried := 0
	for _, c := range changes(h) {
		method, path, _ := strings.Cut(c.route, " ")
		if c.target != "" {
			path = c.target
		}
		if !slices.Contains(private, c.route) && !strings.Contains(c.route, "organizations") || isOpen(t, c.route) {
			continue
		}
		tried++
		for name, client := range half {
			if a := client.Do(method, path, c.body); a.Status != 401 {
				t.Errorf("%s, %s: %d %s", name, c.route, a.Status, a.Body)
			}
		}
	}
	if w.Dump() != before || tried < 15 {
		t.Errorf("the store changed, or no more than %d routes were tried", tried)
	}
	w.Clock.Add(6 * time.Minute) // the password was given too long ago
	h.mine.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(403).Has("reauth_required")
}

// isOpen reports whether anyone may call a route.
func isOpen(t *testing.T, route string) bool {
	t.Helper()
	b, err := os.ReadFile("routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(b), "anyone  "+route+" ")
}

// resetName is how the link of a reset names an account.
func resetName(uid int64) string { return strconv.FormatInt(uid, 36) }
