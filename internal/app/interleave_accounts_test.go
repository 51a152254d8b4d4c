package app_test

import (
	"fmt"

	"gatehouse/internal/apptest"
)

var (
	signedUp = object{"username": "holder1", "password": apptest.Password}
	renewed  = object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}
)

// signUps are those of people without an account.
func (s *scene) signUps() []operation {
	register := func(name, username, email string) operation {
		return s.json(name, "", "POST /api/auth/register", "/api/auth/register", apptest.Form(username, email))
	}
	verify := func(name, who string) operation {
		return s.json(name, "", "POST /api/auth/verify-email", "/api/auth/verify-email", object{"key": s.keys[who]})
	}
	invited := apptest.Form("newcomer3", "newcomer1@example.org")
	invited["invitation"], invited["invitation_secret"] = s.keys["unknown"], s.keys["unknown secret"]
	return []operation{
		register("register", "fresh1", "fresh1@example.org"),
		keyed(register("register", "fresh1", "fresh1@example.org")),
		register("register, same name", "fresh1", "fresh2@example.org"),
		register("register, same address", "fresh3", "FRESH1@example.org"),
		register("register, wanted name", "wanted1", "wanted1@example.org"),
		s.json("register, invited", "", "POST /api/auth/register", "/api/auth/register", invited),
		verify("confirm", "newcomer1"),
		verify("confirm, same address", "newcomer2"),
		s.json("confirmation again", "", "POST /api/auth/verify-email/resend", "/api/auth/verify-email/resend", object{"email": "newcomer1@example.org"}),
	}
}

// signIns are those that make and end sessions.
func (s *scene) signIns() []operation {
	return []operation{
		s.json("sign in", "", "POST /api/auth/login", "/api/auth/login", signedUp),
		s.json("sign in, known browser", "holder", "POST /api/auth/login", "/api/auth/login", signedUp),
		s.json("sign in for tokens", "", "POST /api/auth/token", "/api/auth/token", signedUp),
		s.json("refresh", "", "POST /api/auth/token/refresh", "/api/auth/token/refresh", object{"refresh_token": s.keys["refresh"]}),
		s.json("revoke", "", "POST /api/auth/token/revoke", "/api/auth/token/revoke", object{"refresh_token": s.keys["refresh"]}),
		s.json("sign out", "holder", "POST /api/auth/logout", "/api/auth/logout", nil),
		s.json("sign out, bearer", "bearer", "POST /api/auth/logout", "/api/auth/logout", nil),
		s.json("password once more", "holder", "POST /api/auth/reauthenticate", "/api/auth/reauthenticate", object{"password": apptest.Password}),
		s.json("end others", "holder", "DELETE /api/auth/sessions", "/api/auth/sessions", nil),
		s.json("end one", "holder", "DELETE /api/auth/sessions/{id}", "/api/auth/sessions/"+s.keys["elsewhere"], nil),
		s.json("end oneself", "holder elsewhere", "DELETE /api/auth/sessions/{id}", "/api/auth/sessions/"+s.keys["elsewhere"], nil),
	}
}

// credentials are those of passwords, addresses and access tokens.
func (s *scene) credentials() []operation {
	token := fmt.Sprint("/api/auth/access_tokens/", s.ids["token"])
	key := func(name, route, key string) operation {
		return s.json(name, "", "POST "+route, route, object{"key": s.keys[key]})
	}
	return []operation{
		s.json("change password", "holder", "POST /api/auth/password/change", "/api/auth/password/change", renewed),
		s.json("change password, elsewhere", "bearer", "POST /api/auth/password/change", "/api/auth/password/change", renewed),
		s.json("ask for a reset", "", "POST /api/auth/password/reset", "/api/auth/password/reset", object{"email": "second1@example.org"}),
		s.json("reset", "", "POST /api/auth/password/reset/confirm", "/api/auth/password/reset/confirm",
			object{"uid": s.keys["reset uid"], "token": s.keys["reset token"], "new_password1": newPassword, "new_password2": newPassword}),
		s.json("ask for an address", "holder", "POST /api/auth/email", "/api/auth/email", object{"email": "third1@example.org"}),
		key("change address", "/api/auth/email/confirm", "change"),
		key("undo address", "/api/auth/email/undo", "undo"),
		s.json("make token", "holder", "POST /api/auth/access_tokens", "/api/auth/access_tokens", object{"name": "machine"}),
		s.json("make token, elsewhere", "holder elsewhere", "POST /api/auth/access_tokens", "/api/auth/access_tokens", object{"name": "engine"}),
		s.json("change token", "holder", "PATCH /api/auth/access_tokens/{id}", token, object{"name": "engine"}),
		s.json("revoke token", "holder elsewhere", "DELETE /api/auth/access_tokens/{id}", token, nil),
		s.json("call by token", "robot", "POST /api/permissions/check", "/api/permissions/check", object{"checks": []object{{"scope": "organizations:list"}}}),
		s.in(s.json("check permissions", "holder", "POST /api/permissions/check", "/api/permissions/check", object{"checks": []object{{"scope": "memberships:list"}}})),
	}
}

// accounts are those that change or end accounts.
func (s *scene) accounts() []operation {
	patch := func(name, who, whose string, body object) operation {
		return s.json(name, who, "PATCH /api/users/{id}", fmt.Sprint("/api/users/", s.ids["user "+whose]), body)
	}
	end := func(name, who, whose string) operation {
		return s.json(name, who, "DELETE /api/users/{id}", fmt.Sprint("/api/users/", s.ids["user "+whose]), nil)
	}
	leave := func(name, who string) operation {
		return s.json(name, who, "POST /api/users/self/deletion", "/api/users/self/deletion", nil)
	}
	back := func(name, key string) operation {
		return s.json(name, "", "DELETE /api/users/self/deletion", "/api/users/self/deletion", object{"key": s.keys[key]})
	}
	return []operation{
		patch("rename oneself", "holder", "holder", object{"username": "wanted1"}),
		patch("outsider is renamed", "outsider", "outsider", object{"username": "wanted1"}),
		patch("take the outsider's name", "admin", "holder", object{"username": "outsider1"}),
		patch("other first name", "holder", "holder", object{"first_name": "Grace"}),
		patch("owner's first name", "owner", "owner", object{"first_name": "Grace"}),
		patch("admin changes address", "admin", "holder", object{"email": "moved1@example.org"}),
		patch("admin disables", "admin", "holder", object{"is_active": false}),
		patch("admin enables", "admin", "returner", object{"is_active": true}),
		patch("admin disables the maintainer", "admin", "maintainer", object{"is_active": false}),
		patch("admin disables the invited", "admin", "pending", object{"is_active": false}),
		patch("admin changes groups", "admin", "holder", object{"groups": []string{"admin"}}),
		end("admin deletes", "admin", "holder"),
		end("admin deletes the invited", "admin", "pending"),
		end("admin deletes the maintainer", "admin", "maintainer"),
		end("admin deletes the returner", "admin", "returner"),
		end("delete oneself", "holder", "holder"),
		leave("account ends", "holder"),
		leave("owner's account ends", "owner"),
		leave("maintainer's account ends", "maintainer"),
		leave("invited's account ends", "pending"),
		leave("outsider's account ends", "outsider"),
		back("come back", "return"),
		back("come back late", "late"),
	}
}
