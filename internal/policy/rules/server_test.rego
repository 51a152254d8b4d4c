package server_test

import data.callers
import data.server

test_view_and_share if {
	server.allow with input as callers.outside("view", null, null)
	server.allow with input as callers.outside("list:content", "user", null)
	not server.allow with input as callers.outside("list:content", "worker", null)
}
