# Package cloudstorages: who uses and manages attached cloud storages.
package cloudstorages

import data.access

scopes := {"create", "list", "view", "list:content", "update", "delete"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: users attach storages of their own
allow if {
	input.scope == "create"
	access.group("user")
	access.sandbox
}

# METADATA
# title: everyone lists storages, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: its owner views it
allow if {
	views
	here
	owner
}

# METADATA
# title: supervisors view every storage
allow if {
	views
	access.group("user")
	access.same_org
	access.role("supervisor")
}

# METADATA
# title: its owner changes and deletes it
allow if {
	input.scope in {"update", "delete"}
	access.group("worker")
	here
	owner
}

# METADATA
# title: maintainers attach, change and delete every storage
allow if {
	input.scope in {"create", "update", "delete"}
	access.group("user")
	access.same_org
	access.role("maintainer")
}

filter := "all" if access.admin

else := "owned" if access.sandbox

else := "all" if {
	access.group("user")
	access.role("supervisor")
}

else := "owned" if access.member

views if input.scope in {"view", "list:content"}

owner if input.resource.owner.id == input.auth.user.id

# The storage is where the caller works: outside organizations, or in one the caller
# is a member of.
here if access.sandbox

here if {
	access.same_org
	access.member
}
