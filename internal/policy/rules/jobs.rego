# Package jobs. Staff of a job are its assignee and the staff of its task: the owners
# and assignees of the task and of its project. A job's stage gives no rights to
# anybody: it says which work is done now by those who may work on the job.
package jobs

import data.access

scopes := (({"list", "create", "delete", "download:exported_file"} | views) | (exports | edits)) | ((assigns | layout) | staged)

views := {"view", "view:annotations", "view:data", "view:metadata"}

exports := {"export:annotations", "export:dataset"}

edits := {"update:state", "mark:done", "update:annotations", "delete:annotations", "import:annotations", "update:metadata"}

assigns := {"update:stage", "update:assignee"}

layout := {"view:validation_layout", "update:validation_layout"}

# The work of stages: what is done, and in which of them.
stages := {
	"annotate": {"annotation"},
	"report:issues": {"validation"},
	"resolve:issues": {"annotation", "validation"},
}

staged := object.keys(stages)

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: everyone lists jobs, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: maintainers do everything with every job
allow if {
	input.scope in (((views | exports) | (edits | assigns)) | (layout | {"create", "delete"}))
	access.group("user")
	access.same_org
	access.role("maintainer")
}

# METADATA
# title: a task's staff create and delete its jobs, outside organizations
allow if {
	input.scope in {"create", "delete"}
	access.group("user")
	access.sandbox
	task_staff
}

# METADATA
# title: a task's staff create and delete its jobs, from supervisor up
allow if {
	input.scope in {"create", "delete"}
	access.group("user")
	access.same_org
	access.role("supervisor")
	task_staff
}

# METADATA
# title: a job's staff view it
allow if {
	input.scope in views
	here
	staff
}

# METADATA
# title: a job's staff work on it
allow if {
	input.scope in edits
	access.group("worker")
	here
	staff
}

# METADATA
# title: a worker from outside the organization works on the job assigned to them
allow if {
	input.scope in (views | edits)
	input.auth.user.privilege == "worker"
	access.same_org
	not access.member
	assignee
}

# METADATA
# title: maintainers do the work of every job's stage
allow if {
	input.scope in staged
	in_stage
	access.group("user")
	access.same_org
	access.role("maintainer")
}

# METADATA
# title: a job's staff do the work of its stage
allow if {
	input.scope in staged
	in_stage
	access.group("worker")
	here
	staff
}

# METADATA
# title: a worker from outside the organization does the work of the stage of the job assigned to them
allow if {
	input.scope in staged
	in_stage
	input.auth.user.privilege == "worker"
	access.same_org
	not access.member
	assignee
}

# METADATA
# title: a job's staff export it, outside organizations
allow if {
	input.scope in exports
	access.sandbox
	staff
}

# METADATA
# title: a job's staff export it, from supervisor up
allow if {
	input.scope in exports
	access.same_org
	access.role("supervisor")
	staff
}

# METADATA
# title: the owners of a job's task and of its project export it
allow if {
	input.scope in exports
	here
	owner
}

# METADATA
# title: a task's staff assign its jobs and move them between stages
allow if {
	input.scope in assigns
	access.group("worker")
	here
	task_staff
}

# METADATA
# title: a task's staff view and change how its jobs are validated
allow if {
	input.scope in layout
	here
	task_staff
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

# The scope is work of the stage that the job is in.
in_stage if input.resource.stage in stages[input.scope]

assignee if input.resource.assignee.id == input.auth.user.id

owner if input.resource.task.owner.id == input.auth.user.id

owner if input.resource.project.owner.id == input.auth.user.id

task_staff if owner

task_staff if input.resource.task.assignee.id == input.auth.user.id

task_staff if input.resource.project.assignee.id == input.auth.user.id

staff if assignee

staff if task_staff

# The job is where the caller works: outside organizations, or in one the caller is
# a member of.
here if access.sandbox

here if {
	access.same_org
	access.member
}
