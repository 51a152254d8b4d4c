# Package organizations: what may be done with an organization. Its owner is who its
# owner field names; a membership with the role "owner" counts for nothing here.
package organizations

import data.access

scopes := {"create", "list", "view", "update", "delete", "audit", "ownership"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: groups from the configured one up create organizations
allow if {
	input.scope == "create"
	access.group_rank[input.auth.user.privilege] >= access.group_rank[creators]
}

# METADATA
# title: everyone lists their own
allow if input.scope == "list"

# METADATA
# title: its owner views it
allow if {
	input.scope == "view"
	owned
}

# METADATA
# title: its members view it
allow if {
	input.scope == "view"
	input.resource.user.role != null
}

# METADATA
# title: its owner changes and deletes it, and reads its audit trail
allow if {
	input.scope in {"update", "delete", "audit"}
	access.group("worker")
	owned
}

# METADATA
# title: its maintainers change it and read its audit trail
allow if {
	input.scope in {"update", "audit"}
	access.group("worker")
	input.resource.user.role == "maintainer"
}

# METADATA
# title: its owner offers it to somebody else
allow if {
	input.scope == "ownership"
	access.group("user")
	owned
}

filter := "all" if access.admin

filter := "mine" if not access.admin

owned if input.resource.owner.id == input.auth.user.id

# The group from which on organizations may be created.
creators := input.settings.organizations_min_role_to_create if {
	input.settings.organizations_min_role_to_create != null
}

creators := "user" if input.settings.organizations_min_role_to_create == null
