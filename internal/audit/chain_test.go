package audit

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

func TestAdvance(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	r.chain.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.write(1, 2*batch+3)
	r.write(2, 1)
	must(t, r.table.Transact(t.Context(), Row(r.now(), Event{Action: "password.change", Target: 5})))
	found, n := r.findings()
	if len(found) != 0 || n != 0 {
		t.Errorf("before there are chains: %v, %d events", found, n)
	}
	if n := r.advance(); n != 2*batch+5 {
		t.Errorf("chained %d events", n)
	}
	r.sound(2*batch + 5)
	if n := strings.Count(log.String(), "event=audit.checkpoint partition=AUD#O#1 "); n != 3 {
		t.Errorf("%d checkpoints of one partition were logged, want 3:\n%s", n, log.String())
	}
	for _, pk := range []string{UserPK(5), OrgPK(1)} {
		for _, it := range r.items(pk) {
			if e, err := Events.Of(it); err != nil || e.At == 0 || len(it.Index) != 0 {
				t.Errorf("a chained event is %+v, %v in %v", e, err, it.Index)
			}
		}
	}
	r.write(1, 1)
	if found, _ := r.findings(); len(found) != 1 || found[0].Wrong != Pending || !found[0].Warning() {
		t.Errorf("one event waits: %v", found)
	}
	r.turn(grace + time.Second)
	if found, _ := r.findings(); len(found) != 1 || found[0].Wrong != Late || found[0].Warning() {
		t.Errorf("one event has waited too long: %v", found)
	}
	r.advance()
	r.sound(2*batch + 6)
}

// TestLate: an event that appears with an older time than others is linked last.
func TestLate(t *testing.T) {
	r := newRig(t)
	late := r.event(1)
	r.write(1, 3)
	r.advance()
	must(t, r.table.Transact(t.Context(), late))
	r.advance()
	r.sound(4)
	if v, err := links.Of(r.item(linkKey(OrgPK(1), 4))); err != nil || v.Event != late.Key.SK {
		t.Errorf("the last link is %+v, %v", v, err)
	}
}

// TestAdopts: what was written before there were chains is chained with the first
// event that comes after, in the order of time.
func TestAdopts(t *testing.T) {
	r := newRig(t)
	r.old(1, 2*batch+7)
	if n := r.advance(); n != 0 {
		t.Errorf("chained %d events that do not wait", n)
	}
	r.write(1, 1)
	if n := r.advance(); n != 2*batch+8 {
		t.Errorf("chained %d events", n)
	}
	r.sound(2*batch + 8)
	for i, it := range r.items(OrgPK(1)) {
		if v, err := links.Of(r.item(linkKey(OrgPK(1), int64(i+1)))); err != nil || v.Event != it.SK {
			t.Errorf("link %d is %+v, %v", i+1, v, err)
		}
	}
	r.old(1, 1)
	if found, _ := r.findings(); len(found) != 1 || found[0].Wrong != Inserted {
		t.Errorf("such an event after the chain began: %v", found)
	}
}

// crash runs f to its end, or to the crash of its process.
func crash(t *testing.T, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err, _ = p.(error); !errors.Is(err, storetest.ErrCrash) {
				panic(p)
			}
		}
	}()
	return f()
}

// TestCrash stops Advance at every call of the store, in every way: the next one
// goes on, no event is lost and none is linked twice.
func TestCrash(t *testing.T) {
	for _, mode := range storetest.Modes() {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				r := newRig(t)
				r.write(1, 2)
				r.advance()
				r.write(1, batch+2) // a chain that goes on
				r.old(2, batch+1)   // one that begins with old events
				r.write(2, 1)
				r.write(3, 1)
				f := storetest.NewFault(r.db, n, mode)
				c := r.over(f)
				_ = crash(t, func() error { _, err := c.Advance(t.Context()); return err })
				r.advance()
				r.sound(2*batch + 7)
				if t.Failed() {
					t.Fatalf("after a fault at call %d", n)
				}
				if !f.Hit() {
					return
				}
			}
		})
	}
}

// TestParallel: several at once, while events are written.
func TestParallel(t *testing.T) {
	r := newRig(t)
	r.old(1, batch+5)
	var wg sync.WaitGroup
	const writers, each = 3, 40
	for w := range writers {
		wg.Go(func() {
			for range each {
				if err := r.table.Transact(t.Context(), r.event(int64(1+w%2))); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			c := r.over(r.db)
			for range each {
				if _, err := c.Advance(t.Context()); err != nil && !errors.Is(err, store.ErrUnavailable) {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range each / 4 {
				found, _ := r.findings()
				for _, f := range found {
					if !f.Warning() {
						t.Errorf("found %v while all goes well", f)
					}
				}
			}
		})
	}
	wg.Wait()
	r.advance()
	r.sound(batch + 5 + writers*each)
}

// TestLag: an index that is behind hides events, and shows some that are chained
// already; under every other fault too.
func TestLag(t *testing.T) {
	for seed := range uint64(10) {
		for name, d := range map[string]func(store.Driver, uint64) *storetest.Harsh{"lag": storetest.Lag, "faulty": storetest.Faulty} {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				c := r.over(d(r.db, seed))
				r.old(2, 2)
				for i := range 10 {
					for org := range int64(3) {
						must(t, c.Table.Transact(t.Context(), r.event(org), r.event(org+10)))
					}
					if _, err := c.Advance(t.Context()); err != nil && !errors.Is(err, store.ErrUnavailable) {
						t.Fatalf("round %d: %v", i, err)
					}
				}
				r.advance()
				r.sound(62)
			})
		}
	}
}

// TestDamaged: a chain that somebody has changed is not gone on from, which would
// hide it, and does not hold up the others.
func TestDamaged(t *testing.T) {
	for name, tamper := range map[string]func(*forger) []store.Op{
		"forged head":   func(f *forger) []store.Op { return []store.Op{put(f.changed(f.heads[len(f.heads)-1]))} },
		"no head":       tamperings["the head deleted"],
		"not listed":    tamperings["hidden from the list of chains"],
		"head set back": tamperings["the head set back"],
	} {
		t.Run(name, func(t *testing.T) {
			f := newForger(t, 5)
			undo := f.tamper(tamper(f)...)
			f.write(1, 1)
			f.write(2, 1)
			f.write(3, 1)
			if n, err := f.chain.Advance(t.Context()); n != 2 || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), f.pk) {
				t.Errorf("chained %d, %v", n, err)
			}
			f.tamper(undo...)
			if n := f.advance(); n != 1 {
				t.Errorf("chained %d once it was undone", n)
			}
			f.sound(forged + 2*forged/step + 3)
		})
	}
}

// TestStrangeRows: a row in the index that is no event, or that the store would
// refuse, holds nothing up and is written by nobody.
func TestStrangeRows(t *testing.T) {
	r := newRig(t)
	strange := []store.Item{
		{Key: store.Key{PK: "U#7", SK: "A"}, Kind: "authority"},
		{Key: store.Key{PK: "U#7", SK: "B"}, Kind: Events.Name},
		{Key: store.Key{PK: OrgPK(1), SK: "note"}, Kind: "note"},
		{Key: store.Key{PK: Prefix + strings.Repeat("x", 994), SK: "long"}, Kind: Events.Name},
		{Key: store.Key{PK: OrgPK(1), SK: "large"}, Kind: Events.Name, Body: []byte(`"` + strings.Repeat("x", store.MaxItem) + `"`)},
	}
	for i, it := range strange {
		if it.Schema = 1; it.Body == nil {
			it.Body = []byte(`{}`)
		}
		it.Index = map[store.Index]store.Key{store.ByUnchained: place(it.Key)}
		strange[i] = r.item(it.Key)
		r.tamper(put(it))
	}
	r.write(1, 1)
	if n := r.advance(); n != 1 {
		t.Errorf("chained %d", n)
	}
	if left := r.items("U#7"); len(left) != 2 || len(left[0].Index) != 1 {
		t.Errorf("a stranger's rows are %+v", left)
	}
	if found, n := r.findings(); len(found) != 2 || n != 1 {
		t.Errorf("%d events, %v", n, found)
	}
}
