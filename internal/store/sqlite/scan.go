package sqlite

import (
	"context"

	"gatehouse/internal/store"
)

var _ store.Scanner = (*DB)(nil)

// Scan implements store.Scanner, in the order of the keys.
func (d *DB) Scan(ctx context.Context, after store.Key, limit int) (items []store.Item, next store.Key, err error) {
	r, err := d.acquire(ctx)
	if err != nil {
		return nil, next, err
	}
	defer d.release(r)
	rows, err := r.c.QueryContext(ctx, "SELECT "+columns()+" FROM items WHERE (pk, sk) > (?, ?) ORDER BY pk, sk LIMIT ?", after.PK, after.SK, limit+1)
	if err != nil {
		return nil, next, mapped(err)
	}
	defer rows.Close()
	for size := 0; rows.Next(); {
		if n := len(items); n == limit || size > maxPageBytes {
			next = items[n-1].Key
			break
		}
		it, err := scan(rows)
		if err != nil {
			return nil, store.Key{}, mapped(err)
		}
		items = append(items, it)
		size += len(it.Body)
	}
	return items, next, mapped0(rows.Err())
}
