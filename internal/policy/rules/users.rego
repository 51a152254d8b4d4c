# Package users: who sees and changes accounts. resource.membership.role is the
# caller's own role in the context organization.
package users

import data.access

scopes := {"list", "view", "update:personal_data", "update:email", "update:permissions", "delete"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: everyone lists users, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: everyone views, edits and deletes themselves
allow if {
	input.scope in {"view", "update:personal_data", "delete"}
	input.resource.id == input.auth.user.id
}

# METADATA
# title: a member of the organization views users
allow if {
	input.scope == "view"
	input.resource.membership.role != null
}

filter := "all" if access.admin

else := "self" if access.sandbox

else := "all" if access.member
