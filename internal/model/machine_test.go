package model

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/check"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"

	"pgregory.net/rapid"
)

// machine runs commands on the product and on the model.
type machine struct {
	state
	p       *product
	cover   *coverage
	calm    bool // no faults
	limited bool // the rate limits are on: any command may be refused by one
	keys    int  // Idempotency-Keys that were used
	checked int  // writes that the rules have been held against
}

// verdict is what the model says of a command.
type verdict struct {
	status int
	effect func(*answer) // what has changed; nil if nothing. The answer is nil if nobody heard it
	look   func(*answer) error
}

func refuse(status int) verdict { return verdict{status: status} }

func done(status int, effect func(*answer)) verdict { return verdict{status: status, effect: effect} }

// command is one request, and what the model says of it.
type command struct {
	name  string
	by    cred
	r     request
	keyed bool   // a repetition answers the same and changes nothing
	proof string // the password as it is once this is done; a session that was left is answered for it
	judge func(c *caller) verdict
}

// run carries out a command, and says what it was answered.
func (m *machine) run(t *rapid.T, c command) *answer {
	m.pass(time.Second)
	c.r = c.by.sign(c.r)
	if c.keyed {
		m.keys++
		c.r = c.r.with("Idempotency-Key", fmt.Sprint("key-", m.keys))
	}
	v, touch := m.verdict(c)
	f := m.trouble(t)
	t.Logf("%s %s by %s: %s %s %v → %d", m.now.Format(time.DateTime), c.name, c.by, c.r.method, c.r.path, c.r.body, v.status)
	a := m.try(t, c, f)
	if a == nil {
		effects, touches := m.p.d.written()
		t.Logf("no answer (%v), %d effects", f, effects)
		if touches > 0 {
			touch()
		}
		if effects > 0 && v.effect == nil {
			t.Fatalf("%s: the model says %d and no change, and something was written", c.name, v.status)
		}
		if effects > 0 && !c.keyed {
			v.effect(nil)
			m.pass(time.Second) // what this makes again is told apart by its time
			v, touch = m.verdict(c)
		}
		a = m.try(t, c, trouble{})
	}
	touch()
	m.compare(t, c, v, a)
	if c.keyed && a.status < 300 && sometimes(t, 3, "again") {
		m.repeat(t, c, a)
	}
	return a
}

// verdict is what the model says of a command, and the note that its caller's
// credential was used.
func (m *machine) verdict(c command) (verdict, func()) {
	who, refused, touch := m.resolve(c.by)
	if refused {
		return refuse(401), touch
	}
	if s := c.by.s; who == nil && c.proof != "" && s != nil && m.follows(s, c.proof) {
		return done(200, func(a *answer) {
			if a != nil {
				s.next.cookie, s.next.csrf = a.cookies["sessionid"], a.cookies["csrftoken"]
			}
		}), touch
	}
	return c.judge(who), touch
}

// signedIn is judge for commands that nobody may do.
func signedIn(judge func(*caller) verdict) func(*caller) verdict {
	return func(c *caller) verdict {
		if c == nil {
			return refuse(401)
		}
		return judge(c)
	}
}

// fresh is signedIn for what asks for a password that was just given.
func (m *machine) fresh(judge func(*caller) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		if c.s == nil || c.s.kind == "token" || m.now.Sub(c.s.auth) > freshLife {
			return refuse(403)
		}
		return judge(c)
	})
}

func (m *machine) try(t *rapid.T, c command, f trouble) *answer {
	a, err := m.p.send(c.r, f)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return a
}

// compare holds an answer against the verdict, and carries out what it changes.
func (m *machine) compare(t *rapid.T, c command, v verdict, a *answer) {
	effects, touches := m.p.d.written()
	m.cover.note(c.name, a.status)
	if m.limited && a.status == 429 {
		return
	}
	if a.status != v.status {
		t.Fatalf("%s: the model says %d, and the product %d: %s", c.name, v.status, a.status, a.body)
	}
	if v.effect == nil && effects > 0 && !m.limited {
		t.Fatalf("%s: answered with %d, and wrote %d times", c.name, a.status, effects)
	}
	if v.effect != nil && effects+touches == 0 && !c.keyed && !c.again() {
		t.Fatalf("%s: answered with %d, and nothing was written", c.name, a.status)
	}
	if v.effect != nil {
		v.effect(a)
	}
	if v.look != nil {
		if err := v.look(a); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, a.body)
		}
	}
}

// again reports whether a command may say what it said before.
func (c command) again() bool { return c.name == "refresh" || c.proof != "" }

// repeat sends a command that was done once more, as a queue or a client may.
func (m *machine) repeat(t *rapid.T, c command, before *answer) {
	a := m.try(t, c, trouble{})
	effects, _ := m.p.d.written()
	if a.status != before.status || effects > 0 && !m.limited {
		t.Fatalf("%s: repeated, it was answered with %d instead of %d and wrote %d times: %s", c.name, a.status, before.status, effects, a.body)
	}
}

// trouble draws what happens to a request. Most of the time nothing does.
func (m *machine) trouble(t *rapid.T) trouble {
	if m.calm || !sometimes(t, 4, "trouble") {
		return trouble{}
	}
	modes := []storetest.Mode{storetest.CrashAfter, storetest.CrashBefore, storetest.ThrottledBefore, storetest.TimeoutBefore, storetest.TimeoutAfter, storetest.SelfConflict}
	if sometimes(t, 2, "lost") {
		return trouble{reply: true}
	}
	return trouble{at: rapid.IntRange(1, 9).Draw(t, "call"), mode: rapid.SampledFrom(modes).Draw(t, "mode")}
}

// pass moves the clock of both.
func (m *machine) pass(d time.Duration) {
	m.now = m.now.Add(d)
	m.p.now = m.now
}

// rules holds the rules of package check against the table.
func (m *machine) rules(t *rapid.T) {
	if m.p.d.Written() == m.checked {
		return
	}
	m.checked = m.p.d.Written()
	found, err := check.Run(context.Background(), store.New(m.p.d.Memory, m.p.clock), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		if !v.Warning() {
			t.Fatalf("a rule is broken: %s", v)
		}
	}
}

// learn reads the id of an account that was just made.
func (m *machine) learn(u *user) {
	id, err := m.p.uid(u.name)
	if err != nil {
		panic(err)
	}
	u.id = id
}

func path(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "/%v", p)
	}
	return "/api" + b.String()
}

type object = map[string]any
