package faults

import (
	"net/url"
	"regexp"

	"gatehouse/internal/apptest"
)

// Forms carry a number of their own, which is their key; those without one are
// sent again as they are.

func linkScenarios() []scenario {
	spend := func(c *apptest.Client, path string) request {
		return form(c, path, map[string]string{"once": "form-number"})
	}
	return []scenario{
		{route: "POST /auth/verify", keyed: true, set: func(s *stage) request {
			s.Client().Post("/api/auth/register", apptest.Form("newcomer", "newcomer@example.org")).Is(201)
			return spend(s.opened(nil, s.link("newcomer@example.org", "confirm")), "/auth/verify")
		}},
		{route: "POST /auth/verify/resend", set: func(s *stage) request {
			s.Client().Post("/api/auth/register", apptest.Form("newcomer", "newcomer@example.org")).Is(201)
			s.Drain()
			return form(s.Client(), "/auth/verify/resend", map[string]string{"email": "newcomer@example.org"})
		}, extra: []string{"MAIL confirm", "mail-delivery "}},
		{route: "POST /auth/email/confirm", keyed: true, set: func(s *stage) request {
			return spend(s.opened(s.moved(), s.link("moved@example.org", "email-confirm")), "/auth/email/confirm")
		}},
		{route: "POST /auth/email/undo", keyed: true, set: func(s *stage) request {
			s.changed()
			return spend(s.opened(nil, s.link("holder1@example.org", "email-changed")), "/auth/email/undo")
		}},
		{route: "POST /auth/deletion/cancel", keyed: true, set: func(s *stage) request {
			s.user("holder1").Post("/api/users/self/deletion", nil).Is(200)
			return spend(s.opened(nil, s.link("holder1@example.org", "deletion")), "/auth/deletion/cancel")
		}},
		{route: "POST /auth/password/reset", set: func(s *stage) request {
			s.user("holder1")
			return form(s.Client(), "/auth/password/reset", map[string]string{"email": "holder1@example.org"})
		}, extra: []string{"MAIL reset", "mail-delivery "}},
		{route: "POST /auth/password/reset/confirm", keyed: true, set: func(s *stage) request {
			uid, token := s.resetParts()
			c := s.opened(nil, "/auth/password/reset/confirm?"+url.Values{"uid": {uid}, "token": {token}}.Encode())
			return form(c, "/auth/password/reset/confirm", map[string]string{"once": "form-number", "new_password1": newPassword, "new_password2": newPassword})
		}},
	}
}

func signInPageScenarios() []scenario {
	return []scenario{
		{route: "POST /auth/login", extra: oneMoreSignIn, set: func(s *stage) request {
			s.user("holder1")
			return form(s.Client(), "/auth/login", map[string]string{"username": "holder1", "password": apptest.Password})
		}},
		{route: "POST /auth/logout", set: func(s *stage) request { return form(s.user("holder1"), "/auth/logout", nil) }},
		{route: "POST /auth/register", keyed: true, set: func(s *stage) request {
			return form(s.Client(), "/auth/register", map[string]string{"once": "form-number", "username": "newcomer", "email": "newcomer@example.org",
				"password1": newPassword, "password2": newPassword})
		}},
		{route: "POST /auth/register", keyed: true, name: "invited", set: func(s *stage) request {
			t, _ := s.team()
			key := t.Invite("newcomer@example.org", "worker")
			c := s.opened(nil, s.link("newcomer@example.org", "invitation"))
			return form(c, "/auth/register", map[string]string{"once": "form-number", "invitation": key, "username": "newcomer", "first_name": "Ada",
				"password1": newPassword, "password2": newPassword})
		}},
		{route: "POST /auth/sessions/end", set: func(s *stage) request {
			c := s.user("holder1")
			return form(c, "/auth/sessions/end", map[string]string{"id": s.other("holder1", c)})
		}},
		{route: "POST /auth/sessions/end-others", keyed: true, set: func(s *stage) request {
			s.user("holder1")
			return form(s.SignIn("holder1"), "/auth/sessions/end-others", map[string]string{"once": "form-number"})
		}},
	}
}

var offerOf = regexp.MustCompile(`name="offer" value="([^"]+)"`)

func organizationPageScenarios() []scenario {
	answer := func(how string) func(s *stage) request {
		return func(s *stage) request {
			_, guest, key := s.invited()
			s.opened(guest, s.link("guest1@example.org", "invitation"))
			return form(guest, "/auth/invitation", map[string]string{"once": "form-number", "invitation": key, "answer": how})
		}
	}
	offer := func(how string, by func(t *apptest.Team, member *apptest.Client) *apptest.Client) func(s *stage) request {
		return func(s *stage) request {
			t, member := s.team()
			t.Owner.Post(t.Path("/ownership"), object{"user_id": s.id(member)}).Is(200)
			c := by(t, member)
			page := c.Get("/auth/organization?org=acme").Is(200).Body
			mark := offerOf.FindStringSubmatch(page)
			if mark == nil {
				s.Fatalf("no offer in %s", page)
			}
			return form(c, "/auth/organization", map[string]string{"once": "form-number", "org": "acme", "offer": mark[1], "answer": how, "password": apptest.Password})
		}
	}
	heir := func(_ *apptest.Team, member *apptest.Client) *apptest.Client { return member }
	return []scenario{
		{route: "POST /auth/invitation", keyed: true, name: "accept", set: answer("accept")},
		{route: "POST /auth/invitation", keyed: true, name: "decline", set: answer("decline")},
		{route: "POST /auth/organization", name: "accept", keyed: true, set: offer("accept", heir)},
		{route: "POST /auth/organization", name: "decline", set: offer("decline", heir)},
		{route: "POST /auth/organization", name: "withdraw", set: offer("withdraw", func(t *apptest.Team, _ *apptest.Client) *apptest.Client { return t.Owner })},
	}
}
