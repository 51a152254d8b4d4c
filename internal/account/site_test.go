package account_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/tenant"
)

const phrase = "quarry lantern 58 mosaic"

// site is the domain behind its routes, without a gateway, and with fakes of the
// domains around it.
type site struct {
	*testing.T
	accounts *account.Service
	routes   api.Routes
	now      time.Time
	people   people
	follow   *followers
	invites  *invitations
}

func newSite(t *testing.T) *site {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	keys, err := secret.Parse(secret.Generate("k1"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, now: time.Date(2026, 11, 23, 7, 40, 42, 0, time.UTC), people: people{}, follow: &followers{}, invites: &invitations{}}
	table := store.New(db, func() time.Time { return s.now })
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	u, err := url.Parse("https://gatehouse.example")
	if err != nil {
		t.Fatal(err)
	}
	s.accounts = &account.Service{Table: table, Secrets: secret.Static(keys), Hasher: password.New(password.ForTests(), 2, password.Peppers{}),
		Limits: &limit.Limiter{Table: table}, Log: log, People: s.people, Followers: s.follow, Invitations: s.invites,
		Settings: account.Settings{Verification: account.VerifyMandatory, Site: mail.Site{Name: "Gatehouse", BaseURL: u.String()}}}
	s.follow.table = table
	g := &api.Gate{Table: table, Secrets: s.accounts.Secrets, Base: u, Production: true, Log: log, Policy: policy.Default(), MinRole: policy.GroupUser}
	s.routes = api.Routes{}
	for _, r := range []api.Routes{s.accounts.Signup(g), s.accounts.Account(g)} {
		for k, h := range r {
			s.routes[k] = h
		}
	}
	return s
}

// user makes an account of the given groups, "user" if none are given.
func (s *site) user(name string, groups ...string) int64 {
	s.Helper()
	if groups == nil {
		groups = []string{"user"}
	}
	uid, err := s.accounts.CreateUser(s.Context(), account.NewUser{Username: name, Email: name + "@example.com", First: "Ada", Groups: groups, Password: phrase})
	if err != nil {
		s.Fatal(err)
	}
	return uid
}

// org makes an organization of people by role.
func (s *site) org(id int64, slug string, owner int64, roles map[int64]string) {
	s.Helper()
	ops := []store.Op{tenant.States.Put(tenant.Key(id), tenant.State{ID: id, Slug: slug, Owner: owner, State: tenant.Active}, store.Absent),
		tenant.Claims.Put(tenant.SlugKey(slug), tenant.Claim{Org: id}, store.Absent)}
	for uid, role := range roles {
		m := tenant.Member{ID: id + uid, Org: id, UID: uid, Role: role}
		ops = append(ops, tenant.Members.Put(tenant.MemberKey(uid, id), m, store.Absent))
		s.people[id] = append(s.people[id], account.Person{UID: uid, Username: "m" + strconv.FormatInt(uid, 10), Active: true})
	}
	if err := s.accounts.Table.Transact(s.Context(), ops...); err != nil {
		s.Fatal(err)
	}
}

// ticket is a good credential of somebody.
func (s *site) ticket(uid int64) session.Ticket {
	s.Helper()
	items, err := s.accounts.Table.Get(s.Context(), session.AuthorityKey(uid))
	if err != nil {
		s.Fatal(err)
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		s.Fatal(err)
	}
	return session.Ticket{Kind: session.CredBasic, UID: uid, SID: strconv.FormatInt(a.Epoch, 10)}
}

func (s *site) status(uid int64) string {
	s.Helper()
	items, err := s.accounts.Table.Get(s.Context(), session.AuthorityKey(uid))
	if err != nil {
		s.Fatal(err)
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		s.Fatal(err)
	}
	return a.Status
}

// answer is a response that can be asked.
type answer struct {
	*testing.T
	*api.Response
}

// call sends a request: "GET /api/users?org=acme". Braces are found in the routes.
func (s *site) call(t session.Ticket, line, body string, header ...string) answer {
	s.Helper()
	method, target, _ := strings.Cut(line, " ")
	u, err := url.Parse(target)
	if err != nil {
		s.Fatal(err)
	}
	key, params := method+" "+u.Path, map[string]string{}
	if s.routes[key] == nil {
		cut := strings.LastIndex(u.Path, "/")
		key, params = method+" "+u.Path[:cut]+"/{id}", map[string]string{"id": u.Path[cut+1:]}
	}
	if s.routes[key] == nil {
		s.Fatalf("no route for %s", line)
	}
	r := &api.Request{ID: "r1", Method: method, Route: key, Path: u.Path, RawQuery: u.RawQuery, Query: u.Query(), Params: params,
		Header: map[string]string{"content-type": "application/json"}, Body: []byte(body), SourceIP: "203.0.113.7"}
	if t.Kind != "" {
		r.Authorizer = t.Context()
	} else {
		r.Authorizer = session.Ticket{Kind: session.CredNone}.Context()
	}
	for i := 0; i < len(header); i += 2 {
		r.Header[header[i]] = header[i+1]
	}
	return answer{s.T, s.routes[key].Serve(s.Context(), r)}
}

func (s *site) as(uid int64, line, body string, header ...string) answer {
	s.Helper()
	return s.call(s.ticket(uid), line, body, header...)
}

func (a answer) is(status int, parts ...string) answer {
	a.Helper()
	if a.Status != status {
		a.Errorf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	for _, p := range parts {
		if !strings.Contains(string(a.Body), p) {
			a.Errorf("the answer lacks %s: %s", p, a.Body)
		}
	}
	return a
}

// names are the user names of a list, in order.
func (a answer) names() string {
	a.Helper()
	var l struct {
		Results []struct {
			Username string `json:"username"`
		} `json:"results"`
	}
	if err := json.Unmarshal(a.is(200).Body, &l); err != nil {
		a.Fatal(err)
	}
	var out []string
	for _, r := range l.Results {
		out = append(out, r.Username)
	}
	return strings.Join(out, " ")
}

func path(uid int64) string { return "/api/users/" + strconv.FormatInt(uid, 10) }

// people is a fake: who is in which organization. Whose user name is an address has
// not joined.
type people map[int64][]account.Person

func (p people) Of(_ context.Context, org int64, pending bool) (out []account.Person, err error) {
	for _, x := range p[org] {
		if pending || !strings.Contains(x.Username, "@") {
			out = append(out, x)
		}
	}
	return out, nil
}

func (p people) In(ctx context.Context, uid, org int64, pending bool) (account.Person, bool, error) {
	list, err := p.Of(ctx, org, pending)
	for _, x := range list {
		if x.UID == uid {
			return x, true, err
		}
	}
	return account.Person{}, false, err
}
