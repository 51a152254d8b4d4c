package workspace

import (
	"context"
	"fmt"

	"gatehouse/internal/fault"
	"gatehouse/internal/plan"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// standing is what a workspace holds, and may hold. Without plans there is no limit to
// anything.
type standing struct {
	plans *plan.Plans
	plan  plan.Plan
	org   bool
	used  map[string]int64
	row   store.Item // of its plan
}

// limited are the kinds that plans limit, in the order in which refusals name them.
var limited = []string{projects, tasks, clouds, plan.Members}

// standingKeys are the rows that tell how a workspace stands to its limits: its plan,
// and its counters.
func standingKeys(at Scope) []store.Key {
	keys := []store.Key{plan.Key(at.Org, at.UID)}
	for _, kind := range limited[:3] {
		keys = append(keys, at.countKey(kind))
	}
	if at.Org != 0 {
		keys = append(keys, tenant.MembersKey(at.Org))
	}
	return keys
}

// standing reads how a workspace stands.
func (s *Service) standing(ctx context.Context, r *rows, at Scope) (st standing, err error) {
	if s.Plans == nil || at == (Scope{}) {
		return st, nil
	}
	items, err := r.get(ctx, standingKeys(at)...)
	if err != nil {
		return st, err
	}
	return standingOf(s.Plans, at, items)
}

func standingOf(plans *plan.Plans, at Scope, items []store.Item) (st standing, err error) {
	row, err := plan.Rows.Of(items[0])
	st = standing{plans, plans.Of(row.Plan, at.Org != 0), at.Org != 0, map[string]int64{}, items[0]}
	for i, it := range items[1:] {
		st.used[limited[i]] = tenant.Count(it)
	}
	return st, err
}

// over is the first kind of which there is more than allowed; "" if there is none.
func (st standing) over() string {
	for _, kind := range limited {
		if most := st.plan.Most(kind); most > 0 && st.used[kind] > most {
			return kind
		}
	}
	return ""
}

// most are the limits of what is counted here.
func (st standing) most() Most {
	m := Most{}
	for _, kind := range limited[:3] {
		m[kind] = st.plan.Most(kind)
	}
	return m
}

// same is the check that the plan is still the one that was read.
func (st standing) same() []store.Op {
	if st.plans == nil {
		return nil
	}
	return []store.Op{store.Check(st.row.Key, st.row.At())}
}

// LimitBody is the refusal of what a plan does not allow.
type LimitBody struct {
	Detail string  `json:"detail"`
	Code   string  `json:"code"` // limit_reached or over_limit
	Limit  string  `json:"limit"`
	Most   int64   `json:"allowed"`
	Used   int64   `json:"used"`
	Plan   string  `json:"plan"`
	Lifts  *string `json:"lifted_by"` // the plan that allows more
}

func (st standing) refusal(code, kind, text string) error {
	b := LimitBody{Code: code, Limit: kind, Most: st.plan.Most(kind), Used: st.used[kind], Plan: st.plan.Name}
	b.Detail = text
	if by := st.plans.Lifts(st.plan, kind, st.org); by != "" {
		b.Lifts = &by
		b.Detail += " The plan " + by + " lifts this."
	}
	return &fault.Fault{Status: 403, Code: code, Detail: b.Detail, Body: b}
}

var kindText = map[string]string{projects: "projects", tasks: "tasks", clouds: "cloud storages", plan.Members: "members"}

// full refuses one more of a kind.
func (st standing) full(kind string) error {
	return st.refusal("limit_reached", kind, fmt.Sprintf("The plan %s allows %d %s in a workspace, and there are %d.", st.plan.Name, st.plan.Most(kind), kindText[kind], st.used[kind]))
}

// readOnly refuses a change of a workspace that holds too much.
func (st standing) readOnly() error {
	kind := st.over()
	if kind == "" {
		return nil
	}
	return st.refusal("over_limit", kind, fmt.Sprintf("This workspace is read-only: it has %d %s, and the plan %s allows %d. Delete some, or move them elsewhere.",
		st.used[kind], kindText[kind], st.plan.Name, st.plan.Most(kind)))
}

// Most is how many of each kind there may be in a workspace; what it does not name
// has no limit.
type Most map[string]int64

func (m Most) of(kind string) int64 { return m[kind] }

// writable refuses a change of what is in a workspace that holds too much.
func (e *edit) writable(ctx context.Context) error {
	st, err := e.s.standing(ctx, e.rows, e.workspace())
	if err != nil {
		return err
	}
	e.checks = append(e.checks, st.same()...)
	return st.readOnly()
}

// room refuses one more in a workspace that holds as much as it may, and gives the
// limits for the write.
func (e *edit) room(ctx context.Context) (Most, error) {
	return e.roomIn(ctx, e.workspace())
}

// reaches is room where something is to count, if that is elsewhere than before.
func (e *edit) reaches(ctx context.Context) (Most, error) {
	at := e.after().scope
	if at == e.before().scope {
		return nil, nil
	}
	return e.roomIn(ctx, at)
}

func (e *edit) roomIn(ctx context.Context, at Scope) (Most, error) {
	st, err := e.s.standing(ctx, e.rows, at)
	if err != nil || st.plans == nil {
		return nil, err
	}
	e.checks = append(e.checks, st.same()...)
	if err := st.readOnly(); err != nil {
		return nil, err
	}
	if most := st.plan.Most(e.kind); most > 0 && st.used[e.kind] >= most {
		return nil, st.full(e.kind)
	}
	return st.most(), nil
}
