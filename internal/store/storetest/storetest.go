// Package storetest is the contract that every store.Driver keeps, and drivers
// that are harder to live with than any engine.
//
//	Run           the contract, as tests
//	Differential  the same random operations on two drivers, with equal results
//	Recorder      a driver that notes its calls
//	Fault         a driver that fails one call in a chosen way
//	Lag, Faulty   drivers that are late, contended and forgetful at random
//
// It is imported by tests only.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// Run tests that the drivers which open makes keep the contract. open may give
// the same table twice: each test keeps to partitions of its own.
func Run(t *testing.T, open func(*testing.T) store.Driver) {
	for _, c := range []struct {
		name string
		run  func(*bench)
	}{
		{"Conditions", conditions},
		{"ConflictNamesOps", conflictNamesOps},
		{"AllOrNothing", allOrNothing},
		{"VersionChanges", versionChanges},
		{"PutReplaces", putReplaces},
		{"CancelledWritesNothing", cancelledWritesNothing},
		{"MostOps", mostOps},
		{"GetOrder", getOrder},
		{"KeysByBytes", keysByBytes},
		{"Sizes", sizes},
		{"Expiry", expiry},
		{"ByteOrder", byteOrder},
		{"Ranges", ranges},
		{"Paging", paging},
		{"PageAfterDelete", pageAfterDelete},
		{"LargePage", largePage},
		{"IndexSparse", indexSparse},
		{"IndexMoves", indexMoves},
		{"IndexPaging", indexPaging},
		{"AddBounds", addBounds},
		{"AddExtremes", addExtremes},
		{"AddKeeps", addKeeps},
		{"AddInTransaction", addInTransaction},
		{"OneWinner", oneWinner},
		{"AddsStayBelow", addsStayBelow},
		{"TransfersKeepSum", transfersKeepSum},
		{"SkewedWrites", skewedWrites},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(newBench(t, open(t))) })
	}
}

// bench is a driver under test, with partitions of its own.
type bench struct {
	*testing.T
	d       store.Driver
	ns      string
	version atomic.Int64
}

func newBench(t *testing.T, d store.Driver) *bench {
	b := &bench{T: t, d: d, ns: randomHex(4) + "#"}
	b.version.Store(1000)
	return b
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// thing is the kind of the items that the tests write.
var thing = store.Kind[string]{Name: "thing", Schema: 2}

func (b *bench) key(pk, sk string) store.Key { return store.Key{PK: b.ns + pk, SK: sk} }

func (b *bench) tx(ops ...store.Op) store.Tx {
	return store.Tx{ID: randomHex(16), Version: b.version.Add(1), Ops: ops}
}

// do applies ops, which must go through.
func (b *bench) do(ops ...store.Op) store.Tx {
	b.Helper()
	tx := b.tx(ops...)
	if err := b.settle(tx); err != nil {
		b.Fatalf("transaction failed: %v", err)
	}
	return tx
}

// loses applies ops, which must conflict at exactly the places of want.
func (b *bench) loses(want []int, ops ...store.Op) {
	b.Helper()
	err := b.settle(b.tx(ops...))
	if got, ok := store.Conflict(err); !ok || !slices.Equal(got, want) {
		b.Errorf("transaction: %v, want a conflict at ops %v", err, want)
	}
}

// settle repeats what an engine may refuse for a moment.
func (b *bench) settle(tx store.Tx) error {
	for {
		err := b.d.Transact(b.Context(), tx)
		if !errors.Is(err, store.ErrContended) && !errors.Is(err, store.ErrThrottled) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (b *bench) get(keys ...store.Key) []store.Item {
	b.Helper()
	items, err := b.d.Get(b.Context(), keys)
	if err != nil {
		b.Fatalf("get %q: %v", keys, err)
	}
	if len(items) != len(keys) {
		b.Fatalf("get of %d keys gave %d items", len(keys), len(items))
	}
	return items
}

func (b *bench) one(k store.Key) store.Item {
	b.Helper()
	return b.get(k)[0]
}

// is checks what lies at want.Key.
func (b *bench) is(want store.Item) {
	b.Helper()
	if got := b.one(want.Key); !reflect.DeepEqual(got, want) {
		b.Errorf("item is\n%+v, want\n%+v", got, want)
	}
}

// page reads one page.
func (b *bench) page(q store.Query) store.Page {
	b.Helper()
	p, err := b.d.Query(b.Context(), q)
	if err != nil {
		b.Fatalf("query %+v: %v", q, err)
	}
	if len(p.Items) > q.Limit {
		b.Fatalf("query %+v: %d items", q, len(p.Items))
	}
	return p
}

// drain reads all pages.
func (b *bench) drain(q store.Query) []store.Item {
	b.Helper()
	items, err := drain(b.Context(), b.d, q)
	if err != nil {
		b.Fatal(err)
	}
	return items
}

func drain(ctx context.Context, d store.Driver, q store.Query) ([]store.Item, error) {
	var all []store.Item
	for range 10_000 {
		p, err := d.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("query %+v: %w", q, err)
		}
		all = append(all, p.Items...)
		if p.Next == (store.Place{}) {
			return all, nil
		}
		q.After = p.Next
	}
	return nil, fmt.Errorf("query %+v does not end", q)
}

// eventually waits, for an index to catch up, until got gives want.
func (b *bench) eventually(want []string, got func() []string) {
	b.Helper()
	var last []string
	for range 100 {
		if last = got(); slices.Equal(last, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Errorf("got  %q\nwant %q", last, want)
}

func sortKeys(items []store.Item) []string {
	var s []string
	for _, i := range items {
		s = append(s, i.SK)
	}
	return s
}

// at is an item as tx wrote it by op o.
func at(tx store.Tx, o store.Op) store.Item {
	return store.Item{
		Key: o.Key, Kind: o.Kind, Schema: o.Schema, Version: tx.Version, TxID: tx.ID,
		Expires: o.Expires.UTC(), Body: o.Body, Index: o.Index,
	}
}
