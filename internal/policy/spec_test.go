package policy_test

import (
	"strings"

	"gatehouse/internal/policy"
)

// The rules as they are specified, written a second time and by hand: TestSpec
// compares them with the table for every combination.

// view is an input with the words of the specification.
type view struct{ *policy.Input }

func (v view) admin() bool                    { return v.Privilege == policy.GroupAdmin }
func (v view) g(least policy.Privilege) bool  { return v.Privilege >= least }
func (v view) sandbox() bool                  { return v.Org == nil }
func (v view) member() bool                   { return v.Org != nil && v.Org.Role != policy.NoRole }
func (v view) r(least policy.Role) bool       { return v.Org != nil && v.Org.Role >= least }
func (v view) maintainer() bool               { return v.Org != nil && v.Org.Role == policy.Maintainer }
func (v view) orgOwner() bool                 { return v.r(policy.Owner) && v.Org.Owner == v.User }
func (v view) staff() bool                    { return v.orgOwner() || v.maintainer() }
func (v view) same() bool                     { return v.Org != nil && v.Resource.Organization == v.Org.ID }
func (v view) is(id int64) bool               { return id == v.User }
func (v view) lists() bool                    { return v.sandbox() || v.member() }
func (v view) here() bool                     { return v.sandbox() || v.same() && v.member() }
func (v view) wide(least policy.Role) bool    { return v.g(policy.GroupUser) && v.same() && v.r(least) }
func (v view) in(list string) bool            { return strings.Contains(" "+list+" ", " "+v.Scope+" ") }
func (v view) taskStaff(s *policy.Staff) bool { return s != nil && (v.is(s.Owner) || v.is(s.Assignee)) }
func (v view) taskOwner(s *policy.Staff) bool { return s != nil && v.is(s.Owner) }
func (v view) creates() bool {
	return v.g(policy.GroupUser) && (v.sandbox() || v.wide(policy.Supervisor))
}
func (v view) exports(staff, owner bool) bool { return v.exportsIn(staff) || v.here() && owner }
func (v view) exportsIn(staff bool) bool {
	return staff && (v.sandbox() || v.same() && v.r(policy.Supervisor))
}
func (v view) both(least policy.Role, b bool) bool { return v.wide(least) || v.here() && b }

var specified = map[string]func(view) bool{
	"organizations": organizations, "memberships": memberships, "invitations": invitations, "users": users,
	"projects": projects, "tasks": tasks, "jobs": jobs, "cloudstorages": cloudstorages,
	"access_tokens": accessTokens, "server": server,
}

func organizations(v view) bool {
	if v.admin() {
		return true
	}
	mine := v.Resource != nil && v.is(v.Resource.Owner)
	switch v.Scope {
	case "create":
		least := v.MinRoleToCreate
		if least == policy.NoGroup {
			least = policy.GroupUser
		}
		return v.g(least)
	case "list":
		return true
	case "view":
		return mine || v.Resource != nil && v.Resource.Role != policy.NoRole
	case "update", "audit":
		return v.g(policy.GroupWorker) && (mine || v.Resource != nil && v.Resource.Role == policy.Maintainer)
	case "delete":
		return v.g(policy.GroupWorker) && mine
	case "ownership":
		return v.g(policy.GroupUser) && mine
	}
	panic(v.Scope)
}

func memberships(v view) bool {
	switch r := v.Resource; {
	case v.admin():
		return true
	case v.Scope == "list":
		return v.lists()
	case r == nil || !v.same():
		return false
	case v.Scope == "view":
		return v.staff() || v.member() && r.Active
	case v.Scope == "delete" && v.g(policy.GroupWorker) && v.member() && v.is(r.User) && r.Active && r.Role != policy.Owner:
		return true
	default:
		lower := func(x policy.Role) bool { return x == policy.Supervisor || x == policy.Worker }
		set := v.Scope == "change:role" && r.NewRole != policy.NoRole
		byMaintainer := v.maintainer() && lower(r.Role) && (!set || lower(r.NewRole))
		byOwner := v.orgOwner() && r.Role != policy.Owner && (!set || r.NewRole != policy.Owner)
		return v.g(policy.GroupUser) && !v.is(r.User) && (byMaintainer || byOwner)
	}
}

func invitations(v view) bool {
	switch r := v.Resource; {
	case v.admin():
		return true
	case v.Scope == "list":
		return v.lists()
	case r == nil:
		return false
	case v.Scope == "create":
		role := v.maintainer() && r.Role != policy.Owner && r.Role != policy.Maintainer || v.orgOwner() && r.Role != policy.Owner
		return v.same() && v.g(policy.GroupUser) && role
	case v.in("accept decline"):
		return v.is(r.Invitee)
	default:
		involved := v.Scope == "view" && (v.is(r.Owner) || v.is(r.Invitee))
		return involved || v.same() && v.g(policy.GroupUser) && v.staff()
	}
}

func users(v view) bool {
	switch {
	case v.admin():
		return true
	case v.Scope == "list":
		return v.lists()
	case v.Resource == nil:
		return false
	case v.Scope == "view":
		return v.is(v.Resource.ID) || v.Resource.Role != policy.NoRole
	}
	return v.in("update:personal_data delete") && v.is(v.Resource.ID)
}

func projects(v view) bool {
	if v.admin() {
		return true
	}
	if v.Resource == nil { // nobody is staff of it, and it is in no organization
		return v.Scope == "list" && v.lists() || v.in("create import:backup") && v.sandbox() && v.g(policy.GroupUser)
	}
	owner := v.is(v.Resource.Owner)
	staff := owner || v.is(v.Resource.Assignee)
	orgStaff := v.g(policy.GroupUser) && v.same() && v.staff()
	switch {
	case v.Scope == "list":
		return v.lists()
	case v.in("create import:backup"):
		return v.creates()
	case v.Scope == "view":
		return v.both(policy.Maintainer, staff)
	case v.in("delete update:associated_storage update:assignee"):
		return orgStaff || v.g(policy.GroupWorker) && v.here() && owner
	case v.in("update:desc import:dataset"):
		return orgStaff || v.g(policy.GroupWorker) && v.here() && staff
	case v.Scope == "update:owner":
		return orgStaff || v.g(policy.GroupWorker) && v.same() && v.staff() && owner
	case v.in("export:annotations export:dataset export:backup"):
		return v.wide(policy.Maintainer) || v.exports(staff, owner)
	case v.Scope == "download:exported_file":
		return v.is(v.Resource.User)
	}
	return v.Scope != "update:organization" && fail(v.Scope)
}

func tasks(v view) bool {
	if v.admin() {
		return true
	}
	if v.Resource == nil {
		return v.Scope == "list" && v.lists() || v.in("create import:backup") && v.sandbox() && v.g(policy.GroupUser)
	}
	r := v.Resource
	projectStaff, projectOwner := v.taskStaff(r.Project), v.taskOwner(r.Project)
	owner, mover := v.is(r.Owner) || projectOwner, v.is(r.Owner) || projectStaff
	staff := mover || v.is(r.Assignee)
	work := v.g(policy.GroupWorker)
	switch {
	case v.Scope == "list":
		return v.lists()
	case v.in("create import:backup"):
		return v.creates()
	case v.Scope == "create@project":
		return v.wide(policy.Supervisor) || v.g(policy.GroupUser) && v.here() && projectStaff
	case v.in("view view:annotations view:data view:metadata view:validation_layout"):
		return v.both(policy.Maintainer, staff)
	case v.in("export:annotations export:dataset export:backup"):
		return v.wide(policy.Maintainer) || v.exports(staff, owner)
	case v.in("update:desc update:annotations delete:annotations import:annotations upload:data update:metadata update:validation_layout"):
		return v.both(policy.Maintainer, work && staff)
	case v.in("update:owner update:assignee update:project delete"):
		return v.both(policy.Maintainer, work && mover)
	case v.Scope == "update:associated_storage":
		return v.both(policy.Maintainer, work && owner)
	case v.Scope == "download:exported_file":
		return v.is(r.User)
	}
	return v.Scope != "update:organization" && fail(v.Scope)
}

func jobs(v view) bool {
	if v.admin() {
		return true
	}
	if v.Resource == nil {
		return v.Scope == "list" && v.lists()
	}
	r := v.Resource
	taskStaff := v.taskStaff(r.Task) || v.taskStaff(r.Project)
	owner := v.taskOwner(r.Task) || v.taskOwner(r.Project)
	staff := taskStaff || v.is(r.Assignee)
	stranger := v.same() && v.Privilege == policy.GroupWorker && !v.member() && v.is(r.Assignee)
	work := v.g(policy.GroupWorker)
	edits := v.both(policy.Maintainer, work && staff) || stranger
	annotation, validation := r.Stage == policy.Annotation, r.Stage == policy.Validation
	switch {
	case v.Scope == "list":
		return v.lists()
	case v.in("create delete"):
		return v.wide(policy.Maintainer) || v.g(policy.GroupUser) && taskStaff && (v.sandbox() || v.wide(policy.Supervisor))
	case v.in("view view:annotations view:data view:metadata"):
		return v.both(policy.Maintainer, staff) || stranger
	case v.in("export:dataset export:annotations"):
		return v.wide(policy.Maintainer) || v.exports(staff, owner)
	case v.in("update:state update:annotations delete:annotations import:annotations update:metadata mark:done"):
		return edits
	case v.Scope == "annotate":
		return edits && annotation
	case v.Scope == "report:issues":
		return edits && validation
	case v.Scope == "resolve:issues":
		return edits && (annotation || validation)
	case v.in("update:stage update:assignee"):
		return v.both(policy.Maintainer, work && taskStaff)
	case v.in("view:validation_layout update:validation_layout"):
		return v.both(policy.Maintainer, taskStaff)
	case v.Scope == "download:exported_file":
		return v.is(r.User)
	}
	return fail(v.Scope)
}

func cloudstorages(v view) bool {
	switch {
	case v.admin():
		return true
	case v.Scope == "list":
		return v.lists()
	case v.Resource == nil:
		return v.Scope == "create" && v.sandbox() && v.g(policy.GroupUser)
	case v.Scope == "create":
		return v.wide(policy.Maintainer) || v.sandbox() && v.g(policy.GroupUser)
	case v.in("view list:content"):
		return v.both(policy.Supervisor, v.is(v.Resource.Owner))
	case v.in("update delete"):
		return v.both(policy.Maintainer, v.g(policy.GroupWorker) && v.is(v.Resource.Owner))
	}
	return fail(v.Scope)
}

func accessTokens(v view) bool {
	switch {
	case v.admin():
		return true
	case v.in("create list"):
		return v.g(policy.GroupWorker)
	}
	return v.g(policy.GroupWorker) && v.Resource != nil && v.is(v.Resource.Owner)
}

func server(v view) bool     { return v.Scope == "view" || v.g(policy.GroupUser) }
func fail(scope string) bool { panic("not specified: " + scope) }

// withToken is what a personal access token leaves.
func withToken(pkg, scope string, readOnly, safe bool) bool {
	switch pkg {
	case "users", "access_tokens":
		return scope == "list" || scope == "view"
	case "projects", "tasks", "jobs":
		kind, _, _ := strings.Cut(scope, ":")
		return !readOnly || kind == "view" || kind == "export" || scope == "list" || scope == "download:exported_file"
	}
	return !readOnly || safe
}

func filtered(pkg string, v view) string {
	privileged := func(yes bool, plan string) string {
		if yes {
			return "all"
		}
		return plan
	}
	switch {
	case pkg == "access_tokens":
		return "own"
	case v.admin():
		return "all"
	case pkg == "organizations":
		return "mine"
	}
	plan := map[string]string{"memberships": "own", "invitations": "involved", "users": "self", "projects": "involved",
		"tasks": "involved", "jobs": "involved", "cloudstorages": "owned"}[pkg]
	user := v.g(policy.GroupUser)
	switch {
	case v.sandbox():
		return plan
	case pkg == "memberships":
		return privileged(v.staff(), "active")
	case pkg == "users":
		return "all"
	case pkg == "invitations":
		return privileged(user && v.staff(), plan)
	case pkg == "cloudstorages":
		return privileged(user && v.r(policy.Supervisor), plan)
	}
	return privileged(user && v.r(policy.Maintainer), plan)
}
