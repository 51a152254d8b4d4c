package compile

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
)

// part is an expression of a rule, or a rule that is not cut up. Whether it holds
// depends on the answers to its own questions, so it is evaluated once for each
// combination of those, of which there are far fewer than cells.
type part struct {
	body      ast.Body
	questions []int           // which of its class
	known     []atomic.Uint32 // by answers
}

const (
	unknown uint32 = iota
	fails
	holds
)

// parts are those of a rule, in order.
func (b *builder) parts(c *class, a *allow) []*part {
	if !a.closed {
		return []*part{b.part(c, a.name)}
	}
	var out []*part
	for _, name := range a.parts {
		out = append(out, b.part(c, name))
	}
	return out
}

func (b *builder) part(c *class, name string) *part {
	p := &part{body: b.query(ruleRef(c.p.name, name))}
	for _, q := range b.questions(c.p, name) {
		p.questions = append(p.questions, slices.Index(c.questions, q))
	}
	return p
}

// answers is how many combinations of answers a part has.
func (c *class) answers(p *part) int {
	n := 1
	for _, i := range p.questions {
		n *= c.questions[i].Size()
	}
	return n
}

// known is what is known of a part in a cell.
func (c *class) known(p *part, digits []int) *atomic.Uint32 {
	n := 0
	for _, i := range p.questions {
		n = n*c.questions[i].Size() + digits[i]
	}
	return &p.known[n]
}

// holds says whether all parts of a rule hold. A part is not evaluated where one
// before it fails: it may rely on that.
func (b *builder) holds(ctx context.Context, c *class, q query, digits []int, doc func() ast.Value) (bool, error) {
	for _, p := range q.parts {
		known := c.known(p, digits)
		state := known.Load()
		if state == unknown {
			v, err := b.eval(ctx, p.body, doc())
			if err != nil {
				return false, err
			}
			if state = fails; v != nil {
				state = holds
			}
			known.Store(state)
		}
		if state == fails {
			return false, nil
		}
	}
	return true, nil
}
