package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"gatehouse/internal/store"
)

// writer is the connection for writing with its statements.
type writer struct {
	c                                           *sql.Conn
	begin, commit, rollback                     *sql.Stmt
	look, put, remove, update, insertAdd, sweep *sql.Stmt
}

// close ends the connection, its statements first, as a reader does.
func (w *writer) close() {
	for _, s := range []*sql.Stmt{w.begin, w.commit, w.rollback, w.look, w.put, w.remove, w.update, w.insertAdd, w.sweep} {
		s.Close()
	}
	w.c.Close()
}

// expired finds rows whose time is up, the oldest first.
const expired = "SELECT pk, sk FROM items WHERE exp <> 0 AND exp <= ? ORDER BY exp LIMIT ?"

func newWriter(ctx context.Context, c *sql.Conn) (*writer, error) {
	w := &writer{c: c}
	values := "?"
	for range 8 + 2*len(store.Indexes) {
		values += ", ?"
	}
	for _, s := range []struct {
		stmt **sql.Stmt
		sql  string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.rollback, "ROLLBACK"},
		{&w.look, "SELECT ver, exp, counts FROM items WHERE pk = ? AND sk = ?"},
		{&w.put, "REPLACE INTO items (" + columns() + ") VALUES (" + values + ")"},
		{&w.remove, "DELETE FROM items WHERE pk = ? AND sk = ?"},
		{&w.update, "UPDATE items SET ver = ?, tx = ?, exp = ?, counts = ? WHERE pk = ? AND sk = ?"},
		{&w.insertAdd, "INSERT INTO items (ver, tx, exp, counts, pk, sk, kind, sch) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
		{&w.sweep, "DELETE FROM items WHERE (pk, sk) IN (" + expired + ")"},
	} {
		var err error
		if *s.stmt, err = c.PrepareContext(ctx, s.sql); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// undo ends a transaction that is not to be kept. SQLite may have ended it
// already, after some errors, and then says so: that is no failure.
func (w *writer) undo() { _, _ = w.rollback.Exec() }

// found is what a transaction needs to know of an item to judge an op on it.
type found struct {
	version int64
	expires int64
	counts  map[string]int64
}

func (w *writer) find(k store.Key) (f found, err error) {
	var counts string
	err = w.look.QueryRow(k.PK, k.SK).Scan(&f.version, &f.expires, &counts)
	if errors.Is(err, sql.ErrNoRows) {
		return found{}, nil
	}
	if err == nil {
		f.counts, err = decodeCounts(counts)
	}
	return f, err
}

// apply judges every op of tx before it writes any: a transaction has one op per
// key, so none can change what another is judged by.
func (w *writer) apply(tx store.Tx) (wrote bool, err error) {
	before := make([]found, len(tx.Ops))
	var lost []int
	for i, o := range tx.Ops {
		if o.Verb != store.VerbAdd && o.If == store.Always {
			continue
		}
		if before[i], err = w.find(o.Key); err != nil {
			return false, err
		}
		if !holds(o, before[i]) {
			lost = append(lost, i)
		}
	}
	if lost != nil {
		return false, &store.ConflictError{Ops: lost}
	}
	for i, o := range tx.Ops {
		if err := w.applyOp(tx, o, before[i]); err != nil {
			return false, err
		}
		wrote = wrote || o.Verb != store.VerbCheck
	}
	return wrote, nil
}

func holds(o store.Op, f found) bool {
	if o.Verb == store.VerbAdd {
		_, ok := o.Sum(f.counts[o.Field])
		return ok
	}
	return o.If.Holds(f.version)
}

func (w *writer) applyOp(tx store.Tx, o store.Op, f found) error {
	var err error
	switch o.Verb {
	case store.VerbPut:
		args := append(make([]any, 0, 16), o.Key.PK, o.Key.SK, o.Kind, o.Schema, tx.Version, tx.ID, expiry(o, 0), "")
		for _, i := range store.Indexes {
			if k, ok := o.Index[i]; ok {
				args = append(args, k.PK, k.SK)
			} else {
				args = append(args, nil, nil)
			}
		}
		_, err = w.put.Exec(append(args, string(o.Body))...)
	case store.VerbDelete:
		_, err = w.remove.Exec(o.Key.PK, o.Key.SK)
	case store.VerbAdd:
		err = w.add(tx, o, f)
	}
	return err
}

func (w *writer) add(tx store.Tx, o store.Op, f found) error {
	if f.counts == nil {
		f.counts = map[string]int64{}
	}
	f.counts[o.Field], _ = o.Sum(f.counts[o.Field])
	counts, err := json.Marshal(f.counts)
	if err != nil {
		return err
	}
	args := []any{tx.Version, tx.ID, expiry(o, f.expires), string(counts), o.Key.PK, o.Key.SK}
	if f.version != 0 {
		_, err = w.update.Exec(args...)
	} else {
		_, err = w.insertAdd.Exec(append(args, o.Kind, o.Schema)...)
	}
	return err
}

// expiry is the op's own in Unix seconds, or else what there was.
func expiry(o store.Op, was int64) int64 {
	if o.Expires.IsZero() {
		return was
	}
	return o.Expires.Unix()
}
