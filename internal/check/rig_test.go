package check_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

type object = map[string]any

// world is an installation in which much has happened.
type world struct {
	*apptest.World
	table *store.Table
	team  *apptest.Team
	uids  map[string]int64
	key   map[string]string // of invitations
	works map[string]int64  // what people work on
}

func newWorld(t *testing.T, opts ...apptest.Option) *world {
	w := apptest.New(t, append(opts, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on"))...)
	return &world{World: w, table: store.New(w.DB, w.Clock.Now), uids: map[string]int64{}, key: map[string]string{}, works: map[string]int64{}}
}

// broken is what a check finds.
func (w *world) broken() []check.Violation {
	w.Helper()
	found, err := check.Run(w.Context(), w.table, nil)
	if err != nil {
		w.Fatal(err)
	}
	return found
}

// sound fails the test if anything is broken.
func (w *world) sound(when string) {
	w.Helper()
	for _, v := range w.broken() {
		w.Errorf("%s: %v", when, v)
	}
}

func (w *world) uid(name string) int64 {
	w.Helper()
	if w.uids[name] == 0 {
		uid, err := w.Accounts.FindUser(w.Context(), name)
		if err != nil {
			w.Fatal(err)
		}
		w.uids[name] = uid
	}
	return w.uids[name]
}

// people have accounts of every sort.
func (w *world) people() {
	w.Helper()
	w.Join("chief", "admin@example.org")
	if err := w.Accounts.SetRole(w.Context(), w.uid("chief"), "admin"); err != nil {
		w.Fatal(err)
	}
	for _, n := range []string{"holder", "alice", "moved", "banned", "leaver", "erased", "erased2"} {
		w.Join(n, n+"@example.org")
		w.uid(n)
	}
	w.sound("registered")
	moved := w.SignIn("moved")
	moved.Post("/api/auth/email", object{"email": "there@example.org"}).Is(200)
	link := w.Mail("there@example.org", "email-confirm").Links[0]
	w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w.World, link)}).Is(200)
	w.Client().Post("/api/auth/password/reset", object{"email": "there@example.org"}).Is(200)
	w.Drain()
	moved.Post("/api/auth/access_tokens", object{"name": "kept"}).Is(201)
	id := moved.Post("/api/auth/access_tokens", object{"name": "revoked"}).Is(201).Int("id")
	moved.Delete(fmt.Sprint("/api/auth/access_tokens/", id)).Is(204)
	for _, n := range []string{"moved", "erased"} {
		if err := w.Accounts.LinkIdentity(w.Context(), w.uid(n), "https://idp.example", n); err != nil {
			w.Fatal(err)
		}
	}
	w.SignIn("erased").Post("/api/auth/access_tokens", object{"name": "gone"}).Is(201)
	for _, n := range []string{"waiting", "waiting2"} {
		w.Client().Post("/api/auth/register", apptest.Form(n, "waiting@example.org")).Is(201)
	}
	w.sound("address, tokens, identities")
}

// office is an organization in which there is something of everything.
func (w *world) office() {
	w.Helper()
	admin, owner, alice := w.SignIn("chief"), w.SignIn("holder"), w.SignIn("alice")
	w.team = w.Found(owner, "acme")
	for _, n := range []string{"alice", "banned", "leaver", "erased", "erased2"} {
		w.team.Add(w.SignIn(n), n+"@example.org", "maintainer")
	}
	for _, n := range []string{"guest", "late", "again", "moved", "gone"} {
		w.key[n] = w.team.Invite(n+"@example.org", "worker")
	}
	w.key["sent"] = w.team.In(w.SignIn("erased")).Post("/api/invitations", object{"email": "sent@example.org", "role": "worker"}).Is(201).String("key")
	w.sound("invited")
	w.team.In(owner).Delete("/api/invitations/" + w.key["gone"]).Is(204)
	owner.Post(w.team.Path("/ownership"), object{"user_id": w.uid("alice")}).Is(200)
	doomed := w.Found(alice, "doomed")
	doomed.Add(w.SignIn("banned"), "banned@example.org", "worker")
	doomed.Invite("guest@example.org", "worker")
	alice.Delete(doomed.Path("")).Is(204)
	w.sound("an organization is deleted")
	w.Found(alice, "alices")
	alice.Patch(fmt.Sprint("/api/users/", w.uid("alice")), object{"username": "alicia", "first_name": "Alicia"}).Is(200)
	admin.Patch(fmt.Sprint("/api/users/", w.uid("banned")), object{"is_active": false}).Is(200)
	w.SignIn("leaver").Post("/api/users/self/deletion", nil).Is(200)
	admin.Delete(fmt.Sprint("/api/users/", w.uid("erased"))).Is(204)
	admin.Delete(fmt.Sprint("/api/users/", w.uid("erased2"))).Is(204)
	w.sound("left and deleted")
	w.Drain()
	w.weekLater()
}

// weekLater is the office after a week without anybody.
func (w *world) weekLater() {
	w.Helper()
	w.Clock.Add(8 * 24 * time.Hour)
	w.sound("a week later")
	w.Sweep("organizations")
	w.Sweep("erase")
	w.sound("swept")
	w.team.In(w.SignIn("holder")).Post("/api/invitations/"+w.key["again"]+"/resend", nil).Is(204)
	w.team.Owner = w.SignIn("holder")
	w.key["fresh"] = w.team.Invite("fresh@example.org", "worker")
	w.team.Owner.Post(w.team.Path("/ownership"), object{"user_id": w.uid("alice")}).Is(200)
	doomed := w.Found(w.team.Owner, "doomed2")
	doomed.Owner.Delete(doomed.Path("")).Is(204)
	for _, n := range []string{"waiting", "waiting2"} {
		w.Client().Post("/api/auth/register", apptest.Form(n, "waiting@example.org")).Is(201)
	}
	c := w.SignIn("moved")
	c.Post("/api/auth/email", object{"email": "moved@example.org"}).Is(200)
	link := w.Mail("moved@example.org", "email-confirm").Links[0]
	w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w.World, link)}).Is(200)
	w.SignIn("alicia")
	w.Client().Post("/api/auth/password/reset", object{"email": "late@example.org"}).Is(200) // a job that waits
	w.sound("at the end")
}

func read[T any](w *world, kind store.Kind[T], k store.Key) (T, store.Item) {
	w.Helper()
	items, err := w.table.Get(w.Context(), k)
	if err != nil {
		w.Fatal(err)
	}
	v, err := kind.Of(items[0])
	if err != nil || !items[0].Exists() {
		w.Fatalf("nothing at %q: %v", k, err)
	}
	return v, items[0]
}

// edit is the write that changes an item.
func edit[T any](w *world, kind store.Kind[T], k store.Key, change func(*T)) store.Op {
	w.Helper()
	v, it := read(w, kind, k)
	change(&v)
	op := kind.Put(k, v, store.Always)
	op.Expires = it.Expires
	return op
}

// with applies ops to the store, runs do, and puts back what was there.
func (w *world) with(ops []store.Op, do func()) {
	w.Helper()
	var keys []store.Key
	for _, o := range ops {
		keys = append(keys, o.Key)
	}
	before, err := w.table.Get(w.Context(), keys...)
	if err == nil {
		err = w.table.Transact(w.Context(), ops...)
	}
	if err != nil {
		w.Fatal(err)
	}
	do()
	var back []store.Op
	for _, it := range before {
		back = append(back, store.Delete(it.Key, store.Always))
	}
	if err := w.table.Transact(w.Context(), back...); err != nil {
		w.Fatal(err)
	}
	for _, it := range before {
		if !it.Exists() {
			continue
		}
		op := store.Op{Verb: store.VerbPut, Key: it.Key, If: store.Always, Kind: it.Kind, Schema: it.Schema, Body: it.Body, Index: it.Index, Expires: it.Expires}
		if len(it.Body) == 0 {
			op = store.Add(it.Key, it.Kind, "n", it.Counts["n"], -100, 100)
		}
		if err := w.table.Transact(w.Context(), op); err != nil {
			w.Fatal(err)
		}
	}
}

// The rows that tests break.

func (w *world) invitation(n string) org.Invitation {
	w.Helper()
	i, _ := read(w, org.Invitations, org.InvitationKey(w.key[n]))
	return i
}

func (w *world) member(n string) tenant.Member {
	w.Helper()
	m, _ := read(w, tenant.Members, tenant.MemberKey(w.uid(n), w.team.ID))
	return m
}

// first is the first item below a key of a partition.
func (w *world) first(pk, prefix string) store.Item {
	w.Helper()
	items, err := w.table.All(w.Context(), store.Query{PK: pk, Prefix: prefix}, 1000)
	if err != nil || len(items) == 0 {
		w.Fatalf("nothing in %q below %q: %v", pk, prefix, err)
	}
	return items[0]
}

func (w *world) deletion(n string) (account.Ticket, time.Time) {
	w.Helper()
	t, _ := read(w, account.Rows.Tickets, account.Keys.Deletion(w.uid(n)))
	return t, time.UnixMilli(t.Due)
}

// token is somebody's access token, and where it is found.
func (w *world) token(n string) (store.Key, session.Pointer, store.Key) {
	w.Helper()
	it := w.first(session.UserPK(w.uid(n)), "T#")
	p, err := session.Pointers.Of(it)
	if err != nil {
		w.Fatal(err)
	}
	return it.Key, p, session.AccessTokenKey(p.Prefix)
}
