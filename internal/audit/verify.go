package audit

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// grace is how long an event may wait to be chained, and a partition to be forgotten.
const grace = 10 * time.Minute

// Verify checks the chain of a partition against its events. It finds every edit,
// deletion, reordering and insertion of events or links, and a chain that was cut
// off or made anew by somebody without the root secret.
//
// It works on what the table holds and so cannot find, and nobody can from the
// table alone, that a whole partition (events, links and head) was set back to an
// earlier checkpoint that was genuine then, or removed as Forget does; nor an
// event that was written as a change writes it, with its place in the index, and
// not chained yet. The logged checkpoints and a backup show the first.
//
// The chain may go on meanwhile: what is wrong is what is so at two looks.
func (c *Chain) Verify(ctx context.Context, partition string) (Report, error) {
	first, err := c.look(ctx, partition)
	if err != nil || len(first.Findings) == 0 {
		return first, err
	}
	r, err := c.look(ctx, partition)
	if err != nil {
		return r, err
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return !slices.Contains(first.Findings, f) })
	return r, nil
}

// VerifyAll verifies every partition that has a chain, and the list of chains. It
// calls each after every partition; done of of them are done. A last report is
// that of the list, if something is wrong with it.
func (c *Chain) VerifyAll(ctx context.Context, each func(done, of int64, r Report)) error {
	keys, err := c.Secrets.Keys(ctx)
	if err != nil {
		return err
	}
	least, whole, err := c.count(ctx, keys)
	if err != nil {
		return err
	}
	var done int64
	q := store.Query{PK: rosterPK, Prefix: Prefix, Limit: page}
	for {
		p, err := c.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range p.Items {
			done++
			if len(it.SK) > maxKey {
				continue // nobody's chain: the count shows it
			}
			r, err := c.Verify(ctx, it.SK)
			if err != nil {
				return err
			}
			each(done, max(done, least), r)
		}
		if p.Next == (store.Place{}) {
			break
		}
		q.After = p.Next
	}
	most, still, err := c.count(ctx, keys)
	if err == nil && (!whole || !still || done < least || done > most) {
		each(done, done, Report{Partition: rosterPK, Findings: []Finding{{Partition: rosterPK, Wrong: Miscount}}})
	}
	return err
}

// count is how many chains there should be; ok says that it can be believed.
func (c *Chain) count(ctx context.Context, keys *secret.Keys) (n int64, ok bool, err error) {
	items, err := c.Table.Get(ctx, totalKey)
	if err != nil || !items[0].Exists() {
		return 0, true, err
	}
	t, err := totals.Of(items[0])
	return t.Count, err == nil && genuine(keys, t.statement(), t.Sig), nil
}

// looking is one look at a partition.
type looking struct {
	Report
	c      *Chain
	head   head
	known  bool   // the head is genuine
	seq    int64  // of the last link
	hash   []byte // of the last link; nil if that is not known
	end    []byte // hash of the link that the head names
	linked map[string]bool
}

func (l *looking) found(seq int64, key string, w Wrong) {
	l.Findings = append(l.Findings, Finding{l.Partition, seq, key, w})
}

func (c *Chain) look(ctx context.Context, partition string) (Report, error) {
	l := &looking{Report: Report{Partition: partition}, c: c, hash: origin, linked: map[string]bool{}}
	items, err := c.Table.Get(ctx, headKey(partition), entryKey(partition))
	if err != nil {
		return l.Report, err
	}
	e, err := entries.Of(items[1])
	listed := items[1].Exists() && err == nil && e.Gone == 0
	if !items[0].Exists() && !listed {
		return l.forgotten(ctx, items[1].Exists(), e)
	}
	if !listed {
		l.found(0, "", Unlisted)
	}
	keys, err := c.Secrets.Keys(ctx)
	if err != nil {
		return l.Report, err
	}
	if !items[0].Exists() {
		l.found(0, "", Headless)
	} else if l.head, err = heads.Of(items[0]); err != nil || !genuine(keys, l.head.statement(partition), l.head.Sig) {
		l.found(0, "", Forged)
	} else {
		l.known = true
	}
	if err := l.links(ctx); err != nil {
		return l.Report, err
	}
	switch {
	case !l.known:
	case l.seq < l.head.Seq:
		l.found(l.seq+1, "", Truncated)
	case l.end != nil && !bytes.Equal(l.end, l.head.Hash):
		l.found(l.head.Seq, "", Forged)
	}
	return l.Report, l.events(ctx)
}

// forgotten looks at a partition that has no chain, or has none any more.
func (l *looking) forgotten(ctx context.Context, listed bool, e entry) (Report, error) {
	if l.Forgotten = listed; !listed || l.c.young(e.Gone) {
		return l.Report, nil
	}
	left, err := firstItems(ctx, l.c.Table, linkQuery(l.Partition))
	if err != nil {
		return l.Report, err
	}
	if len(left) > 0 {
		l.found(0, "", Leftover)
	}
	return l.Report, l.events(ctx)
}

// young reports whether a time is now, give or take the grace.
func (c *Chain) young(ms int64) bool { return c.Table.Now().Sub(time.UnixMilli(ms)).Abs() <= grace }

// events looks at the events of the partition that no link names.
func (l *looking) events(ctx context.Context) error {
	q := store.Query{PK: l.Partition, Limit: page}
	for {
		p, err := l.c.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range p.Items {
			ms, _, _ := strings.Cut(it.SK, "#")
			at, err := strconv.ParseInt(ms, 10, 64)
			switch {
			case l.linked[it.SK]:
			case !waits(it):
				l.found(0, it.SK, Inserted)
			case err != nil || !l.c.young(at):
				l.found(0, it.SK, Late)
			default:
				l.found(0, it.SK, Pending)
			}
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		q.After = p.Next
	}
}
