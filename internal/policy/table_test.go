package policy_test

import (
	"fmt"
	"iter"
	"testing"

	"gatehouse/internal/policy"
)

const (
	myself, otherUser, thirdUser = 7, 8, 9
	thisOrg, otherOrg            = 3, 4
)

func TestSpec(t *testing.T) {
	table := policy.Default()
	for pkg, allowed := range specified {
		t.Run(pkg, func(t *testing.T) {
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
	ids := func(set func(*policy.Resource, int64), values ...int64) {
		var next []policy.Resource
		for _, r := range all {
			for _, v := range values {
				set(&r, v)
				next = append(next, r)
			}
		}
		all = next
	}
	people := []int64{0, myself, otherUser}
	owner := func() { ids(func(r *policy.Resource, v int64) { r.Owner = v }, people...) }
	assignee := func() { ids(func(r *policy.Resource, v int64) { r.Assignee = v }, people...) }
	who := func(values ...int64) { ids(func(r *policy.Resource, v int64) { r.User = v }, values...) }
	org := func() { ids(func(r *policy.Resource, v int64) { r.Organization = v }, 0, thisOrg, otherOrg) }
	role := func() { ids(func(r *policy.Resource, v int64) { r.Role = policy.Role(v) }, 0, 1, 2, 3, 4) }
	switch pkg {
	case "organizations":
		owner()
		role()
	case "memberships":
		who(people...)
		org()
		role()
		ids(func(r *policy.Resource, v int64) { r.NewRole = policy.Role(v) }, 0, 1, 2, 3, 4)
		ids(func(r *policy.Resource, v int64) { r.Active = v == 1 }, 0, 1)
	case "invitations":
		owner()
		org()
		role()
		ids(func(r *policy.Resource, v int64) { r.Invitee = v }, people...)
	case "users":
		ids(func(r *policy.Resource, v int64) { r.ID = v }, myself, otherUser)
		role()
	case "cloudstorages", "access_tokens":
		owner()
		org()
	case "projects", "tasks", "jobs":
		if pkg != "jobs" {
			owner()
		}
		assignee()
		org()
		who(myself, thirdUser)
		if pkg != "projects" {
			ids(func(r *policy.Resource, v int64) { r.Project = staffs()[v] }, 0, 1, 2, 3, 4)
		}
		if pkg == "jobs" {
			ids(func(r *policy.Resource, v int64) { r.Task = staffs()[v] }, 0, 1, 2, 3, 4)
		}
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

// staffs are nobody's, and those of which the caller is either, both or none.
func staffs() []*policy.Staff {
	return []*policy.Staff{nil, {}, {Owner: myself, Assignee: otherUser}, {Owner: thirdUser, Assignee: myself}, {Owner: myself, Assignee: myself}}
}
