package tasks_test

import data.callers
import data.tasks

task(owner, assignee, project) := {
	"id": 6,
	"owner": owner,
	"assignee": assignee,
	"organization": callers.here,
	"project": project,
}

in_project(owner, assignee) := {"owner": owner, "assignee": assignee, "organization": callers.here}

test_second_owner_manages_tasks if {
	tasks.allow with input as callers.inside("delete", "user", "owner", task(callers.somebody, callers.nobody, null))
	not tasks.allow with input as callers.inside("delete", "worker", "owner", task(callers.somebody, callers.nobody, null))
}

test_the_assignee_works_and_does_not_move if {
	tasks.allow with input as callers.inside("update:annotations", "worker", "worker", task(callers.somebody, callers.me, null))
	not tasks.allow with input as callers.inside("delete", "worker", "worker", task(callers.somebody, callers.me, null))
}

test_the_projects_staff_are_staff if {
	with_me := task(callers.somebody, callers.nobody, in_project(callers.somebody, callers.me))
	tasks.allow with input as callers.inside("update:assignee", "worker", "worker", with_me)
	not tasks.allow with input as callers.inside("update:associated_storage", "worker", "worker", with_me)
	tasks.allow with input as callers.inside("create@project", "user", "worker", with_me)
}

test_who_exported_downloads if {
	exported := object.union(task(callers.somebody, callers.nobody, null), {"user": callers.me})
	tasks.allow with input as callers.inside("download:exported_file", null, null, exported)
}
