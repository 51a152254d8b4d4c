package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/store"
)

// version is that of the tables below, kept in PRAGMA user_version. Whoever
// changes them, or adds to store.Indexes, raises it: an older program would
// leave the new columns stale, and so must not open the file.
const version = 2

// application marks the file as a store in PRAGMA application_id ("gate").
const application = 0x67617465

// Sort keys compare by bytes, which is SQLite's BINARY collation of UTF-8. The
// body is the last column so that reading the others never fetches its pages.
const createItems = `CREATE TABLE IF NOT EXISTS items (
	pk     TEXT NOT NULL,
	sk     TEXT NOT NULL,
	kind   TEXT NOT NULL,
	sch    INTEGER NOT NULL,
	ver    INTEGER NOT NULL,
	tx     TEXT NOT NULL,
	exp    INTEGER NOT NULL, -- Unix seconds; 0: never
	counts TEXT NOT NULL,    -- JSON object of numbers; '': none
%s	body   TEXT,             -- JSON; NULL: made by an add
	PRIMARY KEY (pk, sk)
) STRICT, WITHOUT ROWID`

const createExpiry = `CREATE INDEX IF NOT EXISTS items_exp ON items (exp) WHERE exp <> 0`

func indexColumns(i store.Index) (pk, sk string) { return string(i) + "_pk", string(i) + "_sk" }

// migrate brings the file to the present version, or refuses it.
func migrate(ctx context.Context, c *sql.Conn) error {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := migrateLocked(ctx, c)
	if err == nil {
		_, err = c.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = c.ExecContext(ctx, "ROLLBACK") // the first error is the one to tell
	}
	return err
}

func migrateLocked(ctx context.Context, c *sql.Conn) error {
	var found, app, tables int
	for q, v := range map[string]*int{
		"PRAGMA user_version": &found, "PRAGMA application_id": &app, "SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := c.QueryRowContext(ctx, q).Scan(v); err != nil {
			return err
		}
	}
	switch {
	case tables > 0 && app != application:
		return fmt.Errorf("this is a SQLite file, but not a store of gatehouse")
	case found > version:
		return fmt.Errorf("written by a newer release: its schema is %d, this program knows %d; use the newer program", found, version)
	case found == version:
		return nil
	case found == 0:
		return execute(ctx, c, definitions())
	}
	for ; found < version; found++ {
		if err := execute(ctx, c, steps[found]); err != nil {
			return err
		}
	}
	return execute(ctx, c, stamp())
}

func execute(ctx context.Context, c *sql.Conn, statements []string) error {
	for _, q := range statements {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// steps bring a file from a version to the next. A column that they add comes
// after the body, which costs time where bodies are large, and nothing else.
var steps = map[int][]string{
	1: {
		"ALTER TABLE items ADD COLUMN unchained_pk TEXT",
		"ALTER TABLE items ADD COLUMN unchained_sk TEXT",
		createIndex(store.ByUnchained),
	},
}

// stamp marks the file as of this version.
func stamp() []string {
	return []string{fmt.Sprintf("PRAGMA user_version = %d", version), fmt.Sprintf("PRAGMA application_id = %d", application)}
}

func createIndex(i store.Index) string {
	pk, sk := indexColumns(i)
	return fmt.Sprintf("CREATE INDEX IF NOT EXISTS items_%s ON items (%s, %s) WHERE %s IS NOT NULL", i, pk, sk, pk)
}

// definitions are the statements that make version from nothing.
func definitions() []string {
	var columns strings.Builder
	var indexes []string
	for _, i := range store.Indexes {
		pk, sk := indexColumns(i)
		fmt.Fprintf(&columns, "\t%s TEXT,\n\t%s TEXT,\n", pk, sk)
		indexes = append(indexes, createIndex(i))
	}
	return slices.Concat([]string{fmt.Sprintf(createItems, columns.String()), createExpiry}, indexes, stamp())
}

// columns lists all columns in the order that put and scan use.
func columns() string {
	c := "pk, sk, kind, sch, ver, tx, exp, counts"
	for _, i := range store.Indexes {
		pk, sk := indexColumns(i)
		c += ", " + pk + ", " + sk
	}
	return c + ", body"
}
