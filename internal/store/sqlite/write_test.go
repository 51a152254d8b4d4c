package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

func TestClosed(t *testing.T) {
	d := open(t)
	must(t, d.Close())
	if err := d.Transact(t.Context(), tx(1, note.Put(k("a"), "x", store.Absent))); !errors.Is(err, ErrClosed) {
		t.Errorf("transact: %v", err)
	}
	if _, err := d.Get(t.Context(), []store.Key{k("a")}); !errors.Is(err, ErrClosed) {
		t.Errorf("get: %v", err)
	}
}

// TestCloseWhileWriting: whoever writes while the file is closed is told the truth.
func TestCloseWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	d := openAt(t, path)
	var mu sync.Mutex
	told := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range int64(1000) {
				key := k(fmt.Sprint(w, "-", i))
				err := d.Transact(t.Context(), tx(i+1, note.Put(key, "x", store.Absent)))
				mu.Lock()
				told[key.SK] = err == nil
				mu.Unlock()
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("%v", err)
					}
					return
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	must(t, d.Close())
	wg.Wait()
	d = openAt(t, path)
	for sk, want := range told {
		items, err := d.Get(t.Context(), []store.Key{k(sk)})
		must(t, err)
		if items[0].Exists() != want {
			t.Errorf("%s: there %t, told %t", sk, items[0].Exists(), want)
		}
	}
}

// TestGroupCommit: those who wait share a commit, and one that loses takes no
// other with it.
func TestGroupCommit(t *testing.T) {
	d := open(t)
	release := hold(d)
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			errs[i] = d.Transact(t.Context(), tx(int64(i+1), note.Put(k(fmt.Sprint(i)), "x", store.Absent), note.Put(k(fmt.Sprint("one of two", i/2)), "x", store.Absent)))
		})
	}
	for len(d.queue) < len(errs) {
		time.Sleep(time.Millisecond)
	}
	before := d.Stats()
	release()
	wg.Wait()
	if s := d.Stats(); s.Commits-before.Commits > 2 || s.Transactions-before.Transactions < 40 {
		t.Errorf("%d transactions in %d commits", s.Transactions-before.Transactions, s.Commits-before.Commits)
	}
	for i := 0; i < len(errs); i += 2 {
		a, lost := store.Conflict(errs[i])
		b, lost2 := store.Conflict(errs[i+1])
		if lost == lost2 || len(a)+len(b) != 1 {
			t.Errorf("of two, %v and %v", errs[i], errs[i+1])
		}
	}
	if n := strings.Count(dump(t, d), "\n"); n != 40 {
		t.Errorf("%d rows", n)
	}
}

// TestGroupSurvivesFailure: when SQLite itself refuses one transaction the others
// of its group are done all the same.
func TestGroupSurvivesFailure(t *testing.T) {
	d := open(t)
	release := hold(d)
	errs := make([]error, 5)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = d.submit(t.Context(), func(w *writer) (bool, error) {
				if _, err := w.apply(tx(int64(i+1), note.Put(k(fmt.Sprint(i)), "x", store.Absent))); err != nil || i != 2 {
					return true, err
				}
				_, err := w.insertAdd.Exec(nil, nil, nil, nil, nil, nil, nil, nil)
				return false, err
			})
		})
	}
	for len(d.queue) < len(errs) {
		time.Sleep(time.Millisecond)
	}
	release()
	wg.Wait()
	for i, err := range errs {
		items, _ := d.Get(t.Context(), []store.Key{k(fmt.Sprint(i))})
		if (err == nil) != (i != 2) || items[0].Exists() != (i != 2) {
			t.Errorf("%d: %v, there %t", i, err, items[0].Exists())
		}
	}
}

// hold keeps the writer busy until release.
func hold(d *DB) (release func()) {
	busy, free := make(chan struct{}), make(chan struct{})
	go d.submit(context.Background(), func(*writer) (bool, error) {
		close(busy)
		<-free
		return false, nil
	})
	<-busy
	return func() { close(free) }
}

// TestContextEndsWhileWaiting: before its turn a transaction is called off; after
// that nobody can tell.
func TestContextEndsWhileWaiting(t *testing.T) {
	d := open(t)
	release := hold(d)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Transact(ctx, tx(1, note.Put(k("called off"), "x", store.Absent))) }()
	for len(d.queue) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknownOutcome) {
		t.Errorf("before its turn: %v", err)
	}
	release()

	ctx, cancel = context.WithCancel(t.Context())
	free, busy := make(chan struct{}), make(chan struct{})
	go func() {
		done <- d.submit(ctx, func(w *writer) (bool, error) {
			close(busy)
			<-free
			return w.apply(tx(2, note.Put(k("applied"), "x", store.Absent)))
		})
	}()
	<-busy
	cancel()
	if err := <-done; !errors.Is(err, store.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("after its turn has come: %v", err)
	}
	close(free)
	must(t, d.Transact(t.Context(), tx(3, store.Check(k("applied"), store.Present), store.Check(k("called off"), store.Absent))))
}

// TestSecondProcess: another opener of the file takes turns with the first, sees
// its writes, and is contended while the other holds on.
func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	a, b := openAt(t, path), openAt(t, path)
	var wg sync.WaitGroup
	for i, d := range []*DB{a, b} {
		for w := range 4 {
			wg.Go(func() {
				for n := range 25 {
					o := note.Put(k(fmt.Sprint(i, w, n)), "x", store.Absent)
					if err := d.Transact(t.Context(), tx(int64(n+1), o, store.Add(k("n"), "count", "n", 1, 0, 1000))); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if dump(t, a) != dump(t, b) || strings.Count(dump(t, a), "\n") != 201 {
		t.Errorf("they see different things, or not 201 rows")
	}
	items, err := b.Get(t.Context(), []store.Key{k("n")})
	if err != nil || items[0].Counts["n"] != 200 {
		t.Errorf("counted %v, %v", items, err)
	}
	c, err := openFile(path, 50*time.Millisecond, "FULL")
	must(t, err)
	defer c.Close()
	release := hold(a)
	if err := c.Transact(t.Context(), tx(1, note.Put(k("late"), "x", store.Absent))); !errors.Is(err, store.ErrContended) {
		t.Errorf("while the other holds the lock: %v", err)
	}
	release()
	must(t, c.Transact(t.Context(), tx(1, note.Put(k("late"), "x", store.Absent))))
}

func TestSweep(t *testing.T) {
	d := open(t)
	now := time.Unix(1_800_000_000, 0)
	for i := range 10 {
		must(t, d.Transact(t.Context(), tx(int64(i+1), note.Put(k(fmt.Sprint(i)), "x", store.Absent).Until(now.Add(time.Duration(i-6)*time.Second)))))
	}
	must(t, d.Transact(t.Context(), tx(99, note.Put(k("for ever"), "x", store.Absent))))
	for _, want := range []int{4, 3, 0} {
		if n, err := d.Sweep(t.Context(), now, 4); n != want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	p, err := d.Query(t.Context(), store.Query{PK: "p", Limit: 100})
	if err != nil || len(p.Items) != 4 || p.Items[0].SK != "7" {
		t.Errorf("left: %+v, %v", p.Items, err)
	}
}

func TestChanged(t *testing.T) {
	d := open(t)
	fired := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	a, b := d.Changed(), d.Changed()
	must(t, d.Transact(t.Context(), tx(1, store.Check(k("a"), store.Absent))))
	if _, ok := store.Conflict(d.Transact(t.Context(), tx(1, store.Check(k("a"), store.Present)))); !ok || fired(a) {
		t.Error("it fires without a write")
	}
	must(t, d.Transact(t.Context(), tx(1, note.Put(k("a"), "x", store.Absent))))
	select {
	case <-a:
	case <-time.After(5 * time.Second):
		t.Error("it does not fire after a write")
	}
	if c := d.Changed(); !fired(b) || fired(c) {
		t.Error("every waiter is told, of what came after it asked")
	}
}
