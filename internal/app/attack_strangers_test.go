package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestG4_WhatMembersDoNotSee lets a worker and a supervisor ask for what is the
// staff's: the audit log, who is invited, and what became of the mails.
func TestG4_WhatMembersDoNotSee(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	worker, supervisor := team.Join("worker1", "worker"), team.Join("visor01", "supervisor")
	key := team.Invite("guest@example.org", "worker")
	invited := team.Member("guest@example.org")
	for _, c := range []*apptest.Client{worker, supervisor} {
		in := team.In(c)
		var seen strings.Builder
		for _, a := range []*apptest.Answer{
			c.Get(team.Path("/audit")).Is(403), c.Get("/api/invitations/" + key).Is(403), c.Get("/api/invitations/" + key + "/delivery").Is(403),
			c.Get(invited).Is(403), in.Get("/api/invitations?page_size=all").Is(200), in.Get("/api/memberships?page_size=all").Is(200),
			c.Get("/api/invitations?page_size=all").Is(200), in.Get("/api/memberships?user=guest@example.org").Is(200).Has(`"count":0`),
			in.Get("/api/users?search=guest").Is(200), c.Get("/api/mails?to=guest@example.org").Is(403), c.Get(team.Path("")).Is(200),
		} {
			seen.WriteString(a.Body)
		}
		for _, secret := range []string{"guest@example.org", key, team.Secret("guest@example.org"), "invitation.create"} {
			if strings.Contains(seen.String(), secret) {
				t.Errorf("a member sees %s", secret)
			}
		}
	}
}

// TestG19_NobodyGetsInByAnID walks the ids around those of organizations, memberships
// and people, which are numbers that grow: to a stranger all are as if not there.
func TestG19_NobodyGetsInByAnID(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	w.Join("mallory", "mallory@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	team.Join("worker1", "worker")
	mallory := w.SignIn("mallory")
	uid := team.Owner.Get("/api/users/self").Int("id")
	for path, id := range map[string]int64{"/api/organizations/": team.ID, "/api/memberships/": team.Membership("worker1"), "/api/users/": uid} {
		none := mallory.Get(path + "4503599627370495").Is(404).Body
		for d := int64(-40); d <= 40; d++ {
			at := fmt.Sprint(path, id+d)
			if strings.Contains(mallory.Get("/api/users/self").Body, fmt.Sprintf(`"id":%d,`, id+d)) {
				continue // their own
			}
			mallory.Get(at).Is(404).Says(none)
			mallory.Patch(at, object{}).Is(404)
			mallory.Delete(at).Is(404)
		}
	}
	seen := map[string]bool{}
	for i := range 50 {
		key := team.Invite(fmt.Sprintf("guest%d@example.org", i), "worker")
		if len(key) != 64 || seen[key[:32]] || seen[key[32:]] {
			t.Errorf("key %q", key)
		}
		seen[key[:32]], seen[key[32:]] = true, true
		mallory.Get("/api/invitations/" + key).Is(404)
	}
}
