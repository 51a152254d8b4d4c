package app_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// cutIn lets something else happen right before one call to the store.
type cutIn struct {
	store.Driver
	mu  sync.Mutex
	is  func(call any) bool
	act func()
}

// interruptible is a world with such a store.
func interruptible(t *testing.T, opts ...apptest.Option) (*apptest.World, *cutIn) {
	c := &cutIn{}
	return apptest.New(t, append(opts, apptest.Driver(func(d store.Driver) store.Driver { c.Driver = d; return c }))...), c
}

// before has act happen, once, before the first call that is meant.
func (c *cutIn) before(is func(call any) bool, act func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.is, c.act = is, act
}

func (c *cutIn) look(call any) {
	c.mu.Lock()
	act := c.act
	if act == nil || !c.is(call) {
		act = func() {}
	} else {
		c.act = nil
	}
	c.mu.Unlock()
	act()
}

// happened reports whether the call came.
func (c *cutIn) happened() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.act == nil
}

func (c *cutIn) Query(ctx context.Context, q store.Query) (store.Page, error) {
	c.look(q)
	return c.Driver.Query(ctx, q)
}

func (c *cutIn) Transact(ctx context.Context, tx store.Tx) error {
	c.look(tx)
	return c.Driver.Transact(ctx, tx)
}

// wholeAccount is the read of everything that belongs to an account.
func wholeAccount(call any) bool {
	q, ok := call.(store.Query)
	return ok && strings.HasPrefix(q.PK, "U#") && q.Prefix == ""
}

// sessionNoted is the write that notes the use of a session.
func sessionNoted(call any) bool {
	tx, ok := call.(store.Tx)
	return ok && len(tx.Ops) == 1 && strings.HasPrefix(tx.Ops[0].Key.SK, "S#")
}

func confirmed(c *apptest.Client) *apptest.Answer {
	return c.Post("/api/auth/reauthenticate", object{"password": apptest.Password})
}

func changed(c *apptest.Client) *apptest.Answer {
	return c.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword})
}

// TestD4_LeftWhileTheAccountIsRead has two tabs at work: one gets its successor while
// the other has been let in, and has not read the account yet.
func TestD4_LeftWhileTheAccountIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		first, second func(*apptest.Client) *apptest.Answer
		status        int
	}{
		"confirmed, then confirmed": {confirmed, confirmed, 200},
		"changed, then changed":     {changed, changed, 200},
		"confirmed, then changed":   {confirmed, changed, 401}, // the old password is the one that counts
	} {
		t.Run(name, func(t *testing.T) {
			w, cut := interruptible(t)
			operator(w, "holder01", true)
			client := w.SignIn("holder01")
			one, other := frozen(client, w), frozen(client, w)
			var first *apptest.Answer
			cut.before(wholeAccount, func() { first = c.first(one).Is(200) })
			second := c.second(other).Is(c.status)
			if !cut.happened() {
				t.Fatal("nothing came between")
			}
			if c.status == 200 && sessionOf(first) != sessionOf(second) {
				t.Errorf("sessions %q and %q", sessionOf(first), sessionOf(second))
			}
		})
	}
}

// TestD1_LeftWhileItsUseIsNoted has a session left at the very moment at which an
// hour's first use of it is noted.
func TestD1_LeftWhileItsUseIsNoted(t *testing.T) {
	for name, open := range map[string]func(*apptest.Client) *apptest.Answer{
		"page": func(c *apptest.Client) *apptest.Answer { return c.Get("/auth/account") },
		"API":  func(c *apptest.Client) *apptest.Answer { return c.Get("/api/users/self") },
	} {
		t.Run(name, func(t *testing.T) {
			w, cut := interruptible(t)
			operator(w, "holder01", true)
			client := w.SignIn("holder01")
			one, other := frozen(client, w), frozen(client, w)
			w.Clock.Add(2 * time.Hour)
			cut.before(sessionNoted, func() { confirmed(one).Is(200) })
			if a := open(other); a.Status == 200 {
				t.Error("a session that was left has opened something")
			}
			if !cut.happened() {
				t.Fatal("nothing came between")
			}
		})
	}
}

// TestD1_LeftIsAsGoodAsNone: where no password is asked, a session that was left is as
// good as one that never was.
func TestD1_LeftIsAsGoodAsNone(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	old := frozen(c, w)
	confirmed(c).Is(200)
	never := w.Client()
	for _, s := range []struct{ method, path string }{{"OPTIONS", "/api/users/self"}, {"PUT", "/api/users/self"}, {"GET", "/api/auth/sessions"}, {"GET", "/api/users"}} {
		if got, want := old.Do(s.method, s.path, nil), never.Do(s.method, s.path, nil); got.Status != want.Status || got.Body != want.Body {
			t.Errorf("%s %s: %d %s, want %d %s", s.method, s.path, got.Status, got.Body, want.Status, want.Body)
		}
	}
	bare := w.Client().With("Cookie", "sessionid="+strings.TrimPrefix(strings.Split(old.Header.Get("Cookie"), ";")[0], "sessionid="))
	bare.Post("/api/auth/login", login("holder01")).Is(200)
}

// TestD15_LeftSessionsPushNobodyOut: who confirms a password often keeps the sessions on
// other devices, and no heap of rows.
func TestD15_LeftSessionsPushNobodyOut(t *testing.T) {
	w := apptest.New(t)
	uid := operator(w, "holder01", true)
	phone := w.SignIn("holder01")
	w.Clock.Add(time.Second)
	c := w.SignIn("holder01")
	for range 120 {
		confirmed(c).Is(200)
	}
	w.SignIn("holder01")
	phone.Get("/api/users/self").Is(200)
	c.Get("/api/users/self").Is(200)
	items, err := w.Parts.Table.All(t.Context(), sessionsOf(uid), 1000)
	if err != nil || len(items) > 51 {
		t.Errorf("%d rows of sessions lie there (%v)", len(items), err)
	}
}

// TestD7_LeftSessionOfAnEndedAccount: no way back through a session that was left, for
// whoever was disabled, or has a password by mail.
func TestD7_LeftSessionOfAnEndedAccount(t *testing.T) {
	w := apptest.New(t)
	admin := administrator(w)
	uid := operator(w, "holder01", true)
	c := w.SignIn("holder01")
	old := frozen(c, w)
	confirmed(c).Is(200)
	w.Client().Post("/api/auth/password/reset", object{"email": "holder01@example.com"}).Is(200)
	w.Client().Post("/api/auth/password/reset/confirm", resetForm(w, "holder01@example.com", newPassword)).Is(200)
	confirmed(old).Is(401)
	old.Post("/api/auth/reauthenticate", object{"password": newPassword}).Is(401)
	old.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}).Is(401)
	c2 := w.Client()
	c2.Post("/api/auth/login", object{"username": "holder01", "password": newPassword}).Is(200)
	old2 := frozen(c2, w)
	c2.Post("/api/auth/reauthenticate", object{"password": newPassword}).Is(200)
	admin.Patch(userPath(uid), object{"is_active": false}).Is(200)
	old2.Post("/api/auth/reauthenticate", object{"password": newPassword}).Is(401)
}

func sessionsOf(uid int64) store.Query {
	return store.Query{PK: session.UserPK(uid), Prefix: "S#"}
}

func userPath(uid int64) string { return "/api/users/" + strconv.FormatInt(uid, 10) }
