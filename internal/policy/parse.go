package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// idOf is an object of which only the id matters; null is as good as a null id.
type idOf struct {
	ID *int64 `json:"id"`
}

type roleOf struct {
	Role *string `json:"role"`
}

type staffOf struct {
	Owner, Assignee, Organization idOf
}

// document is the JSON form of an Input.
type document struct {
	Scope *string
	Auth  *struct {
		User *struct {
			ID        *int64
			Privilege *string
		}
		Organization *struct {
			ID    *int64
			Owner idOf
			User  roleOf
		}
		OrganizationSpecified bool `json:"organization_specified"`
		Token                 *struct {
			ID       int64
			ReadOnly *bool `json:"read_only"`
		}
	}
	Resource *resourceOf
	Settings struct {
		Min *string `json:"organizations_min_role_to_create"`
	}
}

type resourceOf struct {
	ID *int64
	staffOf
	Invitee idOf
	User    struct {
		idOf
		roleOf
	}
	RQJob struct{ Owner idOf } `json:"rq_job"`
	roleOf
	Membership    roleOf
	NewRole       *string `json:"new_role"`
	Active        bool    `json:"is_active"`
	Stage         *string
	Task, Project *staffOf
}

// ParseInput reads the document that rules see as their input:
//
//	{"scope": "…", "auth": {"user": {"id": 7, "privilege": "user"}, "organization": null |
//	{"id": 3, "owner": {"id": 1}, "user": {"role": "worker"}}, "organization_specified": true,
//	"token": {"id": 5, "read_only": true}}, "resource": null | {…}, "settings": {…}}
//
// Members it does not know are passed over. A document has no HTTP method: a scope
// that only reads counts as safe.
func ParseInput(pkg string, doc []byte) (*Input, error) {
	var d document
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	if d.Scope == nil || d.Auth == nil || d.Auth.User == nil || d.Auth.User.ID == nil {
		return nil, errors.New("input: scope, auth.user and auth.user.id must be there")
	}
	in := &Input{Scope: *d.Scope, User: id(d.Auth.User.ID), OrgSpecified: d.Auth.OrganizationSpecified, Safe: safe(*d.Scope)}
	var err error
	if in.Privilege, err = parsePrivilege("auth.user.privilege", d.Auth.User.Privilege); err != nil {
		return nil, err
	}
	if in.MinRoleToCreate, err = parsePrivilege("settings.organizations_min_role_to_create", d.Settings.Min); err != nil {
		return nil, err
	}
	if o := d.Auth.Organization; o != nil {
		in.Org = &Org{ID: id(o.ID), Owner: id(o.Owner.ID)}
		if in.Org.Role, err = parseRole("auth.organization.user.role", o.User.Role); err != nil {
			return nil, err
		}
	}
	if t := d.Auth.Token; t != nil {
		in.Token = &Token{ID: t.ID, ReadOnly: t.ReadOnly == nil || *t.ReadOnly}
	}
	if d.Resource != nil {
		in.Resource, err = d.Resource.parse(pkg)
	}
	return in, err
}

func (r *resourceOf) parse(pkg string) (*Resource, error) {
	out := &Resource{ID: id(r.ID), Owner: id(r.Owner.ID), Assignee: id(r.Assignee.ID), User: id(r.User.ID),
		Invitee: id(r.Invitee.ID), Organization: id(r.Organization.ID), Active: r.Active,
		Task: r.Task.parse(), Project: r.Project.parse()}
	if out.User == 0 {
		out.User = id(r.RQJob.Owner.ID)
	}
	role, path := r.Role, "resource.role"
	switch pkg {
	case "organizations":
		role, path = r.User.Role, "resource.user.role"
	case "users":
		role, path = r.Membership.Role, "resource.membership.role"
	case "invitations":
		// It is what a client sent, and is judged before it is validated.
		if role != nil && !slices.Contains(roles, *role) {
			role = nil
		}
	}
	var err error
	if out.Role, err = parseRole(path, role); err != nil {
		return nil, err
	}
	if out.NewRole, err = parseRole("resource.new_role", r.NewRole); err != nil {
		return nil, err
	}
	out.Stage, err = parseStage("resource.stage", r.Stage)
	return out, err
}

func (s *staffOf) parse() *Staff {
	if s == nil {
		return nil
	}
	return &Staff{id(s.Owner.ID), id(s.Assignee.ID), id(s.Organization.ID)}
}

// id keeps an id of 0 apart from null, which is 0 in an Input.
func id(p *int64) int64 {
	switch {
	case p == nil:
		return 0
	case *p == 0:
		return math.MinInt64
	}
	return *p
}

func parsePrivilege(path string, name *string) (Privilege, error) {
	if name == nil {
		return NoGroup, nil
	}
	if i := slices.Index(privileges, *name); i > 0 {
		return Privilege(i), nil
	}
	return 0, fmt.Errorf("input: %s is %q: expected admin, user, worker or null", path, *name)
}

func parseRole(path string, name *string) (Role, error) {
	if name == nil {
		return NoRole, nil
	}
	if r, ok := ParseRole(*name); ok {
		return r, nil
	}
	return 0, fmt.Errorf("input: %s is %q: expected owner, maintainer, supervisor, worker or null", path, *name)
}

func parseStage(path string, name *string) (Stage, error) {
	if name == nil {
		return NoStage, nil
	}
	if s, ok := ParseStage(*name); ok {
		return s, nil
	}
	return 0, fmt.Errorf("input: %s is %q: expected annotation, validation, acceptance or null", path, *name)
}

// safe says whether a scope only reads.
func safe(scope string) bool {
	kind, _, more := strings.Cut(scope, ":")
	return kind == "list" || kind == "view" || more && (kind == "download" || kind == "export")
}
