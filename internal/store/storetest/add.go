package storetest

import (
	"math"
	"time"

	"gatehouse/internal/store"
)

func addBounds(b *bench) {
	for _, c := range []struct {
		name            string
		start           int64 // 0: the item is missing
		delta, min, max int64
		ok              bool
	}{
		{"first", 0, 1, 0, 5, true},
		{"first, at the top", 0, 5, 0, 5, true},
		{"first, beyond", 0, 6, 0, 5, false},
		{"first, below", 0, -1, 0, 5, false},
		{"first, to the bottom", 0, -3, -3, 5, true},
		{"first, must be more", 0, 1, 2, 5, false},
		{"nothing, allowed", 0, 0, 0, 5, true},
		{"nothing, not allowed", 0, 0, 1, 5, false},
		{"up to the top", 3, 2, 0, 5, true},
		{"one beyond", 3, 3, 0, 5, false},
		{"down to the bottom", 3, -3, 0, 5, true},
		{"one below", 3, -4, 0, 5, false},
		{"from outside into bounds", 9, -5, 0, 5, true},
		{"from outside, still outside", 9, -1, 0, 5, false},
		{"a single value", 3, 1, 4, 4, true},
		{"negative", -3, -2, -5, -1, true},
		{"through zero", -3, 4, -5, 5, true},
	} {
		for _, alone := range []bool{true, false} {
			k := b.key(c.name, map[bool]string{true: "1", false: "2"}[alone])
			want := c.start
			if c.start != 0 {
				b.do(store.Add(k, "count", "n", c.start, math.MinInt64, math.MaxInt64))
			}
			ops := []store.Op{store.Add(k, "count", "n", c.delta, c.min, c.max)}
			if !alone {
				ops = append(ops, thing.Put(b.key(c.name, "beside"), "x", store.Always))
			}
			if c.ok {
				b.do(ops...)
				want += c.delta
			} else {
				b.loses([]int{0}, ops...)
			}
			got := b.one(k)
			if got.Counts["n"] != want || got.Exists() != (c.start != 0 || c.ok) {
				b.Errorf("%s, alone %t: %+v, want %d", c.name, alone, got, want)
			}
		}
	}
}

// addExtremes: sums that do not fit are out of bounds, not wrapped round.
func addExtremes(b *bench) {
	k := b.key("p", "a")
	b.do(store.Add(k, "count", "n", math.MaxInt64, math.MinInt64, math.MaxInt64))
	b.loses([]int{0}, store.Add(k, "count", "n", 1, math.MinInt64, math.MaxInt64))
	b.loses([]int{0}, store.Add(k, "count", "n", math.MaxInt64, math.MinInt64, math.MaxInt64))
	b.do(store.Add(k, "count", "n", math.MinInt64, math.MinInt64, math.MaxInt64))
	if n := b.one(k).Counts["n"]; n != -1 {
		b.Errorf("sum %d, want -1", n)
	}
	b.do(store.Add(k, "count", "n", -math.MaxInt64, math.MinInt64, math.MaxInt64))
	b.loses([]int{0}, store.Add(k, "count", "n", -1, math.MinInt64, math.MaxInt64))
	if n := b.one(k).Counts["n"]; n != math.MinInt64 {
		b.Errorf("sum %d, want the least", n)
	}
}

// addKeeps: an add changes the number, version, transaction and, if it has one,
// the expiry; all else stays as it is.
func addKeeps(b *bench) {
	soon, later := time.Unix(4_000_000_000, 0).UTC(), time.Unix(4_100_000_000, 0).UTC()
	k := b.key("p", "a")
	put := thing.Put(k, "body", store.Absent).Until(soon).In(store.ByRecipient, b.key("i", "1"))
	want := at(b.do(put), put)
	step := func(field string, sum int64, o store.Op) {
		b.Helper()
		tx := b.do(o)
		want.Version, want.TxID = tx.Version, tx.ID
		if !o.Expires.IsZero() {
			want.Expires = o.Expires.UTC()
		}
		if want.Counts == nil {
			want.Counts = map[string]int64{}
		}
		want.Counts[field] = sum
		b.is(want)
	}
	step("n", 2, store.Add(k, "count", "n", 2, 0, 5))
	step("other", -1, store.Add(k, "count", "other", -1, -5, 5))
	step("n", 3, store.Add(k, "count", "n", 1, 0, 5).Until(later))

	fresh := b.key("p", "fresh")
	want = store.Item{Key: fresh, Kind: "count", Schema: 1}
	step("n", 1, store.Add(fresh, "count", "n", 1, 0, 5).Until(soon))
	step("n", 2, store.Add(fresh, "count", "n", 1, 0, 5))

	b.loses([]int{0}, store.Add(fresh, "count", "n", 9, 0, 5).Until(later))
	b.is(want)
	b.do(store.Check(fresh, store.Cond(want.Version)), store.Delete(k, store.Present))
	b.do(thing.Put(k, "x", store.Absent))
}

func addInTransaction(b *bench) {
	seats, m1, m2 := b.key("o", "seats"), b.key("o", "m1"), b.key("o", "m2")
	add := store.Add(seats, "seats", "used", 1, 0, 1)
	b.do(add, thing.Put(m1, "x", store.Absent))
	b.loses([]int{0}, add, thing.Put(m2, "x", store.Absent))
	b.loses([]int{0, 1}, add, thing.Put(m1, "x", store.Absent))
	b.is(store.Item{Key: m2})
	b.do(store.Add(seats, "seats", "used", -1, 0, 1), store.Delete(m1, store.Present))
	b.do(add, thing.Put(m2, "x", store.Absent))
	if n := b.one(seats).Counts["used"]; n != 1 {
		b.Errorf("%d seats used", n)
	}
}
