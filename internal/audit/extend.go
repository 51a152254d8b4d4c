package audit

import (
	"context"
	"fmt"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// state is what extending a chain begins with.
type state struct {
	partition   string
	head, entry store.Item
	events      []store.Item // that wait
}

func (c *Chain) read(ctx context.Context, partition string, keys []store.Key) (state, error) {
	items, err := c.Table.Get(ctx, append([]store.Key{headKey(partition), entryKey(partition)}, keys...)...)
	if err != nil {
		return state{}, err
	}
	s := state{partition: partition, head: items[0], entry: items[1]}
	size := 0
	for _, it := range items[2:] {
		if waits(it) && size+len(it.Body) <= maxBodies {
			s.events = append(s.events, it)
			size += len(it.Body)
		}
	}
	return s, nil
}

// link makes the writes that chain the events of s; the head is the first.
func (c *Chain) link(ctx context.Context, s state) (head, []store.Op, error) {
	keys, err := c.Secrets.Keys(ctx)
	if err != nil {
		return head{}, nil, err
	}
	h, begin, err := c.last(ctx, keys, s)
	if err != nil {
		return head{}, nil, err
	}
	var ops []store.Op
	for _, it := range s.events {
		h.Seq++
		d := digest(it)
		h.Hash = after(h.Hash, d)
		ops = append(ops, links.Put(linkKey(s.partition, h.Seq), link{it.SK, d, h.Hash}, store.Absent), rewrite(it, false))
	}
	h.At = c.Table.Now().UnixMilli()
	h.Sig = sign(keys, h.statement(s.partition))
	ops = append([]store.Op{heads.Put(s.head.Key, h, s.head.At())}, ops...)
	return h, append(ops, begin...), nil
}

// last is the head to go on from, and what else is to be written if the chain
// begins. A head that is not genuine is not gone on from: signing what follows
// would make it so.
func (c *Chain) last(ctx context.Context, keys *secret.Keys, s state) (h head, begin []store.Op, err error) {
	e, err := entries.Of(s.entry)
	if err != nil {
		return h, nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	switch chained := s.entry.Exists() && e.Gone == 0; {
	case chained != s.head.Exists():
		return h, nil, fmt.Errorf("%w: its head or its entry in the list of chains is missing", ErrDamaged)
	case chained:
		h, err = heads.Of(s.head)
		if err != nil || h.Seq < 1 || !genuine(keys, h.statement(s.partition), h.Sig) {
			return h, nil, fmt.Errorf("%w: its head is not genuine", ErrDamaged)
		}
		return h, nil, nil
	case s.entry.Exists():
		left, err := firstItems(ctx, c.Table, linkQuery(s.partition))
		if err == nil && len(left) > 0 {
			err = errForgetting
		}
		return head{Hash: origin}, []store.Op{entries.Put(s.entry.Key, entry{}, s.entry.At())}, err
	}
	sum, err := c.countOne(ctx, keys)
	return head{Hash: origin}, []store.Op{entries.Put(s.entry.Key, entry{}, store.Absent), sum}, err
}

// countOne counts one chain more.
func (c *Chain) countOne(ctx context.Context, keys *secret.Keys) (store.Op, error) {
	items, err := c.Table.Get(ctx, totalKey)
	if err != nil {
		return store.Op{}, err
	}
	t, err := totals.Of(items[0])
	if err != nil || items[0].Exists() && !genuine(keys, t.statement(), t.Sig) {
		return store.Op{}, fmt.Errorf("%w: the number of chains is not genuine", ErrDamaged)
	}
	t.Count++
	t.Sig = sign(keys, t.statement())
	return totals.Put(totalKey, t, items[0].At()), nil
}

// adopt gives a place to every event of a partition that never had a chain: those
// without one are from before there were chains. It answers with what is to be
// chained, in the order of time.
func (c *Chain) adopt(ctx context.Context, partition string, found []store.Key) ([]store.Key, error) {
	for range tries {
		items, err := c.Table.Get(ctx, headKey(partition), entryKey(partition))
		if err != nil || items[0].Exists() || items[1].Exists() {
			return found, err
		}
		all, err := c.adoptAll(ctx, partition)
		if _, lost := store.Conflict(err); !lost {
			return all, err
		}
	}
	return nil, store.ErrUnavailable
}

func (c *Chain) adoptAll(ctx context.Context, partition string) (all []store.Key, err error) {
	q := store.Query{PK: partition, Limit: batch}
	for {
		p, err := c.Table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		ops := []store.Op{store.Check(headKey(partition), store.Absent), store.Check(entryKey(partition), store.Absent)}
		for _, it := range p.Items {
			if !isEvent(it) {
				continue
			}
			all = append(all, it.Key)
			if !waits(it) {
				ops = append(ops, rewrite(it, true))
			}
		}
		if len(ops) > 2 {
			if err := c.Table.Transact(ctx, ops...); err != nil {
				return nil, err
			}
		}
		if p.Next == (store.Place{}) {
			return all, nil
		}
		q.After = p.Next
	}
}

// firstItems reads a query until there is something, or no more.
func firstItems(ctx context.Context, t *store.Table, q store.Query) ([]store.Item, error) {
	for {
		p, err := t.Query(ctx, q)
		if err != nil || len(p.Items) > 0 || p.Next == (store.Place{}) {
			return p.Items, err
		}
		q.After = p.Next
	}
}
