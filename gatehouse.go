// Package gatehouse holds the two documents that the binaries carry: the template,
// which is the route table, and the definition of the table.
package gatehouse

import _ "embed"

// Template is template.yaml.
//
//go:embed template.yaml
var Template []byte
