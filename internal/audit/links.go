package audit

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"gatehouse/internal/store"
)

// links looks at every link and at the event that it names.
func (l *looking) links(ctx context.Context) error {
	q := linkQuery(l.Partition)
	for {
		p, err := l.c.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		if err := l.page(ctx, p.Items); err != nil {
			return err
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		q.After = p.Next
	}
}

func (l *looking) page(ctx context.Context, items []store.Item) error {
	read := make([]link, len(items))
	keys := make([]store.Key, len(items))
	for i, it := range items {
		v, err := links.Of(it)
		if err != nil || v.Event == "" || len(v.Event) > maxKey {
			v = link{Event: "-"} // names no event
		}
		read[i], keys[i] = v, store.Key{PK: l.Partition, SK: v.Event}
	}
	events, err := l.c.Table.Get(ctx, keys...)
	if err != nil {
		return err
	}
	for i, it := range items {
		seq, err := strconv.ParseInt(strings.TrimPrefix(it.SK, linkPrefix), 10, 64)
		if err != nil || linkSK(seq) != it.SK || seq < 1 {
			l.found(0, it.SK, Beyond)
			continue
		}
		l.one(seq, read[i], events[i])
	}
	return nil
}

// one judges a link by the link before it and by its event. Each link is taken at
// its word about its hash, so that one that was changed does not make all that
// follow look so; the word of the last is the head's.
func (l *looking) one(seq int64, v link, event store.Item) {
	if seq != l.seq+1 {
		l.found(l.seq+1, "", Missing)
		l.hash = nil
	}
	l.seq = seq
	l.Events++
	switch {
	case l.known && seq > l.head.Seq:
		l.found(seq, v.Event, Beyond)
	case l.linked[v.Event]:
		l.found(seq, v.Event, Doubled)
	case !event.Exists():
		l.found(seq, v.Event, Missing)
	case !bytes.Equal(digest(event), v.Digest) || waits(event):
		l.found(seq, v.Event, Edited)
	}
	if l.hash != nil && !bytes.Equal(after(l.hash, v.Digest), v.Hash) {
		l.found(seq, v.Event, Reordered)
	}
	l.linked[v.Event] = true
	l.hash = v.Hash
	if seq == l.head.Seq {
		l.end = v.Hash
	}
}
