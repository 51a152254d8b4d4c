package app_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// TestEventOfASignIn: a sign-in that is refused has one event, on every way in.
func TestEventOfASignIn(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	operator(w, "block001", false)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	for _, p := range []struct{ name, pw, event string }{
		{"holder01", "not the password", "sign_in_failed"},
		{"nobody01", "not the password", "sign_in_failed"},
		{"nobody01@example.com", "not the password", "sign_in_failed"},
		{"block001", apptest.Password, "sign_in_failed"},
		{"newbie01", apptest.Password, "sign_in_unverified"},
		{"newbie01@example.com", apptest.Password, "sign_in_unverified"},
	} {
		for _, r := range []refusal{
			{"login", post(w.Client(), "/api/auth/login", object{"username": p.name, "password": p.pw}), 400, p.event},
			{"token", post(w.Client(), "/api/auth/token", object{"username": p.name, "password": p.pw}), 400, p.event},
			{"basic", send(w.Client().With("Authorization", basic(p.name, p.pw)), "GET", "/api/users/self", nil), 401, p.event},
			{"page", submit(w, w.Client(), "/auth/login", "username", p.name, "password", p.pw), 400, p.event},
		} {
			r.name += " of " + p.name
			r.check(t, w)
		}
	}
	for _, r := range []refusal{
		{"no password", post(w.Client(), "/api/auth/login", object{"username": "holder01"}), 400, ""},
		{"no password at the page", submit(w, w.Client(), "/auth/login", "username", "holder01", "password", ""), 400, ""},
		{"the right one", post(w.Client(), "/api/auth/login", login("holder01")), 200, ""},
		{"the right one at the page", submit(w, w.Client(), "/auth/login", "username", "holder01", "password", apptest.Password), 303, ""},
	} {
		r.check(t, w)
	}
}

// TestEventOfAPassword: so has a wrong password of somebody who has signed in.
func TestEventOfAPassword(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	change := func(old, new1, new2 string) object {
		return object{"old_password": old, "new_password1": new1, "new_password2": new2}
	}
	left := frozen(c, w)
	c.Post("/api/auth/reauthenticate", object{"password": apptest.Password}).Is(200)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	heir := team.Join("heir01", "worker")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": heir.Get("/api/users/self").Int("id")}).Is(200)
	offer := regexp.MustCompile(`name="offer" value="([^"]+)"`).FindStringSubmatch(heir.Get("/auth/organization?org=acme").Is(200).Body)
	if offer == nil {
		t.Fatal("the page shows no offer")
	}
	for _, r := range []refusal{
		{"reauthenticate", post(c, "/api/auth/reauthenticate", object{"password": "not the password"}), 400, "password_wrong"},
		{"reauthenticate, left session", post(left, "/api/auth/reauthenticate", object{"password": "not the password"}), 401, "password_wrong"},
		{"change", post(c, "/api/auth/password/change", change("not the password", newPassword, newPassword)), 400, "password_wrong"},
		{"page of an offer", submit(w, heir, "/auth/organization", "org", "acme", "offer", offer[1], "answer", "accept", "password", "not the password"), 400, "password_wrong"},
		{"reauthenticate with nothing", post(c, "/api/auth/reauthenticate", object{}), 400, ""},
		{"two that differ", post(c, "/api/auth/password/change", change(apptest.Password, newPassword, otherPassword)), 400, ""},
		{"a weak one", post(c, "/api/auth/password/change", change(apptest.Password, "password", "password")), 400, ""},
		{"page of an offer, right", submit(w, heir, "/auth/organization", "org", "acme", "offer", offer[1], "answer", "accept", "password", apptest.Password), 303, ""},
	} {
		r.check(t, w)
	}
}

// TestEventOfALink: and the secret of a mail that is spent or made up, at the API and
// at its page.
func TestEventOfALink(t *testing.T) {
	w := apptest.New(t, limitsOff)
	pages := map[string]string{"confirm": "/auth/verify", "email-confirm": "/auth/email/confirm", "email-changed": "/auth/email/undo",
		"deletion": "/auth/deletion/cancel", "reset": "/auth/password/reset/confirm"}
	for kind, link := range mailLinks(w) {
		bad := strings.Replace(link, secretIn(w, link), strings.Repeat("x", 43), 1)
		again := func() *apptest.Answer { return use(w, kind, link) }
		all := []refusal{
			{kind + ", made up", func() *apptest.Answer { return use(w, kind, bad) }, 400, "link_refused"},
			{kind + ", good", again, 200, ""},
			{kind + ", spent", again, 400, "link_refused"},
		}
		pair := []string{"new_password1", newPassword, "new_password2", newPassword}
		if page := pages[kind]; page != "" {
			all = append(all, refusal{kind + ", made up, at the page", follows(w, bad, page, pair...), 400, "link_refused"},
				refusal{kind + ", spent, at the page", follows(w, link, page, pair...), 400, "link_refused"},
				refusal{kind + ", no link at the page", submit(w, w.Client(), page, pair...), 400, ""})
		}
		for _, r := range all {
			r.check(t, w)
		}
	}
	operator(w, "forgot02", true)
	w.Client().Post("/api/auth/password/reset", object{"email": "forgot02@example.com"}).Is(200)
	weak := resetForm(w, "forgot02@example.com", "password")
	refusal{"a weak password by a good link", post(w.Client(), "/api/auth/password/reset/confirm", weak), 400, ""}.check(t, w)
	weak["uid"] = "-"
	refusal{"a made up account", post(w.Client(), "/api/auth/password/reset/confirm", weak), 400, "link_refused"}.check(t, w)
}

// TestEventOfAnInvitation: the page that shows an invitation tells of a bad link too.
func TestEventOfAnInvitation(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "founder1", true)
	w.Found(w.SignIn("founder1"), "acme").Invite("guest@example.com", "worker")
	u, err := url.Parse(w.Mail("guest@example.com", "invitation").Links[0])
	if err != nil {
		t.Fatal(err)
	}
	show := func(path string) func() *apptest.Answer {
		c := w.Client()
		c.Get(path).Is(303)
		return send(c, "GET", "/auth/invitation", nil)
	}
	q := u.Query()
	good := u.RequestURI()
	q.Set("t", strings.Repeat("x", len(q.Get("t"))))
	for _, r := range []refusal{
		{"good", show(good), 200, ""},
		{"made up", show(u.Path + "?" + q.Encode()), 400, "link_refused"},
		{"no link", send(w.Client(), "GET", "/auth/invitation", nil), 400, ""},
	} {
		r.check(t, w)
	}
}

// TestEventOfACredential: refresh tokens and all other credentials.
func TestEventOfACredential(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	_, first := tokens(w, "holder01")
	renewed := func(token string) func() *apptest.Answer {
		return func() *apptest.Answer { return renew(w, token) }
	}
	second := renew(w, first).Is(200).String("refresh_token")
	third := renew(w, second).Is(200).String("refresh_token")
	for _, r := range []refusal{
		{"made up", renewed("abc"), 401, "refresh_refused"},
		{"used again", renewed(first), 401, "refresh_reused"},
		{"of a session that ended by that", renewed(third), 401, "refresh_refused"},
		{"no token", post(w.Client(), "/api/auth/token/refresh", object{}), 400, ""},
		{"no credential", send(w.Client(), "GET", "/api/users/self", nil), 401, "authentication_refused"},
		{"a bad one", send(bearer(w, "nonsense"), "GET", "/api/users/self", nil), 401, "authentication_refused"},
	} {
		r.check(t, w)
	}
	if uid := w.SignIn("holder01").Get("/api/users/self").Int("id"); !regexp.MustCompile(fmt.Sprintf(`"event":"refresh_reused","uid":%d\b`, uid)).MatchString(w.Logged.String()) {
		t.Error("nobody knows whose refresh token was used again")
	}
}

// TestEventOfAPermission: what somebody may not do, hidden or not, and what another
// site may have asked for.
func TestEventOfAPermission(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "founder1", true)
	operator(w, "strange1", true)
	team := w.Found(w.SignIn("founder1"), "acme")
	member := team.Member("founder1")
	c := w.SignIn("strange1")
	self := fmt.Sprint("/api/users/", c.Get("/api/users/self").Int("id"))
	for _, r := range []refusal{
		{"for administrators", send(c, "GET", "/api/mails", nil), 403, "permission_refused"},
		{"one's own rights", send(c, "PATCH", self, object{"is_superuser": true}), 403, "permission_refused"},
		{"a stranger's membership", send(c, "GET", member, nil), 404, "permission_refused"},
		{"a stranger's organization", send(c.With("X-Organization", "acme"), "GET", "/api/memberships", nil), 404, "permission_refused"},
		{"no organization", send(c.With("X-Organization", "beta"), "GET", "/api/memberships", nil), 404, ""},
		{"no such route", send(c, "GET", "/api/nothing", nil), 404, ""},
		{"from another site", post(c.With("Origin", "https://evil.example"), "/api/auth/logout", nil), 403, "cross_site_refused"},
		{"a form from another site", func() *apptest.Answer {
			return c.With("Origin", "https://evil.example").With("Content-Type", "application/x-www-form-urlencoded").Do("POST", "/auth/login", "username=strange1")
		}, 403, "cross_site_refused"},
		{"a name that is too long", send(c, "PATCH", self, object{"first_name": strings.Repeat("x", 151)}), 400, ""},
		{"a taken user name", post(w.Client(), "/api/auth/register", apptest.Form("founder1", "fresh@example.com")), 400, ""},
	} {
		r.check(t, w)
	}
}

// TestEventOfALimit: and who has tried too often, at every way in.
func TestEventOfALimit(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	for range 10 {
		guess(w.Client(), "holder01").Is(400)
	}
	for _, r := range []refusal{
		{"login", post(w.Client(), "/api/auth/login", login("holder01")), 429, "limit_reached"},
		{"basic", send(w.Client().With("Authorization", basic("holder01", apptest.Password)), "GET", "/api/users/self", nil), 429, "limit_reached"},
		{"page", submit(w, w.Client(), "/auth/login", "username", "holder01", "password", apptest.Password), 429, "limit_reached"},
	} {
		r.check(t, w)
	}
}

// TestEventOfAFailure: our own trouble has one event as well, a panic included.
func TestEventOfAFailure(t *testing.T) {
	s := &spoken{}
	w := apptest.New(t, limitsOff, apptest.Driver(func(d store.Driver) store.Driver { s.Driver = d; return s }))
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	s.err = store.ErrUnavailable
	for _, r := range []refusal{
		{"a route", send(c, "GET", "/api/users/self", nil), 503, "request_failed"},
		{"a page", send(c, "GET", "/auth/account", nil), 503, "request_failed"},
		{"a form", submit(w, w.Client(), "/auth/login", "username", "holder01", "password", apptest.Password), 503, "request_failed"},
	} {
		r.check(t, w)
	}
	s.err, s.Driver = nil, nil // the next call is one of nothing
	for _, r := range []refusal{
		{"a panic of a route", send(c, "GET", "/api/users/self", nil), 500, "request_failed"},
		{"a panic of a page", send(c, "GET", "/auth/account", nil), 500, "request_failed"},
	} {
		r.check(t, w)
	}
}
