package faults

import (
	"fmt"
	"maps"
	"strings"

	"gatehouse/internal/apptest"
)

// reading is the scenario of any route that is read: the same for all of them, as
// an administrator who is in an organization and has one of everything.
func reading(route string) scenario {
	return scenario{route: route, set: func(s *stage) request {
		c := s.admin()
		t := s.Found(c, "acme")
		key := t.Invite("guest1@example.org", "worker")
		token := c.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
		work := s.content(t, c, s.id(c))
		s.Drain()
		ids := map[string]any{"/api/auth/access_tokens/": token.JSON()["id"], "/api/memberships/": t.Membership("operator1"),
			"/api/organizations/": t.ID, "/api/users/": s.id(c)}
		path := strings.NewReplacer("{key}", key, "{file}", "style.css").Replace(strings.TrimPrefix(route, "GET "))
		maps.Copy(ids, work)
		for below, id := range ids {
			if rest, ok := strings.CutPrefix(path, below+"{id}"); ok {
				path = below + fmt.Sprint(int64(number(id))) + rest
			}
		}
		switch path {
		case "/api/projects", "/api/tasks", "/api/jobs", "/api/cloudstorages":
			c = t.In(c)
		case "/api/auth/access_tokens/self":
			c = s.Client().With("Authorization", "Bearer "+token.String("value"))
			c.Get("/api/users/self").Is(200) // notes the first use
		case "/auth/organization":
			path += "?org=acme"
		case "/auth/login", "/auth/register", "/auth/invitation", "/auth/verify", "/auth/password/reset/confirm", "/auth/email/confirm", "/auth/email/undo", "/auth/deletion/cancel":
			c, path = s.landing(path)
		case "/api/auth/username":
			path += "?email=somebody@example.org"
		}
		return sending(c, "GET", path, nil)
	}}
}

func number(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	n, _ := v.(float64)
	return n
}

// landing is the page that a mail leads to, for whoever has followed the link.
func (s *stage) landing(path string) (*apptest.Client, string) {
	c := s.Client()
	for page, flow := range map[string]string{"/auth/verify": "?key=a.b", "/auth/email/confirm": "?key=a.b", "/auth/email/undo": "?key=a.b",
		"/auth/deletion/cancel": "?key=a.b", "/auth/password/reset/confirm": "?uid=1&token=b"} {
		if page == path {
			s.opened(c, path+flow)
		}
	}
	if path == "/auth/invitation" {
		s.opened(c, s.link("guest1@example.org", "invitation"))
	}
	return c, path
}
