package compile

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"gatehouse/internal/policy"
)

// samples is how many inputs of a package are compared with the rules themselves;
// a package with fewer cells is compared in all of them.
const samples = 15_000

// original is the rules as they stand, evaluated by Rego without anything of ours.
func original(t *testing.T) *builder {
	modules, err := parse(os.DirFS(rules))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*ast.Module{}
	for _, m := range modules {
		all[m.Package.Location.File] = m
	}
	c := ast.NewCompiler()
	if c.Compile(all); c.Failed() {
		t.Fatal(c.Errors)
	}
	return &builder{rego: c}
}

// TestEqualsRego: the table answers as the rules do, for every cell or a large
// sample of them, with ids that are drawn anew each time: so it is also true that
// nothing but their equality counts.
func TestEqualsRego(t *testing.T) {
	live := original(t)
	modules, err := parse(os.DirFS(rules))
	if err != nil {
		t.Fatal(err)
	}
	b, err := build(modules)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range b.packages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for _, c := range p.classes {
				for range c.cells() {
					n += len(c.scopes)
				}
			}
			random := rand.New(rand.NewPCG(1, uint64(len(p.name))))
			every := samples * scale / float64(n)
			done := 0
			for _, c := range p.classes {
				for x := range c.cells() {
					for _, s := range p.scopes {
						if slices.Contains(c.scopes, p.scopeName(s)) && random.Float64() < every {
							compare(t, p, live, s, rename(x, random))
							done++
						}
					}
				}
			}
			t.Logf("%d of %d cells", done, n)
		})
	}
}

// cells are those of a class that inputs can be in.
func (c *class) cells() iter.Seq[cell] {
	return func(yield func(cell) bool) {
		for n := range c.values {
			digits := c.digits(n)
			if c.canonical(digits) {
				continue
			}
			if x, ok := c.cell(digits); ok && !yield(x) {
				return
			}
		}
	}
}

// rename gives every id of a cell a random value, and what no question asks about
// a random class.
func rename(x cell, random *rand.Rand) cell {
	x = cell{maps.Clone(x.class), maps.Clone(x.id)}
	names := map[int64]int64{0: 0}
	for code, id := range x.id {
		for id != 0 && names[id] == 0 {
			names[id] = random.Int64N(1<<40) + 1
		}
		x.id[code] = names[id]
	}
	for code := policy.UserID; code <= policy.SafeMethod; code++ {
		if _, asked := x.class[code]; !asked && code.Kind() == policy.Enum {
			x.class[code] = random.IntN(len(code.Values()))
		} else if !asked && code.Kind() == policy.Nullable {
			x.class[code] = random.IntN(2)
		}
	}
	return x
}

func compare(t *testing.T, p *pkg, live *builder, s scope, x cell) {
	doc := p.document(s, &x)
	want := answer(t, live, p.name, "allow", doc) == ast.Boolean(true)
	if p.name == policy.TokenLayer {
		in := &policy.Input{Scope: s.name, User: 7, Privilege: policy.GroupAdmin, Safe: x.class[policy.SafeMethod] == 1,
			Token: &policy.Token{ID: 1, ReadOnly: x.class[policy.TokenReadOnly] == 1}}
		if got := policy.Default().Decide(s.pkg, in).Allowed; got != want {
			t.Fatalf("%v: the table says %v", doc, got)
		}
		return
	}
	b, err := json.Marshal(must(ast.JSON(doc)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := policy.ParseInput(p.name, b)
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if got := policy.Default().Decide(p.name, in).Allowed; got != want {
		t.Fatalf("%s: the table says %v", b, got)
	}
	if p.plans == nil || s.name != "list" {
		return
	}
	plan := ""
	if v, ok := answer(t, live, p.name, "filter", doc).(ast.String); ok && want {
		plan = string(v)
	}
	if got := policy.Default().Filter(p.name, in); got != plan {
		t.Fatalf("%s: filter %q, want %q", b, got, plan)
	}
}

func must(v any, err error) any {
	if err != nil {
		panic(err)
	}
	return v
}

// answer is a rule's value, nil if it has none.
func answer(t *testing.T, live *builder, pkg, rule string, doc ast.Value) ast.Value {
	q := topdown.NewQuery(live.query(ruleRef(pkg, rule))).WithCompiler(live.rego).WithInput(ast.NewTerm(doc))
	var found ast.Value
	if err := q.Iter(context.Background(), func(r topdown.QueryResult) error {
		found = r[result].Value
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}
