package compile

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"gatehouse/internal/policy"
)

// batch is how many cells one goroutine takes at a time.
const batch = 128

// span are some cells of a class.
type span struct {
	class    *class
	from, to int
}

// evaluate fills the values of classes, on all processors. It stops at the first
// error.
func (b *builder) evaluate(ctx context.Context, work []*class, progress func(done, total int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var spans []span
	total, done := 0, 0
	for _, c := range work {
		c.p.tree()
		total += len(c.values)
		for from := 0; from < len(c.values); from += batch {
			spans = append(spans, span{c, from, min(from+batch, len(c.values))})
		}
	}
	todo := make(chan span)
	var group sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for s := range todo {
				if err := b.span(ctx, s); err != nil {
					cancel(err)
				}
				mu.Lock()
				if done += s.to - s.from; progress != nil {
					progress(done, total)
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range spans {
		if ctx.Err() != nil {
			break
		}
		todo <- s
	}
	close(todo)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return translated(err)
	}
	for _, c := range work {
		c.copy()
	}
	return nil
}

func (b *builder) span(ctx context.Context, s span) error {
	for n := s.from; n < s.to && ctx.Err() == nil; n++ {
		digits := s.class.digits(n)
		if s.class.canonical(digits) {
			continue
		}
		x, ok := s.class.cell(digits)
		if !ok {
			continue
		}
		doc := sync.OnceValue(func() ast.Value { return s.class.p.document(s.class.like, &x) })
		var err error
		if s.class.values[n], err = b.value(ctx, s.class, digits, doc); err != nil {
			return err
		}
	}
	return nil
}

// value is that of the first query that holds.
func (b *builder) value(ctx context.Context, c *class, digits []int, doc func() ast.Value) (uint8, error) {
	if c == c.p.plans {
		v, err := b.eval(ctx, c.queries[0].parts[0].body, doc())
		if v == nil || err != nil {
			return 0, err
		}
		return b.plan(c.p, v)
	}
	for _, q := range c.queries {
		if ok, err := b.holds(ctx, c, q, digits, doc); ok || err != nil {
			return q.value, err
		}
	}
	return 0, nil
}

func (b *builder) plan(p *pkg, v ast.Value) (uint8, error) {
	name, _ := v.(ast.String)
	i := slices.Index(policy.Plans(p.name), string(name))
	if i < 0 {
		var errs Errors
		errs.add(b.rego.GetRulesExact(ruleRef(p.name, "filter"))[0].Location, "filter is %s: it is one of %q", v, policy.Plans(p.name))
		return 0, errs
	}
	return uint8(i + 1), nil
}

// copy gives cells whose answers are about null objects the value of the cell that
// stands for them, which comes before them.
func (c *class) copy() {
	for n := range c.values {
		if digits := c.digits(n); c.canonical(digits) {
			c.values[n] = c.values[c.number(digits)]
		}
	}
}
