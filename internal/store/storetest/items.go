package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
)

func getOrder(b *bench) {
	var keys []store.Key
	var ops []store.Op
	for i := range store.MaxGet {
		k := b.key(fmt.Sprint("p", i%7), fmt.Sprint(i))
		keys = append(keys, k)
		if i%3 != 0 {
			ops = append(ops, thing.Put(k, fmt.Sprint(i), store.Absent))
		}
	}
	b.do(ops...)
	slices.Reverse(keys)
	for i, it := range b.get(keys...) {
		n := store.MaxGet - 1 - i
		if v, err := thing.Of(it); it.Key != keys[i] || it.Exists() != (n%3 != 0) || err != nil || it.Exists() && v != fmt.Sprint(n) {
			b.Errorf("place %d is %+v, want %q", i, it, keys[i])
		}
	}
	a, none := b.key("p1", "1"), b.key("p1", "none")
	got := b.get(a, none, a, none, a)
	for i, it := range got {
		if want := []store.Key{a, none}[i%2]; it.Key != want || it.Exists() != (i%2 == 0) {
			b.Errorf("a key asked for twice: place %d is %+v", i, it)
		}
	}
}

// keysByBytes: keys are equal only if their bytes are.
func keysByBytes(b *bench) {
	names := []string{"a", "A", "a ", " a", "ä", "a\u0308", "a#", "#a", "~", "\u007f", "'", `"`, "%", "_", "\\", "😀", "\x01", strings.Repeat("k", 900)}
	for i, n := range names {
		b.do(thing.Put(b.key("p", n), fmt.Sprint(i), store.Absent))
		b.do(thing.Put(b.key("pk "+n, "s"), fmt.Sprint(i), store.Absent))
	}
	for i, n := range names {
		for _, it := range b.get(b.key("p", n), b.key("pk "+n, "s")) {
			if v, err := thing.Of(it); err != nil || v != fmt.Sprint(i) {
				b.Errorf("key %q holds %q, %v; want %d", it.Key, v, err, i)
			}
		}
	}
	if n := len(b.drain(store.Query{PK: b.key("p", "").PK, Limit: 100})); n != len(names) {
		b.Errorf("%d items of %d names", n, len(names))
	}
}

func sizes(b *bench) {
	for i, n := range []int{1, 1000, store.MaxItem - 2} {
		o := thing.Put(b.key("p", fmt.Sprint(i)), strings.Repeat("é", n/2), store.Absent)
		b.is(at(b.do(o), o))
	}
	var ops []store.Op
	var keys []store.Key
	for i := range 8 {
		k := b.key("q", fmt.Sprint(i))
		keys = append(keys, k)
		ops = append(ops, thing.Put(k, strings.Repeat("x", store.MaxItem-2), store.Absent))
	}
	tx := b.do(ops...)
	for i, it := range b.get(keys...) {
		if string(it.Body) != string(ops[i].Body) || it.Version != tx.Version {
			b.Errorf("item %d: %d bytes", i, len(it.Body))
		}
	}
}

// expiry: the driver keeps the time, Table hides what is past it, and what is
// hidden can be replaced as it lies there, or as absent once it was removed.
func expiry(b *bench) {
	now := time.Now().Truncate(time.Second).Add(time.Hour) // the engine's own clock must not remove it
	table := store.New(b.d, func() time.Time { return now })
	k, keep := b.key("p", "a"), b.key("p", "b")
	must(b.T, table.Transact(b.Context(), thing.Put(k, "old", store.Absent).Until(now.Add(time.Second)), thing.Put(keep, "x", store.Absent)))
	read := func() store.Item {
		b.Helper()
		items, err := table.Get(b.Context(), k)
		must(b.T, err)
		return items[0]
	}
	if i := read(); !i.Exists() || !i.Expires.Equal(now.Add(time.Second)) {
		b.Errorf("before its time: %+v", i)
	}
	now = now.Add(time.Second)
	gone := read()
	if gone.Exists() || gone.Body != nil {
		b.Errorf("past its time: %+v", gone)
	}
	p, err := table.Query(b.Context(), store.Query{PK: k.PK, Limit: 10})
	must(b.T, err)
	if got := sortKeys(p.Items); !slices.Equal(got, []string{"b"}) {
		b.Errorf("query shows %q", got)
	}
	must(b.T, table.Transact(b.Context(), thing.Put(k, "new", gone.At())))
	if v, err := thing.Of(read()); v != "new" || err != nil || !read().Expires.IsZero() {
		b.Errorf("replaced: %q, %v, %+v", v, err, read())
	}
	if _, ok := store.Conflict(table.Transact(b.Context(), thing.Put(k, "again", gone.At()))); !ok {
		b.Error("an expired item was replaced twice")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
