package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Chain extends and checks the chains. Several may be at work at once.
type Chain struct {
	Table   *store.Table
	Secrets *secret.Source
	// Log gets every checkpoint as an event "audit.checkpoint", unless it is nil.
	// Kept where whoever writes to the table cannot, those lines are the witness
	// against a table that was set back as a whole; see Verify.
	Log *slog.Logger
}

// ErrDamaged says that a chain cannot be extended because somebody has changed
// it; Verify says where. Its events wait.
var ErrDamaged = errors.New("the chain is damaged")

// errForgetting says that a partition is being forgotten: it has nothing to extend.
var errForgetting = errors.New("audit: being forgotten")

const (
	page      = 100     // items of a query
	batch     = 30      // events of a transaction
	maxBodies = 2 << 20 // bytes of their bodies
	tries     = 5
)

// Advance chains the events that wait, and says how many it chained. It finds
// them by an index that may lag, and decides nothing on it: what it has not found
// is found by the next call. A damaged chain does not hold up the others.
func (c *Chain) Advance(ctx context.Context) (n int, err error) {
	for s := range shards {
		m, e := c.shard(ctx, shard(s))
		n, err = n+m, errors.Join(err, e)
		if e != nil && !errors.Is(e, ErrDamaged) {
			break
		}
	}
	return n, err
}

func (c *Chain) shard(ctx context.Context, pk string) (n int, err error) {
	q := store.Query{Index: store.ByUnchained, PK: pk, Limit: page}
	for {
		p, e := c.Table.Query(ctx, q)
		if e != nil {
			return n, errors.Join(err, e)
		}
		order, groups := group(p.Items)
		for _, partition := range order {
			m, e := c.partition(ctx, partition, groups[partition])
			n += m
			if e != nil {
				err = errors.Join(err, fmt.Errorf("audit: %s: %w", partition, e))
			}
			if e != nil && !errors.Is(e, ErrDamaged) {
				return n, err
			}
		}
		if p.Next == (store.Place{}) {
			return n, err
		}
		q.After = p.Next
	}
}

// group sorts keys by partition and leaves their order as it is.
func group(items []store.Item) (order []string, keys map[string][]store.Key) {
	keys = map[string][]store.Key{}
	for _, it := range items {
		if !waits(it) {
			continue
		}
		if keys[it.PK] == nil {
			order = append(order, it.PK)
		}
		keys[it.PK] = append(keys[it.PK], it.Key)
	}
	return order, keys
}

func (c *Chain) partition(ctx context.Context, partition string, keys []store.Key) (n int, err error) {
	if keys, err = c.adopt(ctx, partition, keys); err != nil {
		return 0, err
	}
	for len(keys) > 0 {
		some := keys[:min(batch, len(keys))]
		keys = keys[len(some):]
		m, err := c.extend(ctx, partition, some)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// extend chains those of keys that wait, in one transaction.
func (c *Chain) extend(ctx context.Context, partition string, keys []store.Key) (int, error) {
	var last error
	for range tries {
		s, err := c.read(ctx, partition, keys)
		if err != nil || len(s.events) == 0 {
			return 0, err
		}
		h, ops, err := c.link(ctx, s)
		if err == nil {
			err = c.Table.Transact(ctx, ops...)
		}
		lost, conflict := store.Conflict(err)
		switch {
		case err == nil:
			c.note(ctx, partition, h)
			return len(s.events), nil
		case errors.Is(err, errForgetting):
			return 0, nil
		case conflict:
			last = conflictOf(lost, ops)
		case errors.Is(err, ErrDamaged):
			last = err // or another was at work between two reads: look again
		default:
			return 0, err
		}
	}
	return 0, last
}

// conflictOf tells a race from a chain that goes on after its end: a link that is
// in the way while the head is as it was read.
func conflictOf(lost []int, ops []store.Op) error {
	for _, i := range lost {
		if i == 0 {
			break
		}
		if ops[i].Kind == links.Name {
			return fmt.Errorf("%w: %s is there before its time", ErrDamaged, ops[i].Key.SK)
		}
	}
	return store.ErrUnavailable
}

func (c *Chain) note(ctx context.Context, partition string, h head) {
	if c.Log != nil {
		c.Log.InfoContext(ctx, "audit checkpoint", "event", "audit.checkpoint", "partition", partition, "seq", h.Seq, "hash", hex.EncodeToString(h.Hash))
	}
}
