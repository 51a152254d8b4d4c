package token_scopes_test

import data.token_scopes

asks(pkg, scope, read_only, safe) := {
	"package": pkg,
	"scope": scope,
	"safe": safe,
	"auth": {"token": {"read_only": read_only}},
}

test_accounts_are_only_viewed if {
	every pkg in ["users", "access_tokens"] {
		token_scopes.allow with input as asks(pkg, "view", false, true)
		not token_scopes.allow with input as asks(pkg, "delete", false, false)
	}
}

test_read_only_work if {
	token_scopes.allow with input as asks("tasks", "export:dataset", true, false)
	token_scopes.allow with input as asks("tasks", "view:data", true, true)
	not token_scopes.allow with input as asks("tasks", "create@project", true, true)
	token_scopes.allow with input as asks("tasks", "create@project", false, false)
}

test_the_rest_goes_by_method if {
	token_scopes.allow with input as asks("memberships", "delete", false, false)
	not token_scopes.allow with input as asks("memberships", "delete", true, false)
	token_scopes.allow with input as asks("memberships", "list", true, true)
}
