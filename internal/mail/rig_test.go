package mail

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
)

// rig is a table with a clock that tests turn, and what went out.
type rig struct {
	t      *testing.T
	table  *store.Table
	driver *faulty
	worker *Worker

	mu   sync.Mutex
	now  time.Time
	sent []Message
	// send, if set, is asked before a message is taken.
	send func(Message) error
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := &rig{t: t, driver: &faulty{Driver: db}, now: time.Date(2026, 11, 23, 7, 40, 42, 0, time.UTC)}
	r.table = store.New(r.driver, r.clock)
	r.worker = &Worker{Table: r.table, Sender: r, Compose: compose, From: "no-reply@gatehouse.example", Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) turn(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// Send implements Sender.
func (r *rig) Send(_ context.Context, m Message) (string, error) {
	r.mu.Lock()
	send := r.send
	r.mu.Unlock()
	if send != nil {
		if err := send(m); err != nil {
			return "", err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, m)
	return fmt.Sprintf("carrier-%d", len(r.sent)), nil
}

// compose derives everything from the job, as domains do.
func compose(_ context.Context, j Job) (*Message, error) {
	switch j.Kind {
	case "nothing":
		return nil, nil
	case "panics":
		panic("compose")
	case "fails":
		return &Message{}, fmt.Errorf("no such user")
	}
	return &Message{Kind: j.Kind, To: j.Args["to"], Links: []string{"https://gatehouse.example/x?t=" + Tag(j.Created, j.ID)}}, nil
}

func (r *rig) queue(kind, to string) Job {
	r.t.Helper()
	op := Queue(r.clock(), kind, map[string]string{"to": to})
	if err := r.table.Transact(r.t.Context(), op); err != nil {
		r.t.Fatal(err)
	}
	j, err := Jobs.Of(store.Item{Key: op.Key, Kind: op.Kind, Schema: op.Schema, Version: 1, Body: op.Body})
	if err != nil {
		r.t.Fatal(err)
	}
	return j
}

func (r *rig) drain() int {
	r.t.Helper()
	n, err := r.worker.Drain(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *rig) waiting() []Job {
	r.t.Helper()
	jobs, err := Queued(r.t.Context(), r.table, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	return jobs
}

// delivery is the row of a job; its zero value if there is none.
func (r *rig) delivery(j Job) Delivery {
	r.t.Helper()
	items, err := r.table.Get(r.t.Context(), deliveryKey(j))
	if err != nil {
		r.t.Fatal(err)
	}
	d, err := Deliveries.Of(items[0])
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// faulty is a driver that refuses transactions on demand.
type faulty struct {
	store.Driver
	mu     sync.Mutex
	refuse func(store.Tx) error
}

func (f *faulty) Transact(ctx context.Context, tx store.Tx) error {
	f.mu.Lock()
	refuse := f.refuse
	f.mu.Unlock()
	if refuse != nil {
		if err := refuse(tx); err != nil {
			return err
		}
	}
	return f.Driver.Transact(ctx, tx)
}

func (f *faulty) set(refuse func(store.Tx) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
}
