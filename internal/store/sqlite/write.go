package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gatehouse/internal/store"
)

// maxGroup bounds how many transactions one commit takes in, so that the first
// of them does not wait for an endless queue.
const maxGroup = 64

// job is one caller's turn with the writer. do says whether it wrote.
type job struct {
	do    func(*writer) (wrote bool, err error)
	state atomic.Int32
	done  chan struct{} // closed when err is set
	err   error
}

// The states of a job. It leaves waiting once: either the writer takes it, and
// then it may be applied, or its caller gives it up, and then it never is.
const (
	waiting int32 = iota
	taken
	abandoned
)

// Stats counts what the writer of this process did since Open.
type Stats struct {
	Commits      int64 // syncs of the file
	Transactions int64 // transactions and sweeps that were judged, won or lost
}

type counters struct{ commits, transactions atomic.Int64 }

// Stats tells how many transactions shared how many commits.
func (d *DB) Stats() Stats {
	return Stats{Commits: d.counts.commits.Load(), Transactions: d.counts.transactions.Load()}
}

// Transact implements store.Driver. When ctx ends while the transaction is
// still waiting for its turn nothing is written and the answer is ctx's error;
// once its turn has come the answer is store.ErrUnknownOutcome.
func (d *DB) Transact(ctx context.Context, tx store.Tx) error {
	return d.submit(ctx, func(w *writer) (bool, error) { return w.apply(tx) })
}

// Sweep removes at most limit items that have expired by now, as DynamoDB does by
// itself, and tells how many it removed. Call it again while it answers limit.
func (d *DB) Sweep(ctx context.Context, now time.Time, limit int) (n int, err error) {
	err = d.submit(ctx, func(w *writer) (bool, error) {
		res, err := w.sweep.Exec(now.Unix(), limit)
		if err != nil {
			return false, err
		}
		rows, err := res.RowsAffected()
		n = int(rows)
		return n > 0, err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (d *DB) submit(ctx context.Context, do func(*writer) (bool, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{do: do, done: make(chan struct{})}
	select {
	case d.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.stop:
		return ErrClosed
	}
	select {
	case <-j.done:
		return j.err
	case <-d.stopped:
		return j.answerOr(ErrClosed)
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		return j.answerOr(fmt.Errorf("%w: %w", store.ErrUnknownOutcome, ctx.Err()))
	}
}

// answerOr is the job's answer if there is one, or else err.
func (j *job) answerOr(err error) error {
	select {
	case <-j.done:
		return j.err
	default:
		return err
	}
}

// write is the goroutine that owns the writing connection.
func (d *DB) write(w *writer) {
	defer close(d.stopped)
	defer w.close()
	for {
		select {
		case <-d.stop:
			return
		case j := <-d.queue:
			if group := d.gather(j); len(group) > 0 {
				d.commit(w, group)
			}
		}
	}
}

// gather takes everything that is waiting, and leaves out what was given up.
func (d *DB) gather(j *job) []*job {
	var group []*job
	for {
		if j.state.CompareAndSwap(waiting, taken) {
			group = append(group, j)
		}
		if len(group) == maxGroup {
			return group
		}
		select {
		case j = <-d.queue:
		default:
			return group
		}
	}
}

// commit judges and applies each job in turn and makes them last together. One
// that loses its condition writes nothing. If SQLite itself fails at one, all are
// undone and done again one by one, so that it takes no other with it.
func (d *DB) commit(w *writer, group []*job) {
	if _, err := w.begin.Exec(); err != nil {
		answer(group, mapped(err))
		return
	}
	wrote := false
	for _, j := range group {
		did, err := j.do(w)
		if _, conflict := store.Conflict(err); err != nil && !conflict {
			w.undo()
			if len(group) == 1 {
				answer(group, mapped(err))
				return
			}
			for i := range group {
				d.commit(w, group[i:i+1])
			}
			return
		}
		j.err = err
		wrote = wrote || did
	}
	d.counts.transactions.Add(int64(len(group)))
	if !wrote {
		w.undo()
		finish(group)
		return
	}
	if _, err := w.commit.Exec(); err != nil {
		w.undo()
		answer(group, fmt.Errorf("%w: %w", store.ErrUnknownOutcome, err))
		return
	}
	d.counts.commits.Add(1)
	finish(group)
	d.changed.fire()
}

func answer(group []*job, err error) {
	for _, j := range group {
		j.err = err
	}
	finish(group)
}

func finish(group []*job) {
	for _, j := range group {
		close(j.done)
	}
}
