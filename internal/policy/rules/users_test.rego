package users_test

import data.callers
import data.users

user(who, role) := {"id": who.id, "membership": {"role": role}}

test_self_service_needs_no_group if {
	every scope in ["view", "update:personal_data", "delete"] {
		users.allow with input as callers.outside(scope, null, user(callers.me, null))
		not users.allow with input as callers.outside(scope, "user", user(callers.somebody, null))
	}
}

test_members_view_users if {
	users.allow with input as callers.inside("view", null, "worker", user(callers.somebody, "worker"))
	not users.allow with input as callers.inside("delete", "user", "owner", user(callers.somebody, "owner"))
}

test_only_administrators_change_permissions if {
	every scope in ["update:email", "update:permissions"] {
		not users.allow with input as callers.outside(scope, "user", user(callers.me, null))
		users.allow with input as callers.outside(scope, "admin", user(callers.somebody, null))
	}
}
