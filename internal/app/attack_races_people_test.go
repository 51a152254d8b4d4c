package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestH11_ErasureAgainstEverything deletes people, by themselves and by an
// administrator, while everything else happens to them. When the sweep is through, no
// row leads to somebody who is not there.
func TestH11_ErasureAgainstEverything(t *testing.T) {
	w, crowd := crowded(t, transferOn)
	w.Join("founder", "founder@example.org")
	operator(w, "chief01", true, "admin")
	owner, admin := w.SignIn("founder"), w.SignIn("chief01")
	team, other := w.Found(owner, "acme"), w.Found(owner, "other")
	for n := range schedules {
		name := fmt.Sprint("leaver", n)
		c := team.Join(name, "maintainer")
		uid, at, email := c.Get("/api/users/self").Int("id"), team.Member(name), name+"@example.org"
		key := other.Invite(email, "worker")
		session, refresh := tokens(w, name)
		user := fmt.Sprint("/api/users/", uid)
		w.Client().Post("/api/auth/password/reset", object{"email": email}).Is(200)
		reset := resetForm(w, email, newPassword)
		gone := func() *apptest.Answer { return c.Post("/api/users/self/deletion", nil) }
		if n%2 == 0 {
			gone = func() *apptest.Answer { return admin.Delete(user) }
		}
		crowd.atOnce(t, gone,
			func() *apptest.Answer { return c.Post("/api/invitations/"+key+"/accept", nil) },
			func() *apptest.Answer { return owner.Patch(at, object{"role": "worker"}) },
			func() *apptest.Answer { return owner.Delete(at) },
			func() *apptest.Answer { return inviteRacer(team, c, n) },
			func() *apptest.Answer { return owner.Post(team.Path("/ownership"), object{"user_id": uid}) },
			func() *apptest.Answer {
				return c.Patch(user, object{"username": fmt.Sprint("renamed", n), "first_name": "Eve"})
			},
			func() *apptest.Answer { return c.Post("/api/auth/access_tokens", object{"name": "robot"}) },
			func() *apptest.Answer {
				return bearer(w, session).Post("/api/auth/email", object{"email": "to-" + email})
			},
			func() *apptest.Answer {
				return w.Client().Post("/api/auth/token/refresh", object{"refresh_token": refresh})
			},
			func() *apptest.Answer { return w.Client().Post("/api/auth/password/reset/confirm", reset) },
			func() *apptest.Answer { return w.Client().Post("/api/auth/login", login(name)) },
			func() *apptest.Answer {
				return w.Client().Post("/api/auth/register", apptest.Form(fmt.Sprint("heir", n), email))
			})
		balanced(w, team.ID)
		admin.Delete(user) // should a reset have kept them from leaving
	}
	sound(t, w)
	w.Drain()
	w.Clock.Add(31 * 24 * time.Hour)
	w.Sweep("erase")
	w.Sweep("organizations")
	w.Drain()
	sound(t, w)
	chief := w.SignIn("chief01")
	for n := range schedules {
		for _, name := range []string{fmt.Sprint("leaver", n), fmt.Sprint("renamed", n)} {
			chief.Get("/api/users?username=" + name).Is(200).Has(`"count":0`)
			chief.Get("/api/memberships?user=" + name).Is(200).Has(`"count":0`)
		}
	}
}

// TestH12_NamesAreOfOneEach lets two people swap their names, take each other's and
// the same third one, at once: every name leads to one of them, the one who shows it.
func TestH12_NamesAreOfOneEach(t *testing.T) {
	w, crowd := crowded(t)
	var clients []*apptest.Client
	var paths []string
	for i := range 3 {
		name := fmt.Sprint("racer00", i)
		paths = append(paths, fmt.Sprint("/api/users/", operator(w, name, true)))
		clients = append(clients, w.SignIn(name))
	}
	name := func(i int) string { return clients[i].Get("/api/users/self").Is(200).String("username") }
	for n := range schedules {
		free := fmt.Sprint("free", n)
		a, b := name(0), name(1)
		rename := func(i int, to string) func() *apptest.Answer {
			return func() *apptest.Answer { return clients[i].Patch(paths[i], object{"username": to}) }
		}
		crowd.atOnce(t, rename(0, b), rename(1, a), rename(0, free), rename(1, strings.ToUpper(free)), rename(2, a), rename(2, b), rename(2, free))
		seen := map[string]bool{}
		for i, c := range clients {
			key := strings.ToLower(name(i))
			if seen[key] {
				t.Fatalf("schedule %d: two are called %s", n, key)
			}
			seen[key] = true
			if got := w.SignIn(name(i)).Get("/api/users/self").Int("id"); got != c.Get("/api/users/self").Int("id") {
				t.Errorf("schedule %d: the name %s leads to somebody else", n, key)
			}
		}
	}
	clients[0].Patch(paths[0], object{"username": strings.ToUpper(name(1))}).Is(400)
	sound(t, w)
}
