# Package token_scopes judges, after the package proper said yes, what a request may
# do that comes with a personal access token. input.package is the package proper.
package token_scopes

# METADATA
# title: a token views accounts and tokens, and changes none
allow if {
	input.package in accounts
	input.scope in {"list", "view"}
}

# METADATA
# title: a token that may write does all work
allow if {
	input.package in work
	not input.auth.token.read_only
}

# METADATA
# title: a read-only token views and exports work
allow if {
	input.package in work
	reads
}

# METADATA
# title: a token that may write does everything else
allow if {
	not input.package in (accounts | work)
	not input.auth.token.read_only
}

# METADATA
# title: a read-only token does everything else by safe methods
allow if {
	not input.package in (accounts | work)
	input.safe
}

accounts := {"users", "access_tokens"}

work := {"projects", "tasks", "jobs"}

reads if input.scope in {"list", "view", "download:exported_file"}

reads if startswith(input.scope, "view:")

reads if startswith(input.scope, "export:")
