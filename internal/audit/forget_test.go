package audit

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// left is what is in the table of a partition.
func (r *rig) left(partition string) int {
	r.Helper()
	var b strings.Builder
	must(r.T, r.db.Dump(r.Context(), &b))
	n := 0
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, `"`+partition+`" `) || strings.HasPrefix(line, `"CHAIN#`+partition+`" `) {
			n++
		}
	}
	return n
}

func TestForget(t *testing.T) {
	r := newRig(t)
	r.write(1, 200)
	r.write(2, 3)
	r.advance()
	r.write(1, 2) // which wait
	r.old(3, 5)   // a partition without a chain
	for _, org := range []int64{1, 3, 4} {
		must(t, Forget(t.Context(), r.table, OrgPK(org)))
		if n := r.left(OrgPK(org)); n != 0 {
			t.Errorf("%d rows are left of %s", n, OrgPK(org))
		}
	}
	r.sound(3)
	r.turn(time.Hour)
	r.sound(3)
	if p, err := r.chain.Verify(t.Context(), OrgPK(1)); err != nil || !p.Forgotten {
		t.Errorf("%+v, %v", p, err)
	}
	r.write(1, 2)
	if n := r.advance(); n != 2 {
		t.Errorf("chained %d of a new chain", n)
	}
	r.sound(5)
	must(t, Forget(t.Context(), r.table, OrgPK(1)))
	r.sound(3)
}

// TestForgetCrash stops Forget at every call of the store; until it is called
// again nothing is chained, and what is left shows after a while.
func TestForgetCrash(t *testing.T) {
	for _, mode := range storetest.Modes() {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				r := newRig(t)
				r.write(1, 100)
				r.write(2, 1)
				r.advance()
				r.write(1, 1)
				f := storetest.NewFault(r.db, n, mode)
				_ = crash(t, func() error { return Forget(t.Context(), r.over(f).Table, OrgPK(1)) })
				begun := r.left(OrgPK(1)) != 202
				r.advance()
				if found, _ := r.findings(); len(found) != 0 {
					t.Fatalf("after a fault at call %d: %v", n, found)
				}
				r.turn(time.Hour)
				found, _ := r.findings()
				if rows := r.left(OrgPK(1)); begun && (rows > 0) != (len(found) > 0) {
					t.Fatalf("after a fault at call %d %d rows are left: %v", n, rows, found)
				}
				must(t, Forget(t.Context(), r.table, OrgPK(1)))
				r.sound(1)
				if rows := r.left(OrgPK(1)); rows != 0 {
					t.Fatalf("%d rows are left after a fault at call %d", rows, n)
				}
				if !f.Hit() {
					return
				}
			}
		})
	}
}

// TestForgetBeside: a partition is forgotten while others chain what waits in it.
func TestForgetBeside(t *testing.T) {
	for range 20 {
		r := newRig(t)
		r.write(1, 95)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for range 3 {
					_, _ = r.over(r.db).Advance(t.Context()) // may lose against Forget
				}
			})
		}
		wg.Go(func() {
			if err := Forget(t.Context(), r.table, OrgPK(1)); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		r.advance()
		if n := r.left(OrgPK(1)); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		r.sound(0)
	}
}

// TestReseal: checkpoints outlive the root key that signed them if that is done
// while both are live.
func TestReseal(t *testing.T) {
	r := newRig(t)
	r.write(1, 3)
	r.write(2, 1)
	r.write(3, 1)
	r.advance()
	must(t, Forget(t.Context(), r.table, OrgPK(3)))
	next := secret.Generate("k2")
	r.use(next)
	if found, _ := r.findings(); len(found) != 3 {
		t.Errorf("without the key: %v; want two heads and the list", found)
	}
	if n, err := r.chain.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("without the key %d were signed, %v", n, err)
	}
	r.use(next + "," + r.root)
	r.sound(4)
	r.write(2, 1)
	r.advance()
	undo := r.tamper(put(with(r.item(headKey(OrgPK(1))), head{Seq: 1})))
	if n, err := r.chain.Reseal(t.Context()); n != 1 || err != nil {
		t.Errorf("%d were signed, %v; want the list alone", n, err)
	}
	r.tamper(undo...)
	if n, err := r.chain.Reseal(t.Context()); n != 1 || err != nil {
		t.Errorf("%d were signed, %v; want the head of the one that did not go on", n, err)
	}
	if n, err := r.chain.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("%d were signed again, %v", n, err)
	}
	r.use(next)
	r.sound(5)
}

// TestRows: an event says where it belongs, and a body of an earlier release is read.
func TestRows(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	person, org := Row(now, Event{Action: "a", Target: 7, Org: 3}), OrgRow(now, Event{Action: "a", Target: 7, Org: 3})
	if person.Key.PK != "AUD#U#7" || org.Key.PK != "AUD#O#3" || OrgPK(3) != "AUD#O#3" {
		t.Errorf("%q, %q", person.Key, org.Key)
	}
	for _, o := range []store.Op{person, org} {
		k := o.Index[store.ByUnchained]
		if k.SK != o.Key.SK || !strings.HasPrefix(k.PK, "UNCHAINED#") || len(k.PK) != len("UNCHAINED#0") || o.If != store.Absent || o.Kind != "audit" {
			t.Errorf("%+v", o)
		}
	}
	if string(person.Body) != `{"action":"a","target":7,"org":3,"at":1700000000000}` {
		t.Errorf("%s", person.Body)
	}
}
