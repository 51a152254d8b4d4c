package main

import (
	"fmt"
	"testing"

	"gatehouse/internal/apptest"
)

// TestSetPlan gives workspaces plans beside a running server, which takes note at once.
func TestSetPlan(t *testing.T) {
	t.Parallel()
	s := serving(t, "GATEHOUSE_BILLING=simulated")
	s.join("grace.hopper", "grace@example.com")
	c := s.signIn("grace.hopper", apptest.Password)
	org := c.Post("/api/organizations", map[string]any{"slug": "acme"}).Is(201).Int("id")
	in := c.With("X-Organization", "acme")
	project := func(c *apptest.Client) *apptest.Answer {
		return c.Post("/api/projects", map[string]any{"name": "Streets"})
	}
	project(c).Is(201)
	project(in).Is(201)
	project(c).Is(403).Has("limit_reached")
	project(in).Is(403).Has("limit_reached")

	s.admin("", "set-plan", "--user", "grace@example.com", "--plan", "solo").is(t, 0, "done")
	project(c).Is(201)
	project(in).Is(403).Has("limit_reached")
	s.admin("", "set-plan", "--org", "acme", "--plan", "team", "--seats", "3").is(t, 0, "done")
	project(in).Is(201)
	for n := range 2 {
		in.Post("/api/invitations", map[string]any{"email": fmt.Sprintf("guest%d@example.com", n), "role": "worker"}).Is(201)
	}
	in.Post("/api/invitations", map[string]any{"email": "last@example.com", "role": "worker"}).Is(400).Has("All 3 seats")
	in.Get(fmt.Sprintf("/api/organizations/%d/audit?action=plan.assign", org)).Is(200).Has(`"team"`)
	s.admin("", "set-plan", "--org", "acme", "--plan", "free").is(t, 0, "done")
	project(in).Is(403).Has("over_limit")

	s.admin("", "set-plan", "--org", "acme", "--plan", "solo").is(t, 1, `plan "solo": expected free, team`)
	s.admin("", "set-plan", "--user", "grace.hopper", "--plan", "team").is(t, 1, `plan "team": expected free, solo`)
	s.admin("", "set-plan", "--user", "grace.hopper", "--plan", "solo", "--seats", "2").is(t, 1, "seats 2")
	s.admin("", "set-plan", "--org", "acme", "--plan", "free", "--seats", "9").is(t, 1, "seats 9", "free has 2")
	s.admin("", "set-plan", "--org", "acme", "--plan", "team", "--seats", "-2").is(t, 1, "seats -2")
	s.admin("", "set-plan", "--org", "nowhere", "--plan", "team").is(t, 1, `organization "nowhere"`)
	s.admin("", "set-plan", "--user", "nobody", "--plan", "solo").is(t, 1, `there is no account "nobody"`)
	s.admin("", "set-plan", "--plan", "solo").is(t, 1, "expected one of them")
	s.env = nil
	s.admin("", "set-plan", "--org", "acme", "--plan", "team").is(t, 1, "GATEHOUSE_BILLING is off")
}
