package check_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/store"
)

// TestRules: nothing is broken through a long story; and whatever is broken then is
// reported under its rule, and under no other.
func TestRules(t *testing.T) {
	w := newWorld(t)
	w.people()
	w.office()
	w.work()
	for name, ops := range w.breakages() {
		w.with(ops, func() {
			found := w.broken()
			if len(found) == 0 {
				t.Errorf("%s: nothing is found", name)
			}
			for _, v := range found {
				if rule, _, _ := strings.Cut(name, " "); v.Rule != rule {
					t.Errorf("%s: %v", name, v)
				}
				if v.Warning() != (v.Rule == check.Over) || v.Text == "" || v.Key == (store.Key{}) {
					t.Errorf("%s: %+v", name, v)
				}
			}
		})
	}
	w.sound("put back")
}

// TestOtherModes: registrations without a confirmation, and by invitation.
func TestOtherModes(t *testing.T) {
	for _, mode := range []string{"none", "optional"} {
		w := newWorld(t, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", mode))
		w.Client().Post("/api/auth/register", apptest.Form("founder", "founder@example.org")).Is(201)
		w.sound(mode + ": registered")
		team := w.Found(w.SignIn("founder"), "acme")
		key := team.Invite("guest@example.org", "worker")
		w.Client().Post("/api/auth/register", apptest.Form("squatter", "guest@example.org")).Is(201)
		form := apptest.Form("guest", "guest@example.org")
		form["invitation"], form["invitation_secret"] = key, unescaped(team.Secret("guest@example.org"))
		a := w.Client().Post("/api/auth/register", form)
		if mode == "optional" {
			a.Is(201)
		}
		w.sound(mode + ": joined")
	}
}

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// busy repeats its works beside each other until stop is called.
func busy(works ...func(n int)) (stop func()) {
	ended := make(chan struct{})
	var wg sync.WaitGroup
	for _, work := range works {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
					work(n)
				}
			}
		})
	}
	return func() { close(ended); wg.Wait() }
}

// TestBeside: a check beside a busy server reports nothing.
func TestBeside(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"chief", "founder", "guest", "other"} {
		w.Join(n, n+"@example.org")
	}
	if err := w.Accounts.SetRole(w.Context(), w.uid("chief"), "admin"); err != nil {
		t.Fatal(err)
	}
	w.uid("other")
	w.team = w.Found(w.SignIn("founder"), "acme")
	guest, other, chief := w.SignIn("guest"), w.SignIn("other"), w.SignIn("chief")
	var churned atomic.Int64
	stop := busy(
		func(int) {
			if key := w.tryInvite("guest@example.org"); key != "" {
				guest.Post("/api/invitations/"+key+"/accept", nil)
				guest.Post("/api/invitations/"+key+"/decline", nil)
			}
		},
		func(n int) {
			if key := w.tryInvite(fmt.Sprintf("g%d@example.org", n)); key != "" {
				w.team.In(w.team.Owner).Delete("/api/invitations/" + key)
			}
		},
		func(n int) { w.makeAndDrop(other, n) },
		func(n int) { w.comeAndGo(chief, n); churned.Add(1) },
		func(int) { w.Sweep("organizations") },
		func(int) { w.Sweep("erase") },
	)
	for n := 0; n < 10 || churned.Load() < 3 && n < 1000; n++ {
		w.sound("beside")
	}
	stop()
	w.sound("afterwards")
}

// tryInvite is the key of a new invitation, "" if it was refused.
func (w *world) tryInvite(email string) string {
	a := w.team.In(w.team.Owner).Post("/api/invitations", object{"email": email, "role": "worker"})
	if a.Status != 201 {
		return ""
	}
	return a.String("key")
}

// makeAndDrop makes an organization and an access token, and changes a name.
func (w *world) makeAndDrop(c *apptest.Client, n int) {
	if a := c.Post("/api/organizations", object{"slug": fmt.Sprint("o", n)}); a.Status == 201 {
		c.Delete(fmt.Sprint("/api/organizations/", a.Int("id")))
	}
	c.Patch(fmt.Sprint("/api/users/", w.uids["other"]), object{"first_name": fmt.Sprint("N", n)})
	if a := c.Post("/api/auth/access_tokens", object{"name": "t"}); a.Status == 201 {
		c.Delete(fmt.Sprint("/api/auth/access_tokens/", a.Int("id")))
	}
}

// comeAndGo is the life of an account.
func (w *world) comeAndGo(chief *apptest.Client, n int) {
	name := fmt.Sprintf("passing-%d", n)
	uid, err := w.Accounts.CreateUser(w.Context(), account.NewUser{Username: name, Email: "passing@example.org", Password: apptest.Password})
	if err != nil {
		w.Error(err)
		return
	}
	if key := w.tryInvite("passing@example.org"); key != "" {
		w.SignIn(name).Post("/api/invitations/"+key+"/accept", nil)
	}
	chief.Patch(fmt.Sprint("/api/users/", uid), object{"is_active": n%2 == 0, "last_name": "L"})
	for range 20 { // until it does not lose against the others
		if chief.Delete(fmt.Sprint("/api/users/", uid)).Status == 204 {
			return
		}
	}
	w.Errorf("%s cannot be deleted", name)
}

func TestProgress(t *testing.T) {
	w := newWorld(t)
	w.Join("somebody", "somebody@example.org")
	var heard []int
	if _, err := check.Run(t.Context(), w.table, func(done int) { heard = append(heard, done) }); err != nil {
		t.Fatal(err)
	}
	if len(heard) == 0 || heard[len(heard)-1] < 10 || !slices.IsSorted(heard) {
		t.Errorf("heard %v", heard)
	}
	if _, err := check.Run(t.Context(), w.Parts.Table, nil); err == nil {
		t.Error("a driver that cannot be scanned is checked")
	}
}
