package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// between runs a hook before a transaction that touches a key with a prefix.
type between struct {
	store.Driver
	prefix string
	after  int32 // how many such transactions go before
	seen   atomic.Int32
	hook   func()
}

func (b *between) Transact(ctx context.Context, tx store.Tx) error {
	for _, o := range tx.Ops {
		if b.hook != nil && strings.HasPrefix(o.Key.PK, b.prefix) {
			if b.seen.Add(1) == b.after+1 {
				b.hook()
			}
			break
		}
	}
	return b.Driver.Transact(ctx, tx)
}

// interrupted is a world whose driver can be interrupted.
func interrupted(t *testing.T) (*apptest.World, *between) {
	b := &between{}
	w := apptest.New(t, limitsOff, transferOn, apptest.Driver(func(d store.Driver) store.Driver {
		b.Driver = d
		return b
	}))
	return w, b
}

// demote changes an account behind the product's back.
func demote(w *apptest.World, uid int64, change func(*session.Authority)) {
	w.Helper()
	items, err := w.Parts.Table.Get(w.Context(), session.AuthorityKey(uid))
	if err != nil {
		w.Fatal(err)
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		w.Fatal(err)
	}
	change(&a)
	if err := w.Parts.Table.Transact(w.Context(), session.Authorities.Put(items[0].Key, a, items[0].At())); err != nil {
		w.Fatal(err)
	}
}

// TestG13_ASVS8_3_3_DisabledInTheMiddle disables whoever is at work, between what they read
// and what they write. Nothing is written any more.
func TestG13_ASVS8_3_3_DisabledInTheMiddle(t *testing.T) {
	disable := func(a *session.Authority) { a.Status = session.Disabled; a.Epoch++ }
	for name, x := range map[string]struct {
		prefix string
		do     func(team *apptest.Team) *apptest.Answer
	}{
		"invite": {"INV#", func(team *apptest.Team) *apptest.Answer {
			return team.In(team.Owner).Post("/api/invitations", object{"email": "fresh@example.org", "role": "worker"})
		}},
		"role": {"LST#members#", func(team *apptest.Team) *apptest.Answer {
			return team.Owner.Patch(team.Member("member"), object{"role": "supervisor"})
		}},
		"remove": {"LST#members#", func(team *apptest.Team) *apptest.Answer { return team.Owner.Delete(team.Member("member")) }},
		"update": {"ORG#", func(team *apptest.Team) *apptest.Answer { return team.Owner.Patch(team.Path(""), object{"name": "x"}) }},
		"delete": {"ORG#", func(team *apptest.Team) *apptest.Answer { return team.Owner.Delete(team.Path("")) }},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := interrupted(t)
			w.Join("founder", "founder@example.org")
			owner := w.SignIn("founder")
			team := w.Found(owner, "acme")
			team.Join("member", "worker")
			uid := owner.Get("/api/users/self").Int("id")
			var before string
			b.prefix, b.hook = x.prefix, func() { b.hook = nil; demote(w, uid, disable); before = w.Dump() }
			if a := x.do(team); a.Status != 401 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if w.Dump() != before {
				t.Error("something was written")
			}
		})
	}
}

func TestG13_ASVS8_3_3_DisabledDuringABatch(t *testing.T) {
	w, b := interrupted(t)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	team := w.Found(owner, "acme")
	uid := owner.Get("/api/users/self").Int("id")
	b.prefix, b.after = "INV#", 2
	b.hook = func() { demote(w, uid, func(a *session.Authority) { a.Status = session.Disabled; a.Epoch++ }) }
	var rows []object
	for i := range 20 {
		rows = append(rows, object{"email": fmt.Sprintf("guest%d@example.org", i), "role": "maintainer"})
	}
	team.In(owner).Post("/api/invitations/batch", object{"invitations": rows}).Is(401)
	if m, o := balanced(w, team.ID); m != 1 || o != 2 {
		t.Errorf("%d members and %d invitations", m, o)
	}
}

// TestG2_CASDOOR15630_ZIT105209_OneKeyInTwoWorkspaces repeats a request in another organization: it is
// another request.
func TestG2_CASDOOR15630_ZIT105209_OneKeyInTwoWorkspaces(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder").With("Idempotency-Key", "one")
	a, b := w.Found(w.SignIn("founder"), "acme"), w.Found(w.SignIn("founder"), "beta")
	body := object{"email": "guest@example.org", "role": "worker"}
	key := a.In(owner).Post("/api/invitations", body).Is(201).String("key")
	if again := a.In(owner).Post("/api/invitations", body).Is(201).String("key"); again != key {
		t.Errorf("the repetition made another: %s", again)
	}
	b.In(owner).Post("/api/invitations", body).Is(422)
	owner.Post("/api/invitations?org=beta", body).Is(422)
}

// TestG15_ReplayAfterLeaving repeats what made an organization, when it has
// another owner and its maker has left.
func TestG15_ReplayAfterLeaving(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	keyed := w.SignIn("founder").With("Idempotency-Key", "make")
	id := keyed.Post("/api/organizations", object{"slug": "acme"}).Is(201).Int("id")
	team := &apptest.Team{Slug: "acme", ID: id, Owner: w.SignIn("founder")}
	team = w.Team(team)
	heir := team.Join("heir01", "worker")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": heir.Get("/api/users/self").Int("id")}).Is(200)
	heir.Post(team.Path("/ownership/accept"), nil).Is(200)
	keyed.Post("/api/organizations", object{"slug": "acme"}).Is(201)
	heir.Delete(team.Member("founder")).Is(204)
	heir.Patch(team.Path(""), object{"slug": "hidden", "description": "the plan"}).Is(200)
	if a := keyed.Post("/api/organizations", object{"slug": "acme"}).Is(404); strings.Contains(a.Body, "hidden") {
		t.Error(a.Body)
	}
}

// TestG14_AnOfferEndsWithTheMembership offers an organization to somebody who is
// removed, and comes back as something less.
func TestG14_AnOfferEndsWithTheMembership(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	c := team.Join("member", "maintainer")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": c.Get("/api/users/self").Int("id")}).Is(200)
	team.Owner.Delete(team.Member("member")).Is(204)
	team.Add(c, "member@example.org", "worker")
	c.Post(team.Path("/ownership/accept"), nil).Is(404).Has("no_offer")
}

// TestG5_AnHeirMustBeAbleToOwn hands over to somebody without a global group.
func TestG5_AnHeirMustBeAbleToOwn(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	c := team.Join("member", "maintainer")
	uid := c.Get("/api/users/self").Int("id")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": uid}).Is(200)
	demote(w, uid, func(a *session.Authority) { a.Groups = nil })
	c.Post(team.Path("/ownership/accept"), nil).Is(403)
}

// TestG13_ARaisedRoleCountsAsInvited raises the role of somebody who has not joined
// above what the inviter could give.
func TestG13_ARaisedRoleCountsAsInvited(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	maintainer := team.Join("maint01", "maintainer")
	w.Join("guest01", "guest01@example.org")
	key := team.In(maintainer).Post("/api/invitations", object{"email": "guest01@example.org", "role": "worker"}).Is(201).String("key")
	team.Owner.Patch(team.Member("guest01@example.org"), object{"role": "maintainer"}).Is(200)
	w.SignIn("guest01").Post("/api/invitations/"+key+"/accept", nil).Is(200)
	team.In(team.Owner).Get("/api/memberships?user=guest01").Is(200).Has(`"role":"maintainer"`)
	team.Owner.Get("/api/invitations/" + key).Is(200).Has(`"username":"founder"`)
}

// TestB_OrganizationLimits: making organizations, mails to one address, asking who
// is a member and trying out names are limited.
func TestB_OrganizationLimits(t *testing.T) {
	w := apptest.New(t)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	team := w.Found(owner, "acme")
	for i := range 19 {
		w.Clock.Add(time.Millisecond) // ids of one millisecond may collide, and a second try counts
		owner.Post("/api/organizations", object{"slug": fmt.Sprint("o", i)}).Is(201)
	}
	throttled(t, owner.Post("/api/organizations", object{"slug": "more"}))
	in := team.In(owner)
	for range 10 {
		w.Clock.Add(time.Millisecond)
		key := in.Post("/api/invitations", object{"email": "victim@example.org", "role": "worker"}).Is(201).String("key")
		owner.Delete("/api/invitations/" + key).Is(204)
	}
	throttled(t, in.Post("/api/invitations", object{"email": "victim@example.org", "role": "worker"}))
	throttled(t, in.Post("/api/invitations", object{"email": "VICTIM@example.org", "role": "worker"}))
	key := team.Invite("guest@example.org", "worker")
	form := apptest.Form("founder", "guest@example.org")
	form["invitation"], form["invitation_secret"] = key, team.Secret("guest@example.org")
	var last *apptest.Answer
	for range 21 {
		last = w.Client().Post("/api/auth/register", form)
	}
	throttled(t, last)
}

// TestJ_WorkspaceNames names workspaces that cannot be.
func TestJ_WorkspaceNames(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	for _, q := range []string{"org=%ff", "org=" + strings.Repeat("x", 3000), "org=a%00b", "org=%E2%80%AE", "org=..%2f", "org_id=0", "org_id=99999999"} {
		if a := c.Get("/api/users/self?" + q); a.Status != 404 && q != "org_id=0" || a.Status >= 500 {
			t.Errorf("%.30s: %d %.100s", q, a.Status, a.Body)
		}
	}
	for _, q := range []string{"org_id=-1", "org_id=1e3", "org_id=01", "org_id=9223372036854775808", "org_id=%ff"} {
		c.Get("/api/users/self?" + q).Is(400)
	}
	c.With("X-Organization", strings.Repeat("x", 3000)).Get("/api/users/self").Is(404)
	c.With("X-Organization", "\u00e9").Get("/api/users/self").Is(404)
	if log := w.Logged.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Error("an error was logged")
	}
}
