package storetest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

var (
	note = store.Kind[string]{Name: "note", Schema: 1}
	key  = store.Key{PK: "p", SK: "a"}
)

func file(t *testing.T) *sqlite.DB {
	d, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func tx(n int64, ops ...store.Op) store.Tx {
	return store.Tx{ID: fmt.Sprintf("%032x", n), Version: n, Ops: ops}
}

func TestMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Driver { return storetest.NewMemory() })
	storetest.Scan(t, storetest.NewMemory())
}

func TestFault(t *testing.T) {
	put := tx(1, note.Put(key, "x", store.Absent))
	for mode, want := range map[storetest.Mode]struct {
		err  error
		done bool
	}{
		storetest.ThrottledBefore: {store.ErrThrottled, false},
		storetest.ContendedBefore: {store.ErrContended, false},
		storetest.TimeoutBefore:   {store.ErrUnknownOutcome, false},
		storetest.TimeoutAfter:    {store.ErrUnknownOutcome, true},
		storetest.CrashBefore:     {storetest.ErrCrash, false},
		storetest.CrashAfter:      {storetest.ErrCrash, true},
		storetest.SelfConflict:    {nil, true},
	} {
		d := file(t)
		f := storetest.NewFault(d, 2, mode)
		if _, err := f.Get(t.Context(), []store.Key{key}); err != nil || f.Hit() {
			t.Errorf("%v: the first call failed: %v", mode, err)
		}
		err := caught(func() error { return f.Transact(t.Context(), put) })
		if _, conflict := store.Conflict(err); want.err != nil && !errors.Is(err, want.err) || conflict != (mode == storetest.SelfConflict) {
			t.Errorf("%v: %v", mode, err)
		}
		items, err := f.Get(t.Context(), []store.Key{key})
		if err != nil || items[0].Exists() != want.done || !f.Hit() {
			t.Errorf("%v: there %t, hit %t, %v", mode, items[0].Exists(), f.Hit(), err)
		}
		f = storetest.NewFault(d, 1, mode)
		if err := caught(func() error { _, err := f.Query(t.Context(), store.Query{PK: "p", Limit: 1}); return err }); err == nil {
			t.Errorf("%v: a read goes through", mode)
		}
	}
	if n := len(storetest.Modes()); n != 7 {
		t.Errorf("%d modes", n)
	}
}

func caught(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	return f()
}

func TestRecorder(t *testing.T) {
	r := storetest.NewRecorder(file(t))
	if err := r.Transact(t.Context(), tx(1, note.Put(key, "xyz", store.Absent), store.Check(store.Key{PK: "q", SK: "b"}, store.Absent))); err != nil {
		t.Fatal(err)
	}
	r.Get(t.Context(), []store.Key{key})
	r.Query(t.Context(), store.Query{PK: "p", Limit: 3})
	want := []storetest.Call{
		{Name: "transact", Keys: []store.Key{key, {PK: "q", SK: "b"}}, Verbs: []store.Verb{store.VerbPut, store.VerbCheck}, Sizes: []int{5, 0}},
		{Name: "get", Keys: []store.Key{key}, Sizes: []int{5}},
		{Name: "query", Query: store.Query{PK: "p", Limit: 3}, Sizes: []int{5}},
	}
	if got := r.Calls(); !reflect.DeepEqual(got, want) || r.Count("get") != 1 || r.Count("") != 3 {
		t.Errorf("recorded %+v", got)
	}
	if r.Reset(); r.Count("") != 0 {
		t.Error("reset has not")
	}
}

// TestLag: an index shows what it showed before, and then, while one looks, what
// is there; the table itself is never late.
func TestLag(t *testing.T) {
	late := 0
	for seed := range uint64(10) {
		d := storetest.Lag(file(t), seed)
		table := store.New(d, time.Now)
		list := func() (names []string) {
			items, err := table.All(t.Context(), store.Query{Index: store.ByRecipient, PK: "i"}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				v, _ := note.Of(i)
				names = append(names, v)
			}
			return names
		}
		write := func(o store.Op) {
			if err := table.Transact(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		settled := func(want ...string) {
			for range 10 {
				if slices.Equal(list(), want) {
					return
				}
				late++
			}
			t.Errorf("seed %d: the index stays at %q, want %q", seed, list(), want)
		}
		write(note.Put(key, "one", store.Absent).In(store.ByRecipient, store.Key{PK: "i", SK: "1"}))
		if items, err := table.Get(t.Context(), key); err != nil || !items[0].Exists() {
			t.Errorf("the table is late: %v", err)
		}
		settled("one")
		write(note.Put(key, "two", store.Present).In(store.ByRecipient, store.Key{PK: "i", SK: "2"}))
		settled("two")
		write(note.Put(key, "three", store.Present))
		settled()
	}
	if late == 0 {
		t.Error("no index was ever late")
	}
}

// TestSameSeed: faults can be repeated.
func TestSameSeed(t *testing.T) {
	run := func(seed uint64) (outcomes []string) {
		d := storetest.Faulty(file(t), seed)
		for i := range int64(200) {
			err := d.Transact(t.Context(), tx(i+1, note.Put(store.Key{PK: "p", SK: fmt.Sprint(i)}, "x", store.Absent)))
			outcomes = append(outcomes, fmt.Sprint(err))
		}
		return outcomes
	}
	a := run(1)
	if !slices.Equal(a, run(1)) || slices.Equal(a, run(2)) {
		t.Error("a seed does not decide")
	}
	kinds := map[string]int{}
	for _, o := range a {
		kinds[o]++
	}
	if len(kinds) != 5 || kinds["<nil>"] < 100 {
		t.Errorf("outcomes %v", kinds)
	}
}
