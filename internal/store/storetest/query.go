package storetest

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/store"
)

// ordered are sort keys in the order of their bytes.
var ordered = [...]string{
	"#", "#a", "A", "M", "M ", "M#", "M##", "M#10", "M#2", "M#B", "M#a", "M#az", "M#a\u0301", "M#é", "M#\u07ff", "M#\uffff", "M#😀",
	"M$", "Ma", "N#1", "a", "m#1", "~", "~~", "\u007f", "\u0080", "é", "日本", "\uffff", "😀",
}

// fill puts the keys of ordered into a partition, out of order.
func (b *bench) fill(pk string) {
	var ops []store.Op
	for i := range ordered {
		ops = append(ops, thing.Put(b.key(pk, ordered[(i*7)%len(ordered)]), "x", store.Absent))
	}
	b.do(ops...)
}

func byteOrder(b *bench) {
	b.fill("p")
	b.do(thing.Put(b.key("P", "M#0"), "x", store.Absent), thing.Put(b.key("p#", "M#0"), "x", store.Absent), thing.Put(b.key("", "M#0"), "x", store.Absent))
	q := store.Query{PK: b.key("p", "").PK, Limit: 100}
	if got := sortKeys(b.drain(q)); !slices.Equal(got, ordered[:]) {
		b.Errorf("got  %q\nwant %q", got, ordered)
	}
	q.Reverse = true
	back := slices.Clone(ordered[:])
	slices.Reverse(back)
	if got := sortKeys(b.drain(q)); !slices.Equal(got, back) {
		b.Errorf("reversed\ngot  %q\nwant %q", got, back)
	}
}

// ranges tries bounds and prefixes, each forward and backward, in pages of 1, 3 and all.
func ranges(b *bench) {
	b.fill("p")
	pk := b.key("p", "").PK
	var queries []store.Query
	for _, prefix := range []string{"M#", "M#a", "M", "~", "\u007f", "é", "😀", "nothing", "M#\uffff"} {
		queries = append(queries, store.Query{Prefix: prefix})
	}
	for _, r := range [][2]string{
		{"M#", ""}, {"M#10", ""}, {"\U0010ffff", ""}, {"", "M#"}, {"", "M#a"}, {"", "!"}, {"M#", "M$"}, {"M#10", "M#a"}, {"M#11", "M#b"},
		{"M#a", "M#a"}, {"b", "a"}, {"A", "😀"}, {"~", "\u007f"}, {"M#B", "M#a"},
	} {
		queries = append(queries, store.Query{From: r[0], To: r[1]})
	}
	for _, q := range queries {
		var want []string
		for _, k := range ordered {
			if strings.HasPrefix(k, q.Prefix) && k >= q.From && (q.To == "" || k < q.To) {
				want = append(want, k)
			}
		}
		for range 2 {
			for _, limit := range []int{1, 3, 100} {
				q.PK, q.Limit = pk, limit
				if got := sortKeys(b.drain(q)); !slices.Equal(got, want) {
					b.Errorf("query %+v\ngot  %q\nwant %q", q, got, want)
				}
			}
			q.Reverse = true
			slices.Reverse(want)
		}
	}
}

// paging: every item once and in order, whatever the page size; also where pages
// come out even.
func paging(b *bench) {
	const n = 12
	var ops []store.Op
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("M#%02d", i))
		ops = append(ops, thing.Put(b.key("p", want[i]), "x", store.Absent))
	}
	b.do(append(ops, thing.Put(b.key("p", "N"), "x", store.Absent))...)
	for limit := 1; limit <= n+1; limit++ {
		q := store.Query{PK: b.key("p", "").PK, Prefix: "M#", Limit: limit}
		if got := sortKeys(b.drain(q)); !slices.Equal(got, want) {
			b.Errorf("pages of %d: %q", limit, got)
		}
		if p := b.page(q); limit < n && p.Next == (store.Place{}) {
			b.Errorf("page of %d: no next", limit)
		}
		if p := b.page(q); limit > n && p.Next != (store.Place{}) {
			b.Errorf("page of %d: next %q", limit, p.Next)
		}
	}
	if p := b.page(store.Query{PK: b.key("none", "").PK, Limit: 5}); len(p.Items) != 0 || p.Next != (store.Place{}) {
		b.Errorf("empty partition: %+v", p)
	}
}

// pageAfterDelete: a place stays good when its item goes, and when others come.
func pageAfterDelete(b *bench) {
	for _, sk := range []string{"1", "2", "3", "4", "5"} {
		b.do(thing.Put(b.key("p", sk), "x", store.Absent))
	}
	q := store.Query{PK: b.key("p", "").PK, Limit: 2}
	q.After = b.page(q).Next
	b.do(store.Delete(b.key("p", "2"), store.Present), thing.Put(b.key("p", "1a"), "x", store.Absent), thing.Put(b.key("p", "2a"), "x", store.Absent))
	if got := sortKeys(b.drain(q)); !slices.Equal(got, []string{"2a", "3", "4", "5"}) {
		b.Errorf("after 2: %q", got)
	}
	q.Reverse, q.After = true, store.Place{SK: "3"}
	if got := sortKeys(b.drain(q)); !slices.Equal(got, []string{"2a", "1a", "1"}) {
		b.Errorf("before 3: %q", got)
	}
}

// largePage: a page is cut off before it gets too large, and says so.
func largePage(b *bench) {
	for i := range 6 {
		b.do(thing.Put(b.key("p", fmt.Sprint(i)), strings.Repeat("x", 300_000), store.Absent))
	}
	q := store.Query{PK: b.key("p", "").PK, Limit: 1000}
	if p := b.page(q); len(p.Items) > 5 || p.Next == (store.Place{}) {
		b.Errorf("a page of %d × 300 KB", len(p.Items))
	}
	if n := len(b.drain(q)); n != 6 {
		b.Errorf("%d items", n)
	}
}

func indexSparse(b *bench) {
	in := func(sk, isk string) store.Op {
		return thing.Put(b.key("p", sk), "x", store.Absent).In(store.ByRecipient, b.key("i", isk))
	}
	b.do(in("1", "c"), in("2", "a"), thing.Put(b.key("p", "3"), "x", store.Absent), in("4", "b"),
		thing.Put(b.key("p", "5"), "x", store.Absent).In(store.ByRecipient, b.key("j", "a")))
	q := store.Query{Index: store.ByRecipient, PK: b.key("i", "").PK, Limit: 10}
	b.eventually([]string{"2", "4", "1"}, func() []string { return sortKeys(b.drain(q)) })
	o := in("2", "a")
	if got := b.drain(q)[0]; got.Index[store.ByRecipient] != o.Index[store.ByRecipient] || string(got.Body) != string(o.Body) {
		b.Errorf("an index gives %+v", got)
	}
	q.From = "b"
	b.eventually([]string{"4", "1"}, func() []string { return sortKeys(b.drain(q)) })
	q.Reverse = true
	b.eventually([]string{"1", "4"}, func() []string { return sortKeys(b.drain(q)) })
	q.To = "c"
	b.eventually([]string{"4"}, func() []string { return sortKeys(b.drain(q)) })
	if got := b.drain(store.Query{PK: b.key("i", "").PK, Limit: 10}); got != nil {
		b.Errorf("an index shows in the table: %+v", got)
	}
}

// indexMoves: a put takes an item out of the places it no longer has.
func indexMoves(b *bench) {
	k := b.key("p", "a")
	list := func(pk string) func() []string {
		return func() []string {
			return sortKeys(b.drain(store.Query{Index: store.ByRecipient, PK: b.key(pk, "").PK, Limit: 10}))
		}
	}
	b.do(thing.Put(k, "x", store.Absent).In(store.ByRecipient, b.key("i", "1")))
	b.eventually([]string{"a"}, list("i"))
	b.do(thing.Put(k, "x", store.Present).In(store.ByRecipient, b.key("j", "1")))
	b.eventually(nil, list("i"))
	b.eventually([]string{"a"}, list("j"))
	b.do(store.Add(k, "count", "n", 1, 0, 5))
	b.eventually([]string{"a"}, list("j"))
	b.do(thing.Put(k, "x", store.Present))
	b.eventually(nil, list("j"))
	b.do(thing.Put(k, "x", store.Present).In(store.ByRecipient, b.key("i", "1")))
	b.eventually([]string{"a"}, list("i"))
	b.do(store.Delete(k, store.Present))
	b.eventually(nil, list("i"))
}

// indexPaging: index keys repeat, and still every item comes once.
func indexPaging(b *bench) {
	want := map[store.Key]int{}
	var ops []store.Op
	for i := range 18 {
		k := b.key(fmt.Sprint("p", i%5), fmt.Sprint("s", i))
		want[k] = 1
		ops = append(ops, thing.Put(k, "x", store.Absent).In(store.ByRecipient, b.key("i", fmt.Sprint("same", i%3))))
	}
	b.do(ops...)
	q := store.Query{Index: store.ByRecipient, PK: b.key("i", "").PK, Limit: 100}
	b.eventually([]string{"18"}, func() []string { return []string{fmt.Sprint(len(b.drain(q)))} })
	for _, reverse := range []bool{false, true} {
		for _, limit := range []int{1, 2, 3, 6, 7, 18, 19} {
			for _, bounds := range []store.Query{{}, {Prefix: "same"}, {From: "same0", To: "same3"}} {
				bounds.Index, bounds.PK, bounds.Limit, bounds.Reverse = q.Index, q.PK, limit, reverse
				got := map[store.Key]int{}
				var order []string
				for _, it := range b.drain(bounds) {
					got[it.Key]++
					order = append(order, it.Index[q.Index].SK)
				}
				if reverse {
					slices.Reverse(order)
				}
				if len(got) != len(want) || len(order) != len(want) || !slices.IsSorted(order) {
					b.Errorf("query %+v: %d items, %d of them different, in order %q", bounds, len(order), len(got), order)
				}
			}
		}
	}
}
