package org

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
	"gatehouse/internal/tenant"
)

func TestForget(t *testing.T) {
	var before map[store.Key]string
	prepare := func(r *rig) {
		owner, uid := r.user(1), r.user(2)
		for org := range int64(3) {
			r.join(r.org(7+org, owner, 0), uid, "worker")
		}
		st, err := tenant.States.Of(r.one(tenant.Key(7)))
		must(r.T, err)
		st.Owner = uid // who invites
		r.invite(st, "new@example.com")
		r.wants(204, "", owner, "DELETE /api/organizations/9", "")
		before = r.dump()
	}
	everyCall(t, prepare, func(_ *rig, s *Service) error { return s.Forget(t.Context(), 2) }, func(r *rig) {
		after := r.dump()
		for k, body := range before {
			mine := k.PK == tenant.MembersPK(2) || k.PK == SenderPK(2) || strings.Contains(body, `"uid":2,`) && k.PK != session.UserPK(2) || strings.Contains(body, `"uid":2}`)
			_, there := after[k]
			accepted := strings.HasPrefix(k.PK, "INVBY#") || strings.HasPrefix(k.PK, "LST#invitations#")
			if there == mine && !accepted {
				r.Errorf("%v %s: there %t", k, body, there)
			}
		}
		for k := range maps.Keys(after) {
			if strings.HasPrefix(k.PK, "LST#invitations#") && k.PK != InvitesRoster(7) {
				r.Errorf("%v is left", k)
			}
		}
		for org, want := range map[int64]int64{7: 2, 8: 1} {
			s, m := r.count(tenant.SeatsKey(org)), r.count(tenant.MembersKey(org))
			if s != want || m != 1 {
				r.Errorf("organization %d: %d seats, %d members", org, s, m)
			}
		}
	})
}

func TestForgetRefusesOwners(t *testing.T) {
	r := newRig(t)
	r.org(7, r.user(1), 0)
	if err := r.Forget(t.Context(), 1); err == nil || !r.one(tenant.MemberKey(1, 7)).Exists() {
		t.Errorf("an owner was forgotten: %v", err)
	}
}

func TestNamesFollow(t *testing.T) {
	r := newRig(t)
	owner, uid := r.user(1), r.user(2)
	const orgs = 150
	for org := range int64(orgs) {
		r.join(r.org(100+org, owner, 0), uid, "worker")
	}
	p, err := profile.Profiles.Of(r.one(profile.Key(uid)))
	must(t, err)
	p.First = "Grace"
	ops, err := r.Changed(t.Context(), p, true)
	must(t, err)
	if len(ops) != followAtOnce+2 { // and what is due, and that nobody has joined meanwhile
		t.Errorf("%d writes", len(ops))
	}
	r.do(append(ops, profile.Profiles.Put(profile.Key(uid), p, store.Always))...)
	s := r.over(storetest.Faulty(r.driver, 3))
	if n, err := s.Rename(t.Context()); n != 1 || err != nil {
		t.Errorf("renamed %d, %v", n, err)
	}
	for org := range int64(orgs) {
		people, err := r.People(t.Context(), 100+org, false)
		must(t, err)
		if len(people) != 2 || people[1].First != "Grace" {
			t.Fatalf("organization %d: %+v", 100+org, people)
		}
	}
	if n, err := s.Rename(t.Context()); n != 0 || err != nil {
		t.Errorf("renamed %d once more, %v", n, err)
	}
	if ops, err := r.Changed(t.Context(), p, true); err != nil || len(ops) != 2 {
		t.Errorf("nothing changed, and %d writes, %v", len(ops), err)
	}
	slugs, block, err := r.Owned(t.Context(), owner)
	if err != nil || len(slugs) != orgs {
		t.Errorf("%d owned, %v", len(slugs), err)
	}
	if _, lost := store.Conflict(r.Table.Transact(t.Context(), block)); !lost {
		t.Error("an owner was not held back")
	}
}

func TestPerson(t *testing.T) {
	r := newRig(t)
	st := r.org(7, r.user(1), 0)
	r.user(2)
	i := r.invite(st, "new@example.com")
	for _, c := range []struct {
		id      int64
		pending bool
		want    string
	}{{1, false, "user1"}, {2, true, ""}, {i.ID, true, "new@example.com"}, {i.ID, false, ""}, {1001, true, ""}} {
		p, ok, err := r.Person(t.Context(), c.id, 7, c.pending)
		if err != nil || ok != (c.want != "") || p.Username != c.want || ok && p.UID != c.id {
			t.Errorf("%s, pending %t: %+v, %t, %v", strconv.FormatInt(c.id, 10), c.pending, p, ok, err)
		}
	}
	all, err := r.People(t.Context(), 7, true)
	if err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}
