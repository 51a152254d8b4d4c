# Package memberships: who sees, changes and ends memberships.
package memberships

import data.access

scopes := {"list", "view", "change:role", "delete"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: everyone lists memberships, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: the organization's staff view all, pending ones too
allow if {
	input.scope == "view"
	access.same_org
	access.org_staff
}

# METADATA
# title: members view active ones
allow if {
	input.scope == "view"
	access.same_org
	access.member
	input.resource.is_active
}

# METADATA
# title: a maintainer changes supervisors and workers, to supervisor at most, and removes them
allow if {
	manages
	access.maintainer
	input.resource.role in lower_roles
	maintainer_grants
}

# METADATA
# title: the organization's owner changes everyone else, to maintainer at most, and removes them
allow if {
	manages
	access.org_owner
	input.resource.role != "owner"
	owner_grants
}

# METADATA
# title: a member who is not an owner leaves
allow if {
	input.scope == "delete"
	access.group("worker")
	access.same_org
	access.member
	input.resource.user.id == input.auth.user.id
	input.resource.is_active
	input.resource.role != "owner"
}

filter := "all" if access.admin

else := "own" if access.sandbox

else := "all" if access.org_staff

else := "active" if access.member

lower_roles := {"supervisor", "worker"}

# The caller sets about changing or ending somebody else's membership.
manages if {
	input.scope in {"change:role", "delete"}
	access.group("user")
	access.same_org
	input.resource.user.id != input.auth.user.id
}

# What a membership becomes. A request that names no new role is judged by the
# present one alone.
maintainer_grants if input.scope == "delete"

maintainer_grants if input.resource.new_role == null

maintainer_grants if input.resource.new_role in lower_roles

owner_grants if input.scope == "delete"

owner_grants if input.resource.new_role != "owner"
