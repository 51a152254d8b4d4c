package compile

import (
	"fmt"
	"slices"

	"gatehouse/internal/policy"
)

// leaves is where nodes begin to be numbered.
const leaves = 256

// diagram is the decision diagrams of a package. Nodes that are the same are one.
type diagram struct {
	nodes []uint16
	known map[string]uint16
	full  bool
}

// add adds the values of cells, which answer questions, and returns where it begins.
// A question that makes no difference is not asked.
func (d *diagram) add(values []uint8, questions []int, sizes []int) uint16 {
	if len(questions) == 0 {
		return uint16(values[0])
	}
	step := len(values) / sizes[0]
	node := []uint16{uint16(questions[0])}
	for i := range sizes[0] {
		node = append(node, d.add(values[i*step:(i+1)*step], questions[1:], sizes[1:]))
	}
	if !slices.ContainsFunc(node[1:], func(n uint16) bool { return n != node[1] }) {
		return node[1]
	}
	key := fmt.Sprint(node)
	at, ok := d.known[key]
	if !ok {
		if len(d.nodes)+len(node)+leaves > 1<<16 {
			d.full = true
			return 0
		}
		at = uint16(len(d.nodes) + leaves)
		d.known[key] = at
		d.nodes = append(d.nodes, node...)
	}
	return at
}

// source is a package as it is written.
func (p *pkg) source() (policy.SourcePackage, error) {
	out := policy.SourcePackage{Name: p.name, Plans: policy.Plans(p.name)}
	for _, a := range p.allows {
		out.Titles = append(out.Titles, p.name+": "+a.title)
	}
	classes := p.classes
	if p.plans != nil {
		classes = append(slices.Clone(classes), p.plans)
	}
	for _, c := range classes {
		out.Questions = append(out.Questions, c.questions...)
	}
	slices.SortFunc(out.Questions, inOrder)
	out.Questions = slices.Compact(out.Questions)
	d := &diagram{known: map[string]uint16{}}
	for _, c := range classes {
		var questions, sizes []int
		for _, q := range c.questions {
			questions, sizes = append(questions, slices.Index(out.Questions, q)), append(sizes, q.Size())
		}
		root := d.add(c.values, questions, sizes)
		if c == p.plans {
			out.Filter = root
		}
		for _, s := range c.scopes {
			out.Scopes = append(out.Scopes, policy.SourceScope{Name: s, Root: root})
		}
	}
	out.Nodes = d.nodes
	var errs Errors
	if d.full {
		errs.add(p.at, "package %s: the compiled table is too large", p.name)
	}
	if len(p.allows) >= leaves {
		errs.add(p.at, "package %s: there are %d rules, more than %d", p.name, len(p.allows), leaves-1)
	}
	return out, errs.or()
}
