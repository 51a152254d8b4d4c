// Package policy decides who may do what.
//
// The rules are the files of the folder rules, in Rego, and nothing else. They are
// compiled ahead of time: what a rule may look at has few classes (a group, a role,
// whether an id is the caller's), so every combination is evaluated once, and this
// package only looks the answer up. It links no Rego. After a change of the rules:
//
//	go run ./cmd/gatehouse policy compile internal/policy/rules -o internal/policy/table.bin
//	go test ./internal/policy -update
//
// It owns the facts that a rule may look at (Declared), the form of the compiled
// table, and the lookup. Package compile makes tables and is the only one to know
// Rego.
package policy

import "slices"

//go:generate go run gatehouse/cmd/gatehouse policy compile rules -o table.bin

// Privilege is the best of the global groups that somebody is in.
type Privilege uint8

const (
	NoGroup Privilege = iota
	GroupWorker
	GroupUser
	GroupAdmin
)

var privileges = []string{"", "worker", "user", "admin"}

// String is the group's name, "" for none.
func (p Privilege) String() string { return nameOf(privileges, int(p)) }

// PrivilegeOf is the best of groups. Names it does not know count as none.
func PrivilegeOf(groups []string) Privilege {
	best := NoGroup
	for _, g := range groups {
		best = max(best, Privilege(max(0, slices.Index(privileges, g))))
	}
	return best
}

// Role is a role in an organization.
type Role uint8

const (
	NoRole Role = iota
	Worker
	Supervisor
	Maintainer
	Owner
)

var roles = []string{"", "worker", "supervisor", "maintainer", "owner"}

// String is the role's name, "" for none.
func (r Role) String() string { return nameOf(roles, int(r)) }

// ParseRole reads the name of a role; "" is none.
func ParseRole(name string) (Role, bool) {
	i := slices.Index(roles, name)
	return Role(max(0, i)), i > 0
}

// Stage is where the work on a job stands.
type Stage uint8

const (
	NoStage Stage = iota
	Annotation
	Validation
	Acceptance
)

var stages = []string{"", "annotation", "validation", "acceptance"}

// String is the stage's name, "" for none.
func (s Stage) String() string { return nameOf(stages, int(s)) }

// ParseStage reads the name of a stage; "" is none.
func ParseStage(name string) (Stage, bool) {
	i := slices.Index(stages, name)
	return Stage(max(0, i)), i > 0
}

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return ""
}

// Org is the organization that a request is about, and the caller's active role in it.
type Org struct {
	ID, Owner int64 // Owner 0 is null
	Role      Role
}

// Staff are the people of a task or project. 0 is null.
type Staff struct{ Owner, Assignee, Organization int64 }

// Resource is the object that a request is about. Ids of 0 are null.
type Resource struct {
	ID, Owner, Assignee, Invitee, Organization int64
	// User is whose membership it is; for an exported file, who started the export.
	User int64
	// Role is the caller's own in organizations and users, the object's in
	// memberships and invitations. NewRole is what a membership is to become.
	Role, NewRole Role
	Active        bool  // of a membership
	Stage         Stage // of a job
	Task, Project *Staff
}

// Token is a personal access token that a request came with. It only takes away.
type Token struct {
	ID       int64
	ReadOnly bool
}

// Input is everything that a decision may depend on.
type Input struct {
	Scope     string
	User      int64
	Privilege Privilege
	Org       *Org
	// OrgSpecified says that the request named an organization, even an empty one.
	OrgSpecified bool
	Resource     *Resource
	// MinRoleToCreate is the group that may make organizations; NoGroup leaves it
	// to the rules.
	MinRoleToCreate Privilege
	Token           *Token
	Safe            bool // the HTTP method is GET, HEAD or OPTIONS
}

// Decision is an answer, and the rule that allowed.
type Decision struct {
	Allowed bool
	Rule    string
}

// Hint is what would turn a refusal: the role in the organization, or the group.
type Hint struct {
	Role  string `json:"role,omitempty"`
	Group string `json:"group,omitempty"`
}
