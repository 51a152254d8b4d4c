package workspace

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// What becomes of the cloud storages of what is moved.
const (
	Detach    = "detach"     // it has none any more
	AutoMatch = "auto_match" // it gets the one of the same parameters at the destination
)

// TransferRequest moves a project, or a task that stands alone, to an organization, or
// with null to the caller's personal workspace.
type TransferRequest struct {
	api.Late
	ID       int64          `path:"id"`
	Org      api.Opt[int64] `json:"organization_id" rule:"required,null"`
	Storages string         `json:"storages" rule:"max=32"`
	DryRun   bool           `json:"dry_run"`

	kind string
}

// Near implements api.Near.
func (r TransferRequest) Near(int64) []store.Key { return []store.Key{ProjectKey(r.ID), TaskKey(r.ID)} }

// Next implements api.Next.
func (r TransferRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	for i, kind := range []string{projects, tasks} {
		if near[i].Exists() {
			return leads(kind, near[i], uid)
		}
	}
	return nil, nil
}

// Blocker is why something cannot be moved.
type Blocker struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Matched is what becomes of a cloud storage: To is null if it is detached.
type Matched struct {
	From int64  `json:"from"`
	To   *int64 `json:"to"`
}

// TransferPlan says what moving does, and what blocks it.
type TransferPlan struct {
	Type     string    `json:"type"`
	ID       int64     `json:"id"`
	Org      *int64    `json:"organization_id"` // where it goes
	DryRun   bool      `json:"dry_run"`
	Possible bool      `json:"possible"`
	Blockers []Blocker `json:"blockers"`
	Storages []Matched `json:"storages"`
	Tasks    int64     `json:"tasks"`
	Jobs     int64     `json:"jobs"`
	State    string    `json:"state"` // planned, tidying or done

	status int
}

// StatusCode implements api.Coded.
func (p TransferPlan) StatusCode() int { return p.status }

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

// Transfer is the operation that moves what is of a kind.
func (s *Service) transferOf(kind string) func(context.Context, session.Caller, TransferRequest) (TransferPlan, error) {
	return func(ctx context.Context, who session.Caller, in TransferRequest) (TransferPlan, error) {
		in.kind = kind
		return s.Transfer(ctx, who, in)
	}
}

// Transfer moves something with all below it, in one write: nobody ever sees it half
// moved. It becomes the caller's, and nobody is assigned to any of it any more.
func (s *Service) Transfer(ctx context.Context, who session.Caller, in TransferRequest) (TransferPlan, error) {
	c, err := s.found(ctx, who, in.kind, in.ID, "view")
	if err != nil {
		return TransferPlan{}, err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), in.Invalid())
	mode := cmp.Or(in.Storages, Detach)
	if !e.bad.Has("storages") && mode != Detach && mode != AutoMatch {
		e.bad.Add("storages", `Expected "detach" or "auto_match".`)
	}
	if err := e.bad.Err(); err != nil {
		return TransferPlan{}, err
	}
	m, err := s.destination(ctx, e, in.Org.Value)
	if err != nil {
		return TransferPlan{}, err
	}
	m.plan.DryRun = in.DryRun
	if err := m.judge(ctx); err != nil {
		if !in.DryRun || fault.Of(err).Status != 403 {
			return TransferPlan{}, err
		}
		m.blocked("permission_denied", "You may not delete it here, or not create it there.")
	}
	if err := m.prepare(ctx, mode); err != nil {
		return TransferPlan{}, err
	}
	m.plan.Possible = len(m.plan.Blockers) == 0
	switch {
	case in.DryRun:
		return m.plan, nil
	case m.same():
		items, err := m.rows.get(ctx, dueKey(m.kind, m.id()))
		if m.plan.State = "done"; err == nil && items[0].Exists() {
			m.plan.State = "tidying"
		}
		return m.plan, err
	case !m.plan.Possible:
		b := m.plan.Blockers[0]
		return TransferPlan{}, fault.New(409, b.Code, b.Detail)
	}
	return m.plan, m.commit(ctx)
}

// destination is where an edit is to go.
func (s *Service) destination(ctx context.Context, e *edit, id int64) (*move, error) {
	m := &move{edit: e, match: map[int64]int64{}, plan: TransferPlan{Type: singular[e.kind], ID: e.id(), Org: orNull(id), State: "planned",
		Blockers: []Blocker{}, Storages: []Matched{}, status: 200}}
	if id == 0 {
		return m, nil
	}
	items, err := e.rows.get(ctx, tenant.Key(id), tenant.MemberKey(e.who.UID, id))
	if err != nil {
		return nil, err
	}
	if m.to, err = tenant.Read(items[0], items[1]); err != nil {
		return nil, err
	}
	if !m.to.Alive() || m.to.Member.ID == 0 && !e.who.Admin() {
		return nil, fault.Invalid("invalid_organization", "Invalid org id")
	}
	return m, nil
}

// same reports whether it is there already.
func (m *move) same() bool {
	return m.to.ID == m.View.ID && (m.to.ID != 0 || m.after().Owner == m.who.UID)
}

// judge asks for the right to delete it where it is, and to create it where it goes.
func (m *move) judge(ctx context.Context) error {
	if err := m.s.judge(ctx, m.who, &m.scene, "delete"); err != nil {
		return err
	}
	there := scene{kind: m.kind, View: m.to}
	there.project.Owner, there.task.Owner = m.who.UID, m.who.UID
	if m.kind == tasks {
		there.project = Project{}
	}
	return m.s.judge(ctx, m.who, &there, "create")
}

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

// used are the cloud storages that are used by what goes along.
func (m *move) used(ctx context.Context) ([]Cloud, error) {
	source, target := m.after().places(m)
	ids := map[int64]bool{m.task.Data: true}
	if m.source == nil {
		ids[source.Cloud] = true
	}
	if m.target == nil {
		ids[target.Cloud] = true
	}
	if m.kind == projects {
		items, err := m.s.Table.All(ctx, ProjectTasks(m.project.ID), maxParts)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			r, err := Parts.Of(it)
			if err != nil {
				return nil, err
			}
			for _, id := range r.Clouds {
				ids[m.project.follow(id, m.project.Moves-r.Moves)] = true
			}
		}
	}
	delete(ids, 0)
	var out []Cloud
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		c, _, err := one(ctx, m.rows, CloudKey(id), Clouds)
		if err != nil {
			return nil, err
		}
		if c.ID != 0 { // else it is deleted, and nothing of it goes along
			out = append(out, c)
		}
	}
	return out, nil
}

// storagesOf are the cloud storages of a workspace.
func (s *Service) storagesOf(ctx context.Context, v tenant.View, uid int64) (out []Cloud, err error) {
	r := s.rows()
	if v.ID == 0 {
		mine, err := s.mine(ctx, uid, clouds)
		if err != nil {
			return nil, err
		}
		found, err := s.scenes(ctx, r, uid, clouds, mine[clouds])
		for i := range found {
			if found[i].personal() {
				out = append(out, found[i].cloud)
			}
		}
		return out, err
	}
	rows, err := s.roster(ctx, clouds, v.ID)
	for _, p := range rows {
		c, _, lost := one(ctx, r, CloudKey(p.ID), Clouds)
		if lost != nil {
			return nil, lost
		}
		out = append(out, c)
	}
	return out, err
}

// similar are those with the same parameters.
func similar(c Cloud, list []Cloud) (ids []int64) {
	for _, o := range list {
		if o.ID != c.ID && o.Provider == c.Provider && o.Resource == c.Resource && o.Kind == c.Kind && o.Attributes == c.Attributes {
			ids = append(ids, o.ID)
		}
	}
	return ids
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
