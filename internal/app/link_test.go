package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// askReset asks for a reset and gives the filled-in form of its link.
func askReset(w *apptest.World, email string) object {
	w.Helper()
	w.Client().Post("/api/auth/password/reset", object{"email": email}).Is(200)
	return resetForm(w, email, newPassword)
}

func confirmReset(w *apptest.World, form object) *apptest.Answer {
	w.Helper()
	return w.Client().Post("/api/auth/password/reset/confirm", form)
}

func TestC1_ZIT2wmj_ForgedHeaders(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	for _, h := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "Forwarded", "Referer", "Origin", "X-Forwarded-Proto"} {
		c := w.Client().With(h, map[bool]string{true: "host=evil.example", false: "https://evil.example"}[h == "Forwarded"])
		c.Post("/api/auth/password/reset", object{"email": "victim01@example.com"}).Is(200)
		m := w.Mail("victim01@example.com", "reset")
		for _, l := range m.Links {
			if !strings.HasPrefix(l, w.URL+"/") {
				t.Errorf("%s: link %s", h, l)
			}
		}
		if strings.Contains(m.Text+m.HTML, "evil") {
			t.Errorf("%s is in the mail", h)
		}
	}
}

func TestC4_C14_NIST4_2_1_2_OlderResetLinks(t *testing.T) {
	events := map[string]func(w *apptest.World, c *apptest.Client, form object){
		"a newer one": func(w *apptest.World, _ *apptest.Client, _ object) { askReset(w, "victim01@example.com") },
		"used":        func(w *apptest.World, _ *apptest.Client, form object) { confirmReset(w, form).Is(200) },
		"password changed": func(_ *apptest.World, c *apptest.Client, _ object) {
			c.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword + "!", "new_password2": newPassword + "!"}).Is(200)
		},
		"address changed": func(w *apptest.World, c *apptest.Client, _ object) {
			c.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
			w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w, w.Mail("moved@example.com", "email-confirm").Links[0])}).Is(200)
		},
		"deleted":    func(_ *apptest.World, c *apptest.Client, _ object) { c.Post("/api/users/self/deletion", nil).Is(200) },
		"20 minutes": func(w *apptest.World, _ *apptest.Client, _ object) { w.Clock.Add(20 * time.Minute) },
	}
	for name, event := range events {
		t.Run(name, func(t *testing.T) {
			w := apptest.New(t, limitsOff)
			operator(w, "victim01", true)
			c := w.SignIn("victim01")
			form := askReset(w, "victim01@example.com")
			event(w, c, form)
			confirmReset(w, form).Is(400).Says(`{"token":["Invalid value"]}`)
		})
	}
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	form := askReset(w, "victim01@example.com")
	w.Clock.Add(20*time.Minute - time.Second)
	confirmReset(w, form).Is(200)
}

func TestC5_TokenOfAnotherAccount(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	operator(w, "attack01", true)
	theirs, mine := askReset(w, "victim01@example.com"), askReset(w, "attack01@example.com")
	mine["uid"], theirs["uid"] = theirs["uid"], mine["uid"]
	confirmReset(w, mine).Is(400)
	confirmReset(w, theirs).Is(400)
	w.SignIn("victim01")
	w.SignIn("attack01")
}

func TestC6_LinksServeTheirPurposeOnly(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	c.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	change := apptest.Key(w, w.Mail("moved@example.com", "email-confirm").Links[0])
	w.Client().Post("/api/auth/email/confirm", object{"key": change}).Is(200)
	undo := apptest.Key(w, w.Mail("holder01@example.com", "email-changed").Links[0])
	c.Post("/api/auth/email", object{"email": "again@example.com"}).Is(200)
	reset := askReset(w, "moved@example.com")
	c.Post("/api/users/self/deletion", nil).Is(200)
	links := map[string]string{
		"verify-email": apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0]), "email/confirm": apptest.Key(w, w.Mail("again@example.com", "email-confirm").Links[0]),
		"email/undo": undo, "deletion": apptest.Key(w, w.Mail("moved@example.com", "deletion").Links[0]), "reset": reset["uid"].(string) + "." + reset["token"].(string),
	}
	before := w.Dump()
	for of, key := range links {
		for _, at := range []string{"verify-email", "email/confirm", "email/undo"} {
			if at != of {
				w.Client().Post("/api/auth/"+at, object{"key": key}).Is(400).Says(`{"key":["Invalid value"]}`)
			}
		}
		if of != "deletion" {
			w.Client().Do("DELETE", "/api/users/self/deletion", object{"key": key}).Is(400)
		}
		if id, secret, _ := strings.Cut(key, "."); of != "reset" {
			confirmReset(w, object{"uid": id, "token": secret, "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestC7_ScannersSpendNothing follows a link as programs do that look into mails.
func TestC7_ScannersSpendNothing(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	link := strings.TrimPrefix(w.Mail("newbie01@example.com", "confirm").Links[0], w.URL)
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		c := w.Client()
		a := c.Do(method, link, nil)
		if to := a.Header.Get("Location"); to != "" {
			u, err := url.Parse(to)
			if err != nil || u.RawQuery != "" {
				t.Errorf("redirected to %s", to)
			}
			c.Do(method, u.Path, nil)
		}
	}
	w.Client().Post("/api/auth/login", object{"username": "newbie01", "password": apptest.Password}).Is(400).Has("E-mail is not verified.")
	u, _ := url.Parse(link)
	w.Client().Post("/api/auth/verify-email", object{"key": u.Query().Get("key")}).Is(200)
	w.SignIn("newbie01")
}

// TestC11_PreHijack registers somebody else's address first.
func TestC11_PreHijack(t *testing.T) {
	w := apptest.New(t, limitsOff)
	f := apptest.Form("attack01", "victim@example.com")
	f["password1"], f["password2"] = newPassword, newPassword
	w.Client().Post("/api/auth/register", f).Is(201)
	planted := apptest.Key(w, w.Mail("victim@example.com", "confirm").Links[0])
	w.Join("victim01", "victim@example.com")
	for _, name := range []string{"attack01", "victim01", "victim@example.com"} {
		w.Client().Post("/api/auth/login", object{"username": name, "password": newPassword}).Is(400)
	}
	w.Client().Post("/api/auth/verify-email", object{"key": planted}).Is(400)
	w.SignIn("victim@example.com")

	w = apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", "optional"))
	thief := w.Client()
	thief.Post("/api/auth/register", f).Is(201)
	pat := thief.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201).String("value")
	resetPassword(w, "victim@example.com", apptest.Password).Is(200)
	thief.Get("/api/users/self").Is(401)
	bearer(w, pat).Get("/api/users/self").Is(401)
	w.Client().Post("/api/auth/login", object{"email": "victim@example.com", "password": newPassword}).Is(400)
	w.SignIn("victim@example.com")
}

func TestC14_LinksEnd(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	key := apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0])
	w.Clock.Add(24 * time.Hour)
	w.Client().Post("/api/auth/verify-email", object{"key": key}).Is(400)
	w.Client().Post("/api/auth/login", object{"username": "newbie01", "password": apptest.Password}).Is(400).Has("Unable to log in")

	operator(w, "holder01", true)
	w.SignIn("holder01").Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	change := apptest.Key(w, w.Mail("moved@example.com", "email-confirm").Links[0])
	w.Clock.Add(time.Hour)
	w.Client().Post("/api/auth/email/confirm", object{"key": change}).Is(400)
	w.SignIn("holder01").Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w, w.Mail("moved@example.com", "email-confirm").Links[0])}).Is(200)
	undo := apptest.Key(w, w.Mail("holder01@example.com", "email-changed").Links[0])
	w.Clock.Add(7 * 24 * time.Hour)
	w.Client().Post("/api/auth/email/undo", object{"key": undo}).Is(400)
}

func TestD16_ASVS7_5_1_StolenSessionAfterFiveMinutes(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	for _, name := range []string{"token", "pat", "basic"} {
		w.Client().With("Authorization", h.headers[name]).Post("/api/auth/email", object{"email": "moved@example.com"}).Is(403)
	}
	w.Clock.Add(5*time.Minute + time.Second)
	for _, path := range []string{"/api/auth/email", "/api/users/self/deletion"} {
		h.mine.Post(path, object{"email": "moved@example.com"}).Is(403).Has("reauth_required")
	}
	h.mine.Post("/api/auth/reauthenticate", object{"password": apptest.Password}).Is(200)
	h.mine.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
}

// TestC9_UndoOutlivesFurtherChanges has a thief change the address twice.
func TestC9_UndoOutlivesFurtherChanges(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	thief := w.SignIn("victim01")
	move := func(to string) {
		t.Helper()
		thief.Post("/api/auth/email", object{"email": to}).Is(200)
		w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w, w.Mail(to, "email-confirm").Links[0])}).Is(200)
	}
	move("thief1@example.com")
	undo := apptest.Key(w, w.Mail("victim01@example.com", "email-changed").Links[0])
	move("thief2@example.com")
	move("thief3@example.com")
	w.Clock.Add(6 * 24 * time.Hour)
	w.Client().Post("/api/auth/email/undo", object{"key": undo}).Is(200)
	thief.Get("/api/users/self").Is(401)
	resetPassword(w, "victim01@example.com", newPassword).Is(200)
	me := w.Client()
	me.Post("/api/auth/login", object{"email": "victim01@example.com", "password": newPassword}).Is(200)
	me.Get("/api/users/self").Is(200).Has(`"email":"victim01@example.com"`)
	for _, n := range []string{"thief1", "thief2", "thief3"} {
		w.Client().Post("/api/auth/login", object{"email": n + "@example.com", "password": newPassword})
		if w.Client().Post("/api/auth/password/reset", object{"email": n + "@example.com"}); len(w.Mails(n+"@example.com")) > 2 {
			t.Errorf("%s still gets mail of the account", n)
		}
	}
}
