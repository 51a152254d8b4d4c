package workspace

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/store"
)

// placed is a row of a list, with the organization that it is in.
type placed struct {
	Row
	org int64 // 0: personal

	owner, assignee, project, task string // names, if the list goes by them
}

// rosterTries bounds how often a roster is read again because something in it moved.
const rosterTries = 4

var errMoving = errors.New("workspace: a list changes faster than it can be read")

// roster are the rows of an organization, or with 0 of all that is personal, without
// what has left and with what has come.
func (s *Service) roster(ctx context.Context, kind string, of int64) ([]placed, error) {
	known := map[int64]mark{}
	for range rosterTries {
		// What comes is looked for where it was before where it goes: it moves from the
		// one to the other, and is never in neither.
		come, here := map[int64]Row{}, map[int64]Row{}
		for _, pk := range sources(known) {
			if err := s.scan(ctx, pk, come); err != nil {
				return nil, err
			}
		}
		for _, pk := range rosters(kind, of) {
			if err := s.scan(ctx, pk, here); err != nil {
				return nil, err
			}
		}
		where, err := s.where(ctx, kind, known, come, here)
		if err != nil {
			return nil, err
		}
		now, err := s.readMarks(ctx, kind, of)
		if err != nil {
			return nil, err
		}
		if maps.EqualFunc(now, known, mark.same) {
			return settled(here, come, known, where, of), nil
		}
		known = now
	}
	return nil, errMoving
}

// sources are the partitions where what comes may still lie.
func sources(known map[int64]mark) (pks []string) {
	for _, m := range known {
		pks = append(pks, m.From...)
	}
	slices.Sort(pks)
	return slices.Compact(pks)
}

// where are the tasks of jobs, if it matters what they move with.
func (s *Service) where(ctx context.Context, kind string, known map[int64]mark, rows ...map[int64]Row) (map[int64]Task, error) {
	out := map[int64]Task{}
	if kind != jobs || len(known) == 0 {
		return out, nil
	}
	var keys []store.Key
	for _, some := range rows {
		for _, r := range some {
			keys = append(keys, TaskKey(r.Task))
		}
	}
	items, err := s.Table.GetMany(ctx, unique(keys))
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		t, err := Tasks.Of(it)
		if err != nil {
			return nil, err
		}
		out[t.ID] = t
	}
	return out, nil
}

// settled puts rows together by the marks.
func settled(here, come map[int64]Row, known map[int64]mark, where map[int64]Task, of int64) []placed {
	out := map[int64]placed{}
	take := func(rows map[int64]Row, coming bool) {
		for id, r := range rows {
			r, m := r.at(known, where[r.Task])
			if m.Top != 0 && !m.Come || coming && !m.Come {
				continue
			}
			out[id] = placed{Row: r, org: of}
		}
	}
	take(come, true)
	take(here, false)
	sorted := make([]placed, 0, len(out))
	for _, id := range slices.Sorted(maps.Keys(out)) {
		sorted = append(sorted, out[id])
	}
	return sorted
}

// at is a row as it is by the marks, and the mark of what it moves with; none if it was
// written after what the mark tells of. t is the task of a job.
func (r Row) at(known map[int64]mark, t Task) (Row, mark) {
	m := known[r.Task]
	if r.Task == 0 {
		m = known[r.Project]
		if r.Moves >= m.Moves {
			return r, mark{}
		}
		if m.Come {
			r.Owner, r.Assignee = m.Mover, 0
		}
		return r, m
	}
	if t.Gone {
		return r, mark{Top: t.ID}
	}
	seen, moves := t.Moves, m.Moves
	if t.Project != 0 { // what is known of the task is of before it came into the project
		m = known[t.Project]
		seen, moves = t.Seen, t.under(Project{Moves: m.Moves}).Moves
	}
	if r.Moves == t.Moves && seen >= m.Moves {
		return r, mark{}
	}
	if m.Come && r.Moves != moves {
		r.Assignee = 0
	}
	return r, m
}

// scan reads the rows of a partition.
func (s *Service) scan(ctx context.Context, pk string, into map[int64]Row) error {
	items, err := s.Table.All(ctx, store.Query{PK: pk, To: markPrefix}, api.MaxRoster)
	if err != nil {
		return err
	}
	for _, it := range items {
		r, err := Rows.Of(it)
		if err != nil {
			return err
		}
		into[r.ID] = r
	}
	return nil
}

// readers is how many rosters are read at once.
const readers = 16

// everything are the rows of all organizations and of everybody, each once.
func (s *Service) everything(ctx context.Context, kind string) ([]placed, error) {
	items, err := s.Table.All(ctx, store.Query{PK: org.Roster}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, it := range items {
		r, err := org.Rows.List.Of(it)
		if err != nil {
			return nil, err
		}
		ids = append(ids, r.ID)
	}
	living, err := s.rosters(ctx, kind, ids)
	if err != nil {
		return nil, err
	}
	rest, err := s.unorganized(ctx, kind)
	return once(append(living, rest...)), err
}

// unorganized are the rows of what no living organization has: what is personal, and what
// organizations that are no more have left. It becomes personal while this reads, so
// that is read last; and these are looked for after those that live.
func (s *Service) unorganized(ctx context.Context, kind string) ([]placed, error) {
	items, err := s.Table.All(ctx, store.Query{PK: duePK, Prefix: organizations + "#"}, api.MaxRoster)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, it := range items {
		d, err := dues.Of(it)
		if err != nil {
			return nil, err
		}
		if !d.Wipe {
			ids = append(ids, d.ID)
		}
	}
	left, err := s.rosters(ctx, kind, ids)
	if err != nil {
		return nil, err
	}
	for i := range left {
		left[i].org = 0
	}
	own, err := s.roster(ctx, kind, 0)
	return once(append(left, own...)), err
}

// rosters are the rows of several organizations.
func (s *Service) rosters(ctx context.Context, kind string, ids []int64) ([]placed, error) {
	parts, errs := make([][]placed, len(ids)), make([]error, readers)
	var wg sync.WaitGroup
	for n := range min(readers, len(ids)) {
		wg.Go(func() {
			for i := n; i < len(ids) && errs[n] == nil; i += readers {
				parts[i], errs[n] = s.roster(ctx, kind, ids[i])
			}
		})
	}
	wg.Wait()
	return slices.Concat(parts...), errors.Join(errs...)
}

// once are rows in the order of their ids. Of one that stands twice the last counts.
func once(rows []placed) []placed {
	seen := map[int64]placed{}
	for _, p := range rows {
		seen[p.ID] = p
	}
	out := make([]placed, 0, len(seen))
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[id])
	}
	return out
}
