package workspace

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// move is a transfer under way.
type move struct {
	*edit
	to    tenant.View // zero: the caller's personal workspace
	match map[int64]int64
	most  Most // of the destination

	source, target *Place // given anew
	plan           TransferPlan
}

func (m *move) blocked(code, detail string) {
	m.plan.Blockers = append(m.plan.Blockers, Blocker{code, detail})
}

// same reports whether it is there already.
func (m *move) same() bool {
	return m.to.ID == m.View.ID && (m.to.ID != 0 || m.after().Owner == m.who.UID)
}

// tidiesLater is how much may be below what is moved, for the answer to wait for nothing.
const tidiesLater = 100

// commit moves it.
func (m *move) commit(ctx context.Context) error {
	before, from := m.after(), m.before().org
	lost := before.Assignee
	m.noteID("organization_id", m.View.ID, m.to.ID)
	m.noteID("owner_id", before.Owner, m.who.UID)
	m.noteID("assignee_id", before.Assignee, 0)
	switch p, t := &m.project, &m.task; m.kind {
	case projects:
		p.Org, p.Owner, p.Assignee, p.Assigned, p.Updated = m.to.ID, m.who.UID, 0, m.now, m.now
		p.Moves, p.Mover, p.Moved = p.Moves+1, m.who.UID, m.now
		if p.Matches = append(slices.Clip(p.Matches), m.match); m.plan.Tasks == 0 {
			p.Matches, p.Mover = nil, 0 // nothing follows
		}
		m.replace(&p.Source, &p.Target)
	case tasks:
		t.Org, t.Owner, t.Assignee, t.Assigned, t.Updated = m.to.ID, m.who.UID, 0, m.now, m.now
		t.Moves, t.Moved = t.Moves+1, m.now
		t.Data = m.match[t.Data]
		m.replace(&t.Source, &t.Target)
	}
	ops, err := m.save(ctx, m.most)
	if err != nil {
		return err
	}
	m.plan.State = "done"
	if n := m.plan.Tasks + m.plan.Jobs; n > 0 {
		more, err := m.shift(ctx, from, m.to.ID, false)
		if err != nil {
			return err
		}
		ops, m.plan.State = append(ops, more...), "tidying"
		if n > tidiesLater {
			m.plan.status = 202
		}
	}
	if lost != 0 && lost != m.who.UID {
		ops = append(ops, unassigned(api.From(ctx).Now, lost, before))
	}
	ops = slices.Concat(ops, m.arrived(ctx), inside(m.who, &m.to))
	return m.edit.commit(ctx, "transfer", ops...)
}

// replace gives places their storages at the destination.
func (m *move) replace(source, target *Place) {
	source.Cloud, target.Cloud = m.match[source.Cloud], m.match[target.Cloud]
	if m.source != nil {
		*source = *m.source
	}
	if m.target != nil {
		*target = *m.target
	}
}

// arrived is the row in the log of where it goes, if that is another than where it
// was.
func (m *move) arrived(ctx context.Context) []store.Op {
	if m.to.ID == 0 || m.to.ID == m.View.ID {
		return nil
	}
	return []store.Op{audited(ctx, m.who.UID, &m.to, 0, m.after(), "receive", m.changes)}
}

// unassigned tells somebody that they are no longer assigned to something.
func unassigned(now time.Time, uid int64, what thing) store.Op {
	return mail.Queue(now, mail.KindUnassigned, map[string]string{"uid": idText(uid), "type": singular[what.kind], "id": idText(what.ID), "name": what.Name})
}

// stays says how far it is that something is where it is to go. Where that is may have
// been read after what it is, so that is read once more: nothing is written that would
// tell.
func (m *move) stays(ctx context.Context) error {
	items, err := m.s.Table.Get(ctx, dueKey(m.kind, m.id()), m.row.Key)
	if err != nil {
		return err
	}
	if items[1].Version != m.row.Version {
		return &store.ConflictError{}
	}
	if m.plan.State = "done"; items[0].Exists() {
		m.plan.State = "tidying"
	}
	return nil
}
