package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

var note = store.Kind[string]{Name: "note", Schema: 1}

func open(t testing.TB) *DB { return openAt(t, filepath.Join(t.TempDir(), "store.db")) }

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func scratch(t testing.TB) *DB {
	t.Helper()
	d, err := OpenScratch(filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func k(sk string) store.Key { return store.Key{PK: "p", SK: sk} }

func tx(n int64, ops ...store.Op) store.Tx {
	return store.Tx{ID: fmt.Sprintf("%032x", n), Version: n, Ops: ops}
}

func dump(t testing.TB, d *DB) string {
	t.Helper()
	var b strings.Builder
	must(t, d.Dump(t.Context(), &b))
	return b.String()
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Driver { return scratch(t) })
}

// TestSameAsItself: two files given the same operations hold the same, to the byte.
func TestSameAsItself(t *testing.T) {
	a, b := scratch(t), scratch(t)
	storetest.Differential(t, a, b, 1000, 1)
	if dump(t, a) != dump(t, b) || dump(t, a) == "" {
		t.Error("the files differ, or are empty")
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing", "store.db")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("in a missing folder: %v", err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a folder was opened")
	}
	must(t, os.WriteFile(filepath.Join(dir, "text"), []byte(strings.Repeat("not a database ", 100)), 0o600))
	if _, err := Open(filepath.Join(dir, "text")); err == nil {
		t.Error("a text file was opened")
	}
	foreign := filepath.Join(dir, "foreign.db")
	alter(t, foreign, "CREATE TABLE someone (id INTEGER)")
	if _, err := Open(foreign); err == nil || !strings.Contains(err.Error(), "not a store of gatehouse") {
		t.Errorf("somebody else's file: %v", err)
	}
	for _, name := range []string{"plain.db", "a ?mode=ro&x=%41 #.db", "é.db"} {
		path := filepath.Join(dir, name)
		d := openAt(t, path)
		must(t, d.Transact(t.Context(), tx(1, note.Put(k("a"), "x", store.Absent))))
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if s, err := os.Stat(path + suffix); err != nil || s.Mode().Perm() != 0o600 {
				t.Errorf("%s%s: %v, %v", name, suffix, s, err)
			}
		}
		before := dump(t, d)
		must(t, d.Close())
		must(t, d.Close())
		must(t, os.Chmod(path, 0o644))
		d = openAt(t, path)
		if dump(t, d) != before {
			t.Errorf("%s: opened again it holds\n%s", name, dump(t, d))
		}
		if s, err := os.Stat(path); err != nil || s.Mode().Perm() != 0o600 {
			t.Errorf("%s: opened again: %v, %v", name, s, err)
		}
		must(t, d.Close())
	}
}

// alter runs a statement on the file by itself.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	c, err := sql.Open("sqlite", dsn(path, time.Second, "FULL"))
	must(t, err)
	defer c.Close()
	_, err = c.Exec(statement)
	must(t, err)
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, openAt(t, path).Close())
	alter(t, path, "PRAGMA user_version = 99")
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "newer release") || !strings.Contains(err.Error(), "99") {
		t.Errorf("a newer file: %v", err)
	}
}

// TestPlans: every statement that looks for rows finds them by an index. It also
// notices when store.Indexes changes without a new version of the schema.
func TestPlans(t *testing.T) {
	if version != 1 || len(store.Indexes) != 1 {
		t.Error("version 1 of the schema has one index: raise the version and write the step to it")
	}
	d := open(t)
	r := <-d.readers
	defer d.release(r)
	for statement, want := range map[string]string{
		queryForm{"", false}.sql():                "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
		queryForm{"", true}.sql():                 "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
		queryForm{store.ByRecipient, false}.sql(): "INDEX items_recipient (recipient_pk=? AND recipient_sk>? AND recipient_sk<?)",
		queryForm{store.ByRecipient, true}.sql():  "INDEX items_recipient (recipient_pk=? AND recipient_sk>? AND recipient_sk<?)",
		expired:                                   "INDEX items_exp (exp<?)",
	} {
		rows, err := r.c.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
		must(t, err)
		plan := ""
		for rows.Next() {
			var a, b, c int
			var detail string
			must(t, rows.Scan(&a, &b, &c, &detail))
			plan += detail + "; "
		}
		must(t, rows.Close())
		if !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\nis done by %s want %s", statement, plan, want)
		}
	}
}

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
