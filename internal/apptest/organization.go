package apptest

import (
	"fmt"
	"regexp"
)

// Team is an organization with somebody in it.
type Team struct {
	w     *World
	Slug  string
	ID    int64
	Owner *Client
}

// Found makes an organization that belongs to the user of c.
func (w *World) Found(c *Client, slug string) *Team {
	w.Helper()
	a := c.Post("/api/organizations", map[string]any{"slug": slug, "name": "The " + slug}).Is(201)
	return &Team{w, slug, a.Int("id"), c}
}

// In is a client whose requests name the organization.
func (t *Team) In(c *Client) *Client { return c.With("X-Organization", t.Slug) }

// Invite invites an address and gives the key of the invitation.
func (t *Team) Invite(email, role string) string {
	t.w.Helper()
	return t.In(t.Owner).Post("/api/invitations", map[string]any{"email": email, "role": role}).Is(201).String("key")
}

// Join brings somebody new into the organization: their account, invited and
// accepted. The address is <name>@example.org.
func (t *Team) Join(name, role string) *Client {
	t.w.Helper()
	email := name + "@example.org"
	t.w.Join(name, email)
	c := t.w.SignIn(name)
	t.Add(c, email, role)
	return c
}

// Add brings somebody who has an account into the organization.
func (t *Team) Add(c *Client, email, role string) {
	t.w.Helper()
	c.Post("/api/invitations/"+t.Invite(email, role)+"/accept", nil).Is(200)
}

// Membership is the id of somebody's membership.
func (t *Team) Membership(name string) int64 {
	t.w.Helper()
	a := t.In(t.Owner).Get(fmt.Sprintf("/api/memberships?user=%s", name)).Is(200)
	list, _ := a.JSON()["results"].([]any)
	if len(list) != 1 {
		t.w.Fatalf("%d memberships of %s: %s", len(list), name, a.Body)
	}
	return int64(list[0].(map[string]any)["id"].(float64))
}

// Member is the address of somebody's membership.
func (t *Team) Member(name string) string {
	t.w.Helper()
	return fmt.Sprintf("/api/memberships/%d", t.Membership(name))
}

// Path is an address below that of the organization.
func (t *Team) Path(rest string) string { return fmt.Sprintf("/api/organizations/%d%s", t.ID, rest) }

var mailed = regexp.MustCompile(`[?&]t=([^&"\s]+)`)

// Secret is what the newest invitation that went to an address proves it with.
func (t *Team) Secret(email string) string {
	t.w.Helper()
	m := t.w.Mail(email, "invitation")
	for _, l := range m.Links {
		if s := mailed.FindStringSubmatch(l); s != nil {
			return s[1]
		}
	}
	t.w.Fatalf("no secret in %v", m.Links)
	return ""
}

// Team is an organization that was made otherwise, in this world.
func (w *World) Team(t *Team) *Team { return &Team{w, t.Slug, t.ID, t.Owner} }
