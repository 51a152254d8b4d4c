package gateway

import (
	"fmt"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// child follows keys through mappings; nil where there is nothing.
func child(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var found *yaml.Node
		for name, value := range entries(n) {
			if name == key {
				found = value
			}
		}
		n = found
	}
	return n
}

// entries are the keys and values of a mapping, in order.
func entries(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n != nil && n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// text is a literal scalar; what a CloudFormation tag computes is not known here.
func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || !strings.HasPrefix(n.Tag, "!!") || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// reference is the logical id that !Ref, !GetAtt, or !Sub of one attribute names, in
// the short or the long form: X of "!GetAtt X.Arn", "!Ref X.Alias", "!Sub ${X.Arn}".
func reference(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		switch n.Content[0].Value {
		case "Ref", "Fn::GetAtt", "Fn::Sub":
			n = n.Content[1]
		}
	} else if n.Tag != "!Ref" && n.Tag != "!GetAtt" && n.Tag != "!Sub" {
		return ""
	}
	name := n.Value
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		name = n.Content[0].Value
	}
	name, _, _ = strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}"), ".")
	return name
}

// unique refuses a key that a mapping has twice: one of the two would be lost.
func unique(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if line, ok := seen[key.Value]; ok {
				return fmt.Errorf("line %d: %q is already in line %d", key.Line, key.Value, line)
			}
			seen[key.Value] = key.Line
		}
	}
	for _, c := range n.Content {
		if err := unique(c); err != nil {
			return err
		}
	}
	return nil
}
