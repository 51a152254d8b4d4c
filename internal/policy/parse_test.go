package policy_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"gatehouse/internal/bound"
	"gatehouse/internal/policy"
)

func TestParseInput(t *testing.T) {
	user := `"auth": {"user": {"id": 7, "privilege": "user"}, "organization": null, "organization_specified": false}`
	org := `"auth": {"user": {"id": 7, "privilege": null}, "organization": {"id": 3, "owner": {"id": 1}, "user": {"role": "worker"}},
		"organization_specified": true, "token": {"id": 5, "read_only": true}}`
	for _, x := range []struct {
		pkg, doc string
		want     policy.Input
	}{
		{"server", `{"scope": "view", ` + user + `}`, policy.Input{Scope: "view", User: 7, Privilege: policy.GroupUser, Safe: true}},
		{"organizations", `{"scope": "create", ` + org + `, "resource": {"id": null, "owner": {"id": 7}, "user": {"role": "owner"}},
			"settings": {"organizations_min_role_to_create": "worker"}}`,
			policy.Input{Scope: "create", User: 7, Org: &policy.Org{ID: 3, Owner: 1, Role: policy.Worker}, OrgSpecified: true,
				Resource: &policy.Resource{Owner: 7, Role: policy.Owner}, MinRoleToCreate: policy.GroupWorker, Token: &policy.Token{ID: 5, ReadOnly: true}}},
		{"memberships", `{"scope": "change:role", ` + user + `, "resource": {"role": "worker", "new_role": "supervisor", "is_active": true,
			"user": {"id": 4}, "organization": {"id": 3}}}`,
			policy.Input{Scope: "change:role", User: 7, Privilege: policy.GroupUser,
				Resource: &policy.Resource{User: 4, Organization: 3, Role: policy.Worker, NewRole: policy.Supervisor, Active: true}}},
		{"invitations", `{"scope": "create", ` + user + `, "resource": {"owner": {"id": 7}, "invitee": {"id": null}, "role": "boss", "organization": null}}`,
			policy.Input{Scope: "create", User: 7, Privilege: policy.GroupUser, Resource: &policy.Resource{Owner: 7}}},
		{"users", `{"scope": "view", ` + user + `, "resource": {"id": 0, "membership": {"role": "supervisor"}, "more": []}}`,
			policy.Input{Scope: "view", User: 7, Privilege: policy.GroupUser, Safe: true, Resource: &policy.Resource{ID: math.MinInt64, Role: policy.Supervisor}}},
		{"jobs", `{"scope": "export:dataset", ` + user + `, "resource": {"id": 1, "assignee": {"id": 2}, "task": {"owner": {"id": 3}, "assignee": null},
			"project": null, "rq_job": {"owner": {"id": 6}}, "stage": null}}`,
			policy.Input{Scope: "export:dataset", User: 7, Privilege: policy.GroupUser, Safe: true,
				Resource: &policy.Resource{ID: 1, Assignee: 2, User: 6, Task: &policy.Staff{Owner: 3}}}},
		{"jobs", `{"scope": "annotate", ` + user + `, "resource": {"id": 1, "stage": "acceptance"}}`,
			policy.Input{Scope: "annotate", User: 7, Privilege: policy.GroupUser, Resource: &policy.Resource{ID: 1, Stage: policy.Acceptance}}},
	} {
		got, err := policy.ParseInput(x.pkg, []byte(x.doc))
		if err != nil || !reflect.DeepEqual(*got, x.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", x.doc, got, err, x.want)
		}
	}
}

func TestParseInputRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		``:                  "unexpected end",
		`[]`:                "cannot unmarshal array",
		`{}`:                "scope, auth.user and auth.user.id must be there",
		`{"scope": "view"}`: "must be there",
		`{"scope": 1}`:      "cannot unmarshal number",
		`{"scope": "s", "auth": {"user": {"id": null}}}`:                                                        "must be there",
		`{"scope": "s", "auth": {"user": {"id": 1.5}}}`:                                                         "cannot unmarshal number 1.5",
		`{"scope": "s", "auth": {"user": {"id": 1, "privilege": "root"}}}`:                                      `auth.user.privilege is "root"`,
		`{"scope": "s", "auth": {"user": {"id": 1}, "organization": {"id": 1, "user": {"role": "boss"}}}}`:      `auth.organization.user.role is "boss"`,
		`{"scope": "s", "auth": {"user": {"id": 1}}, "resource": {"role": "boss"}}`:                             `resource.role is "boss"`,
		`{"scope": "s", "auth": {"user": {"id": 1}}, "resource": {"new_role": "boss"}}`:                         `resource.new_role is "boss"`,
		`{"scope": "s", "auth": {"user": {"id": 1}}, "resource": {"stage": "done"}}`:                            `resource.stage is "done"`,
		`{"scope": "s", "auth": {"user": {"id": 1}}, "resource": {"stage": ""}}`:                                `resource.stage is ""`,
		`{"scope": "s", "auth": {"user": {"id": 1}}, "resource": {"stage": 1}}`:                                 "cannot unmarshal number",
		`{"scope": "s", "auth": {"user": {"id": 1}}, "settings": {"organizations_min_role_to_create": "boss"}}`: `organizations_min_role_to_create is "boss"`,
	} {
		if _, err := policy.ParseInput("memberships", []byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
	}
}

func FuzzParseInput(f *testing.F) {
	f.Add("jobs", `{"scope": "view", "auth": {"user": {"id": 7, "privilege": "user"}}, "resource": {"task": {"owner": {"id": 7}}}}`)
	f.Fuzz(func(t *testing.T, pkg, doc string) {
		defer bound.Of(t)()
		in, err := policy.ParseInput(pkg, []byte(doc))
		if (in == nil) != (err != nil) {
			t.Fatalf("%+v, %v", in, err)
		}
		if err == nil {
			policy.Default().Decide(pkg, in)
		}
	})
}

func BenchmarkParseInput(b *testing.B) {
	doc := []byte(`{"scope": "view", "auth": {"user": {"id": 7, "privilege": "user"}, "organization": {"id": 3, "owner": {"id": 1}, "user": {"role": "worker"}}, "organization_specified": true}, "resource": {"id": 5, "owner": {"id": 7}, "assignee": {"id": null}, "organization": {"id": 3}, "project": null}, "settings": {}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.ParseInput("tasks", doc); err != nil {
			b.Fatal(err)
		}
	}
}
