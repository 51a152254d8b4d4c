package permissions

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// The people, and the organizations, of every test.
const (
	root, boss, maint, super, worker, outsider, invited, gone = 1, 2, 3, 4, 5, 6, 7, 8

	acme, dead, other = 100, 101, 102
)

// membershipID is the id of somebody's membership in acme.
func membershipID(uid int64) int64 { return 1000 + uid }

const pendingID = 2000 // of the invitation of "invited"

// counted counts the reads that reach the engine.
type counted struct {
	store.Driver
	gets atomic.Int64
}

func (c *counted) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	c.gets.Add(1)
	return c.Driver.Get(ctx, keys)
}

type rig struct {
	testing.TB
	table *store.Table
	reads *counted
	gate  *api.Gate
	route api.Handler
}

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func newRig(t testing.TB) *rig {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	r := &rig{TB: t, reads: &counted{Driver: db}}
	r.table = store.New(r.reads, func() time.Time { return now })
	r.gate = &api.Gate{Table: r.table, Base: &url.URL{Scheme: "https", Host: "example.org"}, Log: slog.New(slog.DiscardHandler),
		Policy: policy.Default(), MinRole: policy.GroupUser}
	r.route = (&Service{Table: r.table, Work: &workspace.Service{Table: r.table}}).Routes(r.gate)["POST /api/permissions/check"]
	r.populate()
	return r
}

func (r *rig) put(ops ...store.Op) {
	r.Helper()
	must(r, r.table.Transact(context.Background(), ops...))
}

func (r *rig) populate() {
	for uid, groups := range map[int64][]string{root: {"admin"}, boss: {"user"}, maint: {"user"}, super: {"user"}, worker: {"user"},
		outsider: {"user"}, invited: {"user"}, gone: nil} {
		a := session.Authority{Status: session.Active, Groups: groups}
		if uid == gone {
			a.Status = session.Erased
		}
		r.put(session.Authorities.Put(session.AuthorityKey(uid), a, store.Absent),
			profile.Profiles.Put(profile.Key(uid), profile.Profile{UID: uid, Email: mailOf(uid), Verified: true}, store.Absent))
	}
	for id, slug := range map[int64]string{acme: "acme", dead: "dead", other: "other"} {
		st := tenant.State{ID: id, Slug: slug, Owner: boss, State: tenant.Active}
		if id == dead {
			st.State = tenant.Going
		}
		if id == other {
			st.Owner = root
		}
		r.put(tenant.States.Put(tenant.Key(id), st, store.Absent), tenant.Claims.Put(tenant.SlugKey(slug), tenant.Claim{Org: id}, store.Absent))
	}
	for uid, role := range map[int64]string{boss: "owner", maint: "maintainer", super: "supervisor", worker: "worker", gone: "worker"} {
		r.member(acme, uid, membershipID(uid), role)
	}
	r.member(dead, boss, 3000, "owner")
	r.invite(org.Invitation{Key: "key-open", Org: acme, ID: pendingID, Email: mailOf(invited), Role: "worker", Inviter: maint, Created: 1, Expires: now.Add(time.Hour).UnixMilli()})
	r.put(org.Invitations.Put(org.InvitationKey("key-done"), org.Invitation{Key: "key-done", Org: acme, ID: membershipID(worker), Email: "old@example.org", Role: "worker", Inviter: outsider, UID: worker, Accepted: 5}, store.Absent))
	r.token(50, outsider, false)
	r.token(51, outsider, true)
}

func mailOf(uid int64) string { return "u" + strconv.FormatInt(uid, 10) + "@example.org" }

func (r *rig) member(in, uid, id int64, role string) {
	m := tenant.Member{ID: id, Org: in, UID: uid, Role: role}
	r.put(tenant.Members.Put(tenant.MemberKey(uid, in), m, store.Absent), org.Pointers.Put(org.PointerKey(id), org.Pointer{Org: in, UID: uid}, store.Absent),
		org.MemberRows.Put(org.MemberRowKey(in, id), org.Row(m, profile.Profile{}, true), store.Absent))
}

func (r *rig) invite(i org.Invitation) {
	r.put(org.Invitations.Put(org.InvitationKey(i.Key), i, store.Absent), org.Pointers.Put(org.PointerKey(i.ID), org.Pointer{Org: i.Org, Key: i.Key}, store.Absent),
		org.MemberRows.Put(org.MemberRowKey(i.Org, i.ID), org.WaitingRow(i), store.Absent), tenant.Opens.Put(tenant.OpenKey(i.Email, i.Org), tenant.Open{Key: i.Key}, store.Absent))
}

func (r *rig) token(id, uid int64, revoked bool) {
	prefix := "p" + strconv.FormatInt(id, 10)
	row := session.AccessToken{ID: id, UID: uid, ReadOnly: true, Created: now.Unix(), LastUsed: now.Unix(), Revoked: revoked}
	r.put(session.Pointers.Put(session.IDKey(id), session.Pointer{UID: uid, Prefix: prefix}, store.Absent), session.AccessTokens.Put(session.AccessTokenKey(prefix), row, store.Absent))
}

// request is a call of somebody with a password, or with an access token.
func request(uid int64, workspace, body string) *api.Request {
	t := session.Ticket{Kind: session.CredBasic, UID: uid, SID: "0"}
	r := &api.Request{Method: "POST", Route: "POST /api/permissions/check", Header: map[string]string{"content-type": "application/json"}, Body: []byte(body)}
	if uid < 0 {
		t = session.Ticket{Kind: session.CredPAT, UID: outsider, SID: "p50"}
	}
	r.Authorizer = t.Context()
	if workspace != "" {
		r.Header["x-organization"] = workspace
	}
	return r
}

// ask calls, and fails unless the answer is status.
func (r *rig) ask(uid int64, workspace, body string, status int) []byte {
	r.Helper()
	res := r.route.Serve(context.Background(), request(uid, workspace, body))
	if res.Status != status {
		r.Fatalf("%s: %d %s, want %d", body, res.Status, res.Body, status)
	}
	return res.Body
}

// results are the answers to checks, with reasons.
func (r *rig) results(uid int64, workspace, checks string) []Result {
	r.Helper()
	var a CheckAnswer
	must(r, json.Unmarshal(r.ask(uid, workspace, `{"checks":[`+checks+`],"explain":true}`, 200), &a))
	return a.Results
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
