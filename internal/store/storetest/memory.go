package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/store"
)

// Memory is a table that can be copied in no time. It keeps the contract of every
// driver, which its own tests say; what it holds is never changed in place, so
// copies share it.
type Memory struct {
	mu     sync.Mutex
	items  map[store.Key]store.Item
	writes int // transactions that were done
}

// NewMemory is an empty table.
func NewMemory() *Memory { return &Memory{items: map[store.Key]store.Item{}} }

// Clone is a copy that goes its own way.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Memory{items: maps.Clone(m.items)}
}

// At is the item of a key, or none.
func (m *Memory) At(k store.Key) store.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.items[k]
}

// All are the items in the order of their keys.
func (m *Memory) All() []store.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.items), func(a, b store.Item) int { return compareKeys(a.Key, b.Key) })
}

// Written is how many transactions were done on this copy.
func (m *Memory) Written() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK))
}

// Get implements store.Driver.
func (m *Memory) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]store.Item, len(keys))
	for i, k := range keys {
		it, ok := m.items[k]
		if !ok {
			it = store.Item{Key: k}
		}
		out[i] = it
	}
	return out, nil
}

// Scan implements store.Scanner.
func (m *Memory) Scan(ctx context.Context, after store.Key, limit int) (items []store.Item, next store.Key, err error) {
	for _, it := range m.All() {
		if after != (store.Key{}) && compareKeys(it.Key, after) <= 0 {
			continue
		}
		if len(items) == limit {
			return items, items[limit-1].Key, ctx.Err()
		}
		items = append(items, it)
	}
	return items, store.Key{}, ctx.Err()
}

// spot is where an item stands in what a query reads.
func spot(q store.Query, it store.Item) (pk string, at store.Place) {
	if q.Index == "" {
		return it.PK, store.Place{SK: it.SK}
	}
	k, ok := it.Index[q.Index]
	if !ok {
		return "", store.Place{}
	}
	return k.PK, store.Place{SK: k.SK, Key: it.Key}
}

// Query implements store.Driver.
func (m *Memory) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	if err := ctx.Err(); err != nil {
		return p, err
	}
	sign := 1
	if q.Reverse {
		sign = -1
	}
	m.mu.Lock()
	var found []store.Item
	for _, it := range m.items {
		pk, at := spot(q, it)
		if pk != q.PK || pk == "" && q.Index != "" || !strings.HasPrefix(at.SK, q.Prefix) || at.SK < q.From || q.To != "" && at.SK >= q.To ||
			q.After != (store.Place{}) && sign*comparePlaces(at, q.After) <= 0 {
			continue
		}
		found = append(found, it)
	}
	m.mu.Unlock()
	slices.SortFunc(found, func(a, b store.Item) int {
		_, x := spot(q, a)
		_, y := spot(q, b)
		return sign * comparePlaces(x, y)
	})
	n := pageOf(found, q.Limit)
	if p.Items = found[:n]; n < len(found) {
		_, p.Next = spot(q, found[n-1])
	}
	return p, nil
}

// pageOf is how many items make a page: as of engines, it has an end in bytes too.
func pageOf(items []store.Item, limit int) int {
	size := 0
	for n, it := range items {
		if n == limit || size > 1<<20 {
			return n
		}
		size += len(it.Body)
	}
	return len(items)
}

// Transact implements store.Driver.
func (m *Memory) Transact(ctx context.Context, tx store.Tx) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var lost []int
	for i, o := range tx.Ops {
		it := m.items[o.Key]
		ok := o.If.Holds(it.Version)
		if o.Verb == store.VerbAdd {
			_, ok = o.Sum(it.Counts[o.Field])
		}
		if !ok {
			lost = append(lost, i)
		}
	}
	if lost != nil {
		return &store.ConflictError{Ops: lost}
	}
	m.writes++
	for _, o := range tx.Ops {
		switch o.Verb {
		case store.VerbPut:
			m.items[o.Key] = store.Item{Key: o.Key, Kind: o.Kind, Schema: o.Schema, Version: tx.Version, TxID: tx.ID, Expires: seconds(o.Expires), Body: slices.Clone(o.Body), Index: o.Index}
		case store.VerbDelete:
			delete(m.items, o.Key)
		case store.VerbAdd:
			m.add(tx, o)
		}
	}
	return nil
}

func (m *Memory) add(tx store.Tx, o store.Op) {
	it, ok := m.items[o.Key]
	if !ok {
		it = store.Item{Key: o.Key, Kind: o.Kind, Schema: o.Schema}
	}
	counts := map[string]int64{}
	maps.Copy(counts, it.Counts)
	counts[o.Field], _ = o.Sum(counts[o.Field])
	it.Counts, it.Version, it.TxID = counts, tx.Version, tx.ID
	if !o.Expires.IsZero() {
		it.Expires = seconds(o.Expires)
	}
	m.items[o.Key] = it
}

func seconds(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Unix(t.Unix(), 0).UTC()
}
