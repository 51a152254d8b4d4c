package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"
)

func TestParamsValidate(t *testing.T) {
	if argonVersion != "v=19" || argon2.Version != 19 {
		t.Fatal("the argon2 version in stored hashes is not the one computed")
	}
	if (Default != Params{MemoryKiB: 19456, Time: 2, Threads: 1}) {
		t.Errorf("Default is %s", Default)
	}
	for _, c := range []struct {
		p  Params
		ok bool
	}{
		{Default, true},
		{ForTests(), true},
		{Params{MemoryKiB: 46 * 1024, Time: 1, Threads: 1}, true},
		{Params{MemoryKiB: 12 * 1024, Time: 3, Threads: 1}, true},
		{Params{MemoryKiB: 256 * 1024, Time: 10, Threads: 4}, true},
		{Params{}, false},
		{Params{MemoryKiB: 19*1024 - 1, Time: 2, Threads: 1}, false},
		{Params{MemoryKiB: 19 * 1024, Time: 1, Threads: 1}, false},
		{Params{MemoryKiB: 12*1024 - 1, Time: 10, Threads: 1}, false},
		{Params{MemoryKiB: 64, Time: 1, Threads: 1}, false},
		{Params{MemoryKiB: 19 * 1024, Time: 2}, false},
		{Params{MemoryKiB: 256*1024 + 1, Time: 2, Threads: 1}, false},
		{Params{MemoryKiB: 19 * 1024, Time: 11, Threads: 1}, false},
		{Params{MemoryKiB: 19 * 1024, Time: 2, Threads: 5}, false},
	} {
		if err := c.p.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.p, err)
		}
	}
}

func TestPeppersValidate(t *testing.T) {
	key := make([]byte, 32)
	for name, p := range map[string]Peppers{
		"current missing": {Current: "k"},
		"short key":       {Current: "k", Keys: map[string][]byte{"k": key[:31]}},
		"bad id":          {Current: "a,b", Keys: map[string][]byte{"a,b": key}},
		"empty id":        {Keys: map[string][]byte{"": key}},
		"long id":         {Keys: map[string][]byte{strings.Repeat("k", 33): key}},
	} {
		if err := p.Validate(); !errors.Is(err, ErrPepper) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Peppers{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestInvalidConfigurationFailsClosed(t *testing.T) {
	for name, h := range map[string]*Hasher{
		"weak":      New(Params{MemoryKiB: 64, Time: 1, Threads: 1}, 1, Peppers{}),
		"zero":      New(Params{}, 0, Peppers{}),
		"no pepper": New(Default, 1, Peppers{Current: "gone"}),
	} {
		if s, err := h.Hash(context.Background(), "pw"); err == nil {
			t.Errorf("%s: hashed to %s", name, s)
		}
		if ok, _, err := h.Verify(context.Background(), "", "pw"); ok || err == nil {
			t.Errorf("%s: ok=%v err=%v", name, ok, err)
		}
	}
}

func TestLaterChangeOfKeysIsNotSeen(t *testing.T) {
	p := peppers("k1")
	h := newTest(t, p)
	clear(p.Keys)
	if _, err := h.Hash(context.Background(), "pw"); err != nil {
		t.Error(err)
	}
}

func TestSlotsRespectContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(ForTests(), 1, Peppers{})
		release, err := h.slots.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err = h.Hash(ctx, "pw")
		if !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("err=%v after %s", err, time.Since(start))
		}
		release()
		if _, err := h.Hash(ctx, "pw"); !errors.Is(err, ErrBusy) {
			t.Errorf("an ended context took a free slot: %v", err)
		}
		if _, err := h.Hash(t.Context(), "pw"); err != nil {
			t.Errorf("the freed slot is lost: %v", err)
		}
		if n := h.slots.places.Load(); n != 0 {
			t.Errorf("%d places taken at the end", n)
		}
	})
}

func TestASVS15_2_2_SlotsBoundTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2
		s := newSlots(n)
		var running []func()
		for range n {
			release, err := s.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			running = append(running, release)
		}
		var wg sync.WaitGroup
		for range n * waitersPerSlot {
			wg.Go(func() {
				release, err := s.acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				release()
			})
		}
		synctest.Wait()
		if _, err := s.acquire(t.Context()); err != ErrBusy {
			t.Errorf("a full queue: %v", err)
		}
		for _, release := range running {
			release()
		}
		wg.Wait()
		if len(s.running) != 0 || s.places.Load() != 0 {
			t.Errorf("%d running, %d places taken at the end", len(s.running), s.places.Load())
		}
	})
}

func TestASVS15_2_2_SlotsBoundConcurrency(t *testing.T) {
	const n = 3
	s := newSlots(n)
	var mu sync.Mutex
	running, most := 0, 0
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			release, err := s.acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
		})
	}
	wg.Wait()
	if most != n {
		t.Errorf("%d ran at once, want %d", most, n)
	}
}
