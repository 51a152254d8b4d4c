package app_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// scene is the installation that all orders begin with: an organization with
// somebody in every relation to it, what they work on, and one seat to give, another, the
// remains of a third, and everything that an account can have open at a time.
type scene struct {
	*apptest.World
	t      *testing.T
	items  *storetest.Memory
	words  map[string]bool      // of what the scene has in store
	living map[store.Key]string // lines of what is alive there
	mortal map[store.Key]bool   // what dies with an epoch

	acme, rival *apptest.Team
	all         []operation
	clients     map[string]*apptest.Client
	keys        map[string]string // secrets, and ids that are no numbers
	ids         map[string]int64
}

// setScene makes the scene. What expired, or is due, was made a month before the rest.
func setScene(t *testing.T) *scene {
	t.Helper()
	items := storetest.NewMemory()
	w := apptest.New(t, limitsOff, transferOn, apptest.Driver(func(store.Driver) store.Driver { return items }))
	s := &scene{World: w, t: t, items: items, clients: map[string]*apptest.Client{}, keys: map[string]string{}, ids: map[string]int64{}}
	s.monthBefore()
	s.Drain()
	s.Clock.Add(2 * 24 * time.Hour)
	s.Sweep("rotate-keys")
	s.Clock.Add(29 * 24 * time.Hour)
	s.people()
	s.holder()
	s.newcomers()
	s.remains()
	s.setWork()
	m, o := balanced(w, s.acme.ID)
	limitSeats(w, s.acme.ID, m+o+1)
	s.Drain()
	s.Drain() // the events of the first
	s.Clock.Add(time.Second)
	s.clients["outsider"].Post("/api/auth/email", object{"email": "outsider2@example.org"}).Is(200) // a mail and an event that wait
	s.Clock.Add(time.Second)                                                                        // so that nothing is of the same moment
	s.forgetMarkers()
	s.words, s.living, s.mortal = map[string]bool{}, map[store.Key]string{}, map[store.Key]bool{}
	for _, it := range items.All() {
		addWords(s.words, line(it))
		if alive(items, it) {
			s.living[it.Key] = line(it)
		}
		switch it.Kind {
		case session.Sessions.Name, session.AccessTokens.Name, account.Rows.Tickets.Name:
			s.mortal[it.Key] = true
		}
	}
	return s
}

// forgetMarkers removes what tells whether a transaction was done, as if an hour had gone.
func (s *scene) forgetMarkers() {
	s.Helper()
	for _, it := range s.items.All() {
		if !strings.HasPrefix(it.PK, "TX#") {
			continue
		}
		if err := s.items.Transact(s.Context(), store.Tx{Ops: []store.Op{store.Delete(it.Key, store.Always)}}); err != nil {
			s.Fatal(err)
		}
	}
}

// account makes an account with a confirmed address, and signs it in as name.
func (s *scene) account(name, username string, groups ...string) *apptest.Client {
	s.Helper()
	if groups == nil {
		groups = []string{"user"}
	}
	active := true
	if _, err := s.Accounts.CreateUser(s.Context(), account.NewUser{Username: username, Email: username + "@example.org", First: "Ada", Last: "Byron",
		Groups: groups, Active: &active, Password: apptest.Password}); err != nil {
		s.Fatal(err)
	}
	s.clients[name] = s.SignIn(username)
	s.ids["user "+name] = s.clients[name].Get("/api/users/self").Is(200).Int("id")
	return s.clients[name]
}

// monthBefore makes an organization with an invitation that expires and somebody
// who asks to be deleted.
func (s *scene) monthBefore() {
	s.acme = s.Found(s.account("owner", "owner1"), "acme")
	s.keys["expired"] = s.acme.Invite("expired1@example.org", "worker")
	leaver := s.account("leaver", "leaver1")
	s.acme.Add(leaver, "leaver1@example.org", "worker")
	leaver.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
	leaver.Post("/api/users/self/deletion", nil).Is(200)
	s.keys["late"] = s.key("leaver1@example.org", "deletion")
}

// people makes the members, those invited and those outside.
func (s *scene) people() {
	s.clients["owner"] = s.SignIn("owner1")
	s.acme.Owner = s.clients["owner"]
	s.account("admin", "chief1", "admin")
	s.account("outsider", "outsider1")
	for _, role := range []string{"maintainer", "supervisor", "worker"} {
		s.acme.Add(s.account(role, role+"1"), role+"1@example.org", role)
		s.ids[role] = s.acme.Membership(role + "1")
	}
	s.rival = s.Found(s.account("rival", "rival1"), "rival")
	s.account("pending", "pending1")
	s.keys["open"] = s.acme.Invite("pending1@example.org", "worker")
	s.keys["open link"] = s.link("pending1@example.org", "invitation")
	s.ids["pending"] = s.acme.Membership("pending1@example.org")
	s.keys["unknown"] = s.acme.Invite("newcomer1@example.org", "worker")
	s.keys["unknown secret"] = s.acme.Secret("newcomer1@example.org")
	s.keys["unknown link"] = s.link("newcomer1@example.org", "invitation")
	s.acme.Owner.Post(s.acme.Path("/ownership"), object{"user_id": s.ids["user maintainer"]}).Is(200)
	s.account("returner", "returner1").Post("/api/users/self/deletion", nil).Is(200)
	s.keys["return"] = s.key("returner1@example.org", "deletion")
	s.keys["return link"] = s.link("returner1@example.org", "deletion")
}

// holder is a worker who has everything: two sessions, a chain of bearer tokens, an
// access token, a change of address that can be undone and another to confirm, a
// reset to confirm, and an invitation by another organization.
func (s *scene) holder() {
	c := s.account("holder", "holder1")
	s.acme.Add(c, "holder1@example.org", "worker")
	s.ids["holder"] = s.acme.Membership("holder1")
	c.Post("/api/auth/email", object{"email": "second1@example.org"}).Is(200)
	s.Client().Post("/api/auth/email/confirm", object{"key": s.key("second1@example.org", "email-confirm")}).Is(200)
	s.keys["undo"], s.keys["undo link"] = s.key("holder1@example.org", "email-changed"), s.link("holder1@example.org", "email-changed")
	c = s.SignIn("holder1")
	s.clients["holder"] = c
	s.keys["rival's"] = s.rival.Invite("second1@example.org", "worker")
	c.Post("/api/auth/email", object{"email": "moved1@example.org"}).Is(200)
	s.keys["change"], s.keys["change link"] = s.key("moved1@example.org", "email-confirm"), s.link("moved1@example.org", "email-confirm")
	c.Post("/api/auth/password/reset", object{"email": "second1@example.org"}).Is(200)
	s.keys["reset link"] = s.link("second1@example.org", "reset")
	if u, err := url.Parse(s.keys["reset link"]); err == nil {
		s.keys["reset uid"], s.keys["reset token"] = u.Query().Get("uid"), u.Query().Get("token")
	}
	token := c.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
	s.ids["token"] = token.Int("id")
	s.clients["robot"] = s.Client().With("Authorization", "Bearer "+token.String("value"))
	a := s.Client().Post("/api/auth/token", object{"username": "holder1", "password": apptest.Password}).Is(200)
	s.keys["refresh"] = a.String("refresh_token")
	s.clients["bearer"] = s.Client().With("Authorization", "Bearer "+a.String("access_token"))
	s.clients["holder elsewhere"] = s.SignIn("holder1")
	for _, v := range s.clients["holder elsewhere"].Get("/api/auth/sessions").Is(200).JSON()["results"].([]any) {
		if m := v.(object); m["current"] == true {
			s.keys["elsewhere"] = m["id"].(string)
		}
	}
}

// newcomers are two who register with the one address that is also invited.
func (s *scene) newcomers() {
	for _, name := range []string{"newcomer1", "newcomer2"} {
		s.Client().Post("/api/auth/register", apptest.Form(name, "newcomer1@example.org")).Is(201)
		s.keys[name] = s.key("newcomer1@example.org", "confirm")
		s.keys[name+" link"] = s.link("newcomer1@example.org", "confirm")
	}
}

// remains are those of an organization that is deleted: a member and an invitation.
func (s *scene) remains() {
	gone := s.Found(s.clients["rival"], "gone")
	gone.Add(s.clients["worker"], "worker1@example.org", "worker")
	gone.Invite("outsider1@example.org", "worker")
	s.clients["rival"].Delete(gone.Path("")).Is(204)
}

// link is the first link of the newest mail of a kind, as a path.
func (s *scene) link(email, kind string) string {
	s.Helper()
	return strings.TrimPrefix(s.Mail(email, kind).Links[0], s.URL)
}

func (s *scene) key(email, kind string) string {
	s.Helper()
	return apptest.Key(s.World, s.Mail(email, kind).Links[0])
}

// opened is a client that has followed a link of a mail: c, or somebody unknown.
func (s *scene) opened(c *apptest.Client, link string) *apptest.Client {
	s.Helper()
	if c == nil {
		c = s.Client()
	}
	c.Get(link).Is(303)
	return c
}

var offerMark = regexp.MustCompile(`name="offer" value="([^"]+)"`)

// offer is what the page of the organization says of the offer that stands.
func (s *scene) offer(who string) string {
	s.Helper()
	page := s.clients[who].Get("/auth/organization?org=acme").Is(200).Body
	mark := offerMark.FindStringSubmatch(page)
	if mark == nil {
		s.Fatalf("no offer in %s", page)
	}
	return mark[1]
}
