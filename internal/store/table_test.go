package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

var (
	note = store.Kind[string]{Name: "note", Schema: 1}
	key  = store.Key{PK: "p", SK: "a"}
	more = store.Key{PK: "p", SK: "b"}
)

func file(t testing.TB) *sqlite.DB {
	d, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func table(d store.Driver) *store.Table {
	return store.New(d, time.Now).NoWait(new(int))
}

func dump(t testing.TB, d *sqlite.DB) string {
	var b strings.Builder
	if err := d.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, d store.Driver, k store.Key) int64 {
	items, err := d.Get(t.Context(), []store.Key{k})
	must(t, err)
	return items[0].Counts["n"]
}

// script is a driver that answers transactions as told, one after the other, and
// then as the driver behind it. An answer with done was applied first.
type script struct {
	store.Driver
	answers []answer
	ids     []string
}

type answer struct {
	done bool
	err  error
	then []store.Op // what somebody else writes before the answer arrives
}

func (s *script) Transact(ctx context.Context, tx store.Tx) error {
	s.ids = append(s.ids, tx.ID)
	if len(s.answers) == 0 {
		return s.Driver.Transact(ctx, tx)
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.done {
		if err := s.Driver.Transact(ctx, tx); err != nil {
			return err
		}
	}
	if a.then != nil {
		other := store.Tx{ID: strings.Repeat("0", 32), Version: 1 + int64(len(s.answers)), Ops: a.then}
		if err := s.Driver.Transact(ctx, other); err != nil {
			return fmt.Errorf("somebody else: %w", err)
		}
	}
	return a.err
}

// TestTransactSettles: whatever happens to the answers, a transaction is applied
// once or not at all, and the caller is told which.
func TestTransactSettles(t *testing.T) {
	contended, throttled := answer{err: store.ErrContended}, answer{err: store.ErrThrottled}
	lostBefore, lostAfter := answer{err: store.ErrUnknownOutcome}, answer{done: true, err: store.ErrUnknownOutcome}
	self := func(ops ...int) answer { return answer{done: true, err: &store.ConflictError{Ops: ops}} }
	stolen := func(o ...store.Op) answer { return answer{done: true, err: store.ErrUnknownOutcome, then: o} }
	final := errors.New("disk full")
	add := store.Add(key, "count", "n", 1, 0, 5)
	one := []store.Op{add}
	two := []store.Op{add, note.Put(more, "x", store.Absent)}
	put := []store.Op{note.Put(key, "x", store.Absent)}
	remove := []store.Op{store.Delete(key, store.Always)}
	for _, c := range []struct {
		name    string
		ops     []store.Op
		answers []answer
		want    error // nil: it went through
		count   int64 // how often the add was applied
		calls   int
	}{
		{"two ops, contended", two, []answer{contended, throttled, contended}, nil, 1, 4},
		{"two ops, lost before", two, []answer{lostBefore, lostBefore}, nil, 1, 3},
		{"two ops, lost after", two, []answer{lostAfter}, nil, 1, 1},
		{"two ops, lost before, then after", two, []answer{lostBefore, contended, lostAfter}, nil, 1, 3},
		{"two ops, self-conflict", two, []answer{self(1, 2)}, nil, 1, 1},
		{"two ops, self-conflict by the marker", two, []answer{self(2)}, nil, 1, 1},
		{"two ops, lost after, then written over", two, []answer{stolen(store.Delete(more, store.Present), store.Add(key, "count", "n", 0, 0, 5))}, nil, 1, 1},
		{"two ops, always contended", two, []answer{contended, contended, contended, contended, contended, contended, contended, contended}, store.ErrUnavailable, 0, 8},
		{"two ops, final", two, []answer{{err: final}}, final, 0, 1},
		{"an add, contended", one, []answer{contended}, nil, 1, 2},
		{"an add, lost after", one, []answer{lostAfter}, nil, 1, 1},
		{"an add, lost before", one, []answer{lostBefore}, store.ErrUnavailable, 0, 1},
		{"an add, lost after, then written over", one, []answer{stolen(store.Add(key, "count", "n", 0, 0, 5))}, store.ErrUnavailable, 1, 1},
		{"a put, lost before", put, []answer{lostBefore}, nil, 0, 2},
		{"a put, lost after", put, []answer{lostAfter}, nil, 0, 1},
		{"a put, self-conflict", put, []answer{self(0)}, nil, 0, 1},
		{"a delete, lost before", remove, []answer{lostBefore}, nil, 0, 2},
		{"a delete, lost after", remove, []answer{lostAfter}, nil, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := file(t)
			s := &script{Driver: d, answers: c.answers}
			if err := table(s).Transact(t.Context(), c.ops...); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if n := count(t, d, key); n != c.count {
				t.Errorf("counted %d times, want %d", n, c.count)
			}
			if len(s.ids) != c.calls {
				t.Errorf("%d calls, want %d", len(s.ids), c.calls)
			}
			for _, id := range s.ids {
				if id != s.ids[0] || len(id) != 32 {
					t.Errorf("ids %q, want one of 32 digits", s.ids)
				}
			}
		})
	}
}

// TestConflictIsTrue: a conflict names the caller's ops and none of the table's own.
func TestConflictIsTrue(t *testing.T) {
	d := file(t)
	tab := table(d)
	must(t, tab.Transact(t.Context(), note.Put(key, "x", store.Absent)))
	before := dump(t, d)
	err := tab.Transact(t.Context(), note.Put(more, "y", store.Absent), note.Put(key, "y", store.Absent))
	if ops, ok := store.Conflict(err); !ok || len(ops) != 1 || ops[0] != 1 {
		t.Errorf("%v, want a conflict at op 1", err)
	}
	if _, ok := store.Conflict(tab.Transact(t.Context(), note.Put(key, "y", store.Absent))); !ok {
		t.Error("the second put alone went through")
	}
	if after := dump(t, d); after != before {
		t.Errorf("the table has changed:\n%s", after)
	}
}

// TestMarker: a transaction of several ops leaves one row, which goes by itself.
func TestMarker(t *testing.T) {
	d := file(t)
	tab := table(d)
	must(t, tab.Transact(t.Context(), note.Put(key, "x", store.Absent)))
	if rows := strings.Count(dump(t, d), "\n"); rows != 1 {
		t.Errorf("a single put has left %d rows", rows)
	}
	must(t, tab.Transact(t.Context(), note.Put(more, "x", store.Absent), store.Check(key, store.Present)))
	if rows := strings.Count(dump(t, d), "\n"); rows != 3 {
		t.Errorf("%d rows, want 3:\n%s", rows, dump(t, d))
	}
	if n, err := d.Sweep(t.Context(), time.Now().Add(2*time.Hour), 10); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want the marker", n, err)
	}
}

// TestFaulty: under every fault at once, each transaction that says it went
// through has done so exactly once, and each other not at all.
func TestFaulty(t *testing.T) {
	for seed := range uint64(20) {
		d := file(t)
		tab := table(storetest.Faulty(d, seed))
		want := int64(0)
		for i := range 100 {
			ops := []store.Op{store.Add(key, "count", "n", 1, 0, 60)}
			if i%3 != 0 {
				ops = append(ops, note.Put(store.Key{PK: "m", SK: fmt.Sprintf("%03d", i)}, "x", store.Absent))
			}
			err := tab.Transact(t.Context(), ops...)
			if _, conflict := store.Conflict(err); err == nil {
				want++
			} else if !conflict || want != 60 {
				t.Fatalf("seed %d, %d: %v after %d", seed, i, err, want)
			}
		}
		if n := count(t, d, key); n != want || n != 60 {
			t.Errorf("seed %d: counted %d, told %d", seed, n, want)
		}
		items, err := tab.All(t.Context(), store.Query{PK: "m"}, 100)
		if err != nil || len(items) != 40 {
			t.Errorf("seed %d: %d rows, %v", seed, len(items), err)
		}
	}
}

func TestGivesUpWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := file(t)
	s := &script{Driver: d, answers: []answer{{err: store.ErrContended}, {err: store.ErrContended}}}
	tab := store.New(s, time.Now)
	cancel()
	err := tab.Transact(ctx, note.Put(key, "x", store.Absent))
	if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) || len(s.ids) != 1 {
		t.Errorf("%v after %d calls", err, len(s.ids))
	}
	if dump(t, d) != "" {
		t.Error("something was written")
	}
}

func TestReadsAreRepeated(t *testing.T) {
	for _, mode := range []storetest.Mode{storetest.ThrottledBefore, storetest.TimeoutBefore} {
		d := file(t)
		must(t, table(d).Transact(t.Context(), note.Put(key, "x", store.Absent)))
		if items, err := table(storetest.NewFault(d, 1, mode)).Get(t.Context(), key); err != nil || !items[0].Exists() {
			t.Errorf("%v: get: %v", mode, err)
		}
		if p, err := table(storetest.NewFault(d, 1, mode)).Query(t.Context(), store.Query{PK: "p", Limit: 1}); err != nil || len(p.Items) != 1 {
			t.Errorf("%v: query: %v", mode, err)
		}
	}
}

func TestAll(t *testing.T) {
	tab := table(storetest.Lag(file(t), 1))
	for i := range 7 {
		must(t, tab.Transact(t.Context(), note.Put(store.Key{PK: "p", SK: fmt.Sprint(i)}, "x", store.Absent)))
	}
	if items, err := tab.All(t.Context(), store.Query{PK: "p"}, 7); err != nil || len(items) != 7 {
		t.Errorf("%d items, %v", len(items), err)
	}
	if _, err := tab.All(t.Context(), store.Query{PK: "p"}, 6); err == nil {
		t.Error("more items than the limit are no error")
	}
}
