package storetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// Scan tests that a driver which can read the whole table does so by the contract.
// The table may hold other items too.
func Scan(t *testing.T, d store.Driver) {
	b := newBench(t, d)
	s, ok := d.(store.Scanner)
	if !ok {
		t.Fatalf("%T is no store.Scanner", d)
	}
	var ops []store.Op
	for n := range 40 {
		o := thing.Put(b.key(fmt.Sprint("p", n%5), ordered[n%len(ordered)]+fmt.Sprint(n)), strings.Repeat("x", n), store.Absent)
		if n%3 == 0 {
			o = o.Until(time.Now().Add(time.Duration(n-20) * time.Hour))
		}
		if n%4 == 0 {
			o = o.In(store.ByRecipient, b.key("to", o.Key.SK))
		}
		ops = append(ops, o)
	}
	b.do(ops...)
	b.do(store.Add(b.key("p0", "count"), "count", "n", 7, 0, 9))
	b.do(store.Delete(ops[1].Key, store.Present))
	want := map[store.Key]store.Item{b.key("p0", "count"): b.one(b.key("p0", "count"))}
	for _, o := range append(ops[:1:1], ops[2:]...) {
		want[o.Key] = b.one(o.Key)
	}
	for _, limit := range []int{1, 7, 1000} {
		if got := b.scanned(s, limit); !reflect.DeepEqual(got, want) {
			t.Errorf("pages of %d: got\n%v, want\n%v", limit, got, want)
		}
	}
}

// scanned are the bench's own items by a scan of the table in pages of limit.
func (b *bench) scanned(s store.Scanner, limit int) map[store.Key]store.Item {
	b.Helper()
	got := map[store.Key]store.Item{}
	var after store.Key
	for pages := 0; ; pages++ {
		items, next, err := s.Scan(b.Context(), after, limit)
		if err != nil || len(items) > limit || pages > 100_000 {
			b.Fatalf("page %d has %d items, %v", pages, len(items), err)
		}
		for _, i := range items {
			if !strings.HasPrefix(i.PK, b.ns) {
				continue
			}
			if _, twice := got[i.Key]; twice {
				b.Errorf("%q comes twice", i.Key)
			}
			got[i.Key] = i
		}
		if after = next; after == (store.Key{}) {
			return got
		}
	}
}
