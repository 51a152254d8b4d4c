package app_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/app"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// careless is a driver on a table that lets go of what a change makes of an operation.
type careless struct {
	*store.Table
	change func([]store.Op) []store.Op
}

// Get implements store.Driver.
func (c careless) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	return c.Table.Get(ctx, keys...)
}

// Transact implements store.Driver. The table below has a marker of its own.
func (c careless) Transact(ctx context.Context, tx store.Tx) error {
	ops := slices.DeleteFunc(slices.Clone(tx.Ops), func(o store.Op) bool { return strings.HasPrefix(o.Key.PK, "TX#") })
	return c.Table.Transact(ctx, c.change(ops)...)
}

// written are the product's functions, but one that is written otherwise.
func written(name string, change func([]store.Op) []store.Op, first func(ctx context.Context, t *store.Table) bool) made {
	all := app.Functions()
	right := all[name]
	all[name] = func(p *app.Parts) (lambdahttp.Function, error) {
		loose := *p
		loose.Table = store.New(careless{p.Table, change}, p.Table.Now)
		f, err := right(&loose)
		if err != nil {
			return nil, err
		}
		strict, err := right(p)
		return lambdahttp.Func(func(ctx context.Context, payload []byte) ([]byte, error) {
			if first(ctx, p.Table) {
				return f.Invoke(ctx, payload)
			}
			return strict.Invoke(ctx, payload)
		}), err
	}
	return all
}

func asIs(ops []store.Op) []store.Op { return ops }

func always(context.Context, *store.Table) bool { return true }

// unbounded drops the bound of the counter of seats.
func unbounded(seats store.Key) func([]store.Op) []store.Op {
	return func(ops []store.Op) []store.Op {
		for i, o := range ops {
			if o.Verb == store.VerbAdd && o.Key == seats {
				ops[i].Max = math.MaxInt64
			}
		}
		return ops
	}
}

// seatLeft reads whether there is a seat, as somebody does who writes in a second
// step.
func seatLeft(id int64) func(context.Context, *store.Table) bool {
	return func(ctx context.Context, t *store.Table) bool {
		items, err := t.Get(ctx, tenant.Key(id), tenant.SeatsKey(id))
		if err != nil {
			return false
		}
		st, err := tenant.States.Of(items[0])
		return err == nil && tenant.Count(items[1]) < st.Seats
	}
}

// unconditional drops all conditions: whoever writes last has written.
func unconditional(ops []store.Op) []store.Op {
	ops = slices.DeleteFunc(ops, func(o store.Op) bool { return o.Verb == store.VerbCheck })
	for i := range ops {
		ops[i].If, ops[i].Min, ops[i].Max = store.Always, math.MinInt64, math.MaxInt64
	}
	return ops
}

// TestSeededRacesAreFound puts functions as somebody might write them in the place of
// the product's: each is right when nothing overlaps, and the orders of a pair show
// which is not.
func TestSeededRacesAreFound(t *testing.T) {
	s := setScene(t)
	j, err := newJudge(s)
	if err != nil {
		t.Fatal(err)
	}
	s.operations()
	f := &referee{judge: j, all: true}
	acme := s.acme.ID
	for _, bug := range []struct {
		name string
		pair [2]string
		made made
		says string // of a violation; "" if it is right
	}{
		{"right seats", [2]string{"invite", "invite somebody else"}, written("invitations", asIs, always), ""},
		{"seats are checked, then taken", [2]string{"invite", "invite somebody else"}, written("invitations", unbounded(tenant.SeatsKey(acme)), seatLeft(acme)), "seats are taken"},
		{"right owners", [2]string{"take over", "administrator makes an owner"}, written("organizations", asIs, always), ""},
		{"the first wins, and so does the second", [2]string{"take over", "administrator makes an owner"}, written("organizations", unconditional, always), "owner"},
	} {
		m := match{ops: []operation{s.named(bug.pair[0]), s.named(bug.pair[1])}, made: bug.made}
		bad := f.play(m).bad
		if found := strings.Join(bad, "\n"); bug.says == "" && len(bad) > 0 || !strings.Contains(found, bug.says) {
			t.Errorf("%s: %.900s", bug.name, found)
		}
		for _, threads := range [][]int{{0, 1}, {1, 0}} {
			if o := s.play(m.functions(), m.ops, oneByOne(threads...)); len(f.rules(o.run)) > 0 {
				t.Errorf("%s: it is wrong without overlap already: %v", bug.name, f.rules(o.run))
			}
		}
	}
}
