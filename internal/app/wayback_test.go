package app_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestC9_GoingToAndFro lets a thief move on and back between addresses of their
// own, by hand and by their own link: the first owner's link still works.
func TestC9_GoingToAndFro(t *testing.T) {
	for _, byLink := range []bool{false, true} {
		w := apptest.New(t)
		w.Join("victim", "victim@x.test")
		thief := w.SignIn("victim")
		moveTo(w, thief, "evil1@y.test")
		w.Clock.Add(time.Second)
		moveTo(w, thief, "evil2@y.test")
		undo := apptest.Key(w, w.Mail("victim@x.test", "email-changed").Links[0])
		if byLink {
			own := apptest.Key(w, w.Mail("evil1@y.test", "email-changed").Links[0])
			w.Client().Post("/api/auth/email/undo", withKey(own)).Is(200)
		} else {
			w.Clock.Add(time.Second)
			moveTo(w, thief, "evil1@y.test")
		}
		w.Client().Post("/api/auth/email/undo", withKey(undo)).Is(200)
		w.Clock.Add(time.Hour)
		uid, tok := linkParts(w, "victim@x.test")
		setByReset(w, uid, tok, otherPassword).Is(200)
	}
}

// TestC9_ManyMoves: the number of moves is bounded, and the first link survives.
func TestC9_ManyMoves(t *testing.T) {
	w := apptest.New(t, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"))
	w.Join("victim", "victim@x.test")
	thief := w.SignIn("victim")
	refused := false
	for n := range 15 {
		w.Clock.Add(time.Second)
		email := fmt.Sprintf("evil%d@y.test", n)
		thief.Post("/api/auth/email", map[string]any{"email": email}).Is(200)
		a := thief.Post("/api/auth/email/confirm", withKey(apptest.Key(w, w.Mail(email, "email-confirm").Links[0])))
		refused = refused || a.Status == 409
	}
	if !refused {
		t.Error("no move was refused")
	}
	w.Client().Post("/api/auth/email/undo", withKey(apptest.Key(w, w.Mail("victim@x.test", "email-changed").Links[0]))).Is(200)
}

// TestC9_OperatorHasTheLastWord: after an administrator has set the address no
// link from before moves it, and a later owner of the address is left alone.
func TestC9_OperatorHasTheLastWord(t *testing.T) {
	w := apptest.New(t)
	admin := administrator(w)
	w.Join("victim", "victim@x.test")
	thief := w.SignIn("victim")
	user := fmt.Sprintf("/api/users/%.0f", thief.Get("/api/users/self").Is(200).JSON()["id"].(float64))
	moveTo(w, thief, "evil1@y.test")
	moveTo(w, thief, "evil2@y.test")
	own := apptest.Key(w, w.Mail("evil1@y.test", "email-changed").Links[0])
	admin.Patch(user, map[string]any{"email": "victim@x.test"}).Is(200)
	w.Client().Post("/api/auth/email/undo", withKey(own)).Is(400)
	admin.Patch(user, map[string]any{"email": "moved@x.test"}).Is(200)
	w.Join("stranger", "victim@x.test")
	admin.Delete(user).Is(204)
	w.Sweep("erase")
	w.SignIn("victim@x.test")
}

// TestManyBrowsers signs in from more browsers than have a limit of their own.
func TestManyBrowsers(t *testing.T) {
	w := apptest.New(t)
	w.Join("traveller", "traveller@x.test")
	for range 120 {
		c := w.SignIn("traveller")
		c.Post("/api/auth/login", login("traveller")).Is(200)
	}
	uid, tok := linkParts(w, "traveller@x.test")
	setByReset(w, uid, tok, otherPassword).Is(200)
}

// TestManyPasswordChanges leaves no heap of ended sessions behind.
func TestManyPasswordChanges(t *testing.T) {
	w := apptest.New(t, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"))
	w.Join("changer1", "changer@x.test")
	passwords := []string{apptest.Password, otherPassword}
	for n := range 130 {
		from, to := passwords[n%2], passwords[(n+1)%2]
		w.Client().With("Authorization", basic("changer1", from)).Post("/api/auth/password/change",
			map[string]any{"old_password": from, "new_password1": to, "new_password2": to}).Is(200)
	}
	w.SignIn("changer1").Get("/api/auth/sessions").Is(200).Has(`"count":3`) // its own, that of the last change, and the token key
}
