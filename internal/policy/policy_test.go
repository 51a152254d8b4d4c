package policy_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/policy"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew")

// TestASVS8_1_1_Matrix: who may do what, to be read when it changes.
func TestASVS8_1_1_Matrix(t *testing.T) {
	const file = "testdata/matrix.txt"
	table := policy.Default()
	var b bytes.Buffer
	b.WriteString(policy.Legend + "\n")
	for _, pkg := range table.Packages() {
		if err := table.Matrix(&b, pkg); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Error("the matrix has changed: run with -update and look at the difference")
	}
	if err := table.Matrix(&b, "nothing"); err == nil || !strings.Contains(err.Error(), `no package "nothing"`) {
		t.Errorf("a package that is not there: %v", err)
	}
}

func TestNames(t *testing.T) {
	for _, x := range []struct {
		groups []string
		want   policy.Privilege
	}{
		{nil, policy.NoGroup}, {[]string{"staff", ""}, policy.NoGroup}, {[]string{"worker"}, policy.GroupWorker},
		{[]string{"worker", "admin", "user"}, policy.GroupAdmin}, {[]string{"user", "worker"}, policy.GroupUser},
	} {
		if got := policy.PrivilegeOf(x.groups); got != x.want {
			t.Errorf("%q: %v, want %v", x.groups, got, x.want)
		}
	}
	for r := policy.Worker; r <= policy.Owner; r++ {
		if got, ok := policy.ParseRole(r.String()); got != r || !ok {
			t.Errorf("%v: %v, %v", r, got, ok)
		}
	}
	for _, name := range []string{"", "Owner", "boss"} {
		if got, ok := policy.ParseRole(name); ok || got != policy.NoRole {
			t.Errorf("%q: %v, %v", name, got, ok)
		}
	}
	for s := policy.Annotation; s <= policy.Acceptance; s++ {
		if got, ok := policy.ParseStage(s.String()); got != s || !ok {
			t.Errorf("%v: %v, %v", s, got, ok)
		}
	}
	for _, name := range []string{"", "Annotation", "done"} {
		if got, ok := policy.ParseStage(name); ok || got != policy.NoStage {
			t.Errorf("%q: %v, %v", name, got, ok)
		}
	}
	if s := policy.NoStage.String() + policy.Stage(9).String(); s != "" {
		t.Errorf("no stage has the name %q", s)
	}
	if s := policy.NoRole.String() + policy.NoGroup.String() + policy.Role(9).String(); s != "" {
		t.Errorf("none has the name %q", s)
	}
}

// TestUnknown: what the rules do not know is refused, to administrators as well.
func TestUnknown(t *testing.T) {
	table := policy.Default()
	in := &policy.Input{Scope: "view", User: 1, Privilege: policy.GroupAdmin}
	for _, pkg := range []string{"", "nothing", "access", policy.TokenLayer} {
		if got := table.Decide(pkg, in); got != (policy.Decision{}) {
			t.Errorf("package %q: %+v", pkg, got)
		}
		if table.Filter(pkg, in) != "" || table.Scopes(pkg) != nil || table.Rules(pkg) != nil || table.WouldAllow(pkg, in) != nil {
			t.Errorf("package %q is known", pkg)
		}
	}
	in.Scope = "view:everything"
	if table.Decide("tasks", in).Allowed {
		t.Error("an unknown scope is allowed")
	}
	in.Scope = "view"
	if got := table.Filter("server", in); got != "" {
		t.Errorf("a package without a list has the filter %q", got)
	}
	if got, want := table.Packages(), policy.Required(); !slices.Equal(got, want[:len(want)-1]) {
		t.Errorf("packages %q", got)
	}
	// Values that nobody makes count as none.
	in = &policy.Input{Scope: "create", User: 1, Privilege: 200, MinRoleToCreate: 200, Org: &policy.Org{Role: 200}, Resource: &policy.Resource{Role: 200}}
	if table.Decide("organizations", in).Allowed {
		t.Error("group 200 is allowed")
	}
	in = &policy.Input{Scope: "annotate", User: 1, Privilege: policy.GroupUser, Resource: &policy.Resource{Assignee: 1, Stage: 200}}
	if table.Decide("jobs", in).Allowed {
		t.Error("stage 200 is allowed")
	}
}

func TestRuleNames(t *testing.T) {
	in := &policy.Input{Scope: "change:role", User: 1, Privilege: policy.GroupUser, Org: &policy.Org{ID: 2, Owner: 1, Role: policy.Owner},
		Resource: &policy.Resource{User: 3, Organization: 2, Role: policy.Worker, NewRole: policy.Maintainer}}
	got := policy.Default().Decide("memberships", in)
	if want := "memberships: the organization's owner changes everyone else, to maintainer at most, and removes them"; got.Rule != want {
		t.Errorf("%+v, want %q", got, want)
	}
	if !slices.Contains(policy.Default().Rules("memberships"), got.Rule) {
		t.Error("the rule is not among those of its package")
	}
	in.Resource.NewRole = policy.Owner
	if got := policy.Default().Decide("memberships", in); got != (policy.Decision{}) {
		t.Errorf("a refusal: %+v", got)
	}
	in.Privilege = policy.GroupAdmin
	if got := policy.Default().Decide("memberships", in).Rule; got != "memberships: an administrator does everything" {
		t.Error(got)
	}
}

func TestWouldAllow(t *testing.T) {
	org := func(owner int64, r policy.Role) *policy.Org { return &policy.Org{ID: 2, Owner: owner, Role: r} }
	job := func(assignee int64, s policy.Stage) *policy.Resource {
		return &policy.Resource{Assignee: assignee, Organization: 2, Stage: s, Task: &policy.Staff{Owner: 9, Organization: 2}}
	}
	task := func() *policy.Resource { return &policy.Resource{Owner: 9, Organization: 2} }
	for _, x := range []struct {
		pkg  string
		in   policy.Input
		want []policy.Hint
	}{
		{"tasks", policy.Input{Scope: "create", Privilege: policy.GroupUser, Org: org(9, policy.Worker), Resource: task()},
			[]policy.Hint{{Role: "supervisor"}, {Group: "admin"}}},
		{"tasks", policy.Input{Scope: "create", Privilege: policy.GroupWorker, Org: org(9, policy.Supervisor), Resource: task()},
			[]policy.Hint{{Group: "user"}}},
		{"tasks", policy.Input{Scope: "create", Privilege: policy.GroupUser, Org: org(9, policy.Supervisor), Resource: task()}, nil},
		{"tasks", policy.Input{Scope: "create", Privilege: policy.GroupWorker}, []policy.Hint{{Group: "user"}}},
		{"memberships", policy.Input{Scope: "change:role", Privilege: policy.GroupUser, Org: org(9, policy.Maintainer),
			Resource: &policy.Resource{User: 5, Organization: 2, Role: policy.Maintainer}}, []policy.Hint{{Role: "owner"}, {Group: "admin"}}},
		{"organizations", policy.Input{Scope: "update", Privilege: policy.GroupWorker, Org: org(9, policy.Worker),
			Resource: &policy.Resource{ID: 2, Owner: 9, Role: policy.Worker}}, []policy.Hint{{Role: "maintainer"}, {Group: "admin"}}},
		{"users", policy.Input{Scope: "view", Org: org(9, policy.NoRole), Resource: &policy.Resource{ID: 5}},
			[]policy.Hint{{Role: "worker"}, {Group: "admin"}}},
		{"users", policy.Input{Scope: "view", Resource: &policy.Resource{ID: 5}}, []policy.Hint{{Group: "admin"}}},
		{"jobs", policy.Input{Scope: "annotate", Privilege: policy.GroupUser, Org: org(9, policy.Supervisor), Resource: job(9, policy.Annotation)},
			[]policy.Hint{{Role: "maintainer"}, {Group: "admin"}}},
		{"jobs", policy.Input{Scope: "annotate", Org: org(9, policy.Worker), Resource: job(1, policy.Annotation)},
			[]policy.Hint{{Group: "worker"}}},
		{"jobs", policy.Input{Scope: "mark:done", Org: org(9, policy.Worker), Resource: job(1, policy.Acceptance)},
			[]policy.Hint{{Group: "worker"}}},
		{"jobs", policy.Input{Scope: "annotate", Privilege: policy.GroupUser, Org: org(9, policy.NoRole), Resource: job(1, policy.Annotation)},
			[]policy.Hint{{Role: "worker"}, {Group: "admin"}}},
		// Only the stage is wrong.
		{"jobs", policy.Input{Scope: "annotate", Privilege: policy.GroupWorker, Org: org(9, policy.Worker), Resource: job(1, policy.Validation)}, nil},
		{"jobs", policy.Input{Scope: "report:issues", Privilege: policy.GroupUser, Org: org(9, policy.Maintainer), Resource: job(9, policy.Annotation)}, nil},
		{"jobs", policy.Input{Scope: "resolve:issues", Privilege: policy.GroupUser, Resource: job(1, policy.Acceptance)}, nil},
		{"jobs", policy.Input{Scope: "annotate", Privilege: policy.GroupUser, Resource: job(1, policy.NoStage)}, nil},
		// The stage is wrong, and no role in the organization sets that aside.
		{"jobs", policy.Input{Scope: "annotate", Privilege: policy.GroupUser, Org: org(9, policy.Worker), Resource: job(9, policy.Validation)},
			[]policy.Hint{{Group: "admin"}}},
		{"access_tokens", policy.Input{Scope: "create", Privilege: policy.GroupUser, Token: &policy.Token{ID: 1}}, nil},
	} {
		x.in.User = 1
		before := x.in
		if got := policy.Default().WouldAllow(x.pkg, &x.in); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s %+v: %+v, want %+v", x.pkg, x.in, got, x.want)
		}
		if !reflect.DeepEqual(before, x.in) {
			t.Errorf("%s: the input has changed", x.pkg)
		}
	}
}

// TestStandsAlone: functions start with this package, so it links nothing.
func TestStandsAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if first, _, _ := strings.Cut(name, "/"); first == "gatehouse" || strings.Contains(first, ".") {
			t.Errorf("it imports %s", name)
		}
	}
}

// TestOtherVersion: a table whose facts have other numbers is refused, and says why.
func TestOtherVersion(t *testing.T) {
	good, err := os.ReadFile("table.bin")
	if err != nil {
		t.Fatal(err)
	}
	line, rest, _ := strings.Cut(string(good), "\n")
	if line != "gatehouse policy 2" {
		t.Fatalf("a table begins with %q", line)
	}
	for _, line := range []string{"gatehouse policy 1", "gatehouse policy 3"} {
		_, err := policy.Load([]byte(line + "\n" + rest))
		if err == nil || err.Error() != "policy: this is not a table of this version" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestDamaged: a damaged table is refused, or answers; nothing panics or hangs.
func TestDamaged(t *testing.T) {
	good, err := os.ReadFile("table.bin")
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if n%7 == 0 {
			if _, err := policy.Load(good[:n]); err == nil {
				t.Fatalf("the first %d bytes are a table", n)
			}
		}
	}
	if _, err := policy.Load(append(slices.Clone(good), 0)); err == nil {
		t.Error("a table with more behind it is a table")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		bad := slices.Clone(good)
		for range 1 + random.IntN(3) {
			bad[random.IntN(len(bad))] = byte(random.Uint32())
		}
		table, err := policy.Load(bad)
		if err != nil {
			continue
		}
		for _, pkg := range table.Packages() {
			for _, scope := range table.Scopes(pkg) {
				in := &policy.Input{Scope: scope, User: 1, Org: &policy.Org{ID: 1}, Resource: &policy.Resource{}, Token: &policy.Token{}}
				table.Decide(pkg, in)
				table.Filter(pkg, in)
			}
		}
	}
}

func example() *policy.Input {
	return &policy.Input{Scope: "update:desc", User: 1, Privilege: policy.GroupUser, Org: &policy.Org{ID: 2, Owner: 9, Role: policy.Worker},
		Resource: &policy.Resource{ID: 5, Owner: 7, Organization: 2, Project: &policy.Staff{Owner: 8, Assignee: 1, Organization: 2}}, Token: &policy.Token{ID: 4}}
}

func TestAllocations(t *testing.T) {
	table, in := policy.Default(), example()
	if !table.Decide("tasks", in).Allowed {
		t.Fatal("refused")
	}
	if n := testing.AllocsPerRun(100, func() { table.Decide("tasks", in) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	table, in := policy.Default(), example()
	b.ReportAllocs()
	for b.Loop() {
		table.Decide("tasks", in)
	}
}

// BenchmarkBatch is a hundred decisions, each on an input of its own.
func BenchmarkBatch(b *testing.B) {
	table := policy.Default()
	scopes := table.Scopes("tasks")
	b.ReportAllocs()
	for b.Loop() {
		for i := range 100 {
			in := example()
			in.Scope = scopes[i%len(scopes)]
			in.Resource.Owner = int64(i % 3)
			table.Decide("tasks", in)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	good, err := os.ReadFile("table.bin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Load(good); err != nil {
			b.Fatal(err)
		}
	}
}
