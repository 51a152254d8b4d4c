package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"gatehouse/internal/policy"
)

// asked is one look at an input: the paths and what is asked of them.
type asked struct {
	op   policy.Op
	a, b string // b is for AskSame
	at   *ast.Location
}

// reads is what one rule looks at by itself.
type reads struct {
	scope, pkg bool // input.scope; input.package, in the token layer
	asked      []asked
	names      []scopeName
}

// scopeName is a scope that a rule names.
type scopeName struct {
	name string
	at   *ast.Location
}

// kinds are the declared inputs of all packages.
var kinds = func() map[string]policy.Kind {
	out := map[string]policy.Kind{}
	for _, pkg := range policy.Required() {
		for _, f := range policy.Declared(pkg) {
			out[f.Path] = f.Code.Kind()
		}
	}
	return out
}()

const me = "auth.user.id"

// checker finds what rules look at, and refuses what they may not.
type checker struct {
	errs   Errors
	reads  *reads
	judged map[*ast.Term]bool // operands of comparisons that are fine
}

// module checks what is outside of rules.
func (c *checker) module(m *ast.Module) {
	for _, i := range m.Imports {
		if ref, ok := i.Path.Value.(ast.Ref); ok && ref.HasPrefix(ast.InputRootRef) {
			c.errs.add(i.Location, "inputs may not be imported: write them out where they are used")
		}
	}
}

// look is what a rule, without its else, or an expression looks at.
func (c *checker) look(nodes ...any) *reads {
	c.reads, c.judged = &reads{}, map[*ast.Term]bool{}
	for _, n := range nodes {
		// Comparisons come before what they compare.
		ast.NewGenericVisitor(c.visit).Walk(n)
	}
	return c.reads
}

func (c *checker) visit(x any) bool {
	switch x := x.(type) {
	case *ast.Rule:
		return false
	case *ast.Expr:
		if len(x.With) > 0 {
			c.errs.add(x.Location, `"with" is for tests only`)
		}
		if terms, ok := x.Terms.([]*ast.Term); ok {
			c.call(terms[0], terms[1:], x.Location)
		}
	case *ast.Term:
		return c.term(x)
	}
	return false
}

func (c *checker) term(t *ast.Term) (done bool) {
	switch v := t.Value.(type) {
	case ast.Call:
		c.call(v[0], v[1:], t.Location)
	case ast.Var:
		if v.Equal(ast.InputRootDocument.Value) {
			c.errs.add(t.Location, "input may not be read as a whole")
		}
	case ast.Ref:
		if !v.HasPrefix(ast.InputRootRef) {
			for i, part := range v {
				if _, name := part.Value.(ast.Var); i > 0 || !name {
					ast.NewGenericVisitor(c.visit).Walk(part)
				}
			}
			return true
		}
		if !c.judged[t] {
			c.value(v, t.Location)
		}
		return true
	}
	return false
}

// call looks at a call: whether the function may be used, and whether it is a
// comparison of ids.
func (c *checker) call(fn *ast.Term, args []*ast.Term, at *ast.Location) {
	name := fn.Value.String()
	c.builtin(name, at)
	if name == ast.Equal.Name || name == ast.NotEqual.Name || name == ast.Member.Name {
		c.scopeNames(args)
	}
	if name != ast.Equal.Name && name != ast.NotEqual.Name || len(args) != 2 {
		return
	}
	a, b := inputPath(args[0]), inputPath(args[1])
	if a == "" {
		a, b, args = b, a, []*ast.Term{args[1], args[0]}
	}
	null := args[1].Equal(ast.NullTerm())
	switch kind, ok := kinds[a]; {
	case !ok:
		return
	case kind == policy.Nullable && null:
		c.ask(policy.AskValue, a, "", at)
	case kind == policy.ID && null:
		c.ask(policy.AskNull, a, "", at)
	case kind == policy.ID && isID(b) && a == b:
		c.errs.add(at, "input.%s is compared with itself", a)
	case kind == policy.ID && isID(b) && (a == me || b == me):
		if a == me {
			a = b
		}
		c.ask(policy.AskMe, a, "", at)
	case kind == policy.ID && isID(b):
		c.ask(policy.AskSame, min(a, b), max(a, b), at)
	default:
		return
	}
	c.judged[args[0]], c.judged[args[1]] = true, true
}

// scopeNames keeps what input.scope is compared with, to find misspelt ones.
func (c *checker) scopeNames(args []*ast.Term) {
	for i, a := range args {
		if inputPath(a) != "scope" {
			continue
		}
		for _, other := range slices.Delete(slices.Clone(args), i, i+1) {
			c.scopeName(other)
			switch v := other.Value.(type) {
			case *ast.Array:
				v.Foreach(c.scopeName)
			case ast.Set:
				v.Foreach(c.scopeName)
			}
		}
	}
}

func (c *checker) scopeName(t *ast.Term) {
	if s, ok := t.Value.(ast.String); ok {
		c.reads.names = append(c.reads.names, scopeName{string(s), t.Location})
	}
}

func (c *checker) ask(op policy.Op, a, b string, at *ast.Location) {
	c.reads.asked = append(c.reads.asked, asked{op, a, b, at})
}

// builtin refuses functions whose answer is not always the same.
func (c *checker) builtin(name string, at *ast.Location) {
	b, ok := ast.BuiltinMap[name]
	if !ok {
		return
	}
	family, _, _ := strings.Cut(name, ".")
	if b.IsNondeterministic() || slices.Contains([]string{"http", "net", "opa", "print", "rand", "rego", "time", "trace", "uuid"}, family) {
		c.errs.add(at, "%s may not be used: rules are evaluated once, when they are compiled", name)
	}
}

// value looks at an input that is not an operand of a comparison of ids.
func (c *checker) value(ref ast.Ref, at *ast.Location) {
	path, ground := pathOf(ref)
	if !ground {
		c.errs.add(at, "%s: which input is read must be written out", ref)
		return
	}
	switch kind, ok := kinds[path]; {
	case path == "scope":
		c.reads.scope = true
	case path == "package":
		c.reads.pkg = true
		c.ask(policy.AskValue, path, "", at)
	case !ok:
		c.errs.add(at, "%s", undeclared(path))
	case kind == policy.ID:
		c.errs.add(at, "input.%s is an id: it may only be compared, by == or !=, with another id or null", path)
	case kind == policy.Nullable:
		c.errs.add(at, "input.%s is an object: it may only be compared, by == or !=, with null", path)
	default:
		c.ask(policy.AskValue, path, "", at)
	}
}

func undeclared(path string) string {
	if path == "" {
		return "input may not be read as a whole"
	}
	for known := range kinds {
		if strings.HasPrefix(known, path+".") {
			return fmt.Sprintf("input.%s is an object: it may not be read as a whole", path)
		}
	}
	return fmt.Sprintf("input.%s is not a declared input", path)
}

func isID(path string) bool {
	kind, ok := kinds[path]
	return ok && kind == policy.ID
}

// inputPath is the path of a term that is an input, or "".
func inputPath(t *ast.Term) string {
	ref, ok := t.Value.(ast.Ref)
	if !ok || !ref.HasPrefix(ast.InputRootRef) {
		return ""
	}
	path, _ := pathOf(ref)
	return path
}

// pathOf is the path of an input, without the "input", and whether it has no variables.
func pathOf(ref ast.Ref) (path string, ground bool) {
	parts := make([]string, 0, len(ref))
	for _, t := range ref[1:] {
		s, ok := t.Value.(ast.String)
		if !ok {
			return "", false
		}
		parts = append(parts, string(s))
	}
	return strings.Join(parts, "."), true
}
