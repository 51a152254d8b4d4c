package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"gatehouse/internal/store"
)

const racers = 20

// race runs f that many times at once.
func race(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// oneWinner: of many who want the same, at once, exactly one gets it.
func oneWinner(b *bench) {
	a, c := b.key("p", "a"), b.key("p", "c")
	at := store.Cond(b.do(thing.Put(a, "x", store.Absent), thing.Put(c, "x", store.Absent)).Version)
	for name, ops := range map[string]func(i int) []store.Op{
		"absent, alone":     func(int) []store.Op { return []store.Op{thing.Put(b.key("1", "x"), "y", store.Absent)} },
		"absent, with more": func(i int) []store.Op { return b.withMore(i, thing.Put(b.key("2", "x"), "y", store.Absent)) },
		"at, alone":         func(int) []store.Op { return []store.Op{thing.Put(a, "y", at)} },
		"at, with more":     func(i int) []store.Op { return b.withMore(i, thing.Put(c, "y", at)) },
	} {
		var won atomic.Int64
		race(racers, func(i int) {
			err := b.settle(b.tx(ops(i)...))
			if _, conflict := store.Conflict(err); err == nil {
				won.Add(1)
			} else if !conflict {
				b.Errorf("%s: %v", name, err)
			}
		})
		if won.Load() != 1 {
			b.Errorf("%s: %d won", name, won.Load())
		}
	}
	if n := len(b.drain(store.Query{PK: b.key("log", "").PK, Limit: 100})); n != 2 {
		b.Errorf("%d rows of winners, want one for each transaction with more", n)
	}
}

func (b *bench) withMore(i int, o store.Op) []store.Op {
	return []store.Op{thing.Put(b.key("log", fmt.Sprint(o.Key.PK, i)), "x", store.Absent), o}
}

// addsStayBelow: no more adds go through than the maximum has room for.
func addsStayBelow(b *bench) {
	const room = 10
	seats := b.key("p", "seats")
	for _, alone := range []bool{true, false} {
		field := fmt.Sprint("f", alone)
		var won atomic.Int64
		race(3*racers, func(i int) {
			ops := []store.Op{store.Add(seats, "seats", field, 1, 0, room)}
			if !alone {
				ops = append(ops, thing.Put(b.key("m", fmt.Sprint(i)), "x", store.Absent))
			}
			if b.settle(b.tx(ops...)) == nil {
				won.Add(1)
			}
		})
		if n := b.one(seats).Counts[field]; won.Load() != room || n != room {
			b.Errorf("alone %t: %d won, count %d, want %d", alone, won.Load(), n, room)
		}
	}
	if n := len(b.drain(store.Query{PK: b.key("m", "").PK, Limit: 100})); n != room {
		b.Errorf("%d members", n)
	}
}

// transfersKeepSum: while money moves between accounts, each pair of transfers
// written together is seen whole once it was acknowledged, and none is lost.
func transfersKeepSum(b *bench) {
	const accounts, each = 5, 100
	name := func(i int) store.Key { return b.key(fmt.Sprint("account", i), "balance") }
	var keys []store.Key
	for i := range accounts {
		keys = append(keys, name(i))
		b.do(store.Add(name(i), "account", "n", each, 0, accounts*each))
	}
	race(8, func(int) {
		for range 15 {
			from := rand.N(accounts)
			to := (from + 1 + rand.N(accounts-1)) % accounts
			n := 1 + rand.Int64N(each)
			err := b.settle(b.tx(store.Add(name(from), "account", "n", -n, 0, accounts*each), store.Add(name(to), "account", "n", n, 0, accounts*each)))
			if _, conflict := store.Conflict(err); err != nil && !conflict {
				b.Errorf("transfer: %v", err)
			}
			for _, i := range b.get(keys...) {
				if c := i.Counts["n"]; c < 0 || c > accounts*each {
					b.Errorf("balance %d", c)
				}
			}
		}
	})
	var sum int64
	for _, i := range b.get(keys...) {
		sum += i.Counts["n"]
	}
	if sum != accounts*each {
		b.Errorf("sum %d, want %d", sum, accounts*each)
	}
}

// skewedWrites: two who each check what the other writes cannot both win.
func skewedWrites(b *bench) {
	for n := range 10 {
		pk := fmt.Sprint("p", n)
		x, y := b.key(pk, "x"), b.key(pk, "y")
		var won atomic.Int64
		race(2, func(i int) {
			mine, other := x, y
			if i == 1 {
				mine, other = y, x
			}
			if b.settle(b.tx(thing.Put(mine, "on call", store.Absent), store.Check(other, store.Absent))) == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			b.Errorf("%d of two won", won.Load())
		}
	}
}
