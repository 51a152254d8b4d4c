package access_tokens_test

import data.access_tokens
import data.callers

test_everybody_manages_their_own if {
	access_tokens.allow with input as callers.outside("delete", "worker", {"id": 5, "owner": callers.me})
	not access_tokens.allow with input as callers.outside("delete", null, {"id": 5, "owner": callers.me})
	not access_tokens.allow with input as callers.outside("view", "user", {"id": 5, "owner": callers.somebody})
}

test_administrators_list_their_own if {
	access_tokens.allow with input as callers.outside("view", "admin", {"id": 5, "owner": callers.somebody})
	access_tokens.filter == "own" with input as callers.outside("list", "admin", null)
}
