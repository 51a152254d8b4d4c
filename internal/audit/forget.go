package audit

import (
	"context"

	"gatehouse/internal/store"
)

// Forget removes everything of a partition: its events, its links and its head.
// The list of chains keeps its name, so that an administrator sees that it was.
// It can be cut off anywhere; called again it goes on where it stopped. Until it
// has finished, what is left shows in Verify. Events that are written later begin
// a new chain.
func Forget(ctx context.Context, t *store.Table, partition string) error {
	for {
		ops, err := forgetSome(ctx, t, partition)
		if err != nil || len(ops) == 0 {
			return err
		}
		err = t.Transact(ctx, ops...)
		if _, lost := store.Conflict(err); err != nil && !lost {
			return err
		}
	}
}

// forgetSome are the next writes. The head goes in the first transaction, with the
// newest events: those may be waiting, and would begin a new chain.
func forgetSome(ctx context.Context, t *store.Table, partition string) (ops []store.Op, err error) {
	items, err := t.Get(ctx, headKey(partition), entryKey(partition))
	if err != nil {
		return nil, err
	}
	if items[0].Exists() {
		ops = append(ops, store.Delete(items[0].Key, items[0].At()))
	}
	if e, err := entries.Of(items[1]); items[1].Exists() && (err != nil || e.Gone == 0) {
		ops = append(ops, entries.Put(items[1].Key, entry{Gone: t.Now().UnixMilli()}, items[1].At()))
	}
	for _, q := range []store.Query{{PK: partition, Reverse: true, Limit: 80}, {PK: chainPK(partition), Prefix: linkPrefix, Limit: 80}} {
		items, err := firstItems(ctx, t, q)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
		if len(items) > 0 {
			break
		}
	}
	return ops, nil
}
