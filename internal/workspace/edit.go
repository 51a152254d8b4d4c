package workspace

import (
	"cmp"
	"context"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// edit is a change of one thing under way: what it was, what it becomes, and the
// checks that its decisions stand on.
type edit struct {
	scene
	s       *Service
	who     session.Caller
	rows    *rows
	now     int64 // Unix milliseconds
	bad     fault.Fields
	checks  []store.Op
	changes map[string]audit.Change
}

func (s *Service) edit(ctx context.Context, who session.Caller, c scene, r *rows, bad error) *edit {
	return &edit{scene: c, s: s, who: who, rows: r, now: api.From(ctx).Now.UnixMilli(), bad: fault.FieldsOf(bad), changes: map[string]audit.Change{}}
}

// note remembers that a field changes, and reports whether it does.
func (e *edit) note(field, was, is string) bool {
	if was == is {
		return false
	}
	e.changes[field] = audit.Change{Before: clip(was), After: clip(is)}
	return true
}

func (e *edit) noteID(field string, was, is int64) bool { return e.note(field, id(was), id(is)) }

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return idText(n)
}

// clip keeps the audit log readable.
func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// text takes up a text that is sent.
func (e *edit) text(field string, p *string, sent api.Opt[string]) {
	if sent.Set && e.note(field, *p, sent.Value) {
		*p = sent.Value
	}
}

// give takes up somebody who is to own something, or be assigned to it. Nobody may
// own it: null, or 0, is nobody.
func (e *edit) give(ctx context.Context, field string, p *int64, sent api.Opt[int64]) error {
	if !sent.Set || e.bad.Has(field) || sent.Value == *p {
		return nil
	}
	if sent.Value == 0 && field == "owner_id" && e.personal() && !e.who.Admin() {
		e.bad.Add(field, "What is personal has an owner.") // it counts where the owner's does
		return nil
	}
	if sent.Value != 0 {
		ops, fits, err := e.s.person(ctx, e.rows, e.who, &e.scene, sent.Value)
		if err != nil {
			return err
		}
		if !fits {
			e.bad.Add(field, unknown(sent.Value))
			return nil
		}
		e.checks = append(e.checks, ops...)
	}
	e.noteID(field, *p, sent.Value)
	*p = sent.Value
	return nil
}

// commit writes the change with what it stands on. Of a key that stands twice the
// write counts, and of two checks the first.
func (e *edit) commit(ctx context.Context, action string, ops ...store.Op) error {
	return e.s.Table.Transact(ctx, single(slices.Concat(ops, []store.Op{e.audited(ctx, action)}, e.holds(e.who), e.checks))...)
}

func single(ops []store.Op) (out []store.Op) {
	rank := func(o store.Op) int {
		if o.Verb == store.VerbCheck {
			return 1
		}
		return 0
	}
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b store.Op) int { return cmp.Compare(rank(a), rank(b)) })
	seen := map[store.Key]bool{}
	for _, o := range ops {
		if o.Verb == store.VerbCheck && seen[o.Key] {
			continue
		}
		seen[o.Key] = true
		out = append(out, o)
	}
	return out
}

// audited is the row of the audit log: the organization's, or of what is personal the
// owner's.
func (e *edit) audited(ctx context.Context, action string) store.Op {
	return audited(ctx, e.who.UID, &e.View, e.workspace().UID, e.after(), action, e.changes)
}

func audited(ctx context.Context, actor int64, v *tenant.View, owner int64, what thing, action string, changes map[string]audit.Change) store.Op {
	ev := audit.Event{Object: singular[what.kind] + ":" + idText(what.ID), Changes: changes}
	action = singular[what.kind] + "." + action
	if v.ID != 0 {
		ev.Target = what.Assignee
		return org.Audited(ctx, action, actor, v.ID, ev)
	}
	m := api.From(ctx)
	ev.Action, ev.Actor, ev.Target, ev.Network, ev.Agent, ev.Request = action, actor, cmp.Or(owner, actor), m.Network, m.Agent, m.Request
	return audit.Row(m.Now, ev)
}

// singular names one of a kind, as the decision endpoint does.
var singular = map[string]string{projects: "project", tasks: "task", jobs: "job", clouds: "cloudstorage"}
