package limit_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/limit"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

func table(t *testing.T, now *atomic.Int64, wrap func(store.Driver) store.Driver) *store.Table {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return store.New(wrap(db), func() time.Time { return time.UnixMilli(now.Load()) })
}

func plain(d store.Driver) store.Driver { return d }

var rate = limit.Rate{Burst: 3, Every: 10 * time.Second}

func bucket(name string) *limit.Bucket {
	return &limit.Bucket{Key: store.Key{PK: "LIM#" + name, SK: "L"}, Rate: rate}
}

func after(err error) time.Duration {
	if err == nil {
		return 0
	}
	return fault.Of(err).After
}

func TestTake(t *testing.T) {
	var now atomic.Int64
	now.Store(1_800_000_000_000)
	l := &limit.Limiter{Table: table(t, &now, plain)}
	for n, want := range []time.Duration{0, 0, 0, 10 * time.Second, 10 * time.Second} {
		if got := after(l.Take(t.Context(), bucket("a"))); got != want {
			t.Errorf("take %d: wait %v, want %v", n, got, want)
		}
	}
	now.Add(4000)
	if got := after(l.Take(t.Context(), bucket("a"))); got != 6*time.Second {
		t.Errorf("after 4 s: wait %v, want 6s", got)
	}
	now.Add(6000)
	if err := l.Take(t.Context(), bucket("a")); err != nil {
		t.Errorf("after 10 s: %v", err)
	}
	if err := l.Take(t.Context(), bucket("a"), bucket("b")); err == nil {
		t.Error("an empty bucket beside a full one was taken from")
	}
	for range 3 {
		if err := l.Take(t.Context(), bucket("b")); err != nil {
			t.Errorf("the refused take cost the other bucket: %v", err)
		}
	}
}

// TestH14_ASVS15_4_1_Parallel takes from one bucket 64 times at once, on a driver that is
// contended and loses answers: never more than the burst get through.
func TestH14_ASVS15_4_1_Parallel(t *testing.T) {
	for seed := range uint64(5) {
		var now atomic.Int64
		now.Store(1_800_000_000_000)
		l := &limit.Limiter{Table: table(t, &now, func(d store.Driver) store.Driver { return storetest.Faulty(d, seed) })}
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if l.Take(t.Context(), bucket("a")) == nil {
					passed.Add(1)
				}
			})
		}
		wg.Wait()
		if n := passed.Load(); n > int64(rate.Burst) || n == 0 {
			t.Errorf("seed %d: %d got through a burst of %d", seed, n, rate.Burst)
		}
	}
}

func TestFailures(t *testing.T) {
	var now atomic.Int64
	now.Store(1_800_000_000_000)
	tab := table(t, &now, plain)
	l := &limit.Limiter{Table: tab}
	guess := func() error {
		b := bucket("f")
		b.MaxFails = 5
		now.Add(60_000)
		return l.Take(t.Context(), b)
	}
	for n := range 5 {
		if err := guess(); err != nil {
			t.Fatalf("guess %d: %v", n, err)
		}
	}
	if err := guess(); !errors.Is(err, limit.ErrClosed) {
		t.Errorf("sixth guess: %v, want closed", err)
	}
	now.Add(24 * 3600 * 1000)
	if err := guess(); !errors.Is(err, limit.ErrClosed) {
		t.Errorf("a day later: %v, want closed", err)
	}
	if err := tab.Transact(t.Context(), limit.Reset(bucket("f"), time.UnixMilli(now.Load()))); err != nil {
		t.Fatal(err)
	}
	if err := guess(); err != nil {
		t.Errorf("after a reset: %v", err)
	}
}

// TestASVS16_5_3_Down refuses when the store does not answer: an open door is worse.
func TestASVS16_5_3_Down(t *testing.T) {
	var now atomic.Int64
	now.Store(1_800_000_000_000)
	l := &limit.Limiter{Table: table(t, &now, func(d store.Driver) store.Driver { return down{d} })}
	if err := l.Take(t.Context(), bucket("a")); fault.Of(err).Status != 503 {
		t.Errorf("%v, want a 503", err)
	}
}

type down struct{ store.Driver }

func (down) Get(_ context.Context, _ []store.Key) ([]store.Item, error) {
	return nil, store.ErrThrottled
}

// TestReserve lets 64 reserve at once: exactly the burst get through, whoever
// gives one back makes room for one, and a bucket that expired begins anew even
// while its row still lies there.
func TestReserve(t *testing.T) {
	var now atomic.Int64
	now.Store(1_800_000_000_000)
	l := &limit.Limiter{Table: table(t, &now, plain)}
	reserve := func() error {
		b := bucket("r")
		items, err := l.Table.Get(t.Context(), b.Key)
		if err != nil {
			return err
		}
		b.Item, b.Read = items[0], true
		return l.Reserve(t.Context(), b)
	}
	all := func() int64 {
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if reserve() == nil {
					passed.Add(1)
				}
			})
		}
		wg.Wait()
		return passed.Load()
	}
	if n := all(); n != int64(rate.Burst) {
		t.Errorf("%d got through a burst of %d", n, rate.Burst)
	}
	over, end := context.WithCancel(t.Context())
	end()
	l.Return(over, bucket("r"))
	if n := all(); n != 1 {
		t.Errorf("%d got through after one was given back", n)
	}
	now.Add(3600 * 1000)
	if n := all(); n < 1 || n > int64(rate.Burst) {
		t.Errorf("%d got through an hour later, a burst is %d", n, rate.Burst)
	}
}
