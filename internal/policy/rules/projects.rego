# Package projects. Staff of a project are its owner and its assignee.
package projects

import data.access

scopes := {
	"create", "import:backup", "list", "view", "delete",
	"update:desc", "update:assignee", "update:owner", "update:organization", "update:associated_storage",
	"import:dataset", "export:annotations", "export:dataset", "export:backup", "download:exported_file",
}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: users create projects of their own
allow if {
	creates
	access.group("user")
	access.sandbox
}

# METADATA
# title: supervisors create projects
allow if {
	creates
	access.group("user")
	access.same_org
	access.role("supervisor")
}

# METADATA
# title: everyone lists projects, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: maintainers view and export every project
allow if {
	reads
	access.group("user")
	access.same_org
	access.role("maintainer")
}

# METADATA
# title: a project's staff view it
allow if {
	input.scope == "view"
	here
	staff
}

# METADATA
# title: a project's staff export it, outside organizations
allow if {
	exports
	access.sandbox
	staff
}

# METADATA
# title: a project's staff export it, from supervisor up
allow if {
	exports
	access.same_org
	access.role("supervisor")
	staff
}

# METADATA
# title: a project's owner exports it
allow if {
	exports
	here
	owner
}

# METADATA
# title: a project's owner deletes it, assigns it and chooses its storage
allow if {
	input.scope in {"delete", "update:assignee", "update:associated_storage"}
	access.group("worker")
	here
	owner
}

# METADATA
# title: a project's staff edit it and import into it
allow if {
	input.scope in {"update:desc", "import:dataset"}
	access.group("worker")
	here
	staff
}

# METADATA
# title: the organization's staff change and delete every project
allow if {
	input.scope in {
		"delete", "update:desc", "update:assignee", "update:owner",
		"update:associated_storage", "import:dataset",
	}
	access.group("user")
	access.same_org
	access.org_staff
}

# METADATA
# title: a project's owner who is of the organization's staff gives it away
allow if {
	input.scope == "update:owner"
	access.group("worker")
	access.same_org
	access.org_staff
	owner
}

# METADATA
# title: who exported downloads
allow if {
	input.scope == "download:exported_file"
	input.resource.user.id == input.auth.user.id
}

filter := "all" if access.admin

else := "involved" if access.sandbox

else := "all" if {
	access.group("user")
	access.role("maintainer")
}

else := "involved" if access.member

creates if input.scope in {"create", "import:backup"}

exports if input.scope in {"export:annotations", "export:dataset", "export:backup"}

reads if input.scope == "view"

reads if exports

owner if input.resource.owner.id == input.auth.user.id

staff if owner

staff if input.resource.assignee.id == input.auth.user.id

# The project is where the caller works: outside organizations, or in one the
# caller is a member of.
here if access.sandbox

here if {
	access.same_org
	access.member
}
