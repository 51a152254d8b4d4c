package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/api"
	"gatehouse/internal/app"
	"gatehouse/internal/audit"
	refusal "gatehouse/internal/fault"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// effect is what it takes to mail a reset and to note that.
type effect struct{ record, row, job store.Op }

func effectOf(ctx context.Context, who session.Caller) (e effect) {
	m := api.From(ctx)
	e.record = api.Done(ctx, struct{}{})[0]
	e.row = audit.Row(m.Now, audit.Event{Action: "seeded", Actor: who.UID, Target: who.UID})
	e.job = mail.Queue(m.Now, "reset", map[string]string{"email": "holder1@example.org"})
	return e
}

// seeded are handlers as somebody might write them: one that is right, and others
// that the sweep must find fault with.
var seeded = []struct {
	name string
	bad  bool
	do   func(ctx context.Context, p *app.Parts, who session.Caller) error
}{
	{"right", false, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		return p.Table.Transact(ctx, e.record, e.row, e.job)
	}},
	{"two writes", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		if err := p.Table.Transact(ctx, e.row); err != nil {
			return err
		}
		return p.Table.Transact(ctx, e.record, e.job)
	}},
	{"marked before the work", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		if err := p.Table.Transact(ctx, e.record); err != nil {
			return err
		}
		return p.Table.Transact(ctx, e.row, e.job)
	}},
	{"marked after the work", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		if err := p.Table.Transact(ctx, e.row, e.job); err != nil {
			return err
		}
		return p.Table.Transact(ctx, e.record)
	}},
	{"never marked", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		return p.Table.Transact(ctx, e.row, e.job)
	}},
	{"success without the effect", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		_ = p.Table.Transact(ctx, e.record, e.row, e.job)
		return nil
	}},
	{"tells of troubles", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		e := effectOf(ctx, who)
		if err := p.Table.Transact(ctx, e.record, e.row, e.job); err != nil {
			return refusal.New(500, "error", err.Error())
		}
		return nil
	}},
	{"broken in between", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		items, err := p.Table.Get(ctx, session.AuthorityKey(who.UID), profile.Key(who.UID))
		if err != nil {
			return err
		}
		holder, err := profile.Profiles.Of(items[1])
		if err != nil {
			return err
		}
		claim := store.Key{PK: "UNAME#" + holder.Username, SK: "C"}
		if items, err = p.Table.Get(ctx, claim); err != nil {
			return err
		}
		if items[0].Exists() {
			if err := p.Table.Transact(ctx, store.Delete(claim, items[0].At())); err != nil {
				return err
			}
		}
		e := effectOf(ctx, who)
		back := store.Op{Verb: store.VerbPut, Key: claim, Kind: "claim", Schema: 1, Body: fmt.Appendf(nil, `{"uid":%d}`, who.UID)}
		return p.Table.Transact(ctx, e.record, e.row, e.job, back)
	}},
	{"believes the clock", true, func(ctx context.Context, p *app.Parts, who session.Caller) error {
		items, err := p.Table.Get(ctx, profile.Key(who.UID))
		if err != nil {
			return err
		}
		if holder, err := profile.Profiles.Of(items[0]); err != nil || holder.Joined > api.From(ctx).Now.UnixMilli() {
			return refusal.Unauthenticated("inactive", "There is no such account yet.")
		}
		e := effectOf(ctx, who)
		return p.Table.Transact(ctx, e.record, e.row, e.job)
	}},
}

// repeatable are handlers of what may be done twice, so that no key comes with it.
var repeatable = []struct {
	name string
	bad  bool
	do   func(error) error
}{
	{"right, without a key", false, func(err error) error { return err }},
	{"the client's fault", true, func(err error) error {
		if err != nil {
			return refusal.New(409, "conflict", "Somebody else was faster.")
		}
		return nil
	}},
}

// same writes the names of the caller as they are.
func same(ctx context.Context, p *app.Parts, who session.Caller) error {
	items, err := p.Table.Get(ctx, profile.Key(who.UID))
	if err != nil {
		return err
	}
	holder, err := profile.Profiles.Of(items[0])
	if err != nil {
		return err
	}
	return p.Table.Transact(ctx, profile.Profiles.Put(items[0].Key, holder, store.Always))
}

const seededRoute = "POST /api/auth/access_tokens"

// TestSeededBugsAreFound puts each handler in the place of one of the product.
func TestSeededBugsAreFound(t *testing.T) {
	for _, bug := range seeded {
		expect(t, bug.name, seededCase(true, bug.do), bug.bad)
	}
	for _, bug := range repeatable {
		expect(t, bug.name, seededCase(false, func(ctx context.Context, p *app.Parts, who session.Caller) error { return bug.do(same(ctx, p, who)) }), bug.bad)
	}
}

// seededCase is a request that a handler answers, with an Idempotency-Key or without.
func seededCase(keyed bool, do func(context.Context, *app.Parts, session.Caller) error) scenario {
	c := scenario{route: seededRoute, keyed: keyed, set: func(s *stage) request {
		return sending(s.user("holder1"), "POST", "/api/auth/access_tokens", object{"name": "robot"})
	}}
	c.bugs = func(b *base) {
		b.make["account"] = func(p *app.Parts) (lambdahttp.Function, error) {
			op := func(ctx context.Context, who session.Caller, _ struct{}) (map[string]string, error) {
				done := map[string]string{"detail": "Mailed."}
				if api.Prior(ctx, &struct{}{}) {
					return done, nil
				}
				return done, do(ctx, p, who)
			}
			return lambdahttp.New(api.Routes{seededRoute: api.SignedIn(p.Gate(), op, api.Baseline, api.Idempotent)}), nil
		}
	}
	return c
}

// expect runs the sweep on a handler that is known to be right, or wrong.
func expect(t *testing.T, name string, c scenario, bad bool) (s *sweep) {
	t.Run(name, func(t *testing.T) {
		s = &sweep{scenario: c, base: prepare(t, c)}
		if err := s.begin(); err != nil {
			if bad && strings.Contains(err.Error(), "broken") {
				return // even the clean run is
			}
			t.Fatal(err)
		}
		s.singles()
		if bad != (len(s.bad) > 0) {
			t.Errorf("%d runs, %d violations: %.500q", s.runs, len(s.bad), s.bad)
		} else if bad {
			t.Logf("%d runs, %d violations, such as %.200s", s.runs, len(s.bad), s.bad[0])
		}
	})
	return s
}

// TestSeededWorkersAreFound is the same for a worker that sends mails: one that
// forgets a mail before it is sent, and one that makes another mail of each try.
func TestSeededWorkersAreFound(t *testing.T) {
	for name, worker := range map[string]func(ctx context.Context, p *app.Parts, it store.Item, m mail.Message) error{
		"at most once": func(ctx context.Context, p *app.Parts, it store.Item, m mail.Message) error {
			if err := p.Table.Transact(ctx, store.Delete(it.Key, it.At())); err != nil {
				return err
			}
			_, err := p.Sender.Send(ctx, m)
			return err
		},
		"another each time": func(ctx context.Context, p *app.Parts, it store.Item, m mail.Message) error {
			m.ID = "drawn" + store.IDText(store.NewID(p.Table.Now()))
			if _, err := p.Sender.Send(ctx, m); err != nil {
				return err
			}
			return p.Table.Transact(ctx, store.Delete(it.Key, it.At()))
		},
	} {
		c := scenario{route: "outbox {}", waits: true, pause: lease, ease: onceMore, set: func(s *stage) request {
			s.user("holder1")
			s.Client().Post("/api/auth/password/reset", object{"email": "holder1@example.org"}).Is(200)
			return event("outbox", "{}")
		}}
		c.bugs = func(b *base) {
			b.make["outbox"] = func(p *app.Parts) (lambdahttp.Function, error) {
				return lambdahttp.Func(func(ctx context.Context, _ []byte) ([]byte, error) { return []byte("{}"), drain(ctx, p, worker) }), nil
			}
		}
		expect(t, name, c, true)
	}
}

func drain(ctx context.Context, p *app.Parts, worker func(context.Context, *app.Parts, store.Item, mail.Message) error) error {
	for shard := range 8 {
		page, err := p.Table.Query(ctx, store.Query{PK: mail.OutboxPrefix + string(rune('0'+shard)), Limit: 10})
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			var j mail.Job
			if err := json.Unmarshal(it.Body, &j); err != nil {
				return err
			}
			if err := worker(ctx, p, it, mail.Message{ID: j.ID, Kind: j.Kind, To: j.Args["email"], Subject: "Hello"}); err != nil {
				return err
			}
		}
	}
	return nil
}
