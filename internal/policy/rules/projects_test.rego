package projects_test

import data.callers
import data.projects

project(owner, assignee) := {"id": 5, "owner": owner, "assignee": assignee, "organization": callers.here}

test_a_role_is_needed_to_create if {
	projects.allow with input as callers.outside("create", "user", null)
	not projects.allow with input as callers.outside("create", "worker", null)
	projects.allow with input as callers.inside("create", "user", "supervisor", project(callers.me, callers.nobody))
	not projects.allow with input as callers.inside("create", "user", "worker", project(callers.me, callers.nobody))
}

test_second_owner_manages_no_projects if {
	projects.allow with input as callers.inside("view", "user", "owner", project(callers.somebody, callers.nobody))
	not projects.allow with input as callers.inside("delete", "user", "owner", project(callers.somebody, callers.nobody))
	projects.allow with input as callers.owning("delete", "user", project(callers.somebody, callers.nobody))
}

test_the_assignee_edits_and_no_more if {
	projects.allow with input as callers.inside("update:desc", "worker", "worker", project(callers.somebody, callers.me))
	not projects.allow with input as callers.inside("update:assignee", "worker", "worker", project(callers.somebody, callers.me))
	not projects.allow with input as callers.inside("export:dataset", "user", "worker", project(callers.somebody, callers.me))
	projects.allow with input as callers.inside("export:dataset", null, "supervisor", project(callers.somebody, callers.me))
}

test_other_organizations_projects_are_closed if {
	foreign := object.union(project(callers.me, callers.me), {"organization": callers.elsewhere})
	not projects.allow with input as callers.inside("view", "user", "maintainer", foreign)
}
