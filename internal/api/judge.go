package api

import (
	"context"
	"errors"
	"strings"

	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Near is implemented by requests about one object: the rows that it is found by
// are read in the same round as the caller.
type Near interface {
	Near(uid int64) []store.Key
}

// Next is implemented by requests whose object leads on to other rows: they are
// read in the round after that, together with the organization that was named.
type Next interface {
	Next(uid int64, near []store.Item) ([]store.Key, error)
}

// judging is what a policy-checked request carries along.
type judging struct {
	table      *policy.Table
	workspace  Workspace
	near, next []store.Item
	safe       bool
	made       int // decisions
}

// Judged serves op to whoever has an account. The operation must ask the policy,
// by Judge, Plan or Decide: an answer without a decision is an error of the program, and
// becomes a 500.
func Judged[In, Out any](g *Gate, op func(context.Context, session.Caller, In) (Out, error), opts ...Option) Handler {
	rt := signedIn(g, users, op, opts).(*route)
	rt.judged = true
	rt.aim = func(r *Request) any {
		var in In
		bindPaths(r, &in)
		return in
	}
	return rt
}

// WorkspaceOf is the workspace that the request names.
func WorkspaceOf(ctx context.Context) Workspace { return From(ctx).judging.workspace }

// NearOf are the rows that Near asked for.
func NearOf(ctx context.Context) []store.Item { return From(ctx).judging.near }

// NextOf are the rows that Next asked for.
func NextOf(ctx context.Context) []store.Item { return From(ctx).judging.next }

// read reads the caller, the workspace and what the request is about, anew for as
// long as that is of no one moment.
func (rt *route) read(ctx context.Context, r *Request) (c session.Caller, j *judging, err error) {
	for range attempts {
		c, j, err = rt.readOnce(ctx, r)
		if _, torn := store.Conflict(err); !torn {
			return c, j, err
		}
	}
	return c, nil, fault.Unavailable(err)
}

// readOnce takes two rounds, one if nothing leads further.
func (rt *route) readOnce(ctx context.Context, r *Request) (session.Caller, *judging, error) {
	if !rt.judged {
		c, err := rt.caller(ctx, r)
		return c, nil, err
	}
	j := &judging{table: rt.gate.Policy, safe: safe(r.Method)}
	w, bad := readWorkspace(r)
	in := rt.aim(r)
	uid := ticketUID(r)
	keys := w.near(uid)
	own := len(keys)
	if n, ok := in.(Near); ok {
		keys = append(keys, n.Near(uid)...)
	}
	c, err := rt.caller(ctx, r, keys...)
	if err != nil {
		return c, nil, err
	}
	if bad != nil {
		return c, nil, bad
	}
	if j.table == nil {
		return c, nil, noPolicy()
	}
	near := c.Also()
	j.near = near[own:]
	if keys, err = w.next(uid, near[:own]); err != nil {
		return c, nil, err
	}
	own = len(keys)
	if n, ok := in.(Next); ok {
		more, err := n.Next(uid, j.near)
		if err != nil {
			return c, nil, err
		}
		keys = append(keys, more...)
	}
	next, err := rt.gate.Table.Get(ctx, keys...)
	if err != nil {
		return c, nil, fault.Unavailable(err)
	}
	if err := w.open(ctx, rt.gate.Table, c, near[:len(near)-len(j.near)], next[:own]); err != nil {
		if errors.Is(err, store.ErrUnavailable) {
			err = fault.Unavailable(err)
		}
		return c, nil, err
	}
	j.workspace, j.next = w, next[own:]
	return c, j, nil
}

func noPolicy() error {
	return fault.New(503, "policy_unavailable", "The rules of this installation could not be read. Its administrator finds the reason in the log.")
}

func ticketUID(r *Request) int64 {
	t, _ := session.ReadTicket(r.Authorizer)
	return t.UID
}

var errUnjudged = errors.New("api: the operation has answered without a decision of the policy")

// Question is what the policy is asked.
type Question struct {
	Package  string
	Scope    string
	Org      *tenant.View // context; nil is none
	Resource *policy.Resource
	Noun     string // what a stranger does not find, e.g. "Membership"
}

// Ask makes the policy's input of a question.
func Ask(ctx context.Context, who session.Caller, q Question) *policy.Input {
	m := From(ctx)
	in := &policy.Input{Scope: q.Scope, User: who.UID, Privilege: policy.PrivilegeOf(who.Groups), Resource: q.Resource,
		OrgSpecified: m.judging.workspace.Named, MinRoleToCreate: m.minRole, Safe: m.judging.safe}
	if q.Org != nil {
		in.Org = q.Org.Context()
	}
	if who.Kind == session.CredPAT {
		in.Token = &policy.Token{ID: who.TokenID, ReadOnly: who.ReadOnly}
	}
	return in
}

// Judge says whether the caller may do what q asks: nil, or the refusal. A member
// of the organization gets a 403 that says what would be allowed to whom; for
// somebody who has nothing to do with it, it is not there.
func Judge(ctx context.Context, who session.Caller, q Question) error {
	m := From(ctx)
	m.judging.made++
	in := Ask(ctx, who, q)
	if m.judging.table.Decide(q.Package, in).Allowed {
		return nil
	}
	if q.Noun != "" && !Related(who, q) && !shown(ctx, who, q) {
		return fault.NotFound(q.Noun).Noted(fault.PermissionRefused)
	}
	return refused(m.judging.table, q, in)
}

// Decide answers what a request asks about and does not do. Whether that is safe
// is a matter of the scope then, and not of the request's method. It counts as a
// decision.
func Decide(ctx context.Context, who session.Caller, q Question) (policy.Decision, *policy.Input) {
	m := From(ctx)
	m.judging.made++
	in := Ask(ctx, who, q)
	verb, _, _ := strings.Cut(q.Scope, ":")
	in.Safe = verb == "list" || verb == "view" || verb == "download" || verb == "export"
	return m.judging.table.Decide(q.Package, in), in
}

// Hints is what would turn a refusal that Decide gave.
func Hints(ctx context.Context, pkg string, in *policy.Input) []policy.Hint {
	return From(ctx).judging.table.WouldAllow(pkg, in)
}

// Plan says which rows of a list the caller may see, as the name of a plan of the
// policy, or refuses. The lists of organizations and of access tokens are the same
// in every workspace.
func Plan(ctx context.Context, who session.Caller, pkg string) (string, error) {
	m := From(ctx)
	q := Question{Package: pkg, Scope: "list"}
	if pkg != "organizations" && pkg != "access_tokens" {
		q.Org = m.judging.workspace.Org
	}
	if err := Judge(ctx, who, q); err != nil {
		return "", err
	}
	if plan := m.judging.table.Filter(pkg, Ask(ctx, who, q)); plan != "" {
		return plan, nil
	}
	return "", refused(m.judging.table, q, Ask(ctx, who, q))
}

// shown reports whether somebody sees what q is about.
func shown(ctx context.Context, who session.Caller, q Question) bool {
	q.Scope = "view"
	return From(ctx).judging.table.Decide(q.Package, Ask(ctx, who, q)).Allowed
}

// Related reports whether somebody stands in any relation to what q is about. What was
// theirs in an organization is not while they are not in it.
func Related(who session.Caller, q Question) bool {
	if who.Admin() || q.Org != nil && q.Org.Member.ID != 0 {
		return true
	}
	r := q.Resource
	if r == nil {
		return false
	}
	me := func(id int64) bool { return id == who.UID }
	staff := func(s *policy.Staff) bool { return s != nil && (me(s.Owner) || me(s.Assignee)) }
	return me(r.User) || me(r.Invitee) || q.Org == nil && (me(r.Owner) || me(r.Assignee) || staff(r.Task) || staff(r.Project))
}

// Refusal is the body of a 403 that the policy gave.
type Refusal struct {
	Detail string        `json:"detail"`
	Code   string        `json:"code"`
	Scope  string        `json:"scope"`                       // what was refused, e.g. "memberships:delete"
	Org    string        `json:"organization,omitempty"`      // short name of the organization it was judged in
	Role   string        `json:"organization_role,omitempty"` // of the caller there
	Group  string        `json:"group"`                       // of the caller
	Would  []policy.Hint `json:"would_allow"`                 // the smallest organization role, and group, that would do
}

func refused(t *policy.Table, q Question, in *policy.Input) error {
	r := Refusal{Detail: fault.Forbidden().Detail, Code: "permission_denied", Scope: q.Package + ":" + q.Scope, Group: in.Privilege.String(), Would: t.WouldAllow(q.Package, in)}
	if r.Would == nil {
		r.Would = []policy.Hint{}
	}
	if q.Org != nil {
		r.Org, r.Role = q.Org.Slug, q.Org.Role().String()
	}
	return &fault.Fault{Status: 403, Code: r.Code, Detail: r.Detail, Body: r}
}
