package password

import (
	"testing"
	"testing/synctest"
	"time"
)

// full takes every place in the line.
func full(t *testing.T, h *Hasher) (leave []func()) {
	t.Helper()
	for len(leave) < 1000 {
		_, l, err := h.Admit(t.Context())
		if err != nil {
			return leave
		}
		leave = append(leave, l)
	}
	t.Fatal("the line has no end")
	return nil
}

func TestAdmittedIsNotRefused(t *testing.T) {
	h := New(ForTests(), 2, Peppers{})
	ctx, leave, err := h.Admit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	others := full(t, h)
	if want := 2 + 2*waitersPerSlot - 1; len(others) != want {
		t.Errorf("%d more were admitted, want %d", len(others), want)
	}
	if _, err := h.Hash(t.Context(), "pw"); err != ErrBusy {
		t.Errorf("without a place: %v", err)
	}
	if n := h.Begun(); n != 0 {
		t.Errorf("%d hashes were begun for somebody without a place", n)
	}
	for range 2 { // as often as it wants to
		if _, err := h.Hash(ctx, "pw"); err != nil {
			t.Errorf("with a place: %v", err)
		}
	}
	if n := h.Begun(); n != 2 {
		t.Errorf("%d hashes were begun, want 2", n)
	}
	leave()
	if _, err := h.Hash(t.Context(), "pw"); err != nil {
		t.Errorf("the place that was given up is lost: %v", err)
	}
	for _, l := range others {
		l()
	}
	if n := h.slots.places.Load(); n != 0 {
		t.Errorf("%d places taken at the end", n)
	}
}

// A place in the line of another Hasher is none here.
func TestAdmittedElsewhere(t *testing.T) {
	h := New(ForTests(), 1, Peppers{})
	ctx, leave, err := New(ForTests(), 1, Peppers{}).Admit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	full(t, h)
	if _, err := h.Hash(ctx, "pw"); err != ErrBusy {
		t.Errorf("%v, want ErrBusy", err)
	}
}

// TestSlotsBoundTheWait: the longer hashes take, the shorter is the line, so that
// whoever is let in waits no longer than maxWait where one caller a slot can.
func TestSlotsBoundTheWait(t *testing.T) {
	for _, c := range []struct {
		hold  time.Duration
		slots int
		want  int
	}{
		{10 * time.Millisecond, 2, 2 + 32},
		{50 * time.Millisecond, 2, 2 + 20},
		{100 * time.Millisecond, 1, 1 + 5},
		{100 * time.Millisecond, 4, 4 + 20},
		{time.Minute, 2, 2 + 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := New(ForTests(), c.slots, Peppers{})
			for range 3 {
				release, err := h.slots.acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.hold)
				release()
			}
			if n := len(full(t, h)); n != c.want {
				t.Errorf("%d slots of %s: %d places, want %d", c.slots, c.hold, n, c.want)
			}
		})
	}
}

// One long hash, as of an imported one, does not shorten the line for long.
func TestSlotsForgetOneLongHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2)
		for _, hold := range []time.Duration{20 * time.Millisecond, time.Hour} {
			release, err := s.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(hold)
			release()
		}
		if n := s.most(); n < 2+10 || n >= 2+32 {
			t.Errorf("%d places after one long hash", n)
		}
		for range 20 {
			s.note(20 * time.Millisecond)
		}
		if n := s.most(); n != 2+32 {
			t.Errorf("%d places after 20 short ones", n)
		}
	})
}
