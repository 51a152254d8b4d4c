package store

import "context"

// NoWait makes the table repeat at once, and count the repetitions in n.
func (t *Table) NoWait(n *int) *Table {
	t.wait = func(ctx context.Context, _ int) error {
		*n++
		return ctx.Err()
	}
	return t
}
