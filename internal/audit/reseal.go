package audit

import (
	"context"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Reseal signs checkpoints under the present root key that another live one has
// signed, and says how many. A rotation of the root secret is finished, and the
// older key may go, when it answers 0. What is not genuine it leaves alone.
func (c *Chain) Reseal(ctx context.Context) (n int, err error) {
	keys, err := c.Secrets.Keys(ctx)
	if err != nil {
		return 0, err
	}
	if n, err = c.reseal(ctx, totalKey, func(it store.Item) (store.Op, bool) { return resealTotal(keys, it) }); err != nil {
		return n, err
	}
	q := store.Query{PK: rosterPK, Prefix: Prefix, Limit: page}
	for {
		p, err := c.Table.Query(ctx, q)
		if err != nil {
			return n, err
		}
		for _, it := range p.Items {
			if len(it.SK) > maxKey {
				continue
			}
			m, err := c.reseal(ctx, headKey(it.SK), func(h store.Item) (store.Op, bool) { return resealHead(keys, it.SK, h) })
			if err != nil {
				return n, err
			}
			n += m
		}
		if p.Next == (store.Place{}) {
			return n, nil
		}
		q.After = p.Next
	}
}

// reseal replaces what is at k. Whoever wrote it meanwhile has signed it anew.
func (c *Chain) reseal(ctx context.Context, k store.Key, again func(store.Item) (store.Op, bool)) (int, error) {
	items, err := c.Table.Get(ctx, k)
	if err != nil {
		return 0, err
	}
	op, ok := again(items[0])
	if !ok {
		return 0, nil
	}
	err = c.Table.Transact(ctx, op)
	if _, lost := store.Conflict(err); lost {
		return 0, nil
	}
	return 1, err
}

func resealTotal(k *secret.Keys, it store.Item) (store.Op, bool) {
	t, err := totals.Of(it)
	if err != nil || !it.Exists() || !stale(k, t.statement(), t.Sig) {
		return store.Op{}, false
	}
	t.Sig = sign(k, t.statement())
	return totals.Put(it.Key, t, it.At()), true
}

func resealHead(k *secret.Keys, partition string, it store.Item) (store.Op, bool) {
	h, err := heads.Of(it)
	if err != nil || !it.Exists() || !stale(k, h.statement(partition), h.Sig) {
		return store.Op{}, false
	}
	h.Sig = sign(k, h.statement(partition))
	return heads.Put(it.Key, h, it.At()), true
}

// stale reports whether another live key than the present one made a signature.
func stale(k *secret.Keys, text, sig []byte) bool {
	return genuine(k, text, sig) && !verify(k.Derive(purpose), text, sig)
}
