package app_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

const otherPassword = "violet anchor 91 turbine"

// resetParts are the parts of a fresh reset link.
func linkParts(w *apptest.World, email string) (uid, token string) {
	w.Helper()
	w.Client().Post("/api/auth/password/reset", map[string]any{"email": email}).Is(200)
	u, err := url.Parse(w.Mail(email, "reset").Links[0])
	if err != nil {
		w.Fatal(err)
	}
	return u.Query().Get("uid"), u.Query().Get("token")
}

func setByReset(w *apptest.World, uid, token, pw string) *apptest.Answer {
	w.Helper()
	return w.Client().Post("/api/auth/password/reset/confirm", map[string]any{"uid": uid, "token": token, "new_password1": pw, "new_password2": pw})
}

// moveTo changes the address of a client's account and confirms it.
func moveTo(w *apptest.World, c *apptest.Client, email string) {
	w.Helper()
	c.Post("/api/auth/email", map[string]any{"email": email}).Is(200)
	key := apptest.Key(w, w.Mail(email, "email-confirm").Links[0])
	c.Post("/api/auth/email/confirm", map[string]any{"key": key}).Is(200)
}

func withKey(key string) map[string]any { return map[string]any{"key": key} }

// TestC9_EveryOldAddressKeepsItsWayBack lets a thief change the address twice,
// with the carrier down in between: the owner's mail comes, and its link works.
func TestC9_EveryOldAddressKeepsItsWayBack(t *testing.T) {
	w := apptest.New(t)
	w.Join("victim", "victim@x.test")
	thief := w.SignIn("victim")
	moveTo(w, thief, "evil1@y.test")
	w.FailMail(apptest.ErrDown)
	w.Drain()
	w.FailMail(nil)
	moveTo(w, thief, "evil2@y.test")
	w.Clock.Add(2 * time.Minute)
	undo := apptest.Key(w, w.Mail("victim@x.test", "email-changed").Links[0])
	second := apptest.Key(w, w.Mail("evil1@y.test", "email-changed").Links[0])
	w.Client().Post("/api/auth/email/undo", withKey(undo)).Is(200)
	w.Client().Post("/api/auth/email/undo", withKey(second)).Is(400)
	thief.Get("/api/users/self").Is(401)
	uid, tok := linkParts(w, "victim@x.test")
	setByReset(w, uid, tok, otherPassword).Is(200)
	w.Join("another", "evil2@y.test") // the thief's addresses are free again
}

// TestC9_GoingBackByHandLeavesNoLink moves back to the first address without the
// link: the address in between gets none that could move it again.
func TestC9_GoingBackByHandLeavesNoLink(t *testing.T) {
	w := apptest.New(t)
	w.Join("victim", "victim@x.test")
	c := w.SignIn("victim")
	moveTo(w, c, "evil@y.test")
	moveTo(w, c, "victim@x.test")
	w.Drain()
	for _, m := range w.Mails("evil@y.test") {
		if m.Kind == "email-changed" {
			t.Error("the address in between got a link to undo")
		}
	}
}

func TestC9_UndoTakesADeletionBack(t *testing.T) {
	w := apptest.New(t)
	w.Join("victim", "victim@x.test")
	thief := w.SignIn("victim")
	moveTo(w, thief, "evil@y.test")
	undo := apptest.Key(w, w.Mail("victim@x.test", "email-changed").Links[0])
	thief.Post("/api/users/self/deletion", nil).Is(200)
	w.Client().Post("/api/auth/email/undo", withKey(undo)).Is(200)
	uid, tok := linkParts(w, "victim@x.test")
	setByReset(w, uid, tok, otherPassword).Is(200)
	w.Clock.Add(31 * 24 * time.Hour)
	w.Sweep("erase")
	w.Client().Post("/api/auth/login", map[string]any{"username": "victim", "password": otherPassword}).Is(200)
}

// TestC4_LinksEndWithTheEpoch uses the links of a reset and of a change of address
// after a new password.
func TestC4_LinksEndWithTheEpoch(t *testing.T) {
	w := apptest.New(t)
	w.Join("victim", "victim@x.test")
	thief, owner := w.SignIn("victim"), w.SignIn("victim")
	thief.Post("/api/auth/email", map[string]any{"email": "evil@y.test"}).Is(200)
	change := apptest.Key(w, w.Mail("evil@y.test", "email-confirm").Links[0])
	uid, tok := linkParts(w, "victim@x.test")
	owner.Post("/api/auth/password/change", map[string]any{"old_password": apptest.Password, "new_password1": otherPassword, "new_password2": otherPassword}).Is(200)
	setByReset(w, uid, tok, "a thief's own choice 7").Is(400)
	w.Client().Post("/api/auth/email/confirm", withKey(change)).Is(400)
	w.Client().Post("/api/auth/login", map[string]any{"username": "victim", "password": otherPassword}).Is(200)
}

// TestC11_RepeatedRegistrationTellsNoNewKey repeats a registration with its
// Idempotency-Key after the owner of the address has taken the account.
func TestC11_RepeatedRegistrationTellsNoNewKey(t *testing.T) {
	for _, mode := range []string{"none", "optional"} {
		w := apptest.New(t, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", mode))
		again := func() *apptest.Answer {
			return w.Client().With("Idempotency-Key", "k").Post("/api/auth/register", apptest.Form("victim", "victim@x.test")).Is(201)
		}
		first := again().String("key")
		if second := again().String("key"); second != first {
			t.Errorf("%s: a repetition has another key", mode)
		}
		uid, tok := linkParts(w, "victim@x.test")
		setByReset(w, uid, tok, otherPassword).Is(200)
		w.Client().Post("/api/auth/login", map[string]any{"username": "victim", "password": otherPassword}).Is(200)
		if key := again().JSON()["key"]; key != nil {
			t.Errorf("%s: the key of the new owner was told", mode)
		}
	}
}

// TestC11_ResendMailsEveryRegistration: somebody else's registration of the same
// address does not take the place of the owner's.
func TestC11_ResendMailsEveryRegistration(t *testing.T) {
	w := apptest.New(t)
	w.Client().Post("/api/auth/register", apptest.Form("rightful", "victim@x.test")).Is(201)
	w.Client().Post("/api/auth/register", apptest.Form("stranger", "victim@x.test")).Is(201)
	before := len(w.Mails("victim@x.test"))
	w.Client().Post("/api/auth/verify-email/resend", map[string]any{"email": "victim@x.test"}).Is(200)
	w.Drain()
	if got := len(w.Mails("victim@x.test")) - before; got != 2 {
		t.Errorf("%d mails, want one for each registration", got)
	}
}

// TestA1_OwnRegistrationTellsNothing signs in by an address with the password of
// one's own registration of it, whether or not the address has an account.
func TestA1_OwnRegistrationTellsNothing(t *testing.T) {
	w := apptest.New(t)
	w.Join("known", "known@x.test")
	var bodies []string
	for n, email := range []string{"known@x.test", "fresh@x.test"} {
		form := apptest.Form(fmt.Sprintf("stranger%d", n), email)
		form["password1"], form["password2"] = otherPassword, otherPassword
		w.Client().Post("/api/auth/register", form).Is(201)
		bodies = append(bodies, w.Client().Post("/api/auth/login", map[string]any{"email": email, "password": otherPassword}).Is(400).Body)
	}
	if bodies[0] != bodies[1] {
		t.Errorf("known: %s\nunknown: %s", bodies[0], bodies[1])
	}
	w.SignIn("known@x.test")
}

// TestA2_TraceAfterASignIn compares an account that signed in lately with none.
func TestA2_TraceAfterASignIn(t *testing.T) {
	w := apptest.New(t)
	w.Join("account1", "victim@x.test")
	w.SignIn("account1")
	w.Clock.Add(3 * time.Minute)
	var counts []int
	for _, name := range []string{"account1", "nobody12"} {
		w.Recorder.Reset()
		w.Client().Post("/api/auth/login", map[string]any{"username": name, "password": "wrong"}).Is(400)
		counts = append(counts, w.Recorder.Count(""))
	}
	if counts[0] != counts[1] {
		t.Errorf("store calls: %d for an account, %d for nobody", counts[0], counts[1])
	}
}

// TestC13_SignInMailsAreLimited signs in to registrations of one address all day.
func TestC13_SignInMailsAreLimited(t *testing.T) {
	w := apptest.New(t)
	for n := range 3 {
		w.Client().Post("/api/auth/register", apptest.Form(fmt.Sprintf("bomber%d", n), "victim@x.test")).Is(201)
	}
	for range 60 {
		w.Clock.Add(3*time.Minute + time.Second)
		for n := range 3 {
			w.Client().Post("/api/auth/login", login(fmt.Sprintf("bomber%d", n))).Is(400)
		}
		w.Drain()
	}
	if n := len(w.Mails("victim@x.test")); n > 13 {
		t.Errorf("%d mails in three hours", n)
	}
}

// TestManyAccessTokens leaves no heap of dead tokens behind that would slow an
// account down or break it.
func TestManyAccessTokens(t *testing.T) {
	w := apptest.New(t)
	w.Join("victim", "victim@x.test")
	c := w.SignIn("victim")
	for n := range 120 {
		expiry := w.Clock.Now().Add(2 * time.Second).Format(time.RFC3339)
		c.Post("/api/auth/access_tokens", map[string]any{"name": fmt.Sprint(n), "expiry_date": expiry}).Is(201)
		w.Clock.Add(3 * time.Second)
	}
	uid := int64(c.Get("/api/users/self").Is(200).JSON()["id"].(float64))
	items, err := w.Parts.Table.All(t.Context(), store.Query{PK: fmt.Sprintf("U#%d", uid), Prefix: "T#"}, 1000)
	if err != nil || len(items) > 30 {
		t.Errorf("%d pointers lie there (%v)", len(items), err)
	}
}

// TestDisabledWhileLeaving: an administrator's word outlives a mailed link.
func TestDisabledWhileLeaving(t *testing.T) {
	w := apptest.New(t)
	admin := administrator(w)
	w.Join("leaver", "leaver@x.test")
	c := w.SignIn("leaver")
	id := c.Get("/api/users/self").Is(200).JSON()["id"].(float64)
	c.Post("/api/users/self/deletion", nil).Is(200)
	back := apptest.Key(w, w.Mail("leaver@x.test", "deletion").Links[0])
	admin.Patch(fmt.Sprintf("/api/users/%.0f", id), map[string]any{"is_active": false}).Is(200)
	w.Client().Do("DELETE", "/api/users/self/deletion", withKey(back)).Is(400)
	w.Client().Post("/api/auth/login", login("leaver")).Is(400)
}

// TestI11_AddressIsFreeAfterErasure deletes an account that had moved its address.
func TestI11_AddressIsFreeAfterErasure(t *testing.T) {
	w := apptest.New(t)
	admin := administrator(w)
	w.Join("mover", "old@x.test")
	c := w.SignIn("mover")
	moveTo(w, c, "new@x.test")
	id := c.Get("/api/users/self").Is(200).JSON()["id"].(float64)
	admin.Delete(fmt.Sprintf("/api/users/%.0f", id)).Is(204)
	w.Sweep("erase")
	w.Join("heir-one", "old@x.test")
	w.Join("heir-two", "new@x.test")
	w.Client().Post("/api/auth/register", apptest.Form("mover", "third@x.test")).Is(400).Has("already exists")
}

// administrator is a client of one.
func administrator(w *apptest.World) *apptest.Client {
	w.Helper()
	if _, err := w.Accounts.CreateUser(w.Context(), operatorUser); err != nil {
		w.Fatal(err)
	}
	return w.SignIn("operator-one")
}

var operatorUser = account.NewUser{Username: "operator-one", Email: "operator@x.test", Groups: []string{"admin"}, Password: apptest.Password}
