package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// Differential does n random operations, the same on a and b, and fails at the
// first answer in which they differ; at the end all that lies there must be equal.
// Indexes must be up to date on both. The seed makes it repeatable.
func Differential(t *testing.T, a, b store.Driver, n int, seed uint64) {
	t.Helper()
	g := &pair{T: t, a: newBench(t, a), b: newBench(t, b), rand: rand.New(rand.NewPCG(seed, 2))}
	g.b.ns = g.a.ns
	for i := range n {
		if g.rand.IntN(4) == 0 {
			g.query()
		} else {
			g.transact()
		}
		if t.Failed() {
			t.Fatalf("the drivers differ at operation %d of seed %d", i, seed)
		}
	}
	for _, pk := range parts {
		for _, index := range append([]store.Index{""}, store.Indexes[:]...) {
			g.same(store.Query{PK: g.a.key(pk, "").PK, Index: index, Limit: 1000})
		}
	}
}

// The keys that operations are on: few, so that they meet.
var (
	parts = [...]string{"a", "B", "é", "a#"}
	sorts = [...]string{"1", "10", "2", "#", "~", "\u007f", "é", "e\u0301", "😀", "M#1", "M#2", "M"}
)

type pair struct {
	*testing.T
	a, b *bench
	rand *rand.Rand
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (g *pair) key() store.Key { return g.a.key(pick(g.rand, parts[:]), pick(g.rand, sorts[:])) }

// op is a random op; its condition holds more often than not.
func (g *pair) op(k store.Key, now store.Item) store.Op {
	cond := pick(g.rand, []store.Cond{store.Always, now.At(), now.At(), now.At(), store.Present, store.Absent, 7})
	switch g.rand.IntN(6) {
	case 0:
		return store.Delete(k, cond)
	case 1:
		return store.Check(k, cond)
	case 2:
		low := g.rand.Int64N(5) - 3
		o := store.Add(k, "count", pick(g.rand, []string{"n", "used", "size"}), g.rand.Int64N(7)-3, low, low+g.rand.Int64N(9))
		return g.maybeUntil(o)
	}
	o := g.maybeUntil(thing.Put(k, fmt.Sprint("value ", g.rand.IntN(1000)), cond))
	for _, index := range store.Indexes {
		if g.rand.IntN(3) == 0 {
			o = o.In(index, g.key())
		}
	}
	return o
}

func (g *pair) maybeUntil(o store.Op) store.Op {
	if g.rand.IntN(4) != 0 {
		return o
	}
	return o.Until(time.Unix(4_000_000_000+g.rand.Int64N(1000), 0))
}

func (g *pair) transact() {
	keys := []store.Key{g.key()}
	for range g.rand.IntN(5) {
		if k := g.key(); g.rand.IntN(2) == 0 && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	read := append(slices.Clone(keys), keys[0])
	now, other := g.a.get(read...), g.b.get(read...)
	if !reflect.DeepEqual(now, other) {
		g.Errorf("get %q:\n%+v\n%+v", read, now, other)
	}
	tx := g.a.tx()
	for i, k := range keys {
		tx.Ops = append(tx.Ops, g.op(k, now[i]))
	}
	errA, errB := g.a.settle(tx), g.b.settle(tx)
	if class(errA) != class(errB) {
		g.Errorf("transact %+v:\n%v\n%v", tx.Ops, errA, errB)
	}
}

// class is what of an error the contract promises.
func class(err error) string {
	if err == nil {
		return "done"
	}
	if ops, ok := store.Conflict(err); ok {
		return fmt.Sprint("conflict at ", ops)
	}
	for _, kind := range []error{store.ErrContended, store.ErrThrottled, store.ErrUnknownOutcome} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "other"
}

func (g *pair) query() {
	q := store.Query{PK: g.a.key(pick(g.rand, parts[:]), "").PK, Limit: 1 + g.rand.IntN(8), Reverse: g.rand.IntN(2) == 0}
	if g.rand.IntN(3) == 0 {
		q.Index = pick(g.rand, store.Indexes[:])
	}
	bounds := append([]string{"", "", "M#", "zz"}, sorts[:]...)
	switch g.rand.IntN(3) {
	case 0:
		q.Prefix = pick(g.rand, bounds)
	case 1:
		q.From, q.To = pick(g.rand, bounds), pick(g.rand, bounds)
	}
	g.same(q)
}

// same reads all pages of q. The order of equal index keys is not promised.
func (g *pair) same(q store.Query) {
	a, b := g.a.drain(q), g.b.drain(q)
	if q.Index != "" {
		place := func(i store.Item) store.Place { return store.Place{SK: i.Index[q.Index].SK, Key: i.Key} }
		order := func(x, y store.Item) int { return comparePlaces(place(x), place(y)) }
		for i := range min(len(a), len(b)) {
			if place(a[i]).SK != place(b[i]).SK {
				g.Errorf("query %+v: place %d is %q and %q", q, i, place(a[i]), place(b[i]))
			}
		}
		slices.SortFunc(a, order)
		slices.SortFunc(b, order)
	}
	if !reflect.DeepEqual(a, b) {
		g.Errorf("query %+v:\n%+v\n%+v", q, a, b)
	}
}
