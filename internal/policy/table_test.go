package policy_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/policy"
)

const (
	myself, otherUser, thirdUser = 7, 8, 9
	thisOrg, otherOrg            = 3, 4
)

// scopes are those that are specified.
var scopes = map[string]string{
	"organizations": "audit create delete list ownership update view",
	"memberships":   "change:role delete list view",
	"invitations":   "accept create decline delete list resend view",
	"users":         "delete list update:email update:permissions update:personal_data view",
	"projects": "create delete download:exported_file export:annotations export:backup export:dataset import:backup import:dataset list " +
		"update:assignee update:associated_storage update:desc update:organization update:owner view",
	"tasks": "create create@project delete delete:annotations download:exported_file export:annotations export:backup export:dataset " +
		"import:annotations import:backup list update:annotations update:assignee update:associated_storage update:desc update:metadata " +
		"update:organization update:owner update:project update:validation_layout upload:data view view:annotations view:data " +
		"view:metadata view:validation_layout",
	"jobs": "annotate create delete delete:annotations download:exported_file export:annotations export:dataset import:annotations list " +
		"mark:done report:issues resolve:issues update:annotations update:assignee update:metadata update:stage update:state update:validation_layout view view:annotations " +
		"view:data view:metadata view:validation_layout",
	"cloudstorages": "create delete list list:content update view",
	"access_tokens": "create delete list update view",
	"server":        "list:content view",
}

func TestSpec(t *testing.T) {
	table := policy.Default()
	for pkg, allowed := range specified {
		t.Run(pkg, func(t *testing.T) {
			if got := strings.Join(slices.Sorted(slices.Values(table.Scopes(pkg))), " "); got != scopes[pkg] {
				t.Errorf("scopes:\n%s\nwant\n%s", got, scopes[pkg])
			}
			n := 0
			for in := range inputs(pkg) {
				for _, scope := range table.Scopes(pkg) {
					in.Scope = scope
					n++
					if got, want := table.Decide(pkg, in).Allowed, allowed(view{in}); got != want {
						t.Fatalf("%s: %v, want %v", show(in), got, want)
					}
					tokens(t, pkg, in, allowed(view{in}))
				}
				filters(t, pkg, in, allowed)
			}
			t.Logf("%d decisions", n)
		})
	}
}

// tokens compares what is left with a token.
func tokens(t *testing.T, pkg string, in *policy.Input, allowed bool) {
	with := *in
	for _, token := range []policy.Token{{ID: 5}, {ID: 5, ReadOnly: true}} {
		for _, with.Safe = range []bool{false, true} {
			with.Token = &token
			want := allowed && withToken(pkg, in.Scope, token.ReadOnly, with.Safe)
			if got := policy.Default().Decide(pkg, &with).Allowed; got != want {
				t.Fatalf("%s with token: %v, want %v", show(&with), got, want)
			}
		}
	}
}

func filters(t *testing.T, pkg string, in *policy.Input, allowed func(view) bool) {
	if policy.Plans(pkg) == nil {
		return
	}
	in.Scope = "list"
	want := ""
	if allowed(view{in}) {
		want = filtered(pkg, view{in})
	}
	in.Scope = "whatever"
	if got := policy.Default().Filter(pkg, in); got != want {
		t.Fatalf("%s: filter %q, want %q", show(in), got, want)
	}
}

func show(in *policy.Input) string {
	s := fmt.Sprintf("%s by user %d (%s)", in.Scope, in.User, in.Privilege)
	if in.Org != nil {
		s += fmt.Sprintf(" in %+v", *in.Org)
	}
	if in.Resource != nil {
		s += fmt.Sprintf(" on %+v task %v project %v", *in.Resource, in.Resource.Task, in.Resource.Project)
	}
	return s
}

// inputs are all combinations that the tables tell apart, and some that they do not.
func inputs(pkg string) iter.Seq[*policy.Input] {
	return func(yield func(*policy.Input) bool) {
		for p := policy.NoGroup; p <= policy.GroupAdmin; p++ {
			for org := range orgs() {
				for r := range resources(pkg) {
					in := &policy.Input{User: myself, Privilege: p, Org: org, Resource: r}
					if pkg != "organizations" {
						if !yield(in) {
							return
						}
						continue
					}
					for in.MinRoleToCreate = range policy.GroupAdmin + 1 {
						if !yield(in) {
							return
						}
					}
				}
			}
		}
	}
}

func orgs() iter.Seq[*policy.Org] {
	return func(yield func(*policy.Org) bool) {
		if !yield(nil) {
			return
		}
		for role := policy.NoRole; role <= policy.Owner; role++ {
			for _, owner := range []int64{0, myself, otherUser} {
				if !yield(&policy.Org{ID: thisOrg, Owner: owner, Role: role}) {
					return
				}
			}
		}
	}
}

// resources are null, and objects with the fields that a package has.
func resources(pkg string) iter.Seq[*policy.Resource] {
	all := []policy.Resource{{}}
	for _, f := range fields[pkg] {
		var next []policy.Resource
		for _, r := range all {
			for _, v := range f.values {
				f.set(&r, v)
				next = append(next, r)
			}
		}
		all = next
	}
	return func(yield func(*policy.Resource) bool) {
		if !yield(nil) {
			return
		}
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

// field is a field of a resource and the values that make a difference.
type field struct {
	set    func(*policy.Resource, int64)
	values []int64
}

var (
	people     = []int64{0, myself, otherUser}
	id         = field{func(r *policy.Resource, v int64) { r.ID = v }, []int64{myself, otherUser}}
	owner      = field{func(r *policy.Resource, v int64) { r.Owner = v }, people}
	assignee   = field{func(r *policy.Resource, v int64) { r.Assignee = v }, people}
	invitee    = field{func(r *policy.Resource, v int64) { r.Invitee = v }, people}
	whose      = field{func(r *policy.Resource, v int64) { r.User = v }, people}
	exporter   = field{whose.set, []int64{myself, thirdUser}}
	objectOrg  = field{func(r *policy.Resource, v int64) { r.Organization = v }, []int64{0, thisOrg, otherOrg}}
	objectRole = field{func(r *policy.Resource, v int64) { r.Role = policy.Role(v) }, []int64{0, 1, 2, 3, 4}}
	newRole    = field{func(r *policy.Resource, v int64) { r.NewRole = policy.Role(v) }, objectRole.values}
	active     = field{func(r *policy.Resource, v int64) { r.Active = v == 1 }, []int64{0, 1}}
	stage      = field{func(r *policy.Resource, v int64) { r.Stage = policy.Stage(v) }, []int64{0, 1, 2, 3}}
	task       = field{func(r *policy.Resource, v int64) { r.Task = staffs()[v] }, []int64{0, 1, 2, 3, 4}}
	project    = field{func(r *policy.Resource, v int64) { r.Project = staffs()[v] }, task.values}
)

var fields = map[string][]field{
	"organizations": {owner, objectRole},
	"memberships":   {whose, objectOrg, objectRole, newRole, active},
	"invitations":   {owner, objectOrg, objectRole, invitee},
	"users":         {id, objectRole},
	"projects":      {owner, assignee, objectOrg, exporter},
	"tasks":         {owner, assignee, objectOrg, exporter, project},
	"jobs":          {assignee, objectOrg, exporter, stage, project, task},
	"cloudstorages": {owner, objectOrg},
	"access_tokens": {owner, objectOrg},
}

// staffs are nobody's, and those of which the caller is either, both or none.
func staffs() []*policy.Staff {
	return []*policy.Staff{nil, {}, {Owner: myself, Assignee: otherUser}, {Owner: thirdUser, Assignee: myself}, {Owner: myself, Assignee: myself}}
}
