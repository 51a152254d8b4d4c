package sqlite

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/internal/store"
)

// filled is a store of n items of about 300 bytes.
func filled(b *testing.B, n int) *DB {
	d := open(b)
	body := strings.Repeat("x", 300)
	for i := 0; i < n; i += 100 {
		var ops []store.Op
		for j := range 100 {
			ops = append(ops, note.Put(benchKey(i+j), body, store.Absent))
		}
		must(b, d.Transact(b.Context(), tx(int64(i+1), ops...)))
	}
	return d
}

func benchKey(i int) store.Key {
	return store.Key{PK: fmt.Sprint("p", i%1000), SK: fmt.Sprintf("%07d", i)}
}

func BenchmarkGet(b *testing.B) {
	d := filled(b, 10_000)
	for _, keys := range []int{1, 4} {
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				var list []store.Key
				for j := range keys {
					list = append(list, benchKey((i*7919+j*31)%10_000))
				}
				if _, err := d.Get(b.Context(), list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQuery50(b *testing.B) {
	d := open(b)
	for i := range 200 {
		must(b, d.Transact(b.Context(), tx(1, note.Put(k(fmt.Sprintf("%04d", i)), strings.Repeat("x", 300), store.Absent))))
	}
	b.ReportAllocs()
	for b.Loop() {
		if p, err := d.Query(b.Context(), store.Query{PK: "p", Limit: 50}); err != nil || len(p.Items) != 50 {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransact1(b *testing.B) { transact(b, 1, 1) }
func BenchmarkTransact5(b *testing.B) { transact(b, 5, 1) }

func BenchmarkTransact1Parallel16(b *testing.B) { transact(b, 1, 16) }
func BenchmarkTransact5Parallel16(b *testing.B) { transact(b, 5, 16) }

func transact(b *testing.B, ops, workers int) {
	d := filled(b, 10_000)
	body := strings.Repeat("x", 300)
	var n atomic.Int64
	before := d.Stats()
	b.ReportAllocs()
	b.SetParallelism(max(1, workers/runtime.GOMAXPROCS(0)))
	one := func() {
		i := n.Add(1)
		var list []store.Op
		for j := range ops {
			list = append(list, note.Put(benchKey(10_000+int(i)*ops+j), body, store.Absent))
		}
		if err := d.Transact(b.Context(), tx(i, list...)); err != nil {
			b.Error(err)
		}
	}
	if workers == 1 {
		for b.Loop() {
			one()
		}
	} else {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				one()
			}
		})
	}
	s := d.Stats()
	b.ReportMetric(float64(s.Transactions-before.Transactions)/float64(max(s.Commits-before.Commits, 1)), "tx/commit")
}
