package model

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"

	"pgregory.net/rapid"
)

// job is a mail that waits. What it becomes is decided when it is sent.
type job func() []expected

// expected is a mail that must be sent.
type expected struct {
	kind, to string
	is       func(mail.Message) bool // told apart from others of its kind; nil is any
	took     func(mail.Message)
	maybe    bool // a rate limit may have kept it back
}

func (w expected) fits(m mail.Message) bool {
	return w.kind == m.Kind && w.to == m.To && (w.is == nil || w.is(m))
}

func (st *state) queue(j job) { st.jobs = append(st.jobs, j) }

// deliver sends what waits, and holds it against what the model expects: each mail
// once, and no other.
func (m *machine) deliver(t *rapid.T) {
	m.drain(t)
	var want []expected
	for len(m.jobs) > 0 { // a wish for a mail may queue others
		jobs := m.jobs
		m.jobs = nil
		for _, j := range jobs {
			want = append(want, j()...)
		}
	}
	m.match(t, want)
}

// drain runs the outbox until nothing waits.
func (m *machine) drain(t *rapid.T) {
	for range 4 {
		heard, err := m.p.invoke("outbox", "{}", m.hiccup(t))
		if err != nil || !heard {
			t.Fatalf("outbox: %v", err)
		}
		left, err := mail.Queued(context.Background(), store.New(m.p.d.Memory, m.p.clock), 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
	}
	t.Fatalf("the outbox does not get empty")
}

// hiccup is a fault that the product must get over by itself.
func (m *machine) hiccup(t *rapid.T) trouble {
	f := m.trouble(t)
	if f.crash() || f.reply {
		return trouble{}
	}
	return f
}

// match finds the mail of each expectation. What they tell is taken in the order of
// the expectations: that in which jobs are done is chance.
func (m *machine) match(t *rapid.T, want []expected) {
	found := make([]*mail.Message, len(want))
	for _, s := range m.p.sent {
		n := 0
		for n < len(want) && (found[n] != nil || !want[n].fits(s)) {
			n++
		}
		if n == len(want) {
			t.Fatalf("a mail %q went to %s, which nobody expects: %s", s.Kind, s.To, s.Text)
		}
		found[n] = &s
	}
	m.p.sent = nil
	for n, w := range want {
		switch {
		case found[n] == nil && !w.maybe:
			t.Fatalf("no mail %q went to %s", w.kind, w.to)
		case found[n] != nil:
			if t.Logf("mail %s to %s", w.kind, w.to); w.took != nil {
				w.took(*found[n])
			}
		}
	}
}

// param is a parameter of the first link of a mail that has it.
func param(msg mail.Message, name string) string {
	for _, l := range msg.Links {
		if u, err := url.Parse(l); err == nil && u.Query().Get(name) != "" {
			return u.Query().Get(name)
		}
	}
	return ""
}

// mentions says that the text of a mail has a word in it.
func mentions(word string) func(mail.Message) bool {
	whole := regexp.MustCompile(`(^|[^\w.-])` + regexp.QuoteMeta(word) + `($|[^\w-])`)
	return func(m mail.Message) bool { return whole.MatchString(m.Text) }
}

// keep notes the secret of a mail.
func (st *state) keep(kind string, key *string) func(mail.Message) {
	return func(m mail.Message) {
		*key = param(m, "key")
		st.links[kind] = append(st.links[kind], *key)
	}
}

// notice is a mail without a secret, to the account's own address as it is then, or
// where it happened.
func (st *state) notice(u *user, kind, to string) {
	st.queue(func() []expected {
		if !reachable(u) || u.email == "" {
			return nil
		}
		return []expected{{kind: kind, to: either(to != "", to, u.email)}}
	})
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// confirmation is the mail of a registration: to its address, or to who has it.
func (st *state) confirmation(r *registration) job {
	return func() []expected {
		if !st.waits(r) {
			return nil
		}
		if u := st.owner(r.email); u != nil && u.email == r.email {
			return []expected{{kind: mail.KindExists, to: r.email}}
		}
		return []expected{{kind: mail.KindConfirm, to: r.email, is: mentions(r.name), took: st.keep("verify", &r.key)}}
	}
}

// resend is what becomes of the wish for another confirmation.
func (st *state) resend(email string) job {
	return func() []expected {
		if u := st.owner(email); u != nil && u.email == email {
			return []expected{{kind: mail.KindExists, to: email}}
		}
		for _, r := range st.waiting {
			if r.email == email && st.waits(r) {
				st.queue(st.confirmation(r))
			}
		}
		return nil
	}
}

// resetMail makes the right to reset.
func (st *state) resetMail(email string) job {
	return func() []expected {
		u := st.owner(email)
		if u == nil || u.email != email || u.status != active {
			return nil
		}
		return []expected{{kind: mail.KindReset, to: email, took: func(m mail.Message) {
			key := param(m, "uid") + " " + param(m, "token")
			u.reset = &ticket{key: key, email: email, epoch: u.epoch, until: st.now.Add(resetLife)}
			st.links["reset"] = append(st.links["reset"], key)
		}}}
	}
}

// inviteMail is the mail of an invitation, if it has not been sent anew since.
func (st *state) inviteMail(i *invite) {
	i.mail++
	n := i.mail
	i.secret = ""
	st.queue(func() []expected {
		if !i.open(st.now) || i.mail != n || i.org.dead {
			return nil
		}
		return []expected{{kind: mail.KindInvitation, to: i.email,
			is: func(m mail.Message) bool { return param(m, "invitation") == i.key && strings.Contains(m.Text, i.role) },
			took: func(m mail.Message) {
				i.secret = param(m, "t")
				st.links["invitation"] = append(st.links["invitation"], i.secret)
			}}}
	})
}
