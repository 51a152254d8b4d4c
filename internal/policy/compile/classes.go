package compile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"gatehouse/internal/policy"
)

// scope is a scope of a package. In the token layer pkg is the package proper.
type scope struct{ pkg, name string }

// class are scopes of one package that have the same answers: the same rules may
// allow them, and whether those do does not depend on the scope any more.
type class struct {
	p         *pkg
	like      scope // one of them
	scopes    []string
	queries   []query // the first that holds gives the value
	questions []policy.Question
	values    []uint8 // by cell
}

// query is a rule, which holds if all of its parts do, and the value that it gives; a
// plan's is found by what it says.
type query struct {
	parts []*part
	value uint8
}

// work are the classes of all packages, and the plans of their lists.
func (b *builder) work(ctx context.Context) ([]*class, error) {
	var all []*class
	var known []scope
	for _, p := range b.packages {
		if p.name == policy.TokenLayer {
			p.scopes = known
		} else if err := b.scopes(ctx, p); err != nil {
			return nil, err
		}
		known = append(known, p.scopes...)
		if err := b.classes(ctx, p); err != nil {
			return nil, err
		}
		if err := b.plans(p); err != nil {
			return nil, err
		}
		all = append(all, p.classes...)
		if p.plans != nil {
			all = append(all, p.plans)
		}
	}
	for _, c := range all {
		c.bound(&b.errs)
	}
	return all, b.errs.or()
}

// scopes reads the set of scopes that a package lists.
func (b *builder) scopes(ctx context.Context, p *pkg) error {
	ref := ruleRef(p.name, "scopes")
	rules := b.rego.GetRulesExact(ref)
	if len(rules) == 0 {
		b.errs.add(p.at, "package %s: there is no set named scopes with the scopes it knows", p.name)
		return b.errs.or()
	}
	v, err := b.eval(ctx, b.query(ref), nil)
	if err != nil {
		return translated(err)
	}
	set, ok := v.(ast.Set)
	if !ok || len(b.transitive(rules)) > 0 {
		b.errs.add(rules[0].Location, "scopes must be a set of strings, and depend on no input")
		return b.errs.or()
	}
	set.Sorted().Foreach(func(t *ast.Term) {
		s, ok := t.Value.(ast.String)
		if !ok || s == "" || strings.Contains(string(s), "/") {
			b.errs.add(rules[0].Location, "scopes: %s is not the name of a scope", t)
		}
		p.scopes = append(p.scopes, scope{p.name, string(s)})
	})
	return b.errs.or()
}

// classes sorts the scopes of a package into classes.
func (b *builder) classes(ctx context.Context, p *pkg) error {
	byKey := map[string]*class{}
	used := make([]bool, len(p.allows))
	for _, s := range p.scopes {
		var may []int
		key := ""
		for i, a := range p.allows {
			ok, alone, err := b.may(ctx, p, a, s)
			if err != nil {
				return translated(err)
			}
			if !ok {
				continue
			}
			may, used[i] = append(may, i), true
			key += fmt.Sprintf("%d ", i)
			if !alone {
				key += s.pkg + "/" + s.name + " "
			}
		}
		c := byKey[key]
		if c == nil {
			c = &class{p: p, like: s}
			var names []string
			for _, i := range may {
				names = append(names, p.allows[i].name)
			}
			c.questions = b.questions(p, names...)
			for _, i := range may {
				c.queries = append(c.queries, query{b.parts(c, p.allows[i]), uint8(i + 1)})
			}
			byKey[key] = c
			p.classes = append(p.classes, c)
		}
		c.scopes = append(c.scopes, p.scopeName(s))
	}
	for i, a := range p.allows {
		if !used[i] {
			b.errs.add(a.at, "the rule is for no scope that the package knows")
		}
	}
	b.misspelt(p)
	return b.errs.or()
}

// misspelt refuses scopes that the rules of a package name and it does not know.
func (b *builder) misspelt(p *pkg) {
	for _, m := range b.rego.Modules {
		if packageName(m) != p.name {
			continue
		}
		ast.WalkRules(m, func(r *ast.Rule) bool {
			for _, x := range b.reads[key(r)].names {
				if !slices.ContainsFunc(p.scopes, func(s scope) bool { return s.name == x.name }) {
					b.errs.add(x.at, "%q is not among the scopes of package %s", x.name, p.name)
				}
			}
			return false
		})
	}
}

func (p *pkg) scopeName(s scope) string {
	if p.name == policy.TokenLayer {
		return s.pkg + "/" + s.name
	}
	return s.name
}

// may says whether a rule may allow a scope: not if one of its parts that look at
// the scope alone is false. And whether the rest of it does not look at the scope.
func (b *builder) may(ctx context.Context, p *pkg, a *allow, s scope) (ok, alone bool, err error) {
	alone = a.closed
	for _, part := range a.parts {
		ref := ruleRef(p.name, part)
		seen := b.transitive(b.rego.GetRulesExact(ref))
		if !slices.ContainsFunc(seen, ofScope) {
			continue
		}
		if slices.ContainsFunc(seen, func(x asked) bool { return !ofScope(x) }) {
			alone = false
			continue
		}
		v, err := b.eval(ctx, b.query(ref), p.document(s, nil))
		if err != nil || v == nil {
			return false, false, err
		}
	}
	return true, alone, nil
}

func ofScope(x asked) bool { return x.a == "scope" || x.a == "package" }

// plans prepares what narrows a package's list.
func (b *builder) plans(p *pkg) error {
	if len(policy.Plans(p.name)) == 0 {
		return nil
	}
	ref := ruleRef(p.name, "filter")
	if len(b.rego.GetRulesExact(ref)) == 0 {
		b.errs.add(p.at, "package %s: there is no filter; it is one of %s", p.name, strings.Join(policy.Plans(p.name), ", "))
		return b.errs.or()
	}
	p.plans = &class{p: p, like: scope{p.name, "list"}, questions: b.questions(p, "filter")}
	p.plans.queries = []query{{parts: []*part{b.part(p.plans, "filter")}}}
	return b.errs.or()
}

// questions are what rules of a package ask, in order: first which objects are
// there, because the others are about their insides.
func (b *builder) questions(p *pkg, names ...string) []policy.Question {
	var out []policy.Question
	for _, name := range names {
		for _, x := range b.transitive(b.rego.GetRulesExact(ruleRef(p.name, name))) {
			if x.a == "scope" || x.a == "package" && p.name == policy.TokenLayer {
				continue
			}
			q := policy.Question{Op: x.op, A: b.code(p, x.a, x)}
			if x.op == policy.AskSame {
				q.B = b.code(p, x.b, x)
				out = withParents(out, q.B)
			}
			out = append(withParents(out, q.A), q)
		}
	}
	slices.SortFunc(out, inOrder)
	return slices.Compact(out)
}

func (b *builder) code(p *pkg, path string, x asked) policy.Code {
	c, ok := p.facts[path]
	if !ok {
		b.errs.add(x.at, "input.%s is not a declared input of package %s", path, p.name)
	}
	return c
}

func withParents(list []policy.Question, c policy.Code) []policy.Question {
	for up, ok := c.Parent(); ok; up, ok = up.Parent() {
		list = append(list, policy.Question{Op: policy.AskValue, A: up})
	}
	return list
}

func inOrder(x, y policy.Question) int {
	rank := func(q policy.Question) int {
		return (int(q.A.Kind())<<4|int(q.Op))<<16 | int(q.A)<<8 | int(q.B)
	}
	return rank(x) - rank(y)
}

// transitive is what rules look at, with all that they refer to.
func (b *builder) transitive(rules []*ast.Rule) []asked {
	var out []asked
	done := map[*ast.Rule]bool{}
	var visit func(r *ast.Rule)
	visit = func(r *ast.Rule) {
		if done[r] {
			return
		}
		done[r] = true
		own := b.reads[key(r)]
		if own.scope {
			out = append(out, asked{op: policy.AskValue, a: "scope", at: r.Location})
		}
		out = append(out, own.asked...)
		for next := range b.rego.Graph.Dependencies(r) {
			visit(next.(*ast.Rule))
		}
		if r.Else != nil {
			visit(r.Else)
		}
	}
	for _, r := range rules {
		visit(r)
	}
	return out
}

func ruleRef(pkg, name string) ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm(pkg), ast.StringTerm(name)}
}

const result = ast.Var("answer")

func (b *builder) query(ref ast.Ref) ast.Body {
	return ast.NewBody(ast.Equality.Expr(ast.NewTerm(result), ast.NewTerm(ref)))
}

// eval is the value of a query, nil if it has none.
func (b *builder) eval(ctx context.Context, q ast.Body, doc ast.Value) (ast.Value, error) {
	query := topdown.NewQuery(q).WithCompiler(b.rego).WithStrictBuiltinErrors(true)
	if doc != nil {
		query = query.WithInput(ast.NewTerm(doc))
	}
	var found ast.Value
	err := query.Iter(ctx, func(r topdown.QueryResult) error {
		found = r[result].Value
		return nil
	})
	return found, err
}
