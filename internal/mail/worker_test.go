package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

func TestDeliveredOnce(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindConfirm, "Ada@example.org")
	if n := r.drain(); n != 1 {
		t.Fatalf("finished %d jobs, want 1", n)
	}
	r.turn(25 * time.Hour)
	if n := r.drain(); n != 0 || len(r.sent) != 1 || len(r.waiting()) != 0 {
		t.Fatalf("%d finished again, %d sent, %d waiting", n, len(r.sent), len(r.waiting()))
	}
	m := r.sent[0]
	if m.ID != j.ID || m.From != "no-reply@gatehouse.example" || m.Tag != Tag(j.Created, j.ID) {
		t.Errorf("sent %+v", m)
	}
	d := r.delivery(j)
	if d.State != Sent || d.Attempts != 1 || d.Carrier != "carrier-1" || d.To != "Ada@example.org" || d.Error != "" {
		t.Errorf("delivery %+v", d)
	}
	p, err := r.table.Query(t.Context(), store.Query{Index: store.ByRecipient, PK: "TO#ada@example.org", Limit: 10})
	if err != nil || len(p.Items) != 1 {
		t.Errorf("%d deliveries by recipient, %v", len(p.Items), err)
	}
}

func TestNothingToSend(t *testing.T) {
	r := newRig(t)
	j := r.queue("nothing", "ada@example.org")
	if n := r.drain(); n != 1 || len(r.sent) != 0 || len(r.waiting()) != 0 || r.delivery(j) != (Delivery{}) {
		t.Errorf("%d finished, %d sent, delivery %+v", n, len(r.sent), r.delivery(j))
	}
}

var errKilled = errors.New("killed")

// killBeforeRecord lets a job be leased and sent but not removed.
func killBeforeRecord(tx store.Tx) error {
	for _, o := range tx.Ops {
		if o.Verb == store.VerbDelete && strings.HasPrefix(o.Key.PK, OutboxPrefix) {
			return errKilled
		}
	}
	return nil
}

func TestCrashBetweenSendAndRecord(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindReset, "ada@example.org")
	r.driver.set(killBeforeRecord)
	if _, err := r.worker.Drain(t.Context()); !errors.Is(err, errKilled) {
		t.Fatalf("drain: %v", err)
	}
	r.driver.set(nil)
	if n := r.drain(); n != 0 {
		t.Fatal("the lease of the dead worker did not hold")
	}
	r.turn(leaseFor)
	if n := r.drain(); n != 1 || len(r.sent) != 2 {
		t.Fatalf("%d finished, %d sent", n, len(r.sent))
	}
	a, b := r.sent[0], r.sent[1]
	if a.ID != b.ID || a.Tag != b.Tag || a.Links[0] != b.Links[0] {
		t.Errorf("repeated as another mail: %+v, %+v", a, b)
	}
	if d := r.delivery(j); d.State != Sent || d.Carrier != "carrier-2" {
		t.Errorf("delivery %+v", d)
	}
}

func TestRecordedWhenTimeIsUp(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindReset, "ada@example.org")
	ctx, cancel := context.WithCancel(t.Context())
	r.send = func(Message) error { cancel(); return nil }
	n, err := r.worker.Drain(ctx)
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d finished, %v", n, err)
	}
	if d := r.delivery(j); d.State != Sent || len(r.waiting()) != 0 {
		t.Errorf("delivery %+v", d)
	}
}

func TestTwoWorkersAtOnce(t *testing.T) {
	r := newRig(t)
	const jobs = 40
	for i := range jobs {
		r.queue(KindConfirm, fmt.Sprintf("u%d@example.org", i))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := r.worker.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, m := range r.sent {
		seen[m.ID] = true
	}
	if len(r.sent) != jobs || len(seen) != jobs || len(r.waiting()) != 0 {
		t.Errorf("%d sent, %d different, %d waiting", len(r.sent), len(seen), len(r.waiting()))
	}
}

func TestBackoffAndLaterSuccess(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindConfirm, "ada@example.org")
	down := true
	r.send = func(Message) error {
		if down {
			return errors.New("carrier is down")
		}
		return nil
	}
	var waits []time.Duration
	for range 6 {
		r.drain()
		w := r.waiting()
		if len(w) != 1 || w[0].Error != "carrier is down" || w[0].Leased != 0 {
			t.Fatalf("waiting %+v", w)
		}
		before := r.clock()
		for r.waiting()[0].Attempts == w[0].Attempts {
			r.turn(time.Second)
			r.drain()
		}
		waits = append(waits, r.clock().Sub(before))
	}
	if fmt.Sprint(waits) != "[2s 4s 8s 16s 32s 1m4s]" {
		t.Errorf("waits %v", waits)
	}
	down = false
	r.turn(time.Hour)
	if n := r.drain(); n != 1 || len(r.sent) != 1 {
		t.Fatalf("%d finished, %d sent", n, len(r.sent))
	}
	if d := r.delivery(j); d.State != Sent || d.Attempts != 8 || d.Error != "" || d.ID != j.ID {
		t.Errorf("delivery %+v", d)
	}
}

func TestGivesUpAfterADay(t *testing.T) {
	for _, kind := range []string{KindConfirm, "fails", "panics"} {
		t.Run(kind, func(t *testing.T) {
			r := newRig(t)
			j := r.queue(kind, "ada@example.org")
			r.send = func(Message) error { return errors.New("carrier is down") }
			tries := 0
			for start := r.clock(); r.clock().Sub(start) < giveUp; r.turn(time.Hour) {
				r.drain()
				if tries++; len(r.waiting()) != 1 {
					t.Fatalf("gave up after %v", r.clock().Sub(start))
				}
			}
			r.drain()
			d := r.delivery(j)
			if len(r.waiting()) != 0 || d.State != Failed || d.Attempts != tries+1 || d.Error == "" || d.Kind != kind {
				t.Errorf("%d waiting; after %d tries %+v", len(r.waiting()), tries+1, d)
			}
		})
	}
}

func TestRejectedFailsAtOnce(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindConfirm, "ada@example.org")
	r.send = func(Message) error { return fmt.Errorf("%w: no such domain", ErrRejected) }
	r.drain()
	if d := r.delivery(j); len(r.waiting()) != 0 || d.State != Failed || d.Attempts != 1 || d.Error != "mail: rejected: no such domain" {
		t.Errorf("%d waiting, delivery %+v", len(r.waiting()), d)
	}
}

func TestPoisonHoldsUpNobody(t *testing.T) {
	r := newRig(t)
	// All in one partition and before the good ones, which is the worst case.
	now, pk := r.clock(), OutboxPrefix+"3"
	put := func(n int, op store.Op) {
		op.Key = store.Key{PK: pk, SK: store.TimeText(now) + fmt.Sprintf("#%02d", n)}
		if err := r.table.Transact(t.Context(), op); err != nil {
			t.Fatal(err)
		}
	}
	newer := Jobs
	newer.Schema++
	put(0, Queue(now, "panics", nil))
	put(1, Queue(now, "fails", nil))
	put(2, newer.Put(store.Key{}, Job{ID: "x", Kind: KindConfirm}, store.Absent))
	put(3, Jobs.Put(store.Key{}, Job{}, store.Absent))
	put(4, Queue(now, "sender panics", map[string]string{"to": "eve@example.org"}))
	put(5, Queue(now, KindConfirm, map[string]string{"to": "ada@example.org"}))
	r.send = func(m Message) error {
		if m.Kind == "sender panics" {
			panic("send")
		}
		if m.To == "" {
			return ErrRejected
		}
		return nil
	}
	if n := r.drain(); n != 1 || len(r.sent) != 1 || r.sent[0].To != "ada@example.org" {
		t.Errorf("%d finished, sent %+v", n, r.sent)
	}
}

func TestOldestFirstInAShard(t *testing.T) {
	r := newRig(t)
	for i := range 60 { // more than a page
		r.queue(KindConfirm, fmt.Sprintf("u%02d@example.org", i))
		r.turn(time.Second)
	}
	r.queue(KindConfirm, "later@example.org")
	r.turn(-time.Second) // the last is not due yet
	if n := r.drain(); n != 60 {
		t.Errorf("finished %d", n)
	}
	last := map[string]string{}
	for _, m := range r.sent {
		shard := Job{ID: m.ID}.key(time.Time{}).PK
		if m.Tag < last[shard] {
			t.Errorf("%s went after %s", m.Tag, last[shard])
		}
		last[shard] = m.Tag
	}
}

func TestStoreTroubleEndsTheRun(t *testing.T) {
	r := newRig(t)
	r.queue(KindConfirm, "ada@example.org")
	down := errors.New("store is down")
	r.driver.set(func(store.Tx) error { return down })
	if n, err := r.worker.Drain(t.Context()); n != 0 || !errors.Is(err, down) || len(r.sent) != 0 {
		t.Errorf("%d finished, %v, %d sent", n, err, len(r.sent))
	}
}

func TestOutboxConstants(t *testing.T) {
	r := newRig(t)
	shardsSeen := map[string]bool{}
	for range 500 {
		op := Queue(r.clock(), KindConfirm, nil)
		if !strings.HasPrefix(op.Key.PK, OutboxPrefix) || op.If != store.Absent {
			t.Fatalf("job at %q under %v", op.Key, op.If)
		}
		shardsSeen[op.Key.PK] = true
	}
	if len(shardsSeen) != shards {
		t.Errorf("%d shards in use of %d", len(shardsSeen), shards)
	}
	if workFor+recordFor >= leaseFor {
		t.Error("a lease may run out during the work")
	}
	if giveUp != 24*time.Hour || keepFor <= giveUp {
		t.Errorf("gives up after %v, keeps for %v", giveUp, keepFor)
	}
}

func TestQueuedIsBounded(t *testing.T) {
	r := newRig(t)
	for range 30 {
		r.queue(KindConfirm, "ada@example.org")
	}
	for max, want := range map[int]int{1: 1, 7: 7, 30: 30, 5000: 30} {
		jobs, err := Queued(t.Context(), r.table, max)
		if err != nil || len(jobs) != want {
			t.Errorf("at most %d: %d, %v", max, len(jobs), err)
		}
	}
}
