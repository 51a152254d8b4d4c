package workspace

import (
	"cmp"
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
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
		// Of the destination they learn nothing that they may not see there.
		m.blocked("permission_denied", "You may not delete it here, or not create it there.")
		err = m.count(ctx)
		return m.plan, err
	}
	if err := m.prepare(ctx, mode); err != nil {
		return TransferPlan{}, err
	}
	m.plan.Possible = len(m.plan.Blockers) == 0
	switch {
	case in.DryRun:
		return m.plan, nil
	case m.same():
		return m.plan, m.stays(ctx)
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
