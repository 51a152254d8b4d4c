package jobs_test

import data.callers
import data.jobs

job(assignee, task_owner) := {
	"id": 8,
	"assignee": assignee,
	"organization": callers.here,
	"task": {"owner": task_owner, "assignee": callers.nobody},
	"project": null,
}

test_a_worker_from_outside if {
	jobs.allow with input as callers.inside("update:annotations", "worker", null, job(callers.me, callers.somebody))
	not jobs.allow with input as callers.inside("update:annotations", "user", null, job(callers.me, callers.somebody))
	not jobs.allow with input as callers.inside("export:dataset", "worker", null, job(callers.me, callers.somebody))
}

test_the_assignee_moves_no_stages if {
	jobs.allow with input as callers.inside("update:state", "worker", "worker", job(callers.me, callers.somebody))
	not jobs.allow with input as callers.inside("update:stage", "worker", "worker", job(callers.me, callers.somebody))
	jobs.allow with input as callers.inside("update:stage", "worker", "worker", job(callers.somebody, callers.me))
}

test_ground_truth_needs_a_supervisor if {
	jobs.allow with input as callers.inside("create", "user", "supervisor", job(callers.nobody, callers.me))
	not jobs.allow with input as callers.inside("create", "user", "worker", job(callers.nobody, callers.me))
	jobs.allow with input as callers.outside("create", "user", job(callers.nobody, callers.me))
}
