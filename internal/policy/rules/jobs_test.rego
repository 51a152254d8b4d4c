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

in_stage(stage, assignee, task_owner) := object.union(job(assignee, task_owner), {"stage": stage})

stages := [null, "annotation", "validation", "acceptance"]

done_in := {
	"annotate": {"annotation"},
	"report:issues": {"validation"},
	"resolve:issues": {"annotation", "validation"},
	"mark:done": {null, "annotation", "validation", "acceptance"},
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

test_the_stage_says_what_the_staff_do if {
	every scope, good in done_in {
		every stage in stages {
			on := in_stage(stage, callers.me, callers.somebody)
			by_a_member := {ok | ok := jobs.allow with input as callers.inside(scope, "worker", "worker", on)}
			by_a_worker_from_outside := {ok | ok := jobs.allow with input as callers.inside(scope, "worker", null, on)}
			outside_organizations := {ok | ok := jobs.allow with input as callers.outside(scope, "worker", on)}
			want := {true | stage in good}
			by_a_member == want
			by_a_worker_from_outside == want
			outside_organizations == want
		}
	}
}

test_the_stage_binds_maintainers_and_no_administrators if {
	every scope, good in done_in {
		every stage in stages {
			on := in_stage(stage, callers.nobody, callers.somebody)
			by_a_maintainer := {ok | ok := jobs.allow with input as callers.inside(scope, "user", "maintainer", on)}
			by_a_maintainer == {true | stage in good}
			jobs.allow with input as callers.outside(scope, "admin", on)
		}
	}
}

test_the_stage_gives_nobody_rights if {
	every scope in object.keys(done_in) {
		every stage in stages {
			somebodys := in_stage(stage, callers.somebody, callers.somebody)
			mine := in_stage(stage, callers.me, callers.me)
			not jobs.allow with input as callers.inside(scope, "user", "supervisor", somebodys)
			not jobs.allow with input as callers.inside(scope, "worker", "maintainer", somebodys)
			not jobs.allow with input as callers.outside(scope, "user", somebodys)
			not jobs.allow with input as callers.inside(scope, null, "worker", mine)
			not jobs.allow with input as callers.inside(scope, "user", null, mine)
		}
	}
}

test_the_stage_changes_nothing_else if {
	every scope in ["update:annotations", "update:state", "import:annotations"] {
		every stage in stages {
			jobs.allow with input as callers.inside(scope, "worker", "worker", in_stage(stage, callers.me, callers.somebody))
		}
	}
}
