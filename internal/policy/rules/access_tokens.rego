# Package access_tokens: personal access tokens. Everybody manages their own.
package access_tokens

import data.access

scopes := {"create", "list", "view", "update", "delete"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: everyone in a group makes tokens and lists their own
allow if {
	input.scope in {"create", "list"}
	access.group("worker")
}

# METADATA
# title: its owner views, changes and revokes it
allow if {
	input.scope in {"view", "update", "delete"}
	access.group("worker")
	input.resource.owner.id == input.auth.user.id
}

# An administrator's list shows their own as well.
filter := "own"
