package store

import (
	"context"
	"errors"
)

// Scanner is a driver that can read the whole table. It is for the operator's
// tools: what it costs grows with the table, so no request may wait for it.
type Scanner interface {
	// Scan reads at most limit items that come after a key in an order of the
	// engine's own; the zero Key is the start. Each item that is there all the time
	// comes once. A page may be short, even empty, and still have a next; the zero
	// Key as next is the end. It reads consistently, but is no snapshot.
	Scan(ctx context.Context, after Key, limit int) (items []Item, next Key, err error)
}

var errNoScan = errors.New("store: this driver cannot read the whole table")

// Scan is a Scanner of the table: what has expired is left out.
func (t *Table) Scan(ctx context.Context, after Key, limit int) (items []Item, next Key, err error) {
	s, ok := t.d.(Scanner)
	if !ok {
		return nil, Key{}, errNoScan
	}
	if limit < 1 || limit > maxPage {
		return nil, Key{}, errors.New("store: a page of a scan has 1 to 1000 items")
	}
	err = t.repeat(ctx, func() (err error) {
		items, next, err = s.Scan(ctx, after, limit)
		return err
	})
	if err != nil {
		return nil, Key{}, err
	}
	live := items[:0]
	for _, i := range items {
		if t.hide(&i); i.Exists() {
			live = append(live, i)
		}
	}
	return live, next, nil
}
