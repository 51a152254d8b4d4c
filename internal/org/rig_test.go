package org

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/mail"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/tenant"
)

// rig is the domain behind its routes, without a gateway, on a table whose
// partitions it remembers.
type rig struct {
	*testing.T
	*Service
	routes api.Routes
	driver *spy
	now    time.Time
	nextID int64
}

// spy remembers which partitions were written.
type spy struct {
	store.Driver
	mu    sync.Mutex
	parts map[string]bool
}

func (s *spy) Transact(ctx context.Context, tx store.Tx) error {
	s.mu.Lock()
	for _, o := range tx.Ops {
		s.parts[o.Key.PK] = true
	}
	s.mu.Unlock()
	return s.Driver.Transact(ctx, tx)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "db"))
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	r := &rig{T: t, driver: &spy{Driver: db, parts: map[string]bool{}}, now: time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC), nextID: 1000}
	keys, err := secret.Parse(secret.Generate("k1"))
	must(t, err)
	base, err := url.Parse("https://gatehouse.example")
	must(t, err)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	r.Service = &Service{Table: store.New(r.driver, r.clock), Secrets: secret.Static(keys), Log: log,
		Settings: Settings{Site: mail.Site{Name: "Gatehouse", BaseURL: base.String()}, Transfer: true}}
	r.routes = r.Routes(&api.Gate{Table: r.Table, Secrets: r.Secrets, Base: base, Log: log, Policy: policy.Default(), MinRole: policy.GroupUser})
	return r
}

func (r *rig) clock() time.Time { return r.now }

// over is the domain of another process, that sees the table through d.
func (r *rig) over(d store.Driver) *Service {
	s := *r.Service
	s.Table = store.New(d, r.clock)
	return &s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) do(ops ...store.Op) {
	r.Helper()
	must(r.T, r.Table.Transact(r.Context(), ops...))
}

func (r *rig) one(k store.Key) store.Item {
	r.Helper()
	items, err := r.Table.Get(r.Context(), k)
	must(r.T, err)
	return items[0]
}

func (r *rig) count(k store.Key) int64 { r.Helper(); return tenant.Count(r.one(k)) }

// user makes an account that has just signed in.
func (r *rig) user(uid int64, groups ...string) int64 {
	r.Helper()
	name := "user" + strconv.FormatInt(uid, 10)
	at := r.now.Unix()
	r.do(
		session.Authorities.Put(session.AuthorityKey(uid), session.Authority{Status: session.Active, Groups: append(groups, "user")}, store.Absent),
		profile.Profiles.Put(profile.Key(uid), profile.Profile{UID: uid, Username: name, Email: name + "@example.com", Verified: true}, store.Absent),
		session.Session{Kind: session.KindBearer, UID: uid, Created: at, Seen: at, AuthTime: at}.Put(session.Key(uid, "s"), store.Absent))
	return uid
}

func (r *rig) id() int64 { r.nextID++; return r.nextID }

// org makes an organization.
func (r *rig) org(id, owner int64, seats int64) tenant.State {
	r.Helper()
	st := tenant.State{ID: id, Slug: "org" + strconv.FormatInt(id, 10), Owner: owner, State: tenant.Active, Seats: seats, Created: 1}
	r.do(
		tenant.States.Put(tenant.Key(id), st, store.Absent),
		descriptions.Put(descriptionKey(id), description{Name: "Org", Contact: json.RawMessage("{}")}, store.Absent),
		tenant.Claims.Put(tenant.SlugKey(st.Slug), tenant.Claim{Org: id}, store.Absent),
		orgRows.Put(orgRowKey(id), orgRow{ID: id, Slug: st.Slug, Owner: owner}, store.Absent),
		tenant.Own(owner, 1))
	r.join(st, owner, "owner")
	return st
}

// join makes somebody a member, by an invitation of the owner.
func (r *rig) join(st tenant.State, uid int64, role string) tenant.Member {
	r.Helper()
	p, err := profile.Profiles.Of(r.one(profile.Key(uid)))
	must(r.T, err)
	m := tenant.Member{ID: r.id(), Org: st.ID, UID: uid, Role: role, Joined: 2}
	ops := []store.Op{st.Seat(1), st.Join(1)}
	if uid != st.Owner {
		i := Invitation{Key: "k" + idText(m.ID), Org: st.ID, ID: m.ID, Email: p.Email, Role: role, Inviter: st.Owner, UID: uid, Created: 1, Accepted: 2}
		m.Invitation = i.Key
		ops = append(ops, Invitations.Put(InvitationKey(i.Key), i, store.Absent), Senders.Put(SenderKey(i), tenant.Open{Key: i.Key}, store.Absent),
			InviteRows.Put(InviteRowKey(i), InviteRow{Key: i.Key, UID: uid, Inviter: i.Inviter, Accepted: true, Created: 1}, store.Absent))
	}
	r.do(append(ops,
		tenant.Members.Put(tenant.MemberKey(uid, st.ID), m, store.Absent),
		Pointers.Put(PointerKey(m.ID), Pointer{Org: st.ID, UID: uid, Key: m.Invitation}, store.Absent),
		MemberRows.Put(MemberRowKey(st.ID, m.ID), Row(m, p, true), store.Absent))...)
	return m
}

// invite makes an open invitation that lives for an hour.
func (r *rig) invite(st tenant.State, email string) Invitation {
	r.Helper()
	id := r.id()
	i := Invitation{Key: "k" + idText(id), Org: st.ID, ID: id, Email: email, Role: "worker", Inviter: st.Owner, Created: r.now.UnixMilli(), Expires: r.now.Add(time.Hour).UnixMilli(), Seated: true}
	r.do(st.Seat(1),
		Invitations.Put(InvitationKey(i.Key), i, store.Absent),
		Pointers.Put(PointerKey(id), Pointer{Org: st.ID, Key: i.Key}, store.Absent),
		MemberRows.Put(MemberRowKey(st.ID, id), WaitingRow(i), store.Absent),
		InviteRows.Put(InviteRowKey(i), InviteRow{Key: i.Key, UID: id, Inviter: i.Inviter, Created: i.Created}, store.Absent),
		Senders.Put(SenderKey(i), tenant.Open{Key: i.Key}, store.Absent),
		DueInvitations.Put(DueInvitationKey(i), tenant.Open{Key: i.Key}, store.Absent),
		tenant.Opens.Put(tenant.OpenKey(email, st.ID), tenant.Open{Key: i.Key}, store.Absent))
	return i
}

// dump is all that lies in the table except the markers of transactions.
func (r *rig) dump() map[store.Key]string {
	r.Helper()
	out := map[store.Key]string{}
	r.driver.mu.Lock()
	parts := slices.Sorted(maps.Keys(r.driver.parts))
	r.driver.mu.Unlock()
	for _, pk := range parts {
		if strings.HasPrefix(pk, "TX#") {
			continue
		}
		items, err := r.Table.All(r.Context(), store.Query{PK: pk}, 100_000)
		must(r.T, err)
		for _, it := range items {
			counts, err := json.Marshal(it.Counts)
			must(r.T, err)
			out[it.Key] = string(it.Body) + string(counts)
		}
	}
	return out
}

// call is a request of somebody, e.g. "PATCH /api/organizations/7"; the answer is
// its status and its body.
func (r *rig) call(uid int64, target, body string, header ...string) (int, string) {
	r.Helper()
	method, rest, _ := strings.Cut(target, " ")
	path, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	must(r.T, err)
	q := &api.Request{ID: "r", Method: method, Path: path, RawQuery: query, Query: values, Params: map[string]string{}, Header: map[string]string{"content-type": "application/json"},
		Body: []byte(body), SourceIP: "192.0.2.7", Authorizer: session.Ticket{Kind: session.CredJWT, UID: uid, SID: "s"}.Context()}
	if len(header) == 2 {
		q.Header[header[0]] = header[1]
	}
	parts := strings.Split(path, "/")
	if len(parts) > 3 {
		q.Params["id"], parts[3] = parts[3], "{id}"
	}
	q.Route = method + " " + strings.Join(parts, "/")
	h, ok := r.routes[q.Route]
	if !ok {
		r.Fatalf("no route %q", q.Route)
	}
	res := h.Serve(r.Context(), q)
	return res.Status, string(res.Body)
}

// wants calls and fails unless the answer has the status and, in its body, text.
func (r *rig) wants(status int, text string, uid int64, target, body string, header ...string) string {
	r.Helper()
	got, answer := r.call(uid, target, body, header...)
	if got != status || !strings.Contains(answer, text) {
		r.Errorf("%s by %d %s: %d %s\nwant %d %s", target, uid, body, got, answer, status, text)
	}
	return answer
}
