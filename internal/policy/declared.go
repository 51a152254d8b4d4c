package policy

import "slices"

// TokenLayer is the package of rules that judges what a personal access token may
// do, after the package proper said yes. Its inputs are also the name of that
// package and whether the method is safe.
const TokenLayer = "token_scopes"

// Required are the packages that every folder of rules has.
func Required() []string {
	return []string{"organizations", "memberships", "invitations", "users", "projects",
		"tasks", "jobs", "cloudstorages", "access_tokens", "server", TokenLayer}
}

// Plans are the ways in which a package's list can be narrowed; none if it has no list.
func Plans(pkg string) []string { return plans[pkg] }

var plans = map[string][]string{
	"organizations": {"all", "mine"},
	"memberships":   {"all", "own", "active"},
	"invitations":   {"all", "involved"},
	"users":         {"all", "self"},
	"projects":      {"all", "involved"},
	"tasks":         {"all", "involved"},
	"jobs":          {"all", "involved"},
	"cloudstorages": {"all", "owned"},
	"access_tokens": {"own"},
}

// Code names a fact of an Input.
type Code uint8

const (
	UserID Code = iota
	UserPrivilege
	Organization
	OrgID
	OrgOwner
	OrgRole
	OrgSpecified
	Object
	ObjectID
	ObjectOwner
	ObjectAssignee
	ObjectUser
	ObjectInvitee
	ObjectOrg
	ObjectRole
	ObjectNewRole
	ObjectActive
	ObjectStage
	ObjectTask
	TaskOwner
	TaskAssignee
	TaskOrg
	ObjectProject
	ProjectOwner
	ProjectAssignee
	ProjectOrg
	MinRoleToCreate
	TokenReadOnly
	SafeMethod
	codes
)

// Kind is how a fact may be looked at.
type Kind uint8

const (
	Nullable Kind = iota // an object: null or not
	ID                   // null, or equal to another id or not
	Enum                 // its value
)

// Kind is how rules may look at the fact.
func (c Code) Kind() Kind {
	switch c {
	case Organization, Object, ObjectTask, ObjectProject:
		return Nullable
	case UserPrivilege, OrgRole, OrgSpecified, ObjectRole, ObjectNewRole, ObjectActive,
		ObjectStage, MinRoleToCreate, TokenReadOnly, SafeMethod:
		return Enum
	}
	return ID
}

// Parent is the object that must not be null for the fact to be there.
func (c Code) Parent() (Code, bool) {
	switch {
	case c == OrgID || c == OrgOwner || c == OrgRole:
		return Organization, true
	case c >= TaskOwner && c <= TaskOrg:
		return ObjectTask, true
	case c >= ProjectOwner && c <= ProjectOrg:
		return ObjectProject, true
	case c > Object && c <= ObjectProject:
		return Object, true
	}
	return 0, false
}

// Values are those of an Enum, by class: nil, a string or a bool.
func (c Code) Values() []any {
	switch c {
	case UserPrivilege, MinRoleToCreate:
		return []any{nil, "worker", "user", "admin"}
	case OrgRole, ObjectRole, ObjectNewRole:
		return []any{nil, "worker", "supervisor", "maintainer", "owner"}
	case ObjectStage:
		return []any{nil, "annotation", "validation", "acceptance"}
	}
	return []any{false, true}
}

// Fact is one declared input: its path in the document, without the "input".
type Fact struct {
	Path string
	Code Code
}

var always = []Fact{
	{"auth.user.id", UserID}, {"auth.user.privilege", UserPrivilege}, {"auth.organization", Organization},
	{"auth.organization.id", OrgID}, {"auth.organization.owner.id", OrgOwner},
	{"auth.organization.user.role", OrgRole}, {"auth.organization_specified", OrgSpecified},
	{"settings.organizations_min_role_to_create", MinRoleToCreate}, {"resource", Object},
}

var (
	objectID  = Fact{"resource.id", ObjectID}
	owner     = Fact{"resource.owner.id", ObjectOwner}
	assignee  = Fact{"resource.assignee.id", ObjectAssignee}
	user      = Fact{"resource.user.id", ObjectUser}
	objectOrg = Fact{"resource.organization.id", ObjectOrg}
	role      = Fact{"resource.role", ObjectRole}
	stage     = Fact{"resource.stage", ObjectStage}
	task      = []Fact{{"resource.task", ObjectTask}, {"resource.task.owner.id", TaskOwner},
		{"resource.task.assignee.id", TaskAssignee}, {"resource.task.organization.id", TaskOrg}}
	project = []Fact{{"resource.project", ObjectProject}, {"resource.project.owner.id", ProjectOwner},
		{"resource.project.assignee.id", ProjectAssignee}, {"resource.project.organization.id", ProjectOrg}}
)

// Declared are the inputs that the rules of a package may look at, besides the scope.
func Declared(pkg string) []Fact {
	var own []Fact
	switch pkg {
	case "organizations":
		own = []Fact{objectID, owner, {"resource.user.role", ObjectRole}}
	case "memberships":
		own = []Fact{objectID, role, {"resource.new_role", ObjectNewRole}, {"resource.is_active", ObjectActive}, user, objectOrg}
	case "invitations":
		own = []Fact{owner, {"resource.invitee.id", ObjectInvitee}, role, objectOrg}
	case "users":
		own = []Fact{objectID, {"resource.membership.role", ObjectRole}}
	case "projects":
		own = []Fact{objectID, owner, assignee, user, objectOrg}
	case "tasks":
		own = append([]Fact{objectID, owner, assignee, user, objectOrg}, project...)
	case "jobs":
		own = slices.Concat([]Fact{objectID, assignee, user, objectOrg, stage}, task, project)
	case "cloudstorages":
		own = []Fact{objectID, owner, objectOrg}
	case "access_tokens":
		own = []Fact{objectID, owner}
	case TokenLayer:
		own = []Fact{{"auth.token.read_only", TokenReadOnly}, {"safe", SafeMethod}}
	}
	return append(slices.Clone(always), own...)
}
