package audit

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/token"
)

// rig is a table with a clock that tests turn. Its events carry a number each.
type rig struct {
	*testing.T
	db    *sqlite.DB
	ms    atomic.Int64
	n     atomic.Int64
	root  secret.Text
	keys  *secret.Keys
	table *store.Table
	chain *Chain
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	r := &rig{T: t, db: db, root: secret.Generate("k1")}
	r.ms.Store(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC).UnixMilli())
	r.use(r.root)
	r.table = r.chain.Table
	return r
}

// use is the chain from now on under these root keys.
func (r *rig) use(root secret.Text) {
	r.Helper()
	var err error
	r.keys, err = secret.Parse(root)
	must(r.T, err)
	r.chain = r.over(r.db)
}

// over is the chain of another process, that sees the table through d.
func (r *rig) over(d store.Driver) *Chain {
	return &Chain{Table: store.New(d, r.now), Secrets: secret.Static(r.keys)}
}

func (r *rig) now() time.Time { return time.UnixMilli(r.ms.Load()) }

func (r *rig) turn(d time.Duration) { r.ms.Add(d.Milliseconds()) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// event is the next event of an organization.
func (r *rig) event(org int64) store.Op {
	r.turn(time.Millisecond)
	return OrgRow(r.now(), Event{Action: "member.role", Actor: 7, Org: org, Object: "membership:123",
		Request: fmt.Sprint(r.n.Add(1)), Changes: map[string]Change{"role": {Before: "worker", After: "maintainer"}}})
}

// write writes n events into the log of an organization.
func (r *rig) write(org int64, n int) {
	r.Helper()
	for range n {
		must(r.T, r.table.Transact(r.Context(), r.event(org)))
	}
}

// old writes n events as they were before there were chains.
func (r *rig) old(org int64, n int) {
	r.Helper()
	for range n {
		op := r.event(org)
		op.Index = nil
		must(r.T, r.table.Transact(r.Context(), op))
	}
}

// advance chains all that waits, and says how many events that were.
func (r *rig) advance() (n int) {
	r.Helper()
	for {
		m, err := r.chain.Advance(r.Context())
		must(r.T, err)
		if n += m; m == 0 {
			return n
		}
	}
}

// findings are all findings, and the number of events in chains.
func (r *rig) findings() (all []Finding, events int64) {
	r.Helper()
	must(r.T, r.chain.VerifyAll(r.Context(), func(_, _ int64, p Report) {
		all = append(all, p.Findings...)
		events += p.Events
	}))
	return all, events
}

// sound fails the test unless every event of n is chained once and nothing is wrong.
func (r *rig) sound(n int64) {
	r.Helper()
	if found, events := r.findings(); len(found) != 0 || events != n {
		r.Errorf("%d events are chained, want %d; findings: %v", events, n, found)
	}
}

// items are all items of a partition.
func (r *rig) items(pk string) []store.Item {
	r.Helper()
	items, err := r.table.All(r.Context(), store.Query{PK: pk}, 10_000)
	must(r.T, err)
	return items
}

func (r *rig) item(k store.Key) store.Item {
	r.Helper()
	items, err := r.table.Get(r.Context(), k)
	must(r.T, err)
	return items[0]
}

// put writes an item as it is, whatever is there.
func put(it store.Item) store.Op {
	return store.Op{Verb: store.VerbPut, Key: it.Key, If: store.Always, Kind: it.Kind, Schema: it.Schema, Body: it.Body, Index: it.Index, Expires: it.Expires}
}

// tamper writes behind the back of everybody, and gives the writes that undo it.
func (r *rig) tamper(ops ...store.Op) (undo []store.Op) {
	r.Helper()
	for _, o := range ops {
		was, err := r.db.Get(r.Context(), []store.Key{o.Key})
		must(r.T, err)
		if was[0].Exists() {
			undo = append(undo, put(was[0]))
		} else {
			undo = append(undo, store.Delete(o.Key, store.Always))
		}
	}
	must(r.T, r.db.Transact(r.Context(), store.Tx{ID: token.ID(), Version: 1 + r.n.Add(1), Ops: ops}))
	return undo
}
