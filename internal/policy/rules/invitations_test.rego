package invitations_test

import data.callers
import data.invitations

invitation(owner, invitee, role) := {"owner": owner, "invitee": invitee, "role": role, "organization": callers.here}

test_who_invites_to_what if {
	invitations.allow with input as callers.inside("create", "user", "maintainer", invitation(callers.me, callers.nobody, "supervisor"))
	not invitations.allow with input as callers.inside("create", "user", "maintainer", invitation(callers.me, callers.nobody, "maintainer"))
	invitations.allow with input as callers.owning("create", "user", invitation(callers.me, callers.nobody, "maintainer"))
	not invitations.allow with input as callers.owning("create", "user", invitation(callers.me, callers.nobody, "owner"))
	not invitations.allow with input as callers.owning("create", "worker", invitation(callers.me, callers.nobody, "worker"))
}

test_a_missing_role_is_not_staff if {
	invitations.allow with input as callers.inside("create", "user", "maintainer", invitation(callers.me, callers.nobody, null))
}

test_having_invited_is_not_enough if {
	every scope in ["resend", "delete"] {
		not invitations.allow with input as callers.inside(scope, "user", "supervisor", invitation(callers.me, callers.somebody, "worker"))
		not invitations.allow with input as callers.outside(scope, "user", invitation(callers.me, callers.somebody, "worker"))
		invitations.allow with input as callers.inside(scope, "user", "maintainer", invitation(callers.somebody, callers.somebody, "worker"))
	}
}

test_the_inviter_still_views if {
	invitations.allow with input as callers.inside("view", null, null, invitation(callers.me, callers.somebody, "worker"))
}

test_only_the_invitee_answers if {
	every scope in ["accept", "decline"] {
		invitations.allow with input as callers.inside(scope, null, null, invitation(callers.somebody, callers.me, "worker"))
		not invitations.allow with input as callers.owning(scope, "user", invitation(callers.me, callers.somebody, "worker"))
	}
}
