package cloudstorages_test

import data.callers
import data.cloudstorages

storage(owner) := {"id": 5, "owner": owner, "organization": callers.here}

test_supervisors_view_and_maintainers_change if {
	cloudstorages.allow with input as callers.inside("list:content", "user", "supervisor", storage(callers.somebody))
	not cloudstorages.allow with input as callers.inside("update", "user", "supervisor", storage(callers.somebody))
	cloudstorages.allow with input as callers.inside("update", "user", "maintainer", storage(callers.somebody))
	cloudstorages.filter == "all" with input as callers.inside("list", "user", "supervisor", null)
	cloudstorages.filter == "owned" with input as callers.inside("list", "worker", "maintainer", null)
}

test_the_owner_must_still_be_a_member if {
	cloudstorages.allow with input as callers.inside("delete", "worker", "worker", storage(callers.me))
	not cloudstorages.allow with input as callers.inside("delete", "user", null, storage(callers.me))
}
