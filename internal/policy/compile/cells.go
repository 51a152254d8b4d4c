package compile

import (
	"strings"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"

	"gatehouse/internal/policy"
)

// most is how many combinations of answers a scope may depend on.
const most = 200_000

// bound refuses a class with too many cells.
func (c *class) bound(errs *Errors) {
	cells := 1
	for _, q := range c.questions {
		if cells *= q.Size(); cells > most {
			errs.add(c.p.at, "package %s, scope %s: the rules depend on more than %d combinations of inputs, by %d questions: %s",
				c.p.name, c.like.name, most, len(c.questions), c.describe())
			return
		}
	}
	c.values = make([]uint8, cells)
	for _, q := range c.queries {
		for _, part := range q.parts {
			part.known = make([]atomic.Uint32, c.answers(part))
		}
	}
}

func (c *class) describe() string {
	name := func(code policy.Code) string {
		for path, other := range c.p.facts {
			if other == code {
				return "input." + path
			}
		}
		return "input"
	}
	var list []string
	for _, q := range c.questions {
		s := name(q.A)
		switch q.Op {
		case policy.AskMe:
			s += " == input." + me
		case policy.AskNull:
			s += " == null"
		case policy.AskSame:
			s += " == " + name(q.B)
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

// cell is a combination of answers: by code, the class of values and the ids. An id
// of 0 is null.
type cell struct {
	class map[policy.Code]int
	id    map[policy.Code]int64
}

// digits are the answers of the n-th cell; the first question counts the most.
func (c *class) digits(n int) []int {
	out := make([]int, len(c.questions))
	for i := len(out) - 1; i >= 0; i-- {
		size := c.questions[i].Size()
		out[i], n = n%size, n/size
	}
	return out
}

func (c *class) number(digits []int) int {
	n := 0
	for i, d := range digits {
		n = n*c.questions[i].Size() + d
	}
	return n
}

// canonical sets the answers about the insides of objects that are null to 0, as
// policy.Question does, and says whether that changed anything.
func (c *class) canonical(digits []int) (changed bool) {
	null := map[policy.Code]bool{}
	inNull := func(code policy.Code) bool {
		for up, ok := code.Parent(); ok; up, ok = up.Parent() {
			if null[up] {
				return true
			}
		}
		return false
	}
	for i, q := range c.questions {
		if digits[i] != 0 && (inNull(q.A) || q.Op == policy.AskSame && inNull(q.B)) {
			digits[i], changed = 0, true
		}
		if q.A.Kind() == policy.Nullable && digits[i] == 0 {
			null[q.A] = true
		}
	}
	return changed
}

const (
	nullID = -1 // stands for null among ids that are joined
	meID   = -2
)

// cell finds ids for answers; not ok if there are none, as for two that are the
// caller and yet differ.
func (c *class) cell(digits []int) (x cell, ok bool) {
	x = cell{map[policy.Code]int{}, map[policy.Code]int64{}}
	joined := ids{}
	for i, q := range c.questions {
		if q.Op == policy.AskValue {
			x.class[q.A] = digits[i]
		} else if digits[i] == 1 {
			joined.join(pair(q))
		}
	}
	if joined.find(nullID) == joined.find(meID) {
		return x, false
	}
	for i, q := range c.questions {
		if q.Op == policy.AskValue || digits[i] == 1 {
			continue
		}
		// Of objects that are null nothing is known; their ids do not matter.
		if a, b := pair(q); joined.find(a) == joined.find(b) && !c.absent(x, q) {
			return x, false
		}
	}
	for _, code := range c.p.facts {
		if code.Kind() != policy.ID {
			continue
		}
		switch root := joined.find(int(code)); root {
		case joined.find(nullID):
			x.id[code] = 0
		case joined.find(meID):
			x.id[code] = 1
		default:
			x.id[code] = int64(root) + 2
		}
	}
	x.id[policy.UserID] = 1
	return x, true
}

// absent says whether a question is about the insides of an object that is null.
func (c *class) absent(x cell, q policy.Question) bool {
	in := func(code policy.Code) bool {
		for up, ok := code.Parent(); ok; up, ok = up.Parent() {
			if there, asked := x.class[up]; asked && there == 0 {
				return true
			}
		}
		return false
	}
	return in(q.A) || q.Op == policy.AskSame && in(q.B)
}

// ids joins what is equal.
type ids map[int]int

func (x ids) find(n int) int {
	for up, ok := x[n]; ok; up, ok = x[n] {
		n = up
	}
	return n
}

func (x ids) join(a, b int) {
	if a, b = x.find(a), x.find(b); a != b {
		// Below zero are null and me, which stay the roots.
		x[max(a, b)] = min(a, b)
	}
}

// document is the input that rules see for a cell; nil is no cell, of which there
// is only the scope.
func (p *pkg) document(s scope, x *cell) ast.Value {
	top := [][2]*ast.Term{{ast.StringTerm("scope"), ast.StringTerm(s.name)}}
	if p.name == policy.TokenLayer {
		top = append(top, [2]*ast.Term{ast.StringTerm("package"), ast.StringTerm(s.pkg)})
	}
	if x != nil {
		top = append(top, p.tree().members(x)...)
	}
	return ast.NewObject(top...)
}

// node is a place in the document.
type node struct {
	name string
	code policy.Code
	fact bool
	sub  []*node
}

// tree are the declared inputs of a package as a tree.
func (p *pkg) tree() *node {
	if p.root != nil {
		return p.root
	}
	root := &node{}
	for _, f := range policy.Declared(p.name) {
		at := root
		for name := range strings.SplitSeq(f.Path, ".") {
			at = at.child(name)
		}
		at.code, at.fact = f.Code, true
	}
	p.root = root
	return root
}

func (n *node) child(name string) *node {
	for _, s := range n.sub {
		if s.name == name {
			return s
		}
	}
	s := &node{name: name}
	n.sub = append(n.sub, s)
	return s
}

func (n *node) members(x *cell) [][2]*ast.Term {
	out := make([][2]*ast.Term, len(n.sub))
	for i, s := range n.sub {
		out[i] = [2]*ast.Term{ast.StringTerm(s.name), s.term(x)}
	}
	return out
}

func (n *node) term(x *cell) *ast.Term {
	if n.fact {
		switch n.code.Kind() {
		case policy.ID:
			if id := x.id[n.code]; id != 0 {
				return ast.IntNumberTerm(int(id))
			}
			return ast.NullTerm()
		case policy.Enum:
			return ast.NewTerm(ast.MustInterfaceToValue(n.code.Values()[x.class[n.code]]))
		}
		if there, asked := x.class[n.code]; asked && there == 0 {
			return ast.NullTerm()
		}
	}
	return ast.ObjectTerm(n.members(x)...)
}

// pair are the two that a question about ids compares.
func pair(q policy.Question) (a, b int) {
	switch q.Op {
	case policy.AskMe:
		return int(q.A), meID
	case policy.AskNull:
		return int(q.A), nullID
	}
	return int(q.A), int(q.B)
}
