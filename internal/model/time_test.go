package model

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// jumps are how far the clock goes at a time: past nothing, or past one of the lives
// of what there is.
var jumps = []time.Duration{time.Minute, 4 * time.Minute, 6 * time.Minute, 21 * time.Minute, time.Hour, 2 * time.Hour, 23 * time.Hour, 25 * time.Hour,
	7 * 24 * time.Hour, 8 * 24 * time.Hour, 31 * 24 * time.Hour, 181 * 24 * time.Hour}

// lettingPass lets time pass. What waits to be sent does not wait for days.
func (m *machine) lettingPass(t *rapid.T) {
	d := pick(t, "jump", jumps)
	if d >= 24*time.Hour {
		m.deliver(t)
	}
	t.Logf("%s pass", d)
	m.pass(d)
}

// delivering runs the outbox, sometimes twice.
func (m *machine) delivering(t *rapid.T) {
	m.deliver(t)
	if sometimes(t, 1, "again") {
		m.deliver(t)
	}
}

// sweeping runs a job of the sweep, sometimes twice, and again if it was cut off.
func (m *machine) sweeping(t *rapid.T) {
	job := pick(t, "job", []string{"erase", "organizations", "audit", "rotate-keys"})
	m.sweep(t, job)
	if sometimes(t, 2, "again") {
		m.sweep(t, job)
	}
}

func (m *machine) sweep(t *rapid.T, job string) {
	m.pass(time.Second)
	t.Logf("sweep %s", job)
	f := m.trouble(t)
	f.reply = false
	heard, err := m.p.invoke("sweep", `{"job":"`+job+`"}`, f)
	if err == nil && !heard {
		_, err = m.p.invoke("sweep", `{"job":"`+job+`"}`, trouble{})
	}
	if err != nil {
		t.Fatalf("sweep %s: %v", job, err)
	}
	switch job {
	case "erase":
		m.sweepAccounts()
	case "organizations":
		m.sweepOrgs()
	}
}

// sweepAccounts erases what is due, and removes what is left of it.
func (m *machine) sweepAccounts() {
	for _, u := range m.users {
		if (u.status == leaving || u.status == disabled) && u.deletion != nil && !m.now.Before(u.deletion.since) {
			m.erase(u)
		}
		if u.status != erased || u.swept {
			continue
		}
		u.swept = true
		for _, s := range u.sessions {
			s.over = true
		}
		for _, a := range u.tokens {
			a.gone = true
		}
		for _, o := range m.orgs {
			if x := o.member(u); x != nil && !o.dead {
				m.part(o, x)
			}
		}
	}
}

// sweepOrgs removes what is left of deleted organizations, and frees the seats of
// invitations that have expired.
func (m *machine) sweepOrgs() {
	m.orgs = slices.DeleteFunc(m.orgs, func(o *org) bool { return o.dead })
	for _, i := range m.invites {
		if !m.now.Before(i.expires) {
			i.seated = false
		}
	}
}
