# Package access says who the caller is: the words that the other files use.
package access

group_rank := {"worker": 1, "user": 2, "admin": 3}

role_rank := {"worker": 1, "supervisor": 2, "maintainer": 3, "owner": 4}

admin if input.auth.user.privilege == "admin"

# The caller's group is this one or a better one.
group(least) if group_rank[input.auth.user.privilege] >= group_rank[least]

sandbox if input.auth.organization == null

# The caller is an active member of the context organization.
member if input.auth.organization.user.role != null

# The caller's role is this one or a better one. It says nothing about who owns
# the organization.
role(least) if role_rank[input.auth.organization.user.role] >= role_rank[least]

maintainer if input.auth.organization.user.role == "maintainer"

# Both: a second member with the role "owner" is not the organization's owner.
org_owner if {
	input.auth.organization.user.role == "owner"
	input.auth.organization.owner.id == input.auth.user.id
}

org_staff if maintainer

org_staff if org_owner

# The object belongs to the context organization.
same_org if input.auth.organization.id == input.resource.organization.id

# Who may list: everyone outside organizations, members inside.
lists if sandbox

lists if member
