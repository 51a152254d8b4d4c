# Package callers makes the inputs of tests: me is user 1, the organization is 3 and
# belongs to user 2 unless owned is said.
package callers

me := {"id": 1}

somebody := {"id": 2}

nobody := {"id": null}

here := {"id": 3}

elsewhere := {"id": 4}

outside(scope, group, resource) := {
	"scope": scope,
	"auth": {"user": {"id": 1, "privilege": group}, "organization": null, "organization_specified": false},
	"resource": resource,
	"settings": {"organizations_min_role_to_create": "user"},
}

inside(scope, group, role, resource) := object.union(
	outside(scope, group, resource),
	{"auth": {"organization": {"id": 3, "owner": somebody, "user": {"role": role}}}},
)

owning(scope, group, resource) := object.union(
	inside(scope, group, "owner", resource),
	{"auth": {"organization": {"owner": me}}},
)

test_best_group_counts if {
	data.access.group("worker") with input as outside("", "user", null)
	not data.access.group("admin") with input as outside("", "user", null)
	not data.access.group("worker") with input as outside("", null, null)
}

test_owner_is_both if {
	data.access.org_owner with input as owning("", "user", null)
	not data.access.org_owner with input as inside("", "user", "owner", null)
	data.access.role("owner") with input as inside("", "user", "owner", null)
	not data.access.org_staff with input as inside("", "user", "owner", null)
	data.access.org_staff with input as inside("", "user", "maintainer", null)
}

test_no_role_is_no_member if {
	not data.access.member with input as inside("", "user", null, null)
	not data.access.member with input as outside("", "user", null)
	not data.access.lists with input as inside("", "user", null, null)
	data.access.lists with input as outside("", null, null)
}
