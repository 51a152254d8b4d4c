# Package server: what the server says of itself.
package server

import data.access

scopes := {"view", "list:content"}

# METADATA
# title: everyone views what the server is
allow if input.scope == "view"

# METADATA
# title: users list the files that are mounted
allow if {
	input.scope == "list:content"
	access.group("user")
}
