package storetest

import (
	"context"
	"sync"

	"gatehouse/internal/store"
)

// Meter counts what calls would cost on DynamoDB on demand: a consistent read is a
// unit per 4 KB of each item, or of all that a query reads; a write is a unit per
// KB of each item, twice that in a transaction of several. Sizes are those of keys
// and bodies; an envelope of 100 bytes is added to each item.
type Meter struct {
	d           store.Driver
	mu          sync.Mutex
	calls       int
	read, write int
}

// NewMeter meters the calls of d.
func NewMeter(d store.Driver) *Meter { return &Meter{d: d} }

// Take gives what was counted since the last time.
func (m *Meter) Take() (calls, read, write int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls, read, write = m.calls, m.read, m.write
	m.calls, m.read, m.write = 0, 0, 0
	return calls, read, write
}

const envelope = 100

func size(i store.Item) int { return len(i.PK) + len(i.SK) + len(i.Body) + envelope }

func units(bytes, unit int) int { return max(1, (bytes+unit-1)/unit) }

func (m *Meter) count(read, write int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.read += read
	m.write += write
}

// Get implements store.Driver.
func (m *Meter) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	items, err := m.d.Get(ctx, keys)
	n := 0
	for _, i := range items {
		n += units(size(i), 4<<10)
	}
	m.count(n, 0)
	return items, err
}

// Query implements store.Driver.
func (m *Meter) Query(ctx context.Context, q store.Query) (store.Page, error) {
	p, err := m.d.Query(ctx, q)
	n := 0
	for _, i := range p.Items {
		n += size(i)
	}
	m.count(units(n, 4<<10), 0)
	return p, err
}

// Transact implements store.Driver.
func (m *Meter) Transact(ctx context.Context, tx store.Tx) error {
	n := 0
	for _, o := range tx.Ops {
		u := units(len(o.Key.PK)+len(o.Key.SK)+len(o.Body)+envelope, 1<<10)
		if len(tx.Ops) > 1 {
			u *= 2
		}
		n += u
	}
	m.count(0, n)
	return m.d.Transact(ctx, tx)
}
