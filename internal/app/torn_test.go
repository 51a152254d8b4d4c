package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// torn is a store that lets something happen amid one read of several rows: some of
// them are read before it, the others after.
type torn struct {
	store.Driver
	skip        int
	early, late string // which rows of it are read before it, and which after
	act         func()
}

// tearable is a world with such a store.
func tearable(t *testing.T) (*apptest.World, *torn) {
	d := &torn{}
	return apptest.New(t, transferOn, apptest.Driver(func(under store.Driver) store.Driver { d.Driver = under; return d })), d
}

// amid has act happen, once, amid the first read, after some, of both kinds of rows.
func (d *torn) amid(skip int, early, late string, act func()) {
	d.skip, d.early, d.late, d.act = skip, early, late, act
}

func begins(with string) func(store.Key) bool {
	return func(k store.Key) bool { return strings.HasPrefix(k.PK, with) || strings.HasPrefix(k.SK, with) }
}

// split reads twice if what is read is meant, and gives of each time what belongs to it.
func (d *torn) split(keys []store.Key, read func() ([]store.Item, error)) ([]store.Item, error) {
	if d.act == nil || !slices.ContainsFunc(keys, begins(d.early)) || !slices.ContainsFunc(keys, begins(d.late)) {
		return read()
	}
	if d.skip--; d.skip >= 0 {
		return read()
	}
	act := d.act
	d.act = nil
	before, err := read()
	if err != nil {
		return nil, err
	}
	act()
	after, err := read()
	if err != nil {
		return nil, err
	}
	for i, it := range before {
		at := slices.IndexFunc(after, func(other store.Item) bool { return other.Key == it.Key })
		if at >= 0 && !begins(d.late)(it.Key) {
			after[at] = before[i]
		}
	}
	return after, nil
}

// Get implements store.Driver.
func (d *torn) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	return d.split(keys, func() ([]store.Item, error) { return d.Driver.Get(ctx, keys) })
}

// Query implements store.Driver. Of an account the rows are always A and C, and more.
func (d *torn) Query(ctx context.Context, q store.Query) (p store.Page, err error) {
	if q.Prefix != "" || !strings.HasPrefix(q.PK, "U#") {
		return d.Driver.Query(ctx, q)
	}
	p.Items, err = d.split([]store.Key{{PK: q.PK, SK: "A"}, {PK: q.PK, SK: "C"}}, func() ([]store.Item, error) {
		p, err = d.Driver.Query(ctx, q)
		return p.Items, err
	})
	return p, err
}

// happened fails the test unless something came between.
func (d *torn) happened(t *testing.T) {
	t.Helper()
	if d.act != nil {
		t.Fatal("nothing came between")
	}
}
