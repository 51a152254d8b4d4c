package memberships_test

import data.callers
import data.memberships

of(user, role, new_role) := {
	"role": role,
	"new_role": new_role,
	"is_active": true,
	"user": user,
	"organization": callers.here,
}

test_maintainer_grants_supervisor_at_most if {
	every granted in [null, "worker", "supervisor"] {
		memberships.allow with input as callers.inside("change:role", "user", "maintainer", of(callers.somebody, "worker", granted))
	}
}

test_maintainer_grants_no_more if {
	every granted in ["maintainer", "owner"] {
		not memberships.allow with input as callers.inside("change:role", "user", "maintainer", of(callers.somebody, "worker", granted))
	}
}

test_maintainer_leaves_equals_alone if {
	every present in ["maintainer", "owner"] {
		not memberships.allow with input as callers.inside("change:role", "user", "maintainer", of(callers.somebody, present, "worker"))
		not memberships.allow with input as callers.inside("delete", "user", "maintainer", of(callers.somebody, present, null))
	}
}

test_nobody_makes_an_owner if {
	not memberships.allow with input as callers.owning("change:role", "user", of(callers.somebody, "maintainer", "owner"))
	memberships.allow with input as callers.owning("change:role", "user", of(callers.somebody, "worker", "maintainer"))
	memberships.allow with input as callers.inside("change:role", "admin", null, of(callers.somebody, "worker", "owner"))
}

test_second_owner_has_no_say if {
	not memberships.allow with input as callers.inside("change:role", "user", "owner", of(callers.somebody, "worker", "supervisor"))
	not memberships.allow with input as callers.inside("delete", "user", "owner", of(callers.me, "owner", null))
}

test_leaving if {
	memberships.allow with input as callers.inside("delete", "worker", "maintainer", of(callers.me, "maintainer", null))
	not memberships.allow with input as callers.inside("delete", null, "worker", of(callers.me, "worker", null))
	pending := object.union(of(callers.me, "worker", null), {"is_active": false})
	not memberships.allow with input as callers.inside("delete", "worker", "worker", pending)
}

test_pending_ones_are_for_staff if {
	pending := object.union(of(callers.somebody, "worker", null), {"is_active": false})
	memberships.allow with input as callers.inside("view", null, "maintainer", pending)
	not memberships.allow with input as callers.inside("view", "user", "supervisor", pending)
	memberships.filter == "active" with input as callers.inside("list", "user", "owner", null)
	memberships.filter == "all" with input as callers.owning("list", null, null)
	memberships.filter == "own" with input as callers.outside("list", "user", null)
}
