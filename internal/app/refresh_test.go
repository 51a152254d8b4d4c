package app_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// tokens signs in for tokens.
func tokens(w *apptest.World, name string) (access, refresh string) {
	w.Helper()
	a := w.Client().Post("/api/auth/token", object{"username": name, "password": apptest.Password}).Is(200)
	return a.String("access_token"), a.String("refresh_token")
}

func renew(w *apptest.World, refresh string) *apptest.Answer {
	w.Helper()
	return w.Client().Post("/api/auth/token/refresh", object{"refresh_token": refresh})
}

func bearer(w *apptest.World, token string) *apptest.Client {
	return w.Client().With("Authorization", "Bearer "+token)
}

func TestD2_ASVS10_4_5_ReplayEndsTheSession(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	_, first := tokens(w, "holder01")
	second := renew(w, first).Is(200)
	third := renew(w, second.String("refresh_token")).Is(200)
	renew(w, first).Is(401) // superseded twice: at once
	renew(w, third.String("refresh_token")).Is(401)
	bearer(w, third.String("access_token")).Get("/api/users/self").Is(401)
	w.Mail("holder01@example.com", "refresh-reuse")
	if !strings.Contains(w.Logged.String(), `"event":"refresh_reused"`) {
		t.Error("no security event was logged")
	}
}

func TestD3_ASVS10_4_5_RetryGetsTheSameSuccessor(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	_, first := tokens(w, "holder01")
	second := renew(w, first).Is(200).String("refresh_token")
	for range 3 {
		w.Clock.Add(10 * time.Second)
		if got := renew(w, first).Is(200).String("refresh_token"); got != second {
			t.Fatal("a retry got another successor")
		}
	}
	w.Clock.Add(time.Second) // 31 s after the first use
	renew(w, first).Is(401)
	renew(w, second).Is(401)
	w.Mail("holder01@example.com", "refresh-reuse")
}

func TestD8_ASVS9_2_2_TokensServeTheirPurposeOnly(t *testing.T) {
	w := apptest.New(t)
	h := hold(w, "holder01")
	access := strings.TrimPrefix(h.headers["jwt"], "Bearer ")
	key := strings.TrimPrefix(h.headers["token"], "Token ")
	pat := strings.TrimPrefix(h.headers["pat"], "Bearer ")
	cookie, csrf := h.mine.Cookie("sessionid"), h.mine.Cookie("csrftoken")
	w.Client().Post("/api/auth/password/reset", object{"email": "holder01@example.com"}).Is(200)
	form := resetForm(w, "holder01@example.com", newPassword)
	mailed := form["uid"].(string) + "." + form["token"].(string)
	all := map[string]string{"access": access, "refresh": h.refresh, "key": key, "pat": pat, "cookie": cookie, "csrf": csrf, "mailed": mailed, "session id": h.session}
	for name, v := range all {
		if name != "access" && name != "pat" {
			bearer(w, v).Get("/api/users/self").Is(401)
		}
		if name != "key" {
			w.Client().With("Authorization", "Token "+v).Get("/api/users/self").Is(401)
		}
		if name != "cookie" {
			w.Client().With("Cookie", "sessionid="+v).Get("/api/users/self").Is(401)
		}
		if name != "refresh" {
			a := renew(w, v)
			if want := a.Status == 401 || len(v) > 200 && a.Status == 400; !want {
				t.Errorf("%s as refresh token: %d %s", name, a.Status, a.Body)
			}
		}
		for _, path := range []string{"/api/auth/verify-email", "/api/auth/email/confirm", "/api/auth/email/undo"} {
			w.Client().Post(path, object{"key": v}).Is(400)
		}
		w.Client().Do("DELETE", "/api/users/self/deletion", object{"key": v}).Is(400)
		if name != "mailed" {
			w.Client().Post("/api/auth/password/reset/confirm", object{"uid": form["uid"], "token": v, "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		}
	}
	w.Client().Post("/api/auth/password/reset/confirm", form).Is(200)
}

func TestD9_ASVS7_3_2_ASVS10_4_8_NIST2_1_3_RefreshNeverExtendsTheAbsoluteEnd(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	start := w.Clock.Now()
	_, refresh := tokens(w, "holder01")
	end := start.Add(30 * 24 * time.Hour)
	for w.Clock.Now().Add(6 * 24 * time.Hour).Before(end) {
		w.Clock.Add(6 * 24 * time.Hour)
		refresh = renew(w, refresh).Is(200).String("refresh_token")
	}
	w.Clock.Add(end.Sub(w.Clock.Now()) - time.Second)
	a := renew(w, refresh).Is(200)
	bearer(w, a.String("access_token")).Get("/api/users/self").Is(200)
	w.Clock.Add(time.Second)
	renew(w, a.String("refresh_token")).Is(401)
	bearer(w, a.String("access_token")).Get("/api/users/self").Is(401)
}

func TestD9_ASVS7_3_1_IdleEnd(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	_, refresh := tokens(w, "holder01")
	w.Clock.Add(7*24*time.Hour - time.Second)
	c.Get("/api/users/self").Is(200)
	refresh = renew(w, refresh).Is(200).String("refresh_token")
	w.Clock.Add(7 * 24 * time.Hour)
	c.Get("/api/users/self").Is(401)
	renew(w, refresh).Is(401)
}

func TestD9_ASVS9_2_1_AccessTokenEnds(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	access, _ := tokens(w, "holder01")
	w.Clock.Add(5*time.Minute - time.Second)
	bearer(w, access).Get("/api/users/self").Is(200)
	w.Clock.Add(time.Second)
	bearer(w, access).Get("/api/users/self").Is(401)
}

func TestD6_KC9802_RefreshOutlivesARestart(t *testing.T) {
	dir := apptest.Dir(t.TempDir())
	w := apptest.New(t, dir)
	operator(w, "holder01", true)
	base := apptest.Env("GATEHOUSE_BASE_URL", w.URL)
	_, first := tokens(w, "holder01")
	second := renew(w, first).Is(200).String("refresh_token")
	third := renew(w, second).Is(200).String("refresh_token")
	again := apptest.New(t, dir, base)
	fourth := renew(again, third).Is(200).String("refresh_token")
	renew(again, first).Is(401)
	renew(again, fourth).Is(401)
}

func TestD10_CookieAndHeaderOfTwoPeople(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	operator(w, "holder02", true)
	c := w.SignIn("holder01")
	access, _ := tokens(w, "holder02")
	if got := c.With("Authorization", "Bearer "+access).Get("/api/users/self").Is(200).String("username"); got != "holder02" {
		t.Errorf("the header of holder02 and the cookie of holder01: %s", got)
	}
	c.With("Authorization", "Bearer nonsense").Get("/api/users/self").Is(401)
	c.With("Authorization", "Unknown scheme").Get("/api/users/self").Is(401)
	twice := w.Client()
	twice.Header["Authorization"] = []string{"Bearer " + access, "Bearer " + access}
	twice.Get("/api/users/self").Is(400)
}
