package sqlite

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	if version != 2 || len(store.Indexes) != 2 {
		t.Error("version 2 of the schema has two indexes: raise the version and write the step to it")
	}
	d := open(t)
	r := <-d.readers
	defer d.release(r)
	for statement, want := range map[string]string{
		queryForm{"", false}.sql():                "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
		queryForm{"", true}.sql():                 "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
		queryForm{store.ByRecipient, false}.sql(): "INDEX items_recipient (recipient_pk=? AND recipient_sk>? AND recipient_sk<?)",
		queryForm{store.ByRecipient, true}.sql():  "INDEX items_recipient (recipient_pk=? AND recipient_sk>? AND recipient_sk<?)",
		queryForm{store.ByUnchained, false}.sql(): "INDEX items_unchained (unchained_pk=? AND unchained_sk>? AND unchained_sk<?)",
		queryForm{store.ByUnchained, true}.sql():  "INDEX items_unchained (unchained_pk=? AND unchained_sk>? AND unchained_sk<?)",
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
