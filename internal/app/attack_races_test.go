package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestH2_RegistrationAgainstInvitation registers the invited address by the invitation
// and without it, confirms, and accepts, all at once: one account has the address, and
// it is a member once.
func TestH2_RegistrationAgainstInvitation(t *testing.T) {
	w, crowd := crowded(t)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	for n := range schedules {
		team := w.Found(owner, fmt.Sprint("acme", n))
		email := fmt.Sprintf("guest%d@example.org", n)
		key := team.Invite(email, "worker")
		secret := team.Secret(email)
		w.Client().Post("/api/auth/register", apptest.Form(fmt.Sprint("plain", n), email)).Is(201)
		confirm := apptest.Key(w, w.Mail(email, "confirm").Links[0])
		invited := func(name string) func() *apptest.Answer {
			f := apptest.Form(name, email)
			f["invitation"], f["invitation_secret"] = key, secret
			return func() *apptest.Answer { return w.Client().Post("/api/auth/register", f) }
		}
		got := crowd.atOnce(t, invited(fmt.Sprint("first", n)), invited(fmt.Sprint("other", n)),
			func() *apptest.Answer { return w.Client().Post("/api/auth/verify-email", object{"key": confirm}) },
			func() *apptest.Answer {
				c := w.Client()
				if a := c.Post("/api/auth/login", object{"email": email, "password": apptest.Password}); a.Status != 200 {
					return a
				}
				return c.Post("/api/invitations/"+key+"/accept", nil)
			})
		made := 0
		for i, status := range got[:3] {
			if status == []int{201, 201, 200}[i] {
				made++
			}
		}
		if made != 1 {
			t.Errorf("schedule %d: %d accounts by %v", n, made, got)
		}
		c := w.Client()
		c.Post("/api/auth/login", object{"email": email, "password": apptest.Password}).Is(200)
		if a := c.Post("/api/invitations/"+key+"/accept", nil); a.Status != 200 && a.Status != 400 {
			t.Errorf("schedule %d: %d %s", n, a.Status, a.Body)
		}
		if m, o := balanced(w, team.ID); m != 2 || o != 0 {
			t.Errorf("schedule %d: %d members, %d invited", n, m, o)
		}
	}
	sound(t, w)
}

// TestH3_OneInvitationManyClicks accepts one invitation many times at once, as its
// invitee and as others: there is one membership and one row of it in the audit log.
func TestH3_OneInvitationManyClicks(t *testing.T) {
	w, crowd := crowded(t)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	w.Join("guest", "guest@example.org")
	w.Join("rival", "rival@example.org")
	guest, rival := w.SignIn("guest"), w.SignIn("rival")
	key := team.Invite("guest@example.org", "worker")
	var got map[string]int
	crowd.meet(func() {
		got = parallel(32, func(i int) string {
			c := guest
			if i%4 == 3 {
				c = rival
			}
			a := patient(func() *apptest.Answer { return c.Post("/api/invitations/"+key+"/accept", nil) })
			return fmt.Sprint(map[bool]string{true: "guest", false: "rival"}[c == guest], a.Status)
		})
	})
	if got["guest200"] != 1 || got["guest400"] != 23 || got["rival404"] != 8 {
		t.Errorf("answers %v", got)
	}
	if m, o := balanced(w, team.ID); m != 2 || o != 0 {
		t.Errorf("%d members, %d invited", m, o)
	}
	if n := strings.Count(team.Owner.Get(team.Path("/audit")).Is(200).Body, `"invitation.accept"`); n != 1 {
		t.Errorf("%d acceptances in the audit log", n)
	}
	sound(t, w)
}

// TestH7_ResetAgainstChange spends a reset link twice and changes the password in two
// sessions, at once: one of them sets the password, and every other session ends.
func TestH7_ResetAgainstChange(t *testing.T) {
	w, crowd := crowded(t)
	operator(w, "racer001", true)
	current := apptest.Password
	signIn := func() *apptest.Client {
		c := w.Client()
		c.Post("/api/auth/login", object{"username": "racer001", "password": current}).Is(200)
		return c
	}
	for n := range schedules {
		w.Client().Post("/api/auth/password/reset", object{"email": "racer001@example.com"}).Is(200)
		sessions := []*apptest.Client{signIn(), signIn(), signIn()}
		var moves []func() *apptest.Answer
		words := make([]string, 4)
		for i := range words {
			words[i] = fmt.Sprintf("%s %d %d", newPassword, n, i)
			if i < 2 {
				form := resetForm(w, "racer001@example.com", words[i])
				moves = append(moves, func() *apptest.Answer { return w.Client().Post("/api/auth/password/reset/confirm", form) })
				continue
			}
			form := object{"old_password": current, "new_password1": words[i], "new_password2": words[i]}
			moves = append(moves, func() *apptest.Answer { return sessions[i-2].Post("/api/auth/password/change", form) })
		}
		got, good := crowd.atOnce(t, moves...), 0
		for i, status := range got {
			if status == 200 {
				good++
				current = words[i]
			}
		}
		if good != 1 {
			t.Fatalf("schedule %d: %v", n, got)
		}
		for i, c := range sessions {
			want := 401
			if i < 2 && got[i+2] == 200 {
				want = 200 // whoever changed it stays
			}
			if a := c.Get("/api/users/self"); a.Status != want {
				t.Errorf("schedule %d: session %d gets %d after %v", n, i, a.Status, got)
			}
		}
		for i, word := range words {
			if a := w.Client().Post("/api/auth/login", object{"username": "racer001", "password": word}); (a.Status == 200) != (got[i] == 200) {
				t.Errorf("schedule %d: password %d of %v: %d", n, i, got, a.Status)
			}
		}
	}
	sound(t, w)
}

// TestH9_RevocationAgainstAcceptance takes an invitation back while the invitee
// accepts: it is gone, and either they are a member or they were told that it is not
// there. The audit log says which. Of what was accepted, only the memory can be taken.
func TestH9_RevocationAgainstAcceptance(t *testing.T) {
	w, crowd := crowded(t)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	w.Join("guest", "guest@example.org")
	guest := w.SignIn("guest")
	for n := range schedules {
		team := w.Found(owner, fmt.Sprint("acme", n))
		key := team.Invite("guest@example.org", "worker")
		got := crowd.atOnce(t,
			func() *apptest.Answer { return guest.Post("/api/invitations/"+key+"/accept", nil) },
			func() *apptest.Answer { return owner.Delete("/api/invitations/" + key) })
		members, open := balanced(w, team.ID)
		audit := owner.Get(team.Path("/audit")).Is(200).Body
		joined, deleted := strings.Count(audit, `"invitation.accept"`), strings.Count(audit, `"invitation.delete"`)
		want := []int{404, 204}
		inside := int64(0)
		if joined == 1 {
			want[0], inside = 200, 1
		}
		if !slices.Equal(got, want) || open != 0 || members != 1+inside || deleted != 1 {
			t.Errorf("schedule %d: %v, %d members, %d open, audit: %d accepted, %d deleted", n, got, members, open, joined, deleted)
		}
		owner.Get("/api/invitations/" + key).Is(404)
		guest.Post("/api/invitations/"+key+"/accept", nil).Is(404)
	}
	sound(t, w)
}
