# Package invitations: who invites, and what becomes of an invitation.
package invitations

import data.access

scopes := {"list", "create", "view", "resend", "delete", "accept", "decline"}

# METADATA
# title: an administrator does everything
allow if access.admin

# METADATA
# title: everyone lists invitations, in an organization its members
allow if {
	input.scope == "list"
	access.lists
}

# METADATA
# title: a maintainer invites supervisors and workers
allow if {
	input.scope == "create"
	access.group("user")
	access.same_org
	access.maintainer
	not input.resource.role in {"owner", "maintainer"}
}

# METADATA
# title: the organization's owner invites to every role but owner
allow if {
	input.scope == "create"
	access.group("user")
	access.same_org
	access.org_owner
	input.resource.role != "owner"
}

# METADATA
# title: the inviter views it
allow if {
	input.scope == "view"
	input.resource.owner.id == input.auth.user.id
}

# METADATA
# title: the invitee views, accepts and declines it
allow if {
	input.scope in {"view", "accept", "decline"}
	input.resource.invitee.id == input.auth.user.id
}

# Having invited somebody is not enough to send it again or to take it back: that
# needs the right at the moment.
#
# METADATA
# title: the organization's staff view it, send it again and take it back
allow if {
	input.scope in {"view", "resend", "delete"}
	access.group("user")
	access.same_org
	access.org_staff
}

filter := "all" if access.admin

else := "involved" if access.sandbox

else := "all" if {
	access.group("user")
	access.org_staff
}

else := "involved" if access.member
