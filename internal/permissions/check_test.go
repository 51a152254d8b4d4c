package permissions

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// about asks about one object.
func about(scope, kind, id string) string {
	return fmt.Sprintf(`{"scope":%q,"resource":{"type":%q,"id":%s}}`, scope, kind, id)
}

// within asks in an organization, or in a workspace, that the check names.
func within(scope, in string) string {
	return fmt.Sprintf(`{"scope":%q,"organization":%s}`, scope, in)
}

// of asks about a user.
func of(scope string, id int64, in string) string {
	return fmt.Sprintf(`{"scope":%q,"resource":{"type":"user","id":"%d"},"organization":%s}`, scope, id, in)
}

var (
	acmeView = about("view", "organization", "100")
	pending  = about("memberships:view", "membership", fmt.Sprint(pendingID))
)

func roleOf(uid int64) string {
	return about("change:role", "membership", fmt.Sprint(membershipID(uid)))
}

// expected is who gets which answer to what: the code, and of a refusal what would
// turn it. Who is -1 comes with the read-only access token of the outsider.
var expected = []struct {
	who       int64
	workspace string
	check     string
	want      string
}{
	{worker, "", acmeView, "allowed"},
	{outsider, "", acmeView, "not_found"},
	{outsider, "", about("view", "organization", "4711"), "not_found"},
	{invited, "", acmeView, "denied worker|admin"},
	{root, "", acmeView, "allowed"},
	{root, "", about("view", "organization", "101"), "not_found"},
	{boss, "", about("delete", "organization", "101"), "not_found"},
	{boss, "", about("organizations:delete", "organization", "100"), "allowed"},
	{maint, "", about("delete", "organization", "100"), "denied owner|admin"},
	{worker, "", about("update", "organization", "100"), "denied maintainer|admin"},
	{maint, "", within("organizations:update", `"acme"`), "allowed"},
	{maint, "acme", `{"scope":"organizations:update"}`, "allowed"},
	{outsider, "", within("organizations:update", `"acme"`), "not_found"},

	{boss, "", roleOf(maint), "allowed"},
	{maint, "", roleOf(worker), "allowed"},
	{maint, "", roleOf(maint), "denied admin"},
	{worker, "", roleOf(super), "denied maintainer|admin"},
	{outsider, "", roleOf(super), "not_found"},
	{outsider, "", about("change:role", "membership", "9"), "not_found"},
	{worker, "", about("change:role", "membership", "9"), "not_found"},
	{worker, "", about("delete", "membership", fmt.Sprint(membershipID(worker))), "allowed"},
	{maint, "", pending, "allowed"},
	{worker, "", pending, "denied maintainer|admin"},
	{invited, "", pending, "not_found"},
	{boss, "", about("view", "membership", "3000"), "not_found"},

	{maint, "", about("resend", "invitation", `"key-open"`), "allowed"},
	{worker, "", about("resend", "invitation", `"key-open"`), "denied maintainer|admin"},
	{outsider, "", about("resend", "invitation", `"key-open"`), "not_found"},
	{outsider, "", about("resend", "invitation", `"no-key"`), "not_found"},
	{invited, "", about("accept", "invitation", `"key-open"`), "allowed"},
	{invited, "", about("delete", "invitation", `"key-open"`), "denied maintainer|admin"},
	{worker, "", about("view", "invitation", `"key-done"`), "allowed"},
	{outsider, "", about("view", "invitation", `"key-done"`), "allowed"}, // the inviter, who is out
	{outsider, "", about("resend", "invitation", `"key-done"`), "denied maintainer|admin"},

	{worker, "", of("view", worker, "null"), "allowed"},
	{worker, "", of("update:email", worker, "null"), "denied admin"},
	{worker, "", of("view", super, "null"), "not_found"},
	{worker, "acme", of("view", super, "null"), "allowed"},
	{worker, "acme", of("view", super, `""`), "not_found"},
	{worker, "", of("view", super, `"acme"`), "allowed"},
	{worker, "", of("view", super, "100"), "allowed"},
	{worker, "", of("delete", super, "100"), "denied admin"},
	{worker, "", of("view", outsider, "100"), "not_found"},
	{worker, "", of("view", gone, "100"), "not_found"},
	{worker, "acme", of("view", pendingID, "null"), "not_found"},
	{maint, "acme", of("view", pendingID, "null"), "allowed"},
	{maint, "", of("view", pendingID, `"acme"`), "allowed"},
	{outsider, "", of("view", super, "100"), "not_found"},
	{invited, "", of("view", super, "100"), "not_found"},
	{root, "", of("delete", super, "null"), "allowed"},
	{root, "", of("delete", 4711, "null"), "not_found"},

	{outsider, "", about("update", "access_token", "50"), "allowed"},
	{outsider, "", about("update", "access_token", "51"), "not_found"},
	{worker, "", about("update", "access_token", "50"), "not_found"},
	{root, "", about("delete", "access_token", "50"), "allowed"},
	{root, "", about("delete", "access_token", "52"), "not_found"},

	{worker, "", within("projects:create", "null"), "allowed"},
	{worker, "", within("projects:create", `"acme"`), "denied supervisor|admin"},
	{super, "acme", `{"scope":"create","resource":{"type":"project","id":null}}`, "allowed"},
	{maint, "acme", `{"scope":"invitations:create"}`, "allowed"},
	{super, "acme", `{"scope":"invitations:create"}`, "denied maintainer|admin"},
	{worker, "acme", `{"scope":"cloudstorages:list"}`, "allowed"},
	{invited, "acme", `{"scope":"cloudstorages:list"}`, "denied worker|admin"},
	{outsider, "", within("cloudstorages:list", "100"), "not_found"},
	{outsider, "", within("cloudstorages:list", `"nowhere"`), "not_found"},
	{root, "", within("projects:create", `"dead"`), "not_found"},
	{outsider, "", `{"scope":"organizations:create"}`, "allowed"},
	{outsider, "", `{"scope":"access_tokens:create"}`, "allowed"},
	{outsider, "", `{"scope":"server:view"}`, "allowed"},
	{root, "", about("view", "project", "5"), "not_found"},
	{root, "", about("tasks:create@project", "project", "5"), "not_found"},

	{-1, "", `{"scope":"organizations:list"}`, "allowed"},
	{-1, "", `{"scope":"organizations:create"}`, "denied "},
	{-1, "", `{"scope":"access_tokens:create"}`, "denied "},
	{-1, "", about("view", "invitation", `"key-done"`), "allowed"},
	{-1, "", `{"scope":"projects:list"}`, "allowed"},
}

func TestAnswers(t *testing.T) {
	r := newRig(t)
	for _, c := range expected {
		got := r.results(c.who, c.workspace, c.check)[0]
		var hints []string
		for _, h := range got.Would {
			hints = append(hints, h.Role+h.Group)
		}
		said := got.Code
		if got.Would != nil {
			said += " " + strings.Join(hints, "|")
		}
		if said != c.want || got.Allowed != (got.Code == Allowed) || (got.Rule != "") != got.Allowed {
			t.Errorf("%d in %q: %s: %s (rule %q), want %s", c.who, c.workspace, c.check, said, got.Rule, c.want)
		}
	}
}

// A stranger's answer, byte for byte, is that for something that does not exist.
func TestNothingForOutsiders(t *testing.T) {
	r := newRig(t)
	const want = `{"results":[{"allowed":false,"code":"not_found"}]}`
	for _, check := range []string{
		about("view", "organization", "100"), about("view", "membership", "1003"), about("accept", "invitation", `"key-open"`),
		of("view", super, "100"), within("projects:list", `"acme"`), within("projects:list", `"never"`),
	} {
		if got := string(r.ask(outsider, "", `{"checks":[`+check+`],"explain":true}`, 200)); got != want {
			t.Errorf("%s: %s", check, got)
		}
	}
}

func TestReasonsOnlyOnDemand(t *testing.T) {
	r := newRig(t)
	body := `{"checks":[` + about("view", "organization", "100") + "," + about("update", "organization", "100") + `]}`
	const want = `{"results":[{"allowed":true,"code":"allowed"},{"allowed":false,"code":"denied"}]}`
	if got := string(r.ask(worker, "", body, 200)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A hundred questions of every sort come back in order and take two rounds beside
// the caller's; such that need nothing take none.
func TestReads(t *testing.T) {
	r := newRig(t)
	count := func(workspace string, checks []string) (int64, []Result) {
		before := r.reads.gets.Load()
		out := r.results(worker, workspace, strings.Join(checks, ","))
		return r.reads.gets.Load() - before, out
	}
	var mixed []string
	for i := range 20 {
		mixed = append(mixed, about("view", "membership", fmt.Sprint(membershipID(maint))), within("projects:list", `"acme"`),
			about("view", "membership", fmt.Sprint(5000+i)), about("resend", "invitation", `"key-open"`), of("view", super, `"acme"`))
	}
	idle, _ := count("", []string{`{"scope":"organizations:create"}`, `{"scope":"projects:list"}`})
	one, _ := count("", []string{about("view", "organization", "100"), of("view", super, "100")})
	two, out := count("", mixed)
	if idle != 1 || one != 2 || two != 3 {
		t.Errorf("%d, %d and %d reads; want 1, 2 and 3, the caller's among them", idle, one, two)
	}
	for i, x := range out {
		if want := []string{Allowed, Allowed, NotFound, Denied, Allowed}[i%5]; x.Code != want {
			t.Errorf("%d: %s, want %s", i, x.Code, want)
		}
	}
}

// More keys than one read can have are read all the same.
func TestManyKeys(t *testing.T) {
	r := newRig(t)
	var checks []string
	for i := range int64(100) {
		m := 10000 + i
		r.member(acme, 20000+i, m, "worker")
		checks = append(checks, about("memberships:delete", "membership", fmt.Sprint(m)))
	}
	for i, x := range r.results(boss, "", strings.Join(checks, ",")) {
		if x.Code != Allowed {
			t.Errorf("%d: %s", i, x.Code)
		}
	}
}

func item(o store.Op) store.Item {
	return store.Item{Key: o.Key, Kind: o.Kind, Schema: o.Schema, Version: 1, Body: o.Body}
}

// hundred is a mixed batch of somebody with a role, with facts as they would be
// read for it. A maintainer may do all of it, a worker a fifth.
func hundred(b testing.TB, role string) (*facts, []question) {
	who := session.Caller{UID: maint, Authority: session.Authority{Groups: []string{"user"}}}
	f := newFacts(who, nil)
	// As rows, since only what was read is alive.
	state := tenant.States.Put(tenant.Key(acme), tenant.State{ID: acme, Slug: "acme", Owner: boss, State: tenant.Active}, store.Absent)
	member := tenant.Members.Put(tenant.MemberKey(maint, acme), tenant.Member{ID: 1, Org: acme, UID: maint, Role: role}, store.Absent)
	view, err := tenant.Read(item(state), item(member))
	must(b, err)
	f.here = &view
	f.slugs["acme"] = acme
	f.orgs[acme] = &standing{View: view}
	f.invitations["key"] = org.Invitation{Key: "key", Org: acme, Inviter: boss, Role: "worker"}
	var asked []question
	for i := range int64(20) {
		f.memberships[i+1] = &membership{pointer: org.Pointer{Org: acme, UID: 50 + i}, listed: true, member: tenant.Member{ID: i + 1, Org: acme, UID: 50 + i, Role: "worker"}}
		f.people[person{50 + i, acme}] = presence{joined: true}
		asked = append(asked, question{pkg: "memberships", scope: "change:role", id: i + 1}, question{pkg: "users", scope: "view", id: 50 + i},
			question{pkg: "invitations", scope: "resend", key: "key"}, question{pkg: "projects", scope: "create", named: true, slug: "acme"},
			question{pkg: "organizations", scope: "update", id: acme})
	}
	return f, asked
}

func BenchmarkDecide100(b *testing.B) {
	for _, c := range []struct {
		role    string
		allowed int
		explain bool
	}{{"maintainer", 100, false}, {"maintainer", 100, true}, {"worker", 20, false}, {"worker", 20, true}} {
		b.Run(fmt.Sprintf("%s/explain=%v", c.role, c.explain), func(b *testing.B) {
			r := newRig(b)
			f, asked := hundred(b, c.role)
			op := func(ctx context.Context, _ session.Caller, _ struct{}) (struct{}, error) {
				n := map[string]int{}
				for _, x := range answers(ctx, f, asked, c.explain) {
					n[x.Code]++
				}
				if n[Allowed] != c.allowed || n[Allowed]+n[Denied] != 100 {
					b.Errorf("%v, want %d allowed and the others denied", n, c.allowed)
				}
				b.ReportAllocs()
				for b.Loop() {
					answers(ctx, f, asked, c.explain)
				}
				return struct{}{}, nil
			}
			res := api.Judged(r.gate, op).Serve(context.Background(), request(maint, "", ""))
			if res.Status != 200 {
				b.Fatalf("%d %s", res.Status, res.Body)
			}
		})
	}
}

// The same without what a request carries along.
func BenchmarkLookup100(b *testing.B) {
	f, asked := hundred(b, "maintainer")
	t := policy.Default()
	ask := func(q api.Question) (policy.Decision, *policy.Input) {
		in := &policy.Input{Scope: q.Scope, User: maint, Privilege: policy.GroupUser, Resource: q.Resource}
		if q.Org != nil {
			in.Org = q.Org.Context()
		}
		return t.Decide(q.Package, in), in
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, q := range asked {
			f.decide(q, ask)
		}
	}
}
