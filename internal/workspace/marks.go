package workspace

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/store"
)

// mark stands at the end of a roster while what is below something that moved, or
// was deleted, has not been written since: its rows here are not to be believed.
//
//	~left#<top>   they have gone elsewhere
//	~come#<top>   they are here, and may still lie in the rosters From
//
// Tidy ends it. It outlives that by markLife, so that whoever has begun to read the
// roster before still sees it.
type mark struct {
	Top   int64    `json:"top"`   // project, or task that stands alone
	Moves int64    `json:"moves"` // the move, or the deletion, that it tells of: rows written since are where they belong
	Mover int64    `json:"mover,omitempty"`
	From  []string `json:"from,omitempty"` // partitions
	Come  bool     `json:"come,omitempty"`
}

func (m mark) same(o mark) bool {
	return m.Top == o.Top && m.Moves == o.Moves && m.Mover == o.Mover && m.Come == o.Come && slices.Equal(m.From, o.From)
}

var marks = store.Kind[mark]{Name: "work-mark", Schema: 1}

const (
	markPrefix = "~"
	markLife   = 2 * time.Minute
)

// marksPK is where the marks of a roster are: in it, and those of what is personal in
// a partition of their own.
func marksPK(kind string, org int64) string {
	if org == 0 {
		return "LST#" + kind + "#p"
	}
	return "LST#" + kind + "#" + idText(org)
}

// markKey has one place for each top: what comes back has not left.
func markKey(kind string, org, top int64) store.Key {
	return store.Key{PK: marksPK(kind, org), SK: markPrefix + store.IDText(top)}
}

// below are the kinds that stand below a top of a kind.
func below(kind string) []string {
	if kind == projects {
		return []string{tasks, jobs}
	}
	return []string{jobs}
}

// rosters are the partitions of a kind of an organization, or of all that is personal.
func rosters(kind string, org int64) (pks []string) {
	if org != 0 {
		return []string{rosterPK(kind, org, 0)}
	}
	for shard := range int64(personalShards) {
		pks = append(pks, personalPK(kind, shard))
	}
	return pks
}

// due says that what is below a top is to be written anew, or removed. Orgs are the
// organizations whose rosters have marks of it.
type due struct {
	Kind  string  `json:"kind"`
	ID    int64   `json:"id"`
	Orgs  []int64 `json:"orgs"`
	After string  `json:"after,omitempty"` // up to where it is done: a sort key
	Done  int64   `json:"done,omitempty"`  // how much is
	Wipe  bool    `json:"wipe,omitempty"`  // an organization that took everything in it along
}

var dues = store.Kind[due]{Name: "work-due", Schema: 1}

const duePK = "DUE#work"

func dueKey(kind string, id int64) store.Key {
	return store.Key{PK: duePK, SK: kind + "#" + store.IDText(id)}
}

// shift are the marks of what is below the top of a scene when it goes from one
// organization to another, or with gone nowhere, and the note that it is due. 0 is
// what is personal. before is the note that lies there.
func (c *scene) shift(from, to int64, gone bool, mover int64, before store.Item) ([]store.Op, error) {
	top, moves := c.stored.task.ID, c.stored.task.Moves+1
	if c.kind == projects {
		top, moves = c.stored.project.ID, c.stored.project.Moves+1
	}
	d, err := dues.Of(before)
	if err != nil {
		return nil, err
	}
	d.Kind, d.ID, d.After, d.Done = c.kind, top, "", 0
	for _, org := range []int64{from, to} {
		if !slices.Contains(d.Orgs, org) {
			d.Orgs = append(d.Orgs, org)
		}
	}
	ops := []store.Op{dues.Put(dueKey(c.kind, top), d, before.At())}
	for _, kind := range below(c.kind) {
		if from != to || gone {
			ops = append(ops, marks.Put(markKey(kind, from, top), mark{Top: top, Moves: moves}, store.Always))
		}
		if gone {
			if from != to {
				ops = append(ops, marks.Put(markKey(kind, to, top), mark{Top: top, Moves: moves}, store.Always))
			}
			continue
		}
		var sources []string
		for _, org := range d.Orgs {
			if org != to {
				sources = append(sources, rosters(kind, org)...)
			}
		}
		ops = append(ops, marks.Put(markKey(kind, to, top), mark{top, moves, mover, sources, true}, store.Always))
	}
	return ops, nil
}

// readMarks are the marks of a roster.
func (s *Service) readMarks(ctx context.Context, kind string, org int64) (map[int64]mark, error) {
	items, err := s.Table.All(ctx, store.Query{PK: marksPK(kind, org), Prefix: markPrefix}, maxMarks)
	if err != nil {
		return nil, err
	}
	out := map[int64]mark{}
	for _, it := range items {
		m, err := marks.Of(it)
		if err != nil {
			return nil, err
		}
		out[m.Top] = m
	}
	return out, nil
}

// maxMarks bounds how much can be on the move at once in one organization.
const maxMarks = 10_000
