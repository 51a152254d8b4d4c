package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// first is a file as version 1 made it, with one row.
var first = []string{
	`CREATE TABLE IF NOT EXISTS items (
	pk     TEXT NOT NULL,
	sk     TEXT NOT NULL,
	kind   TEXT NOT NULL,
	sch    INTEGER NOT NULL,
	ver    INTEGER NOT NULL,
	tx     TEXT NOT NULL,
	exp    INTEGER NOT NULL,
	counts TEXT NOT NULL,
	recipient_pk TEXT,
	recipient_sk TEXT,
	body   TEXT,
	PRIMARY KEY (pk, sk)
) STRICT, WITHOUT ROWID`,
	`CREATE INDEX IF NOT EXISTS items_exp ON items (exp) WHERE exp <> 0`,
	`CREATE INDEX IF NOT EXISTS items_recipient ON items (recipient_pk, recipient_sk) WHERE recipient_pk IS NOT NULL`,
	`INSERT INTO items VALUES ('p', 'a', 'note', 1, 7, 'old', 0, '', 'r', '1', '"x"')`,
	`PRAGMA user_version = 1`,
	fmt.Sprintf("PRAGMA application_id = %d", application),
}

func oldFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	alter(t, path, strings.Join(first, "; "))
	return path
}

// TestUpgrade: a file of the first release opens, keeps what it holds and gets
// what is new.
func TestUpgrade(t *testing.T) {
	path := oldFile(t)
	for range 2 { // the second time it is one of this release
		d := openAt(t, path)
		if got := dump(t, d); !strings.Contains(got, `"p" "a" note/1 ver=7 tx=old exp=0 counts=map[] index=map["recipient":{"r" "1"}] body="x"`) {
			t.Errorf("after the upgrade it holds\n%s", got)
		}
		b := note.Put(k("b"), "y", store.Always).In(store.ByUnchained, store.Key{PK: "u", SK: "1"})
		must(t, d.Transact(t.Context(), tx(8, b)))
		for sk, q := range map[string]store.Query{"a": {PK: "r", Index: store.ByRecipient}, "b": {PK: "u", Index: store.ByUnchained}} {
			q.Limit = 5
			if p, err := d.Query(t.Context(), q); err != nil || len(p.Items) != 1 || p.Items[0].SK != sk {
				t.Errorf("index %s: %+v, %v", q.Index, p.Items, err)
			}
		}
		must(t, d.Close())
	}
}

// TestUpgradedContract: a file that was upgraded is as good as a new one.
func TestUpgradedContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Driver {
		d, err := OpenScratch(oldFile(t))
		must(t, err)
		t.Cleanup(func() { d.Close() })
		return d
	})
}
