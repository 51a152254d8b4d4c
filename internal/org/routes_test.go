package org

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func TestOrganization(t *testing.T) {
	r := newRig(t)
	a, b, admin := r.user(1), r.user(2), r.user(9, "admin")
	var v made
	must(t, json.Unmarshal([]byte(r.wants(201, `"name":"acme"`, a, "POST /api/organizations", `{"slug":"acme"}`)), &v))
	at := fmt.Sprint(" /api/organizations/", v.ID)
	r.wants(400, "already exists", b, "POST /api/organizations", `{"slug":"acme"}`)
	r.wants(400, "letters, numbers", b, "POST /api/organizations", `{"slug":"a b"}`)
	r.wants(200, `"slug":"acme"`, a, "GET"+at, "")
	r.wants(404, "", b, "GET"+at, "")
	r.wants(404, "", b, "DELETE"+at, "")
	r.wants(200, `"count":1`, a, "GET /api/organizations", "")
	r.wants(200, `"count":0`, b, "GET /api/organizations", "")
	r.wants(200, `"count":1`, admin, "GET /api/organizations?search=acme", "")
	r.wants(200, `"slug":"acme2"`, a, "PATCH"+at, `{"slug":"acme2","name":"","unknown":1}`)
	r.wants(200, `"count":1`, a, "GET /api/memberships?org=acme2", "")
	r.wants(404, "", a, "GET /api/memberships?org=acme", "")
	r.wants(400, "short name", a, "DELETE"+at, `{"slug":"acme"}`)
	r.wants(200, `"actor_name":"user1"`, a, "GET"+at+"/audit?action=organization.update", "")
	r.wants(200, `"results":[]`, a, "GET"+at+"/audit?actor=2", "")
	r.wants(204, "", a, "DELETE"+at, `{"slug":"acme2"}`)
	r.wants(404, "", a, "GET"+at, "")
	r.wants(404, "", admin, "GET"+at, "")
	r.wants(201, "", b, "POST /api/organizations", `{"slug":"acme2"}`)
	if slugs, _, err := r.Owned(t.Context(), a); err != nil || len(slugs) != 0 {
		t.Errorf("owned after deletion: %v, %v", slugs, err)
	}
	r.do(tenant.OwnNone(a))
	if n, err := r.Drain(t.Context()); n != 1 || err != nil {
		t.Errorf("drained %d, %v", n, err)
	}
}

func TestMemberships(t *testing.T) {
	r := newRig(t)
	owner, maint, work, other, admin := r.user(1), r.user(2), r.user(3), r.user(4), r.user(9, "admin")
	st := r.org(7, owner, 0)
	second := r.org(8, other, 0)
	r.join(st, maint, "maintainer")
	w := r.join(st, work, "worker")
	r.join(second, work, "worker")
	i := r.invite(st, "new@example.com")
	list := "GET /api/memberships"
	r.wants(200, `"count":4`, owner, list+"?org=org7", "")
	r.wants(200, `"username":"new@example.com"`, owner, list+"?org=org7&search=NEW@", "")
	r.wants(200, `"count":3`, work, list+"?org=org7", "")
	r.wants(200, `"count":2`, work, list, "")
	r.wants(200, `"count":0`, work, list+"?org=", "")
	r.wants(200, `"count":6`, admin, list, "")
	r.wants(200, `"count":0`, admin, list+"?org=", "")
	r.wants(200, `"count":1`, admin, list+"?role=maintainer", "")
	r.wants(400, "Select a valid choice", admin, list+"?role=boss", "")
	at := fmt.Sprint(" /api/memberships/", w.ID)
	r.wants(404, "", other, "GET"+at, "")
	r.wants(404, "", other, "DELETE"+at, "")
	r.wants(404, "", work, "DELETE /api/memberships/1", "")
	r.wants(403, "", work, fmt.Sprint("GET /api/memberships/", i.ID), "")
	r.wants(403, "", maint, "PATCH"+at, `{"role":"maintainer"}`)
	r.wants(403, "unknown field", owner, "PATCH"+at, `{"user":3}`)
	r.wants(400, "not a valid choice", owner, "PATCH"+at, `{"role":"boss"}`)
	r.wants(200, `"role":"supervisor"`, maint, "PATCH"+at, `{"role":"supervisor"}`)
	r.wants(200, `"role":"supervisor"`, maint, fmt.Sprint("PATCH /api/memberships/", i.ID), `{"role":"supervisor"}`)
	r.wants(200, `"role":"supervisor"`, owner, list+"?org=org7&user=user3", "")
	r.wants(204, "", work, "DELETE"+at, "")
	r.wants(404, "", owner, "GET"+at, "")
	r.wants(204, "", owner, fmt.Sprint("DELETE /api/memberships/", i.ID), "")
	r.wants(200, `"count":2`, owner, list+"?org=org7", "")
	if s, m := r.count(tenant.SeatsKey(7)), r.count(tenant.MembersKey(7)); s != 2 || m != 2 {
		t.Errorf("%d seats, %d members, want 2 and 2", s, m)
	}
}

// An administrator may be a member too, and do everything to their own membership.
func TestAdministratorAsMember(t *testing.T) {
	r := newRig(t)
	owner, admin := r.user(1), r.user(9, "admin")
	st := r.org(7, owner, 0)
	m := r.join(st, admin, "worker")
	mine := fmt.Sprint(" /api/memberships/", m.ID)
	r.wants(200, `"role":"supervisor"`, admin, "PATCH"+mine, `{"role":"supervisor"}`)
	r.wants(200, `"user_id":9`, admin, "POST /api/organizations/7/ownership", `{"user_id":9}`)
	r.wants(200, `"role":"owner"`, admin, "PATCH"+mine, `{"role":"owner"}`)
	r.wants(409, "always has one owner", admin, "PATCH"+mine, `{"role":"worker"}`)
	r.wants(409, "", admin, "DELETE"+mine, "")
	r.wants(404, "no_offer", admin, "POST /api/organizations/7/ownership/accept", "")
	r.do(tenant.OwnNone(owner))
	var old tenant.Member
	must(t, json.Unmarshal([]byte(r.member(owner, 7)), &old))
	if old.Role != "maintainer" {
		t.Errorf("the former owner is %q", old.Role)
	}
	// And back: the administrator is now the owner who hands over.
	r.wants(200, `"role":"owner"`, admin, fmt.Sprint("PATCH /api/memberships/", old.ID), `{"role":"owner"}`)
	r.do(tenant.OwnNone(admin))
	r.wants(204, "", admin, "DELETE"+mine, "")
}

func (r *rig) member(uid, org int64) string { return string(r.one(tenant.MemberKey(uid, org)).Body) }

func TestOwnership(t *testing.T) {
	r := newRig(t)
	owner, heir, work, admin := r.user(1), r.user(2), r.user(3), r.user(9, "admin")
	st := r.org(7, owner, 0)
	h := r.join(st, heir, "worker")
	r.join(st, work, "worker")
	offer, accept, drop := "POST /api/organizations/7/ownership", "POST /api/organizations/7/ownership/accept", "DELETE /api/organizations/7/ownership"
	r.wants(400, "not a member", owner, offer, `{"user_id":9}`)
	r.wants(400, "owner already", owner, offer, `{"user_id":1}`)
	r.wants(400, "Unknown field", owner, offer, `{"user_id":2,"x":1}`)
	r.wants(403, "would_allow", work, offer, `{"user_id":2}`)
	first := r.wants(200, `"user_id":2`, owner, offer, `{"user_id":2}`, "idempotency-key", "k")
	mails := len(r.dump())
	if again := r.wants(200, "", owner, offer, `{"user_id":2}`, "idempotency-key", "k"); again != first || len(r.dump()) != mails {
		t.Errorf("a repetition did something: %s", again)
	}
	r.wants(404, "no_offer", work, accept, "")
	r.wants(404, "no_offer", work, drop, "")
	r.wants(204, "", heir, drop, "")
	r.wants(404, "no_offer", heir, accept, "")
	r.wants(200, "", owner, offer, `{"user_id":2}`)
	r.wants(200, `"username":"user2"`, heir, accept, "", "idempotency-key", "k")
	r.wants(200, `"username":"user2"`, heir, accept, "", "idempotency-key", "k")
	r.do(tenant.OwnNone(owner))
	r.wants(200, `"role":"owner"`, owner, fmt.Sprint("GET /api/memberships/", h.ID), "")
	r.wants(404, "no_offer", owner, accept, "")
	// Somebody who administers the installation and has left is no heir.
	a := r.join(st, admin, "worker")
	r.wants(200, "", heir, offer, `{"user_id":9}`)
	r.wants(204, "", admin, fmt.Sprint("DELETE /api/memberships/", a.ID), "")
	r.wants(404, "no_offer", admin, accept, "")
	if it := r.one(tenant.MemberKey(admin, 7)); it.Exists() {
		t.Error("a membership of nobody was made")
	}
	r.now = r.now.Add(4 * time.Minute)
	r.wants(200, "", heir, offer, `{"user_id":3}`)
	r.now = r.now.Add(2 * time.Minute)
	r.wants(403, "reauth_required", work, accept, "")
}

// Whoever asks to be deleted in the moment in which they become an owner.
func TestHandOverMeetsDeletion(t *testing.T) {
	r := newRig(t)
	owner, heir, admin := r.user(1), r.user(2), r.user(9, "admin")
	st := r.org(7, owner, 0)
	h := r.join(st, heir, "worker")
	who := session.Caller{UID: admin}
	v, err := tenant.Read(r.one(tenant.Key(7)), store.Item{})
	must(t, err)
	ops, err := r.handOver(t.Context(), who, v, h, r.one(tenant.MemberKey(heir, 7)).At())
	must(t, err)
	k := session.AuthorityKey(heir)
	r.do(session.Authorities.Put(k, session.Authority{Status: session.Leaving}, r.one(k).At()), tenant.OwnNone(heir))
	for i, o := range ops {
		if o.Key == session.AuthorityKey(admin) {
			ops[i] = store.Check(o.Key, r.one(o.Key).At())
		}
	}
	if _, lost := store.Conflict(r.Table.Transact(t.Context(), ops...)); !lost {
		t.Error("somebody who leaves became an owner")
	}
}
