package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestD6_KC9802_ReplayAfterAClockJump replays a superseded token after the clock went
// far on, and after it went back: the chain it belonged to stays dead.
func TestD6_KC9802_ReplayAfterAClockJump(t *testing.T) {
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour, -40 * 24 * time.Hour} {
		w := apptest.New(t)
		operator(w, "holder01", true)
		w.Clock.Add(time.Hour)
		_, first := tokens(w, "holder01")
		second := renew(w, first).Is(200).String("refresh_token")
		third := renew(w, second).Is(200).String("refresh_token")
		w.Clock.Add(jump)
		renew(w, first).Is(401)
		renew(w, third).Is(401)
		w.Clock.Add(-jump)
		for _, v := range []string{first, second, third} {
			renew(w, v).Is(401)
		}
	}
	w := apptest.New(t)
	operator(w, "holder01", true)
	_, first := tokens(w, "holder01")
	second := renew(w, first).Is(200).String("refresh_token")
	w.Clock.Add(31 * time.Second)
	renew(w, first).Is(401)
	w.Clock.Add(-31 * time.Second) // within the half minute again
	renew(w, first).Is(401)
	renew(w, second).Is(401)
}

// TestD11_SessionsComeInTheirCookieOnly gives a good session in every other place.
func TestD11_SessionsComeInTheirCookieOnly(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	session, csrf := c.Cookie("sessionid"), c.Cookie("csrftoken")
	access, _ := tokens(w, "holder01")
	q := url.Values{"sessionid": {session}, "csrftoken": {csrf}}.Encode()
	for _, path := range []string{"?" + q, "?access_token=" + access, "?token=" + access, ";sessionid=" + session, "#" + q} {
		if a := w.Client().Get("/api/users/self" + path); a.Status != 401 && a.Status != 404 {
			t.Errorf("%.20s: %d", path, a.Status)
		}
	}
	for _, name := range []string{"Sessionid", "X-Session-Id", "X-Sessionid", "X-Auth-Token", "X-Access-Token", "Proxy-Authorization", "X-Authorization", "Cookie2"} {
		w.Client().With(name, session).Get("/api/users/self").Is(401)
		w.Client().With(name, "Bearer "+access).Get("/api/users/self").Is(401)
	}
	for _, name := range []string{"SESSIONID", "SessionId", " sessionid2", "__Host-sessionid", "$sessionid"} {
		w.Client().With("Cookie", name+"="+session).Get("/api/users/self").Is(401)
	}
	before := w.Dump()
	w.Client().With("X-CSRFToken", csrf).Post("/api/auth/access_tokens", object{"name": "robot", "sessionid": session, "csrftoken": csrf, "access_token": access}).Is(401)
	w.Client().With("X-CSRFToken", csrf).Post("/api/auth/email?"+q, object{"email": "moved@example.com"}).Is(401)
	if w.Dump() != before {
		t.Error("the store changed")
	}
	c.Get("/api/users/self").Is(200)
}

// TestD12_SigningOut: another site cannot sign somebody out, by the API or by the
// form; and whose access token has ended can still end the session.
func TestD12_SigningOut(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	form(c, w, "/auth/logout").Is(303) // a form of our own works
	c.Get("/api/users/self").Is(401)
	c = w.SignIn("holder01")
	before := w.Dump()
	c.With("Origin", "https://evil.example").Post("/api/auth/logout", nil).Is(403)
	c.With("X-CSRFToken", "").Post("/api/auth/logout", nil).Is(403)
	c.With("Sec-Fetch-Site", "cross-site").Post("/api/auth/logout", nil).Is(403)
	for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "X-Other": "x"} {
		c.With("Content-Type", "application/x-www-form-urlencoded").With(name, value).Do("POST", "/auth/logout", "x=1").Is(403)
	}
	for _, method := range []string{"GET", "HEAD"} {
		if a := c.Do(method, "/api/auth/logout", nil); a.Status != 405 {
			t.Errorf("%s: %d", method, a.Status)
		}
	}
	if w.Dump() != before {
		t.Error("a refused sign-out changed the store")
	}
	c.Get("/api/users/self").Is(200)
	access, refresh := tokens(w, "holder01")
	w.Clock.Add(5*time.Minute + time.Second)
	bearer(w, access).Get("/api/users/self").Is(401)
	bearer(w, access).Post("/api/auth/logout", nil).Is(401)
	w.Client().Post("/api/auth/token/revoke", object{"refresh_token": refresh}).Is(200)
	renew(w, refresh).Is(401)
}

// TestD13_KC12390_TwoPeopleOneBrowser signs out and somebody else in: nothing that
// the first had is the second's, or still good.
func TestD13_KC12390_TwoPeopleOneBrowser(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	operator(w, "holder02", true)
	names := []string{"sessionid", "csrftoken", "gh_device", "gh_flow"}
	for _, signOut := range []bool{true, false} {
		c := w.Client()
		key := c.Post("/api/auth/login", object{"username": "holder01", "password": apptest.Password}).Is(200).String("key")
		first := map[string]string{}
		for _, n := range names {
			first[n] = c.Cookie(n)
		}
		old := frozen(c, w)
		if signOut {
			c.Post("/api/auth/logout", nil).Is(200)
			for _, n := range []string{"sessionid", "csrftoken"} {
				if c.Cookie(n) != "" {
					t.Errorf("%s is left behind", n)
				}
			}
		}
		second := c.Post("/api/auth/login", object{"username": "holder02", "password": apptest.Password}).Is(200).String("key")
		for _, n := range names {
			if v := c.Cookie(n); v != "" && v == first[n] {
				t.Errorf("signed out %v: %s is used again", signOut, n)
			}
		}
		if key == second {
			t.Error("one key for two people")
		}
		if got := c.Get("/api/users/self").Is(200).String("username"); got != "holder02" {
			t.Errorf("signed in as %s", got)
		}
		old.Get("/api/users/self").Is(401)
		c.With("X-CSRFToken", first["csrftoken"]).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(403)
	}
}

// TestD14_SessionsOfOthers lists and ends sessions: those of others are not there,
// and using one shows nowhere else.
func TestD14_SessionsOfOthers(t *testing.T) {
	w := apptest.New(t, limitsOff)
	a, b := hold(w, "holder01"), hold(w, "holder02")
	count := b.mine.Get("/api/auth/sessions").Is(200).Int("count")
	missing := b.mine.Delete("/api/auth/sessions/" + a.session[:29] + "000").Is(404)
	b.mine.Delete("/api/auth/sessions/" + a.session).Is(404).Says(missing.Body)
	chief := a.admin()
	chief.Delete("/api/auth/sessions/" + a.session).Is(404)
	w.Clock.Add(time.Hour)
	a.other.Get("/api/users/self").Is(200)
	if got := b.mine.Get("/api/auth/sessions").Is(200); got.Int("count") != count || strings.Contains(got.Body, a.session) {
		t.Errorf("the list has changed: %s", got.Body)
	}
	for _, q := range []string{"?user=holder01", "?uid=1", "?owner=holder01"} {
		if got := b.mine.Get("/api/auth/sessions" + q); strings.Contains(got.Body, a.session) {
			t.Errorf("%s: %s", q, got.Body)
		}
	}
	list := a.mine.Get("/api/auth/sessions").Is(200)
	list.Has(a.session)
	for what, v := range map[string]string{"cookie": a.other.Cookie("sessionid"), "CSRF token": a.other.Cookie("csrftoken"), "refresh token": a.refresh, "key": strings.TrimPrefix(a.headers["token"], "Token ")} {
		if strings.Contains(list.Body, v) {
			t.Errorf("the list has the %s", what)
		}
	}
	if len(list.Header["Set-Cookie"]) != 0 {
		t.Error("looking sets a cookie")
	}
}
