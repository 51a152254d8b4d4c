package app_test

import (
	"fmt"
	"strings"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// footprint is what one call of the store, or all calls of an operation, depend on
// and change.
type footprint struct {
	name    string // of a single call
	reads   map[store.Key]bool
	queries []store.Query
	writes  map[store.Key]bool
	places  []place // in indexes, that writes take or leave
	calls   int64   // how many
}

type place struct {
	in store.Index
	at store.Key
}

// ofGet is the footprint of reading keys.
func ofGet(keys []store.Key) footprint {
	f := footprint{name: fmt.Sprint("get ", short(keys[0]), more(len(keys))), reads: map[store.Key]bool{}}
	for _, k := range keys {
		f.reads[k] = true
	}
	return f
}

// ofQuery is the footprint of reading a run of a partition.
func ofQuery(q store.Query) footprint {
	return footprint{name: fmt.Sprint("query ", q.Index, " ", q.PK), queries: []store.Query{q}}
}

// ofTx is the footprint of a transaction on what items hold. A condition counts as
// a read. The marker of a transaction is nobody else's.
func ofTx(tx store.Tx, items *storetest.Memory) footprint {
	f := footprint{name: fmt.Sprint("write ", short(tx.Ops[0].Key), more(len(tx.Ops))), reads: map[store.Key]bool{}, writes: map[store.Key]bool{}}
	for _, o := range tx.Ops {
		switch {
		case strings.HasPrefix(o.Key.PK, "TX#"):
			continue
		case o.Verb == store.VerbCheck:
			f.reads[o.Key] = true
			continue
		}
		f.writes[o.Key] = true
		for _, of := range []map[store.Index]store.Key{o.Index, items.At(o.Key).Index} {
			for in, at := range of {
				f.places = append(f.places, place{in, at})
			}
		}
	}
	return f
}

func short(k store.Key) string { return fmt.Sprintf("%.40s|%.20s", k.PK, k.SK) }

func more(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-1)
}

// add makes f the footprint of one more call.
func (f *footprint) add(g footprint) {
	if f.reads == nil {
		f.reads, f.writes = map[store.Key]bool{}, map[store.Key]bool{}
	}
	for k := range g.reads {
		f.reads[k] = true
	}
	for k := range g.writes {
		f.writes[k] = true
	}
	f.queries, f.places = append(f.queries, g.queries...), append(f.places, g.places...)
}

// shares reports whether one writes what the other reads or writes. If not, it makes
// no difference which of them is first.
func (f footprint) shares(g footprint) bool { return f.disturbs(g) || g.disturbs(f) }

// disturbs reports whether f writes what g reads or writes.
func (f footprint) disturbs(g footprint) bool {
	for k := range f.writes {
		if g.reads[k] || g.writes[k] {
			return true
		}
		for _, q := range g.queries {
			if q.Index == "" && within(q, k) {
				return true
			}
		}
	}
	for _, p := range f.places {
		for _, q := range g.queries {
			if q.Index == p.in && within(q, p.at) {
				return true
			}
		}
	}
	return false
}

// within reports whether a query reads what lies at k.
func within(q store.Query, k store.Key) bool {
	return q.PK == k.PK && strings.HasPrefix(k.SK, q.Prefix) && k.SK >= q.From && (q.To == "" || k.SK < q.To)
}
