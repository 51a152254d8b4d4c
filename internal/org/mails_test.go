package org

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/mail"
)

// composed are the mails that wait, by kind; a kind without one has "".
func (r *rig) composed() map[string]string {
	r.Helper()
	jobs, err := mail.Queued(r.Context(), r.Table, 100)
	must(r.T, err)
	out := map[string]string{}
	for _, j := range jobs {
		if !Composes(j.Kind) {
			r.Errorf("nobody composes %q", j.Kind)
		}
		m, err := r.Compose(r.Context(), j)
		must(r.T, err)
		out[j.Kind] = ""
		if m != nil {
			out[j.Kind] = m.To + "\n" + m.Text
		}
	}
	return out
}

func TestMails(t *testing.T) {
	r := newRig(t)
	owner, heir, work := r.user(1), r.user(2), r.user(3)
	st := r.org(7, owner, 0)
	r.join(st, heir, "worker")
	w := r.join(st, work, "worker")
	r.wants(204, "", owner, fmt.Sprint("DELETE /api/memberships/", w.ID), "")
	r.wants(200, "", owner, "POST /api/organizations/7/ownership", `{"user_id":2}`)
	got := r.composed()
	for kind, to := range map[string]string{jobRemoved: "user3@example.com", jobOffer: "user2@example.com"} {
		if m := got[kind]; !strings.HasPrefix(m, to) || !strings.Contains(m, "Org") {
			t.Errorf("%s: %s", kind, m)
		}
	}
	r.wants(200, "", heir, "POST /api/organizations/7/ownership/accept", "")
	got = r.composed()
	if m := got[jobNewOwner]; !strings.HasPrefix(m, "user1@example.com") || !strings.Contains(m, "org7") {
		t.Errorf("the former owner reads: %s", m)
	}
	if m := got[jobOffer]; m != "" {
		t.Errorf("an offer that is off was sent: %s", m)
	}
	r.wants(204, "", heir, "DELETE /api/organizations/7", "")
	if m := r.composed()[jobRemoved]; !strings.Contains(m, "org7") {
		t.Errorf("who was removed from what is gone reads: %s", m)
	}
	_, err := r.Drain(t.Context())
	must(t, err)
	if m := r.composed()[jobNewOwner]; m != "" {
		t.Errorf("a mail about an organization that is no more: %s", m)
	}
}

func TestTextsAreJudged(t *testing.T) {
	r := newRig(t)
	owner, other := r.user(1), r.user(2)
	r.org(7, owner, 0)
	r.org(8, other, 0)
	at := "PATCH /api/organizations/7"
	r.wants(400, `"name"`, owner, at, `{"name":"a\u202eb"}`)
	r.wants(400, "Control characters", owner, at, `{"description":"a\u0007b"}`)
	r.wants(400, "4096", owner, at, `{"contact":"`+strings.Repeat("x", 4100)+`"}`)
	r.wants(400, "may not be null", owner, at, `{"contact":null}`)
	r.wants(400, "already exists", owner, at, `{"slug":"org8"}`)
	r.wants(400, "letters, numbers", owner, at, `{"slug":"a b"}`)
	r.wants(404, "", other, at, `{"slug":"org8"}`)
	r.wants(200, `"contact":{"email":"a@b.example"}`, owner, at, `{"contact":{"email":"a@b.example"},"description":"two\nlines"}`)
}
