package permissions

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/bound"
	"gatehouse/internal/fault"
)

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ raw, field, part string }{
		{`[]`, "checks", "1 to 100"},
		{`{}`, "checks", "1 to 100"},
		{`[` + strings.Repeat(`{},`, 100) + `{}]`, "checks", "1 to 100"},
		{`[5]`, "checks[0]", "object"},
		{`[null]`, "checks[0]", "object"},
		{`[{}]`, "checks[0].scope", "memberships:change:role"},
		{`[{"scope":7}]`, "checks[0].scope", "memberships:change:role"},
		{`[{"scope":"view"}]`, "checks[0].scope", `no package "view"`},
		{`[{"scope":"token_scopes:view"}]`, "checks[0].scope", "organizations"},
		{`[{"scope":"projects:paint"}]`, "checks[0].scope", "update:desc"},
		{`[{"scope":"memberships"}]`, "checks[0].scope", "change:role"},
		{`[{"scope":"paint","resource":{"type":"user","id":1}}]`, "checks[0].scope", "update:email"},
		{`[{"scope":"users:view","resource":{"type":"ship","id":1}}]`, "checks[0].resource.type", "cloudstorage"},
		{`[{"scope":"users:view","resource":7}]`, "checks[0].resource.type", "cloudstorage"},
		{`[{"scope":"users:view","resource":{"type":"task","id":1}}]`, "checks[0].resource.type", `"user"`},
		{`[{"scope":"users:view","resource":{"type":"user","id":0}}]`, "checks[0].resource.id", "positive"},
		{`[{"scope":"users:view","resource":{"type":"user","id":"01"}}]`, "checks[0].resource.id", "positive"},
		{`[{"scope":"users:view","resource":{"type":"user","id":1.0}}]`, "checks[0].resource.id", "positive"},
		{`[{"scope":"users:view","resource":{"type":"user","id":9007199254740993}}]`, "checks[0].resource.id", "positive"},
		{`[{"scope":"view","resource":{"type":"invitation","id":5}}]`, "checks[0].resource.id", "key"},
		{`[{"scope":"view","resource":{"type":"user"}}]`, "checks[0].resource", "one object"},
		{`[{"scope":"memberships:delete"}]`, "checks[0].resource", `"membership"`},
		{`[{"scope":"organizations:update"}]`, "checks[0].resource", `"organization"`},
		{`[{"scope":"organizations:update","organization":""}]`, "checks[0].resource", `"organization"`},
		{`[{"scope":"list","resource":{"type":"user","id":3}}]`, "checks[0].resource.id", "null"},
		{`[{"scope":"server:view","resource":{"type":"server","id":3}}]`, "checks[0].resource.id", "null"},
		{`[{"scope":"users:list","organization":{}}]`, "checks[0].organization", "short name"},
		{`[{"scope":"users:list","organization":-1}]`, "checks[0].organization", "short name"},
		{`[{"scope":"users:list","organization":"` + strings.Repeat("x", 65) + `"}]`, "checks[0].organization", "short name"},
		{`[{"scope":"users:list","colour":1}]`, "checks[0].colour", "Unknown field"},
		{`[{"scope":"users:list","resource":{"type":"user","name":1}}]`, "checks[0].resource.name", "Unknown field"},
		{`[{"scope":"users:list"},{"scope":"users:list"},{"scope":"users:list"},{"scope":"x:y"}]`, "checks[3].scope", `no package "x"`},
	} {
		_, err := parse([]byte(c.raw), false)
		bad := fault.FieldsOf(err)
		var said string
		bad.Each(func(name string, messages []string) { said += name + ": " + strings.Join(messages, " ") })
		if err == nil || !bad.Has(c.field) || !strings.Contains(said, c.part) || strings.Count(said, "checks[") != strings.Count(c.field, "checks[") {
			t.Errorf("%.100s: %q, want %s with %q", c.raw, said, c.field, c.part)
		}
	}
}

func TestParse(t *testing.T) {
	got, err := parse([]byte(`[{"scope":"memberships:change:role","resource":{"type":"membership","id":"7"},"organization":"12"},
		{"scope":"change:role","resource":{"id":7,"type":"membership"},"organization":12},
		{"scope":"organizations:view","resource":null},
		{"scope":"view","resource":{"type":"invitation","id":"k"},"organization":null}]`), true)
	must(t, err)
	want := []question{
		{pkg: "memberships", scope: "change:role", id: 7, named: true, slug: "12"},
		{pkg: "memberships", scope: "change:role", id: 7, named: true, org: 12},
		{pkg: "organizations", scope: "view"},
		{pkg: "invitations", scope: "view", key: "k"},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

// Types and packages are the same set, so that every package can be asked about.
func TestEveryPackageHasAType(t *testing.T) {
	for pkg := range vocabulary() {
		if typeOf(pkg) == "" {
			t.Errorf("%s has no type", pkg)
		}
	}
	for name, pkg := range types {
		if vocabulary()[pkg] == nil {
			t.Errorf("%s is of no package", name)
		}
	}
}

// The route names what is wrong, and an answer to nothing is none.
func TestRefusals(t *testing.T) {
	r := newRig(t)
	for body, part := range map[string]string{
		`{}`:              `"checks"`,
		`{"checks":null}`: `"checks"`,
		`{"checks":[]}`:   `{"checks":["Expected a list of 1 to 100 checks."]}`,
		`{"checks":[{"scope":"server:view"}],"x":1}`: `"x":["Unknown field."]`,
		`{"checks":[{"scope":"users:view"}]}`:        `"checks[0].resource"`,
	} {
		if got := string(r.ask(worker, "", body, 400)); !strings.Contains(got, part) {
			t.Errorf("%s: %s, want %s", body, got, part)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`[{"scope":"memberships:change:role","resource":{"type":"membership","id":"7"},"organization":"acme"}]`, true)
	f.Add(`[{"scope":"view","resource":{"type":"invitation","id":"k"},"organization":3},null,{}]`, false)
	f.Add(`[{"scope":"organizations:update","organization":""}]`, true)
	f.Fuzz(func(t *testing.T, raw string, home bool) {
		defer bound.Of(t)()
		asked, err := parse([]byte(raw), home)
		if err != nil {
			b, bad := json.Marshal(fault.Of(err).Body)
			if bad != nil || !utf8.Valid(b) || fault.Of(err).Status != 400 {
				t.Errorf("%v is no 400 that can be said: %s", err, b)
			}
			return
		}
		if len(asked) == 0 || len(asked) > maxChecks {
			t.Fatalf("%d questions", len(asked))
		}
		for _, q := range asked {
			switch {
			case vocabulary()[q.pkg] == nil || q.id < 0 || q.id > maxID || q.org < 0 || q.org > maxID,
				len(q.key) > maxKey || len(q.slug) > maxName || q.key != "" && q.pkg != "invitations",
				q.slug != "" && q.org != 0 || !q.named && (q.slug != "" || q.org != 0),
				q.whole() && !collective(q.pkg, q.scope) && q.pkg != "organizations":
				t.Errorf("%s: %+v", raw, q)
			}
		}
	})
}
