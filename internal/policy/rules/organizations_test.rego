package organizations_test

import data.callers
import data.organizations

org(owner, role) := {"id": 3, "owner": owner, "user": {"role": role}}

test_create_by_setting if {
	organizations.allow with input as callers.outside("create", "user", org(callers.me, "owner"))
	not organizations.allow with input as callers.outside("create", "worker", org(callers.me, "owner"))
	lower := object.union(callers.outside("create", "worker", null), {"settings": {"organizations_min_role_to_create": "worker"}})
	organizations.allow with input as lower
	unset := object.union(callers.outside("create", "worker", null), {"settings": {"organizations_min_role_to_create": null}})
	not organizations.allow with input as unset
}

test_owner_needs_a_group_to_change if {
	organizations.allow with input as callers.outside("view", null, org(callers.me, null))
	not organizations.allow with input as callers.outside("update", null, org(callers.me, null))
	organizations.allow with input as callers.outside("delete", "worker", org(callers.me, null))
}

test_role_of_owner_is_not_ownership if {
	not organizations.allow with input as callers.outside("update", "user", org(callers.somebody, "owner"))
	organizations.allow with input as callers.outside("update", "worker", org(callers.somebody, "maintainer"))
	not organizations.allow with input as callers.outside("delete", "user", org(callers.somebody, "maintainer"))
}

test_audit_and_ownership if {
	organizations.allow with input as callers.outside("audit", "worker", org(callers.somebody, "maintainer"))
	not organizations.allow with input as callers.outside("audit", "user", org(callers.somebody, "supervisor"))
	organizations.allow with input as callers.outside("ownership", "user", org(callers.me, "owner"))
	not organizations.allow with input as callers.outside("ownership", "worker", org(callers.me, "owner"))
	not organizations.allow with input as callers.outside("ownership", "user", org(callers.somebody, "maintainer"))
}

test_list if {
	organizations.filter == "mine" with input as callers.outside("list", null, null)
	organizations.filter == "all" with input as callers.outside("list", "admin", null)
}
