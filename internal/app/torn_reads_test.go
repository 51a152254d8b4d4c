package app_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// TestTornReads_SessionThatOutlivesAChange: whoever ends everything else of an account, again
// and again, is signed in all the while.
func TestTornReads_SessionThatOutlivesAChange(t *testing.T) {
	for name, c := range map[string]struct {
		skip        int
		later       time.Duration
		early, late string
	}{
		"account first":                   {0, 0, "A", "S#"},
		"session first":                   {0, 0, "S#", "A"},
		"account first, the use is noted": {1, 2 * time.Hour, "A", "S#"},
		"session first, the use is noted": {1, 2 * time.Hour, "S#", "A"},
	} {
		t.Run(name, func(t *testing.T) {
			w, d := tearable(t)
			operator(w, "holder01", true)
			client := w.SignIn("holder01")
			other := frozen(client, w)
			w.Clock.Add(c.later)
			d.amid(c.skip, c.early, c.late, func() { other.Delete("/api/auth/sessions").Is(204) })
			client.Get("/api/users/self").Is(200)
			d.happened(t)
		})
	}
}

// TestTornReads_ChainThatOutlivesAChange: so is whoever has tokens.
func TestTornReads_ChainThatOutlivesAChange(t *testing.T) {
	w, d := tearable(t)
	operator(w, "holder01", true)
	a := w.Client().Post("/api/auth/token", login("holder01")).Is(200)
	bearer := w.Client().With("Authorization", "Bearer "+a.String("access_token"))
	d.amid(0, "A", "S#", func() { bearer.Delete("/api/auth/sessions").Is(204) })
	w.Client().Post("/api/auth/token/refresh", object{"refresh_token": a.String("refresh_token")}).Is(200)
	d.happened(t)
}

// TestTornReads_SignInAmidANewPassword: no session comes into being by the old password once
// there is a new one, and one by the new password lives.
func TestTornReads_SignInAmidANewPassword(t *testing.T) {
	for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
		for late, c := range map[string]struct {
			password string
			status   int
		}{
			"A": {apptest.Password, 400}, // the account is read after the change, the password before
			"C": {newPassword, 200},
		} {
			t.Run(path+" "+late, func(t *testing.T) {
				w, d := tearable(t)
				operator(w, "holder01", true)
				holder, newcomer := w.SignIn("holder01"), w.Client()
				early := map[string]string{"A": "C", "C": "A"}[late]
				d.amid(0, early, late, func() { changed(holder).Is(200) })
				a := newcomer.Post(path, object{"username": "holder01", "password": c.password}).Is(c.status)
				d.happened(t)
				if c.status != 200 {
					return
				}
				if path == "/api/auth/token" {
					newcomer = newcomer.With("Authorization", "Bearer "+a.String("access_token"))
				}
				newcomer.Get("/api/users/self").Is(200)
			})
		}
	}
}

// TestTornReads_BasicAmidANewPassword: nor does a request pass with the old one.
func TestTornReads_BasicAmidANewPassword(t *testing.T) {
	w, d := tearable(t)
	operator(w, "holder01", true)
	holder := w.SignIn("holder01")
	d.amid(0, "C", "A", func() { changed(holder).Is(200) })
	basic := w.Client().With("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("holder01:"+apptest.Password)))
	basic.Get("/api/users/self").Is(503)
	d.happened(t)
	basic.Get("/api/users/self").Is(401)
}

// heeded is a store that asks before every read, which fails if that says so.
type heeded struct {
	store.Driver
	ask func(keys []store.Key) error
}

// Get implements store.Driver.
func (d *heeded) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if err := d.ask(keys); err != nil {
		return nil, err
	}
	return d.Driver.Get(ctx, keys)
}

// TestRefusedForItsOwnRepetition: whoever is refused while nobody can say whether
// their own repetition was carried out hears that, and not the refusal.
func TestRefusedForItsOwnRepetition(t *testing.T) {
	fine := func([]store.Key) error { return nil }
	d := &heeded{ask: fine}
	w := apptest.New(t, apptest.Driver(func(under store.Driver) store.Driver { d.Driver = under; return d }))
	w.Client().Post("/api/auth/register", apptest.Form("holder01", "holder01@example.com")).Is(201)
	key := object{"key": apptest.Key(w, w.Mail("holder01@example.com", "confirm").Links[0])}
	once := w.Client().With("Idempotency-Key", "one")
	d.ask = func(keys []store.Key) error {
		if !begins("PEND#")(keys[0]) {
			return nil
		}
		d.ask = fine
		once.Post("/api/auth/verify-email", key).Is(200)
		d.ask = func(keys []store.Key) error {
			if begins("IDEM#")(keys[0]) {
				return store.ErrUnknownOutcome
			}
			return nil
		}
		return nil
	}
	once.Post("/api/auth/verify-email", key).Is(503)
	d.ask = fine
	once.Post("/api/auth/verify-email", key).Is(200)
}

// TestTornReads_MaintainerAmidAHandOver: whoever becomes the owner may do all the while what
// both may.
func TestTornReads_MaintainerAmidAHandOver(t *testing.T) {
	for late, early := range map[string]string{"MEM#": "ORG#", "ORG#": "MEM#"} {
		t.Run(late+" last", func(t *testing.T) {
			w, d := tearable(t)
			admin := administrator(w)
			w.Join("founder", "founder@example.org")
			team := w.Found(w.SignIn("founder"), "acme")
			heir := team.Join("heir01", "maintainer")
			team.Join("hand01", "worker")
			crowned, leaves := team.Member("heir01"), team.Member("hand01")
			d.amid(0, early, late, func() { admin.Patch(crowned, object{"role": "owner"}).Is(200) })
			heir.Delete(leaves).Is(204)
			d.happened(t)
		})
	}
}

// TestNothingAfterTheAccountEnded: what somebody has begun is not carried out once
// their account has ended.
func TestNothingAfterTheAccountEnded(t *testing.T) {
	w, cut := interruptible(t, transferOn)
	admin := administrator(w)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	heir := team.Join("heir01", "maintainer")
	member, self := team.Member("heir01"), userPath(heir.Get("/api/users/self").Int("id"))
	team.Owner.Post(team.Path("/ownership"), object{"user_id": heir.Get("/api/users/self").Int("id")}).Is(200)
	for what, ask := range map[string]func(*apptest.Client) *apptest.Answer{
		"leaves":   func(c *apptest.Client) *apptest.Answer { return c.Delete(member) },
		"declines": func(c *apptest.Client) *apptest.Answer { return c.Delete(team.Path("/ownership")) },
	} {
		cut.before(deletes, func() { admin.Patch(self, object{"is_active": false}).Is(200) })
		if a := ask(heir); a.Status != 401 {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
		if !cut.happened() {
			t.Fatal("nothing came between")
		}
		admin.Patch(self, object{"is_active": true}).Is(200)
		heir = w.SignIn("heir01")
	}
}

// deletes is a transaction that removes something.
func deletes(call any) bool {
	tx, ok := call.(store.Tx)
	return ok && slices.ContainsFunc(tx.Ops, func(o store.Op) bool { return o.Verb == store.VerbDelete })
}

// TestDeletedDuringABatch: of what a batch did it tells, also if the organization has
// gone since.
func TestDeletedDuringABatch(t *testing.T) {
	w, b := interrupted(t)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	team := w.Found(owner, "acme")
	b.prefix, b.after = "INV#", 1
	b.hook = func() {
		b.hook = nil
		owner.Delete(team.Path("")).Is(204)
	}
	rows := []object{{"email": "guest0@example.org", "role": "worker"}, {"email": "guest1@example.org", "role": "worker"}, {"email": "guest2@example.org", "role": "worker"}}
	a := team.In(owner).Post("/api/invitations/batch", object{"invitations": rows}).Is(200)
	if strings.Count(a.Body, `"status":"created"`) != 1 || strings.Count(a.Body, "No Organization") != 2 {
		t.Error(a.Body)
	}
}
