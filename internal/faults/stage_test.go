package faults

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/gateway"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

type object = map[string]any

const newPassword = "violet anchor 91 turbine"

// stage is the installation that a scenario sets up.
type stage struct {
	*apptest.World
	change []func(*app.Parts)
}

// prepare runs the set-up of a scenario and keeps what it leaves.
func prepare(t testing.TB, c scenario) *base {
	t.Helper()
	items := storetest.NewMemory()
	opts := []apptest.Option{apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on"),
		apptest.Driver(func(store.Driver) store.Driver { return items })}
	for name, value := range c.env {
		opts = append(opts, apptest.Env(name, value))
	}
	s := &stage{World: apptest.New(t, opts...)}
	if !c.young {
		s.Sweep("rotate-keys")
		s.Clock.Add(time.Hour) // so that the key signs by any clock
	}
	r := c.set(s)
	if !c.waits {
		s.Drain() // so that what is left to chain is what the request adds
	}
	s.Clock.Add(time.Second) // so that nothing is of the same moment
	if c.keyed {
		r.header = map[string]string{"Idempotency-Key": "once-and-for-all"}
	}
	if r.media == "" {
		r.media = "application/json"
	}
	b := &base{World: s.World, items: items, now: s.Clock.Now(), jar: jarOf(r.from), request: r, change: s.change, make: app.Functions()}
	if strings.HasPrefix(c.route, "POST /auth/") {
		r.header = map[string]string{"Origin": s.URL}
		b.request = r
	}
	if c.bugs != nil {
		c.bugs(b)
	}
	return b
}

// user makes an account with a confirmed address, and signs it in.
func (s *stage) user(name string, groups ...string) *apptest.Client {
	s.Helper()
	if groups == nil {
		groups = []string{"user"}
	}
	active := true
	_, err := s.Accounts.CreateUser(s.Context(), account.NewUser{Username: name, Email: name + "@example.org", First: "Ada", Last: "Byron",
		Groups: groups, Active: &active, Password: apptest.Password})
	if err != nil {
		s.Fatal(err)
	}
	return s.SignIn(name)
}

func (s *stage) id(c *apptest.Client) int64 { return c.Get("/api/users/self").Is(200).Int("id") }

func (s *stage) admin() *apptest.Client { return s.user("operator1", "admin") }

// team is an organization of owner1 with a member.
func (s *stage) team() (t *apptest.Team, member *apptest.Client) {
	s.Helper()
	t = s.Found(s.user("owner1"), "acme")
	member = s.user("member1")
	t.Add(member, "member1@example.org", "worker")
	return t, member
}

// invited is an open invitation of somebody who has an account.
func (s *stage) invited() (t *apptest.Team, guest *apptest.Client, key string) {
	s.Helper()
	t, _ = s.team()
	return t, s.user("guest1"), t.Invite("guest1@example.org", "worker")
}

// bearer is a client with an access token.
func (s *stage) bearer(name string) (c *apptest.Client, refresh string) {
	s.Helper()
	a := s.Client().Post("/api/auth/token", object{"username": name, "password": apptest.Password}).Is(200)
	return s.Client().With("Authorization", "Bearer "+a.String("access_token")), a.String("refresh_token")
}

// link is the first link of the newest mail of a kind, as a path.
func (s *stage) link(email, kind string) string {
	s.Helper()
	return strings.TrimPrefix(s.Mail(email, kind).Links[0], s.URL)
}

func (s *stage) key(email, kind string) string {
	s.Helper()
	return apptest.Key(s.World, s.Mail(email, kind).Links[0])
}

// opened is a client that has followed a link of a mail.
func (s *stage) opened(c *apptest.Client, link string) *apptest.Client {
	s.Helper()
	if c == nil {
		c = s.Client()
	}
	c.Get(link).Is(303)
	return c
}

// moved asks for another address.
func (s *stage) moved() (c *apptest.Client) {
	s.Helper()
	c = s.user("holder1")
	c.Post("/api/auth/email", object{"email": "moved@example.org"}).Is(200)
	return c
}

// changed has another address.
func (s *stage) changed() (c *apptest.Client) {
	s.Helper()
	c = s.moved()
	s.Client().Post("/api/auth/email/confirm", object{"key": s.key("moved@example.org", "email-confirm")}).Is(200)
	return c
}

// resetParts are the parts of a reset link.
func (s *stage) resetParts() (uid, token string) {
	s.Helper()
	s.user("holder1")
	s.Client().Post("/api/auth/password/reset", object{"email": "holder1@example.org"}).Is(200)
	u, err := url.Parse(s.Mail("holder1@example.org", "reset").Links[0])
	if err != nil {
		s.Fatal(err)
	}
	return u.Query().Get("uid"), u.Query().Get("token")
}

// sending is a request with JSON.
func sending(c *apptest.Client, method, path string, body any) request {
	r := request{from: c, method: method, path: path}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			panic(err) // bodies are plain
		}
		r.body = string(b)
	}
	return r
}

// form is a page's form as a browser posts it.
func form(c *apptest.Client, path string, fields map[string]string) request {
	return request{from: c, method: "POST", path: path, body: encoded(fields), media: "application/x-www-form-urlencoded"}
}

// event is the input of a function behind no route.
func event(function, input string) request { return request{invoke: function, body: input} }

// handlers are all routes, schedules and streams of what is deployed.
func handlers(table *gateway.Table) (all []string) {
	for _, r := range table.Routes {
		all = append(all, r.Key)
	}
	for _, s := range table.Schedules {
		all = append(all, fmt.Sprintf("%s %s", s.Function, s.Input))
	}
	for _, s := range table.Streams {
		all = append(all, s.Function+" stream")
	}
	return all
}
