package org

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
	"gatehouse/internal/tenant"
)

// crash runs f until it panics with a crash or comes back.
func crash(t *testing.T, f func() error) (err error) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil && v != storetest.ErrCrash {
			panic(v)
		} else if v != nil {
			err = storetest.ErrCrash
		}
	}()
	return f()
}

// everyCall runs do with a fault in each of its calls of the store and in each
// mode, on a world of its own, then once more without, and hands over to check.
func everyCall(t *testing.T, prepare func(*rig), do func(*rig, *Service) error, check func(*rig)) {
	for _, mode := range []storetest.Mode{storetest.CrashBefore, storetest.CrashAfter, storetest.TimeoutAfter, storetest.SelfConflict} {
		t.Run(mode.String(), func(t *testing.T) {
			for n := 1; ; n++ {
				r := newRig(t)
				prepare(r)
				f := storetest.NewFault(r.driver, n, mode)
				if err := crash(t, func() error { return do(r, r.over(f)) }); err != nil && !errors.Is(err, storetest.ErrCrash) {
					t.Errorf("call %d: %v", n, err)
				}
				must(t, do(r, r.Service))
				check(r)
				if !f.Hit() || t.Failed() {
					return
				}
			}
		})
	}
}

// The world of the drains: an organization to go with many people, and another of
// the same people that must not notice.
func twoOrgs(r *rig) {
	owner := r.user(1)
	st, other := r.org(7, owner, 0), r.org(77, owner, 0)
	for uid := int64(2); uid < 36; uid++ {
		r.join(st, uid, "worker")
	}
	r.join(other, 2, "worker")
	for i := range 14 {
		email := fmt.Sprintf("new%d@example.com", i)
		r.invite(st, email)
		if i < 2 {
			r.invite(other, email)
		}
	}
	r.do(tenant.Offers.Put(tenant.OfferKey(7), tenant.Offer{To: 2, By: 1}, store.Absent))
}

// ours reports whether a row belongs to organization 7.
func ours(k store.Key, body string) bool {
	in := func(s string) bool { return s == "7" || s == store.IDText(7) }
	last := func(s string) string { return s[strings.LastIndex(s, "#")+1:] }
	switch {
	case strings.HasPrefix(k.PK, "AUD#"), strings.HasPrefix(k.PK, "DUE#invitations"), strings.HasPrefix(k.PK, "INVBY#"):
		return strings.Contains(body, `"org":7,`)
	case strings.HasPrefix(k.PK, "MID#"), strings.HasPrefix(k.PK, "INV#"):
		return strings.Contains(body, `"org":7,`)
	case strings.HasPrefix(k.PK, "ORG#"), strings.HasPrefix(k.PK, "LST#members#"), strings.HasPrefix(k.PK, "LST#invitations#"):
		return in(last(k.PK))
	}
	return in(last(k.SK))
}

func TestDrain(t *testing.T) {
	var before map[store.Key]string
	senders := map[store.Key]bool{}
	prepare := func(r *rig) {
		twoOrgs(r)
		r.wants(204, "", 1, "DELETE /api/organizations/7", "")
		before = r.dump()
		clear(senders)
		for k, body := range before { // rows that hold nothing but the key of an invitation
			if key, ok := strings.CutPrefix(k.PK, "INV#"); ok && strings.Contains(body, `"org":7,`) {
				for s := range before {
					if strings.HasSuffix(s.SK, "#"+key) {
						senders[s] = true
					}
				}
			}
		}
	}
	everyCall(t, prepare, func(_ *rig, s *Service) error { _, err := s.Drain(t.Context()); return err }, func(r *rig) {
		after := r.dump()
		for k := range after {
			if _, there := before[k]; !there {
				r.Errorf("%v was made", k)
			}
		}
		for k, body := range before {
			going := (ours(k, body) || senders[k]) && !strings.HasPrefix(k.PK, "AUD#")
			if is, there := after[k]; there == going || there && is != body {
				r.Errorf("%v %s: there %t, is %s; to go: %t", k, body, there, is, going)
			}
		}
	})
}

func TestDrainsSideBySide(t *testing.T) {
	r := newRig(t)
	twoOrgs(r)
	r.wants(204, "", 1, "DELETE /api/organizations/7", "")
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range 4 {
		s := r.over(storetest.Faulty(r.driver, uint64(i)))
		wg.Go(func() {
			n, err := s.Drain(t.Context())
			if err != nil {
				t.Error(err)
			}
			done.Add(int64(n))
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Errorf("%d have finished it", done.Load())
	}
	if s := r.count(tenant.SeatsKey(77)); s != 4 {
		t.Errorf("%d seats of the other organization, want 4", s)
	}
}

// someExpired are six invitations that have expired, and one that has not.
func someExpired(r *rig) {
	owner := r.user(1)
	st, other := r.org(7, owner, 20), r.org(8, owner, 0)
	for i := range 3 {
		r.invite(st, fmt.Sprintf("new%d@example.com", i))
		r.invite(other, fmt.Sprintf("new%d@example.com", i))
	}
	r.do(DueInvitations.Put(store.Key{PK: dueInvitationsPK, SK: store.TimeText(r.now) + "#gone"}, tenant.Open{Key: "gone"}, store.Absent))
	r.now = r.now.Add(30 * time.Minute)
	r.invite(st, "late@example.com")
	r.now = r.now.Add(30 * time.Minute)
}

func allReleased(r *rig) {
	for org, want := range map[int64]int64{7: 2, 8: 1} {
		if n := r.count(tenant.SeatsKey(org)); n != want {
			r.Errorf("organization %d: %d seats, want %d", org, n, want)
		}
	}
	for k, body := range r.dump() {
		if strings.HasPrefix(k.PK, "INV#") && strings.Contains(body, `"seated":true`) != strings.Contains(body, "late@") {
			r.Errorf("%s", body)
		}
	}
	due, err := r.Table.All(r.Context(), store.Query{PK: dueInvitationsPK}, 100)
	must(r.T, err)
	if len(due) != 1 {
		r.Errorf("%d rows are due", len(due))
	}
	if !r.one(tenant.OpenKey("new0@example.com", 7)).Exists() {
		r.Error("the address was given up")
	}
}

func TestReleaseExpired(t *testing.T) {
	everyCall(t, someExpired, func(_ *rig, s *Service) error { _, err := s.ReleaseExpired(t.Context()); return err }, allReleased)
}

func TestReleasesSideBySide(t *testing.T) {
	r := newRig(t)
	someExpired(r)
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range 6 {
		s := r.over(storetest.Faulty(r.driver, uint64(i)))
		wg.Go(func() {
			n, err := s.ReleaseExpired(t.Context())
			if err != nil {
				t.Error(err)
			}
			done.Add(int64(n))
		})
	}
	wg.Wait()
	_, err := r.ReleaseExpired(t.Context())
	must(t, err)
	allReleased(r)
	if done.Load() > 6 {
		t.Errorf("%d expired, of 6", done.Load())
	}
}

// A resent or accepted invitation is not the one that was due.
func TestReleaseMeetsResend(t *testing.T) {
	r := newRig(t)
	st := r.org(7, r.user(1), 0)
	i := r.invite(st, "new@example.com")
	r.now = r.now.Add(2 * time.Hour)
	old := DueInvitationKey(i)
	i.Expires = r.now.Add(time.Hour).UnixMilli()
	r.do(Invitations.Put(InvitationKey(i.Key), i, store.Always), DueInvitations.Put(DueInvitationKey(i), tenant.Open{Key: i.Key}, store.Absent))
	if n, err := r.ReleaseExpired(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if r.one(old).Exists() || !r.one(DueInvitationKey(i)).Exists() || r.count(tenant.SeatsKey(7)) != 2 {
		t.Error("the old row is there, or the new one is not, or the seat was given back")
	}
}
