package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"gatehouse/internal/store"
)

// maxPageBytes ends a page, as it does on DynamoDB, so that a page of large
// items fits in memory.
const maxPageBytes = 1 << 20

// last is above every sort key: no valid UTF-8 has the byte.
const last = "\xff"

// reader is a connection for reading with its statements.
type reader struct {
	c     *sql.Conn
	get   *sql.Stmt
	query map[queryForm]*sql.Stmt
}

// close ends the connection. Its statements go first: SQLite keeps the file of one
// that still has some open.
func (r *reader) close() error {
	err := r.get.Close()
	for _, s := range r.query {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, r.c.Close())
}

type queryForm struct {
	index   store.Index
	reverse bool
}

func newReader(ctx context.Context, c *sql.Conn) (*reader, error) {
	if _, err := c.ExecContext(ctx, "PRAGMA query_only = ON"); err != nil {
		return nil, err
	}
	get, err := c.PrepareContext(ctx, "SELECT "+columns()+" FROM items WHERE pk = ? AND sk = ?")
	if err != nil {
		return nil, err
	}
	r := &reader{c: c, get: get, query: map[queryForm]*sql.Stmt{}}
	for _, i := range append([]store.Index{""}, store.Indexes[:]...) {
		for _, reverse := range []bool{false, true} {
			f := queryForm{i, reverse}
			if r.query[f], err = c.PrepareContext(ctx, f.sql()); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// sql is the statement for a form of query. Its parameters are the partition,
// the bounds of the sort key (from, inclusive; to, exclusive), for an index the
// place to go on after, and the limit.
func (f queryForm) sql() string {
	order, beyond := "", ">"
	if f.reverse {
		order, beyond = " DESC", "<"
	}
	if f.index == "" {
		return "SELECT " + columns() + " FROM items WHERE pk = ? AND sk >= ? AND sk < ? ORDER BY sk" + order + " LIMIT ?"
	}
	pk, sk := indexColumns(f.index)
	return fmt.Sprintf("SELECT %s FROM items WHERE %s = ? AND %[3]s >= ? AND %[3]s < ? AND (%[3]s, pk, sk) %[4]s (?, ?, ?) ORDER BY %[3]s%[5]s, pk%[5]s, sk%[5]s LIMIT ?",
		columns(), pk, sk, beyond, order)
}

func (d *DB) acquire(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-d.stop:
		return nil, ErrClosed
	default:
	}
	select {
	case r := <-d.readers:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.stop:
		return nil, ErrClosed
	}
}

func (d *DB) release(r *reader) { d.readers <- r }

// Get implements store.Driver. A read that has begun is short and is not cut
// off: watching its context would cost more than the read.
func (d *DB) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	r, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer d.release(r)
	items := make([]store.Item, len(keys))
	for i, k := range keys {
		items[i], err = scan(r.get.QueryRow(k.PK, k.SK))
		if errors.Is(err, sql.ErrNoRows) {
			items[i] = store.Item{Key: k}
		} else if err != nil {
			return nil, mapped(err)
		}
	}
	return items, nil
}

// Query implements store.Driver. Items with equal keys in an index come in the
// order of their own keys.
func (d *DB) Query(ctx context.Context, q store.Query) (store.Page, error) {
	r, err := d.acquire(ctx)
	if err != nil {
		return store.Page{}, err
	}
	defer d.release(r)
	stmt := r.query[queryForm{q.Index, q.Reverse}]
	if stmt == nil {
		return store.Page{}, fmt.Errorf("sqlite: no index %q", q.Index)
	}
	rows, err := stmt.Query(parameters(q)...)
	if err != nil {
		return store.Page{}, mapped(err)
	}
	defer rows.Close()
	var p store.Page
	for size := 0; rows.Next(); {
		if n := len(p.Items); n == q.Limit || size > maxPageBytes {
			p.Next = place(q, p.Items[n-1])
			break
		}
		it, err := scan(rows)
		if err != nil {
			return store.Page{}, mapped(err)
		}
		p.Items = append(p.Items, it)
		size += len(it.Body)
	}
	if err := rows.Err(); err != nil {
		return store.Page{}, mapped(err)
	}
	return p, nil
}

// parameters are those of queryForm.sql. One row more than asked for tells
// whether there is a next page.
func parameters(q store.Query) []any {
	from, to := q.From, q.To
	if q.Prefix != "" {
		from, to = q.Prefix, after(q.Prefix)
	}
	if to == "" {
		to = last
	}
	a := q.After
	switch started := a != (store.Place{}); {
	case q.Index == "" && started && q.Reverse:
		to = min(to, a.SK)
	case q.Index == "" && started:
		from = max(from, a.SK+"\x00") // the very next string
	case started && q.Reverse:
		to = min(to, a.SK+"\x00")
	case started:
		from = max(from, a.SK)
	case q.Reverse:
		a.SK = last
	}
	if q.Index == "" {
		return []any{q.PK, from, to, q.Limit + 1}
	}
	return []any{q.PK, from, to, a.SK, a.Key.PK, a.Key.SK, q.Limit + 1}
}

// after is the first string, in byte order, that is above all that start with prefix.
func after(prefix string) string {
	b := []byte(prefix)
	b[len(b)-1]++ // no byte of UTF-8 is 0xff
	return string(b)
}

func place(q store.Query, i store.Item) store.Place {
	if q.Index == "" {
		return store.Place{SK: i.SK}
	}
	return store.Place{SK: i.Index[q.Index].SK, Key: i.Key}
}

// scan reads a row of columns.
func scan(row interface{ Scan(...any) error }) (store.Item, error) {
	var i store.Item
	var exp int64
	var counts string
	var body sql.NullString
	var index [2 * len(store.Indexes)]sql.NullString
	dest := append(make([]any, 0, 9+len(index)), &i.PK, &i.SK, &i.Kind, &i.Schema, &i.Version, &i.TxID, &exp, &counts)
	for n := range index {
		dest = append(dest, &index[n])
	}
	if err := row.Scan(append(dest, &body)...); err != nil {
		return store.Item{}, err
	}
	if exp != 0 {
		i.Expires = time.Unix(exp, 0).UTC()
	}
	if body.Valid {
		i.Body = []byte(body.String)
	}
	for n, name := range store.Indexes {
		if pk, sk := index[2*n], index[2*n+1]; pk.Valid {
			if i.Index == nil {
				i.Index = map[store.Index]store.Key{}
			}
			i.Index[name] = store.Key{PK: pk.String, SK: sk.String}
		}
	}
	var err error
	i.Counts, err = decodeCounts(counts)
	return i, err
}

func decodeCounts(s string) (map[string]int64, error) {
	if s == "" {
		return nil, nil
	}
	var m map[string]int64
	err := json.Unmarshal([]byte(s), &m)
	return m, err
}

// Dump writes every row, expired or not, in order and in a form that is equal
// for equal contents. It is for tests and for support.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	r, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer d.release(r)
	rows, err := r.c.QueryContext(ctx, "SELECT "+columns()+" FROM items ORDER BY pk, sk")
	if err != nil {
		return mapped(err)
	}
	defer rows.Close()
	for rows.Next() {
		i, err := scan(rows)
		if err != nil {
			return mapped(err)
		}
		var exp int64
		if !i.Expires.IsZero() {
			exp = i.Expires.Unix()
		}
		if _, err := fmt.Fprintf(w, "%q %q %s/%d ver=%d tx=%s exp=%d counts=%v index=%q body=%s\n",
			i.PK, i.SK, i.Kind, i.Schema, i.Version, i.TxID, exp, i.Counts, i.Index, i.Body); err != nil {
			return err
		}
	}
	return mapped0(rows.Err())
}

func mapped0(err error) error {
	if err == nil {
		return nil
	}
	return mapped(err)
}
