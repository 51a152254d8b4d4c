# Package tasks. Staff of a task are its owner and assignee, and those of its project.
# Unlike projects, a role of maintainer or better is enough to manage all of an
# organization's tasks, whoever owns the organization.
package tasks

import data.access

scopes := (({"create", "create@project", "import:backup", "list", "download:exported_file", "update:organization"} | views) | exports) | (edits | moves) | {"update:associated_storage"}

views := {"view", "view:annotations", "view:data", "view:metadata", "view:validation_layout"}

exports := {"export:annotations", "export:dataset", "export:backup"}

edits := {
	"update:desc", "update:annotations", "delete:annotations", "import:annotations",
	"upload:data", "update:metadata", "update:validation_layout",
}

moves := {"update:owner", "update:assignee", "update:project", "delete"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: users create tasks of their own
allow if {
	input.scope in {"create", "import:backup"}
	access.group("user")
	access.sandbox
}

# METADATA
# title: supervisors create tasks
allow if {
	input.scope in {"create", "import:backup", "create@project"}
	access.group("user")
	access.same_org
	access.role("supervisor")
}

# METADATA
# title: a project's staff create tasks in it
allow if {
	input.scope == "create@project"
	access.group("user")
	here
	project_staff
}

# METADATA
# title: everyone lists tasks, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: maintainers view, export and change every task
allow if {
	input.scope in (((views | exports) | (edits | moves)) | {"update:associated_storage"})
	access.group("user")
	access.same_org
	access.role("maintainer")
}

# METADATA
# title: a task's staff view it
allow if {
	input.scope in views
	here
	staff
}

# METADATA
# title: a task's staff export it, outside organizations
allow if {
	input.scope in exports
	access.sandbox
	staff
}

# METADATA
# title: a task's staff export it, from supervisor up
allow if {
	input.scope in exports
	access.same_org
	access.role("supervisor")
	staff
}

# METADATA
# title: the owners of a task and of its project export it
allow if {
	input.scope in exports
	here
	owner
}

# METADATA
# title: a task's staff work on it
allow if {
	input.scope in edits
	access.group("worker")
	here
	staff
}

# METADATA
# title: a task's owner and its project's staff assign, move and delete it
allow if {
	input.scope in moves
	access.group("worker")
	here
	mover
}

# METADATA
# title: the owners of a task and of its project choose its storage
allow if {
	input.scope == "update:associated_storage"
	access.group("worker")
	here
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

task_owner if input.resource.owner.id == input.auth.user.id

project_owner if input.resource.project.owner.id == input.auth.user.id

project_staff if project_owner

project_staff if input.resource.project.assignee.id == input.auth.user.id

owner if task_owner

owner if project_owner

# The task's assignee is not among them.
mover if task_owner

mover if project_staff

staff if mover

staff if input.resource.assignee.id == input.auth.user.id

# The task is where the caller works: outside organizations, or in one the caller
# is a member of.
here if access.sandbox

here if {
	access.same_org
	access.member
}
