package policy

import (
	_ "embed"
	"slices"
	"sync"
)

//go:embed table.bin
var embedded string

var embeddedTable = sync.OnceValue(func() *Table {
	t, err := load(embedded)
	if err != nil {
		panic(err)
	}
	return t
})

// Default is the table of the rules that the program comes with.
func Default() *Table { return embeddedTable() }

// Table is compiled rules. It does not change, and may be used by many at once.
type Table struct {
	packages map[string]*rules
	names    []string
	layer    *rules
}

// rules is one package: a decision diagram for every scope, and one for the list's
// plan. A node is a question and where to go for each of its answers.
type rules struct {
	questions []Question
	titles    []string // of the rules; the n-th is leaf n+1
	plans     []string // likewise
	scopes    map[string]scope
	names     []string
	filter    ref
	nodes     string // two bytes each, the low one first
}

// ref is a leaf, if below leaves, or else where a node begins in nodes.
type ref uint16

const leaves ref = 256

// scope is where the diagrams of a scope begin; token is in the token layer.
type scope struct{ allow, token ref }

// Decide answers whether in is allowed by the rules of pkg. What they do not know,
// a package or a scope, is refused.
func (t *Table) Decide(pkg string, in *Input) Decision {
	p := t.packages[pkg]
	if p == nil {
		return Decision{}
	}
	s, ok := p.scopes[in.Scope]
	if !ok {
		return Decision{}
	}
	rule := p.walk(s.allow, in)
	if rule == 0 || in.Token != nil && t.layer.walk(s.token, in) == 0 {
		return Decision{}
	}
	return Decision{true, p.titles[rule-1]}
}

// Filter is how the list of pkg is narrowed for in, one of Plans; "" if the list
// is refused. The scope of in does not matter.
func (t *Table) Filter(pkg string, in *Input) string {
	list := *in
	list.Scope = "list"
	if !t.Decide(pkg, &list).Allowed {
		return ""
	}
	p := t.packages[pkg]
	if plan := p.walk(p.filter, &list); plan > 0 {
		return p.plans[plan-1]
	}
	return ""
}

// walk is the leaf that an input leads to.
func (p *rules) walk(r ref, in *Input) ref {
	for r >= leaves {
		q := p.questions[p.at(r)]
		r = p.at(r + 1 + ref(q.Class(in)))
	}
	return r
}

func (p *rules) at(r ref) ref {
	i := 2 * int(r-leaves)
	return ref(p.nodes[i]) | ref(p.nodes[i+1])<<8
}

// Packages are the names that Decide knows.
func (t *Table) Packages() []string { return slices.Clone(t.names) }

// Scopes are those that Decide knows of a package.
func (t *Table) Scopes(pkg string) []string {
	if p := t.packages[pkg]; p != nil {
		return slices.Clone(p.names)
	}
	return nil
}

// Rules are the names of a package's rules, as a Decision has them, in order: the
// first that allows is the one named.
func (t *Table) Rules(pkg string) []string {
	if p := t.packages[pkg]; p != nil {
		return slices.Clone(p.titles)
	}
	return nil
}
