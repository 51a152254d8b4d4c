package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/store"
)

// Worker delivers what is due.
type Worker struct {
	Table   *store.Table
	Sender  Sender
	Compose Compose
	From    string
	Log     *slog.Logger
}

// Drain delivers all that is due now and not leased by another worker, and says
// how many jobs it finished. It returns at the end of ctx with what it has done.
func (w *Worker) Drain(ctx context.Context) (done int, err error) {
	for s := range shards {
		if ctx.Err() != nil {
			break
		}
		n, e := w.shard(ctx, OutboxPrefix+strconv.Itoa(s))
		done, err = done+n, errors.Join(err, e)
	}
	return done, errors.Join(err, ctx.Err())
}

func (w *Worker) shard(ctx context.Context, pk string) (done int, err error) {
	q := store.Query{PK: pk, To: store.TimeText(w.Table.Now().Add(time.Millisecond)), Limit: 25}
	for {
		p, err := w.Table.Query(ctx, q)
		if err != nil {
			return done, err
		}
		for _, it := range p.Items {
			if ctx.Err() != nil {
				return done, nil
			}
			ok, err := w.one(ctx, it)
			if err != nil {
				return done, err
			}
			if ok {
				done++
			}
		}
		if p.Next == (store.Place{}) {
			return done, nil
		}
		q.After = p.Next
	}
}

// one leases a job and carries it out. A job that fails stays, for later; only
// trouble with the store ends the run.
func (w *Worker) one(ctx context.Context, it store.Item) (bool, error) {
	j, err := Jobs.Of(it)
	if err != nil {
		// A newer release wrote it, or it is damaged. It waits for someone who can
		// read it and must not hold up what stands behind it.
		w.Log.ErrorContext(ctx, "mail job cannot be read", "event", "mail.unreadable", "key", it.SK, "err", err)
		return false, nil
	}
	now := w.Table.Now()
	if j.Leased > now.UnixMilli() {
		return false, nil
	}
	j.Leased = now.Add(leaseFor).UnixMilli()
	err = w.Table.Transact(ctx, Jobs.Put(it.Key, j, it.At()))
	if _, lost := store.Conflict(err); lost {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m, carrier, err := w.attempt(ctx, j)
	// What has happened is recorded even when our own time is up: a message that
	// went out unrecorded goes out again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	switch {
	case err != nil:
		return false, w.failed(ctx, it.Key, j, m, err)
	case m == nil:
		return true, w.finish(ctx, store.Delete(it.Key, store.Present))
	}
	return true, w.finish(ctx, store.Delete(it.Key, store.Present), delivered(w.Table.Now(), j, *m, Sent, carrier, ""))
}

// attempt composes and sends. m is nil when there is nothing to send, and when
// an error came before there was a message. A panic is the failure of this job alone.
func (w *Worker) attempt(ctx context.Context, j Job) (m *Message, carrier string, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.ErrorContext(ctx, "panic at a mail", "event", "mail.panic", "id", j.ID, "kind", j.Kind, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, workFor)
	defer cancel()
	m, err = w.Compose(ctx, j)
	if err != nil || m == nil {
		return nil, "", err // what came with an error is no message
	}
	m.ID, m.Tag, m.From = j.ID, j.Ref(), w.From
	if m.Kind == "" {
		m.Kind = j.Kind
	}
	carrier, err = w.Sender.Send(ctx, *m)
	return m, carrier, err
}

// finish removes a job. Another worker may have done so after our lease ran out.
func (w *Worker) finish(ctx context.Context, ops ...store.Op) error {
	err := w.Table.Transact(ctx, ops...)
	if _, lost := store.Conflict(err); lost {
		return nil
	}
	return err
}

// failed puts a job off, longer each time, or gives it up and records that. A
// job that never became a message is recorded without an address.
func (w *Worker) failed(ctx context.Context, k store.Key, j Job, m *Message, cause error) error {
	now := w.Table.Now()
	text := shorten(cause.Error(), 200)
	final := errors.Is(cause, ErrRejected) || now.Sub(time.UnixMilli(j.Created)) >= giveUp
	w.Log.WarnContext(ctx, "mail not sent", "event", "mail.failed", "id", j.ID, "kind", j.Kind, "attempts", j.Attempts+1, "final", final, "err", text)
	if final {
		if m == nil {
			m = &Message{Kind: j.Kind}
		}
		return w.finish(ctx, store.Delete(k, store.Present), delivered(now, j, *m, Failed, "", text))
	}
	j.Attempts++
	j.Leased, j.Error = 0, text
	due := now.Add(min(time.Second<<min(j.Attempts, 12), time.Hour))
	return w.finish(ctx, store.Delete(k, store.Present),
		Jobs.Put(store.Key{PK: k.PK, SK: store.TimeText(due) + "#" + j.ID}, j, store.Absent))
}

func shorten(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
