package app_test

import "gatehouse/internal/apptest"

// links are the forms behind the links of mails.
func (s *scene) links() []operation {
	behind := func(name, path, link string) operation {
		return s.form(name, s.opened(nil, s.keys[link]), path, nil)
	}
	passwords := map[string]string{"new_password1": newPassword, "new_password2": newPassword}
	return []operation{
		behind("page: confirm", "/auth/verify", "newcomer1 link"),
		s.form("page: confirmation again", s.Client(), "/auth/verify/resend", map[string]string{"email": "newcomer1@example.org"}),
		behind("page: change address", "/auth/email/confirm", "change link"),
		behind("page: undo address", "/auth/email/undo", "undo link"),
		behind("page: come back", "/auth/deletion/cancel", "return link"),
		s.form("page: ask for a reset", s.Client(), "/auth/password/reset", map[string]string{"email": "second1@example.org"}),
		s.form("page: reset", s.opened(nil, s.keys["reset link"]), "/auth/password/reset/confirm", passwords),
	}
}

// forms are those of the other pages.
func (s *scene) forms() []operation {
	answer := func(name, how string) operation {
		c := s.opened(s.clients["pending"], s.keys["open link"])
		return s.form(name, c, "/auth/invitation", map[string]string{"invitation": s.keys["open"], "answer": how})
	}
	offer := func(name, who, how string) operation {
		return s.form(name, s.clients[who], "/auth/organization", map[string]string{"org": "acme", "offer": s.offer(who), "answer": how, "password": apptest.Password})
	}
	newcomer := map[string]string{"username": "newcomer4", "first_name": "Ada", "invitation": s.keys["unknown"], "password1": newPassword, "password2": newPassword}
	fresh := map[string]string{"username": "fresh1", "email": "fresh1@example.org", "password1": newPassword, "password2": newPassword}
	holder := s.clients["holder"]
	return []operation{
		s.form("page: sign in", s.Client(), "/auth/login", map[string]string{"username": "holder1", "password": apptest.Password}),
		s.form("page: sign out", holder, "/auth/logout", nil),
		s.form("page: register", s.Client(), "/auth/register", fresh),
		s.form("page: register, invited", s.opened(nil, s.keys["unknown link"]), "/auth/register", newcomer),
		s.form("page: end one", holder, "/auth/sessions/end", map[string]string{"id": s.keys["elsewhere"]}),
		s.form("page: end others", holder, "/auth/sessions/end-others", nil),
		answer("page: accept", "accept"),
		answer("page: decline", "decline"),
		offer("page: take over", "maintainer", "accept"),
		offer("page: refuse the offer", "maintainer", "decline"),
		offer("page: withdraw the offer", "owner", "withdraw"),
	}
}
