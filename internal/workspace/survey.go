package workspace

import (
	"context"

	"gatehouse/internal/fault"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// prepare finds out what goes along, what becomes of the storages, and what blocks it.
func (m *move) prepare(ctx context.Context, mode string) error {
	if m.kind == tasks && m.task.Project != 0 {
		m.blocked("not_at_the_top", "Only top-level resources can be moved between workspaces")
		return nil
	}
	if err := m.count(ctx); err != nil {
		return err
	}
	if err := m.fits(ctx); err != nil {
		return err
	}
	used, err := m.used(ctx)
	if err != nil || len(used) == 0 {
		return err
	}
	var there []Cloud
	if mode == AutoMatch {
		if there, err = m.s.storagesOf(ctx, m.to, m.who.UID); err != nil {
			return err
		}
	}
	for _, c := range used {
		found := similar(c, there)
		switch {
		case mode == Detach:
		case len(found) == 1:
			m.match[c.ID] = found[0]
		case len(found) == 0:
			m.blocked("storage_unmatched", "Could not find a similar cloud storage in the new workspace: "+c.Name)
		default:
			m.blocked("storage_ambiguous", "Several cloud storages in the new workspace are similar: "+c.Name)
		}
		m.plan.Storages = append(m.plan.Storages, Matched{c.ID, orNull(m.match[c.ID])})
	}
	return nil
}

// count finds out how much goes along.
func (m *move) count(ctx context.Context) error {
	id := m.id()
	keys := []store.Key{jobsKey(id, allJobs)}
	if m.kind == projects {
		keys = []store.Key{projectJobsKey(id), tasksKey(id)}
	}
	items, err := m.rows.get(ctx, keys...)
	if err != nil {
		return err
	}
	m.plan.Jobs = tenant.Count(items[0])
	if m.kind == projects {
		m.plan.Tasks = tenant.Count(items[1])
	}
	return nil
}

// fits finds out whether there is room at the destination.
func (m *move) fits(ctx context.Context) error {
	if m.same() {
		return nil
	}
	st, err := m.s.standing(ctx, m.rows, scopeOf(m.to.ID, m.who.UID))
	if err != nil || st.plans == nil {
		return err
	}
	m.checks, m.most = append(m.checks, st.same()...), st.most()
	if err := st.readOnly(); err != nil {
		m.blocked("over_limit", "The destination: "+fault.Of(err).Detail)
		return nil
	}
	adds := map[string]int64{m.kind: 1}
	if m.kind == projects {
		adds[tasks] = m.plan.Tasks
	}
	for _, kind := range limited {
		if most := st.plan.Most(kind); most > 0 && adds[kind] > 0 && st.used[kind]+adds[kind] > most {
			m.blocked("limit_reached", "The destination: "+fault.Of(st.full(kind)).Detail)
		}
	}
	return nil
}
