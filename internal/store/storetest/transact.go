package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/store"
)

// conditions tries every condition under every verb, on an item that is there
// and on one that is not, alone and within a transaction.
func conditions(b *bench) {
	const wrong = 7 // a version that nothing has
	type state struct {
		name    string
		present bool
	}
	for _, s := range []state{{"missing", false}, {"there", true}} {
		for _, c := range []struct {
			name  string
			cond  func(now int64) store.Cond
			holds bool
		}{
			{"always", func(int64) store.Cond { return store.Always }, true},
			{"present", func(int64) store.Cond { return store.Present }, s.present},
			{"absent", func(int64) store.Cond { return store.Absent }, !s.present},
			{"at its version", func(v int64) store.Cond { return store.Cond(max(v, 1)) }, s.present},
			{"at another version", func(int64) store.Cond { return wrong }, false},
		} {
			for _, verb := range []store.Verb{store.VerbPut, store.VerbDelete, store.VerbCheck} {
				for _, alone := range []bool{true, false} {
					name := fmt.Sprintf("verb %d, %s, %s, alone %t", verb, c.name, s.name, alone)
					b.condition(name, verb, s.present, alone, c.cond, c.holds)
				}
			}
		}
	}
}

func (b *bench) condition(name string, verb store.Verb, present, alone bool, cond func(int64) store.Cond, holds bool) {
	b.Helper()
	k, beside := b.key(name, "it"), b.key(name, "beside")
	before := store.Item{Key: k}
	if present {
		o := thing.Put(k, "before", store.Absent)
		before = at(b.do(o), o)
	}
	op := store.Op{Verb: verb, Key: k, If: cond(before.Version)}
	if verb == store.VerbPut {
		op = thing.Put(k, "after", op.If)
	}
	ops := []store.Op{op}
	if !alone {
		ops = []store.Op{thing.Put(beside, "x", store.Always), op}
	}
	tx := b.tx(ops...)
	err := b.settle(tx)
	after := before
	switch {
	case !holds:
		if got, ok := store.Conflict(err); !ok || !slices.Equal(got, []int{len(ops) - 1}) {
			b.Errorf("%s: %v, want a conflict", name, err)
		}
	case err != nil:
		b.Errorf("%s: %v", name, err)
	case verb == store.VerbPut:
		after = at(tx, op)
	case verb == store.VerbDelete:
		after = store.Item{Key: k}
	}
	b.is(after)
	if b.one(beside).Exists() != (holds && !alone) {
		b.Errorf("%s: the op beside it has not shared its fate", name)
	}
}

func conflictNamesOps(b *bench) {
	a, c := b.key("p", "a"), b.key("p", "c")
	b.do(thing.Put(a, "x", store.Absent), thing.Put(c, "x", store.Absent))
	full := store.Add(b.key("p", "n"), "count", "n", 6, 0, 5)
	b.loses([]int{0, 2, 4},
		thing.Put(a, "y", store.Absent),
		thing.Put(b.key("p", "b"), "y", store.Absent),
		store.Check(c, 7),
		store.Check(b.key("p", "d"), store.Always),
		full)
	b.loses([]int{1}, store.Check(b.key("p", "d"), store.Always), store.Delete(a, store.Absent))
	b.loses([]int{0}, full)
}

func allOrNothing(b *bench) {
	there, gone, n := b.key("p", "there"), b.key("p", "gone"), b.key("q", "n")
	o := thing.Put(there, "x", store.Absent)
	first := b.do(o)
	b.loses([]int{3},
		store.Delete(there, store.Present),
		thing.Put(gone, "y", store.Absent),
		store.Add(n, "count", "n", 1, 0, 5),
		store.Check(b.key("r", "none"), store.Present))
	b.is(at(first, o))
	b.is(store.Item{Key: gone})
	b.is(store.Item{Key: n})
}

func versionChanges(b *bench) {
	k := b.key("p", "a")
	seen := map[int64]bool{}
	for i := range 5 {
		o := thing.Put(k, "same", b.one(k).At())
		if i == 3 {
			o = store.Add(k, "count", "n", 0, 0, 5)
		}
		tx := b.do(o)
		now := b.one(k)
		if now.Version != tx.Version || now.TxID != tx.ID || seen[now.Version] {
			b.Errorf("after write %d: version %d by %s, want %d by %s", i, now.Version, now.TxID, tx.Version, tx.ID)
		}
		seen[now.Version] = true
	}
	b.do(store.Check(k, store.Present))
	if !seen[b.one(k).Version] {
		b.Error("a check has changed the version")
	}
}

// putReplaces: nothing of the old item is left.
func putReplaces(b *bench) {
	k := b.key("p", "a")
	old := thing.Put(k, "old", store.Absent).Until(time.Unix(4_000_000_000, 0)).In(store.ByRecipient, b.key("i", "1"))
	tx := b.do(old)
	b.is(at(tx, old))
	b.do(store.Add(k, "count", "n", 3, 0, 5))
	if b.one(k).Counts["n"] != 3 {
		b.Errorf("counts %v", b.one(k).Counts)
	}
	o := thing.Put(k, "new", store.Present)
	o.Kind, o.Schema = "other", 9
	b.is(at(b.do(o), o))
}

func cancelledWritesNothing(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	k := b.key("p", "a")
	for _, ops := range [][]store.Op{
		{thing.Put(k, "x", store.Always)},
		{thing.Put(k, "x", store.Always), thing.Put(b.key("p", "b"), "x", store.Always)},
		{store.Add(k, "count", "n", 1, 0, 5)},
	} {
		if err := b.d.Transact(ctx, b.tx(ops...)); err == nil {
			b.Error("a transaction under a cancelled context went through")
		}
	}
	if _, err := b.d.Get(ctx, []store.Key{k}); err == nil {
		b.Error("a read under a cancelled context went through")
	}
	if _, err := b.d.Query(ctx, store.Query{PK: k.PK, Limit: 1}); err == nil {
		b.Error("a query under a cancelled context went through")
	}
	b.is(store.Item{Key: k})
}

// mostOps is a transaction as large as Table allows, with its marker.
func mostOps(b *bench) {
	var ops []store.Op
	for i := range store.MaxOps + 1 {
		ops = append(ops, thing.Put(b.key("p", fmt.Sprintf("%03d", i)), strings.Repeat("x", 30_000), store.Absent))
	}
	b.do(ops...)
	if n := len(b.drain(store.Query{PK: b.key("p", "").PK, Limit: 1000})); n != store.MaxOps+1 {
		b.Errorf("%d items", n)
	}
}
