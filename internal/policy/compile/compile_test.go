package compile

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/policy"
)

const rules = "../rules"

// TestCurrent: the table that programs carry is that of the rules. Making it tells
// of the way.
func TestCurrent(t *testing.T) {
	times, last, all := 0, 0, 0
	made, err := Dir(t.Context(), os.DirFS(rules), func(done, total int) { times, last, all = times+1, done, total })
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../table.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, have) {
		t.Fatal("table.bin is not that of the rules: go run ./cmd/gatehouse policy compile internal/policy/rules -o internal/policy/table.bin")
	}
	if len(have) > 64<<10 {
		t.Errorf("the table has %d bytes", len(have))
	}
	if times < 10 || last != all || all == 0 {
		t.Errorf("told %d times, %d of %d", times, last, all)
	}
}

// folder is the rules of the program, with other files put over them. An empty
// file takes one away.
func folder(t *testing.T, files []txtar.File) fs.FS {
	out := fstest.MapFS{}
	names, err := filepath.Glob(rules + "/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = &fstest.MapFile{Data: b}
	}
	for _, f := range files {
		if delete(out, f.Name); len(f.Data) > 0 {
			out[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return out
}

// TestBad: each archive of testdata/bad is files to put over the rules, after what
// is said of them.
func TestBad(t *testing.T) {
	archives, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Dir(t.Context(), folder(t, a.Files), nil)
			want := strings.TrimSpace(string(a.Comment))
			if err == nil || strings.TrimSpace(err.Error()) != want {
				t.Errorf("got:\n%v\nwant:\n%s", err, want)
			}
		})
	}
}

// TestLoad: errors of a folder name its files where they are.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err == nil || !strings.HasPrefix(err.Error(), dir+": no file has the package ") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "server.rego"), []byte("package server\n\nallow if {"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "server.rego")+":3: ") {
		t.Errorf("a broken file: %v", err)
	}
}

// own are rules with comparisons of ids that the program's have not.
const own = `package cloudstorages

scopes := {"list", "view", "update", "list:content"}

default allow := false

# METADATA
# title: the owner of the organization
allow if {
	input.scope in {"list", "view"}
	input.auth.organization.owner.id == input.resource.owner.id
	input.resource.id != null
}

# METADATA
# title: nobody's
allow if {
	some s in ["up", "down"]
	input.scope == concat("", [s, "date"])
	input.resource.owner.id == null
	input.auth.organization != null
}

# METADATA
# title: the second part may not be evaluated where the first fails
allow if {
	input.auth.user.privilege != null
	count(input.auth.user.privilege) == count("worker")
	input.scope == "list:content"
}

filter := "owned"
`

// TestOwnRules: an installation's own rules hold.
func TestOwnRules(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, folder(t, []txtar.File{{Name: "cloudstorages.rego", Data: []byte(own)}})); err != nil {
		t.Fatal(err)
	}
	table, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	org := func(owner int64) *policy.Org { return &policy.Org{ID: 1, Owner: owner} }
	for _, x := range []struct {
		scope string
		org   *policy.Org
		r     *policy.Resource
		rule  string
	}{
		{"view", org(5), &policy.Resource{ID: 1, Owner: 5}, "cloudstorages: the owner of the organization"},
		{"view", org(5), &policy.Resource{Owner: 5}, ""},
		{"view", org(5), &policy.Resource{ID: 1, Owner: 6}, ""},
		{"view", org(0), &policy.Resource{ID: 1}, "cloudstorages: the owner of the organization"},
		{"view", nil, &policy.Resource{ID: 1}, ""},
		{"update", org(0), &policy.Resource{ID: 1}, "cloudstorages: nobody's"},
		{"update", org(0), &policy.Resource{ID: 1, Owner: 5}, ""},
		{"update", nil, &policy.Resource{ID: 1}, ""},
		{"delete", org(0), &policy.Resource{ID: 1}, ""},
	} {
		in := &policy.Input{Scope: x.scope, User: 9, Org: x.org, Resource: x.r}
		if got := table.Decide("cloudstorages", in); got != (policy.Decision{Allowed: x.rule != "", Rule: x.rule}) {
			t.Errorf("%s %+v %+v: %+v, want %q", x.scope, x.org, x.r, got, x.rule)
		}
	}
	for p := policy.NoGroup; p <= policy.GroupAdmin; p++ {
		in := &policy.Input{Scope: "list:content", User: 9, Privilege: p}
		if got := table.Decide("cloudstorages", in).Allowed; got != (p == policy.GroupWorker) {
			t.Errorf("group %q: %v", p, got)
		}
	}
	if got := table.Filter("cloudstorages", &policy.Input{User: 9}); got != "" {
		t.Errorf("filter %q of a list that is refused", got)
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Dir(b.Context(), os.DirFS(rules), nil); err != nil {
			b.Fatal(err)
		}
	}
}
