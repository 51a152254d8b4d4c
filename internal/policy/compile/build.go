package compile

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"gatehouse/internal/policy"
)

// builder holds the rules while they are compiled.
type builder struct {
	errs     Errors
	rego     *ast.Compiler
	reads    map[string]*reads // by key
	packages []*pkg
}

// pkg is one of the required packages.
type pkg struct {
	name    string
	allows  []*allow
	scopes  []scope // of the token layer: with package
	facts   map[string]policy.Code
	classes []*class
	plans   *class
	at      *ast.Location
	root    *node // of the document
}

// allow is one rule that may allow: the whole of it stands in rego under name too,
// and so do those of its expressions that have no variables of their own.
type allow struct {
	title, name string
	at          *ast.Location
	parts       []string
	closed      bool // parts are all of it
}

// key tells rules apart, the else of a rule and those that were added as well.
func key(r *ast.Rule) string {
	return fmt.Sprintf("%s %s:%d:%d", r.Head.Ref(), r.Location.File, r.Location.Row, r.Location.Col)
}

// build checks rules and compiles them.
func build(modules []*ast.Module) (*builder, error) {
	b := &builder{reads: map[string]*reads{}}
	b.check(modules)
	if err := b.errs.or(); err != nil {
		return nil, err
	}
	// First as they are, so that errors do not speak of what is added below.
	plain, err := compiled(modules)
	if err != nil {
		return nil, err
	}
	b.documents(plain)
	names := ruleNames(modules)
	for _, name := range policy.Required() {
		p := &pkg{name: name, facts: map[string]policy.Code{}}
		for _, f := range policy.Declared(name) {
			p.facts[f.Path] = f.Code
		}
		for _, m := range modules {
			if packageName(m) == name {
				p.at = m.Package.Location
				b.split(p, m, names[name])
			}
		}
		if len(p.allows) == 0 {
			b.errs.add(p.at, "package %s: there is no rule named allow", name)
		}
		b.packages = append(b.packages, p)
	}
	if err := b.errs.or(); err != nil {
		return nil, err
	}
	b.rego, err = compiled(modules)
	return b, err
}

func compiled(modules []*ast.Module) (*ast.Compiler, error) {
	all := map[string]*ast.Module{}
	for _, m := range modules {
		all[m.Package.Location.File] = m
	}
	c := ast.NewCompiler().WithStrict(true)
	if c.Compile(all); c.Failed() {
		return nil, translated(c.Errors)
	}
	return c, nil
}

// check finds what every rule looks at.
func (b *builder) check(modules []*ast.Module) {
	for _, m := range modules {
		c := &checker{}
		c.module(m)
		ast.WalkRules(m, func(r *ast.Rule) bool {
			b.reads[key(r)] = c.look(r.Head, r.Body)
			return false
		})
		b.errs = append(b.errs, c.errs...)
	}
}

// ruleNames are the names that mean a rule or an import, by package.
func ruleNames(modules []*ast.Module) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, m := range modules {
		name := packageName(m)
		if out[name] == nil {
			out[name] = map[string]bool{"input": true, "data": true}
		}
		for _, i := range m.Imports {
			out[name][string(i.Name())] = true
		}
		for _, r := range m.Rules {
			out[name][string(r.Head.Ref()[0].Value.(ast.Var))] = true
		}
	}
	return out
}

// split adds to a module, for each of its rules that may allow, the rule under a
// name of its own, and its expressions.
func (b *builder) split(p *pkg, m *ast.Module, names map[string]bool) {
	for _, r := range slices.Clone(m.Rules) {
		ref := r.Head.Ref()
		if !ref[0].Equal(ast.VarTerm("allow")) {
			continue
		}
		no := ast.BooleanTerm(false)
		switch {
		case len(ref) > 1, r.Default && !r.Head.Value.Equal(no):
			b.errs.add(r.Location, "allow may only be true, and false by default")
		case !r.Default:
			b.allow(p, m, r, names)
		}
	}
}

func (b *builder) allow(p *pkg, m *ast.Module, r *ast.Rule, names map[string]bool) {
	a := &allow{at: r.Location, name: fmt.Sprintf("__allow_%d", len(p.allows)), closed: true}
	for _, note := range r.Annotations {
		a.title = note.Title
	}
	switch {
	case r.Else != nil:
		b.errs.add(r.Else.Location, "allow may not have an else: write another rule")
	case len(r.Head.Args) > 0 || r.Head.Key != nil || !r.Head.Value.Equal(ast.BooleanTerm(true)):
		b.errs.add(r.Location, "allow may only be true, and false by default")
	case a.title == "":
		b.errs.add(r.Location, "the rule has no name: put \"# METADATA\" and \"# title: …\" before it")
	}
	b.add(m, r, a.name, r.Body)
	for i, e := range r.Body {
		vars := e.Vars(ast.VarVisitorParams{SkipRefCallHead: true})
		for v := range vars {
			if names[string(v)] {
				delete(vars, v)
			}
		}
		if _, some := e.Terms.(*ast.SomeDecl); some || len(vars) > 0 {
			a.closed = false
			continue
		}
		part := fmt.Sprintf("%s_%d", a.name, i)
		e = e.Copy()
		e.Index = 0
		b.add(m, r, part, ast.NewBody(e))
		a.parts = append(a.parts, part)
	}
	p.allows = append(p.allows, a)
}

// add puts a rule into a module that is true if body is.
func (b *builder) add(m *ast.Module, like *ast.Rule, name string, body ast.Body) {
	head := ast.NewHead(ast.Var(name), nil, ast.BooleanTerm(true))
	head.Location = like.Location
	r := &ast.Rule{Location: like.Location, Head: head, Body: body.Copy(), Module: m}
	m.Rules = append(m.Rules, r)
	c := &checker{}
	b.reads[key(r)] = c.look(r.Body)
}

// documents refuses references to what is not in the folder.
func (b *builder) documents(c *ast.Compiler) {
	for _, m := range c.Modules {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			ast.WalkRefs(e, func(ref ast.Ref) bool {
				if ref.HasPrefix(ast.DefaultRootRef) && len(c.GetRulesForVirtualDocument(ref)) == 0 {
					known := ref.GroundPrefix()
					b.errs.add(e.Location, "%s%s is not a rule of this folder", known, []string{"", "[…]"}[min(1, len(ref)-len(known))])
				}
				return false
			})
			return false
		})
	}
}
