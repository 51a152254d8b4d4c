package faults

import (
	"fmt"

	"gatehouse/internal/apptest"
)

// A sign-in has no key: a client that does not hear of it signs in once more, and
// has two sessions. So it is with the mail about an unknown browser.
var (
	oneMoreSession = []string{"session "}
	oneMoreSignIn  = []string{"session ", "MAIL new-device", "mail-delivery "}
)

// oneMoreKey: the first key signs at once. A process whose clock is before that moment
// knows no key that signs yet, and makes another.
var oneMoreKey = []string{"signing-key "}

// leftLongAgo: the session that takes the place of another is told again for half a
// minute only: to a process whose clock is four minutes ahead that is over. To one
// whose clock is right it is not.
var leftLongAgo = []int{401}

// tokenOfTheFuture: a token that was issued more than a minute ahead of one's clock is
// not accepted, so a process that is four minutes behind refuses those just made.
var tokenOfTheFuture = []int{401}

var credentials = object{"username": "holder1", "password": apptest.Password}

func signupScenarios() []scenario {
	register := func(s *stage) request {
		return sending(nil, "POST", "/api/auth/register", apptest.Form("newcomer", "newcomer@example.org"))
	}
	verify := func(s *stage) request {
		s.Client().Post("/api/auth/register", apptest.Form("newcomer", "newcomer@example.org")).Is(201)
		return sending(nil, "POST", "/api/auth/verify-email", object{"key": s.key("newcomer@example.org", "confirm")})
	}
	atOnce := map[string]string{"GATEHOUSE_EMAIL_VERIFICATION": "none"}
	return []scenario{
		{route: "POST /api/auth/register", keyed: true, set: register},
		{route: "POST /api/auth/register", name: "without key", again: []int{400}, set: register},
		{route: "POST /api/auth/register", name: "at once", keyed: true, env: atOnce, set: register},
		{route: "POST /api/auth/register", name: "at once, without key", again: []int{400}, env: atOnce, set: register},
		{route: "POST /api/auth/register", name: "invited", keyed: true, set: func(s *stage) request {
			t, _ := s.team()
			f := apptest.Form("newcomer", "newcomer@example.org")
			f["invitation"] = t.Invite("newcomer@example.org", "worker")
			f["invitation_secret"] = t.Secret("newcomer@example.org")
			return sending(nil, "POST", "/api/auth/register", f)
		}},
		{route: "POST /api/auth/verify-email", keyed: true, set: verify},
		{route: "POST /api/auth/verify-email", name: "without key", again: []int{400}, set: verify},
		{route: "POST /api/auth/verify-email/resend", keyed: true, set: func(s *stage) request {
			s.Client().Post("/api/auth/register", apptest.Form("newcomer", "newcomer@example.org")).Is(201)
			s.Drain()
			return sending(nil, "POST", "/api/auth/verify-email/resend", object{"email": "newcomer@example.org"})
		}},
	}
}

func signInScenarios() []scenario {
	return []scenario{
		{route: "POST /api/auth/login", name: "first", extra: oneMoreSignIn, set: func(s *stage) request {
			s.user("holder1")
			return sending(nil, "POST", "/api/auth/login", credentials)
		}},
		{route: "POST /api/auth/login", name: "known browser", extra: oneMoreSession, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/login", credentials)
		}},
		{route: "POST /api/auth/logout", set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/logout", nil)
		}},
		{route: "POST /api/auth/token", extra: oneMoreSignIn, set: func(s *stage) request {
			s.user("holder1")
			return sending(nil, "POST", "/api/auth/token", credentials)
		}},
		{route: "POST /api/auth/token", name: "first key", young: true, extra: oneMoreSignIn, skewed: oneMoreKey, set: func(s *stage) request {
			s.user("holder1")
			return sending(nil, "POST", "/api/auth/token", credentials)
		}},
		// The successor of a refresh token is told again for half a minute only: to a
		// process whose clock is four minutes ahead a repetition comes from a thief.
		{route: "POST /api/auth/token/refresh", lapses: true, set: func(s *stage) request {
			s.user("holder1")
			_, refresh := s.bearer("holder1")
			return sending(nil, "POST", "/api/auth/token/refresh", object{"refresh_token": refresh})
		}},
		{route: "POST /api/auth/token/revoke", set: func(s *stage) request {
			s.user("holder1")
			_, refresh := s.bearer("holder1")
			return sending(nil, "POST", "/api/auth/token/revoke", object{"refresh_token": refresh})
		}},
		{route: "POST /api/auth/reauthenticate", refused: leftLongAgo, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/reauthenticate", object{"password": apptest.Password})
		}},
		{route: "POST /api/auth/reauthenticate", name: "bearer", refused: tokenOfTheFuture, set: func(s *stage) request {
			s.user("holder1")
			c, _ := s.bearer("holder1")
			return sending(c, "POST", "/api/auth/reauthenticate", object{"password": apptest.Password})
		}},
	}
}

func passwordScenarios() []scenario {
	change := object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}
	confirm := func(s *stage) request {
		uid, token := s.resetParts()
		return sending(nil, "POST", "/api/auth/password/reset/confirm", object{"uid": uid, "token": token, "new_password1": newPassword, "new_password2": newPassword})
	}
	return []scenario{
		{route: "POST /api/auth/password/reset", keyed: true, set: func(s *stage) request {
			s.user("holder1")
			return sending(nil, "POST", "/api/auth/password/reset", object{"email": "holder1@example.org"})
		}},
		{route: "POST /api/auth/password/reset/confirm", keyed: true, set: confirm},
		{route: "POST /api/auth/password/reset/confirm", name: "without key", again: []int{400}, set: confirm},
		{route: "POST /api/auth/password/change", keyed: true, refused: leftLongAgo, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/password/change", change)
		}},
		{route: "POST /api/auth/password/change", name: "bearer", keyed: true, refused: tokenOfTheFuture, set: func(s *stage) request {
			s.user("holder1")
			c, _ := s.bearer("holder1")
			return sending(c, "POST", "/api/auth/password/change", change)
		}},
	}
}

func addressScenarios() []scenario {
	confirm := func(s *stage) request {
		s.moved()
		return sending(nil, "POST", "/api/auth/email/confirm", object{"key": s.key("moved@example.org", "email-confirm")})
	}
	return []scenario{
		{route: "POST /api/auth/email", keyed: true, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/email", object{"email": "moved@example.org"})
		}},
		{route: "POST /api/auth/email/confirm", keyed: true, set: confirm},
		{route: "POST /api/auth/email/confirm", name: "without key", again: []int{400}, set: confirm},
		{route: "POST /api/auth/email/undo", keyed: true, set: func(s *stage) request {
			s.changed()
			return sending(nil, "POST", "/api/auth/email/undo", object{"key": s.key("holder1@example.org", "email-changed")})
		}},
		{route: "POST /api/users/self/deletion", again: []int{401}, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/users/self/deletion", nil)
		}},
		{route: "DELETE /api/users/self/deletion", keyed: true, set: func(s *stage) request {
			s.user("holder1").Post("/api/users/self/deletion", nil).Is(200)
			return sending(nil, "DELETE", "/api/users/self/deletion", object{"key": s.key("holder1@example.org", "deletion")})
		}},
		{route: "DELETE /api/users/{id}", again: []int{404}, set: func(s *stage) request {
			t, member := s.team()
			return sending(s.admin(), "DELETE", fmt.Sprint("/api/users/", s.id(t.In(member))), nil)
		}},
		{route: "DELETE /api/users/{id}", name: "oneself", again: []int{401}, set: func(s *stage) request {
			c := s.user("holder1")
			return sending(c, "DELETE", fmt.Sprint("/api/users/", s.id(c)), nil)
		}},
		{route: "PATCH /api/users/{id}", set: func(s *stage) request {
			_, member := s.team()
			return sending(s.admin(), "PATCH", fmt.Sprint("/api/users/", s.id(member)), object{"username": "renamed1", "first_name": "Grace", "email": "renamed1@example.org"})
		}},
	}
}

func sessionScenarios() []scenario {
	token := func(s *stage) (*apptest.Client, string) {
		c := s.user("holder1")
		return c, fmt.Sprint("/api/auth/access_tokens/", c.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201).Int("id"))
	}
	return []scenario{
		{route: "DELETE /api/auth/sessions", keyed: true, set: func(s *stage) request {
			s.user("holder1")
			return sending(s.SignIn("holder1"), "DELETE", "/api/auth/sessions", nil)
		}},
		{route: "DELETE /api/auth/sessions/{id}", again: []int{404}, set: func(s *stage) request {
			c := s.user("holder1")
			return sending(c, "DELETE", "/api/auth/sessions/"+s.other("holder1", c), nil)
		}},
		{route: "POST /api/auth/access_tokens", keyed: true, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/auth/access_tokens", object{"name": "robot"})
		}},
		{route: "PATCH /api/auth/access_tokens/{id}", set: func(s *stage) request {
			c, path := token(s)
			return sending(c, "PATCH", path, object{"name": "machine"})
		}},
		{route: "DELETE /api/auth/access_tokens/{id}", again: []int{404}, set: func(s *stage) request {
			c, path := token(s)
			return sending(c, "DELETE", path, nil)
		}},
	}
}

// other is the session of another sign-in of the account of c.
func (s *stage) other(name string, c *apptest.Client) string {
	s.Helper()
	s.SignIn(name)
	for _, v := range c.Get("/api/auth/sessions").Is(200).JSON()["results"].([]any) {
		if m := v.(object); m["current"] == false && m["kind"] == "cookie" {
			return m["id"].(string)
		}
	}
	s.Fatal("no other session")
	return ""
}
