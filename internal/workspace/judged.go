package workspace

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// nouns are what a stranger does not find.
var nouns = map[string]string{projects: "Project", tasks: "Task", jobs: "Job", clouds: "CloudStorage"}

// found takes up what a request has read about its object. For whoever may not do
// scope it is not there, or refused.
func (s *Service) found(ctx context.Context, who session.Caller, kind string, id int64, scope string) (c scene, err error) {
	c, err = s.scene(ctx, s.rows(api.NearOf(ctx), api.NextOf(ctx)), who.UID, kind, id)
	if err != nil {
		return c, err
	}
	if !c.there() {
		// The same question as about one that is there, so that nobody learns more.
		_ = api.Judge(ctx, who, api.Question{Package: kind, Scope: scope, Noun: nouns[kind], Resource: &policy.Resource{ID: id}})
		return c, fault.NotFound(nouns[kind])
	}
	return c, s.judge(ctx, who, &c, scope)
}

// judge asks the policy about a scene.
func (s *Service) judge(ctx context.Context, who session.Caller, c *scene, scope string) error {
	return api.Judge(ctx, who, c.question(scope))
}

func (c *scene) question(scope string) api.Question {
	q := api.Question{Package: c.kind, Scope: scope, Noun: nouns[c.kind], Resource: c.resource()}
	if c.fresh {
		q.Noun = "" // there is nothing to hide
	}
	if !c.personal() {
		q.Org = &c.View
	}
	return q
}

// resource is the object as the policy sees it.
func (c *scene) resource() *policy.Resource {
	r := &policy.Resource{Organization: c.View.ID}
	if c.kind != projects && c.project.ID != 0 {
		r.Project = &policy.Staff{Owner: c.project.Owner, Assignee: c.project.Assignee, Organization: c.View.ID}
	}
	switch c.kind {
	case projects:
		r.ID, r.Owner, r.Assignee = c.project.ID, c.project.Owner, c.project.Assignee
	case tasks:
		r.ID, r.Owner, r.Assignee = c.task.ID, c.task.Owner, c.task.Assignee
	case jobs:
		r.ID, r.Assignee = c.job.ID, c.job.Assignee
		r.Stage, _ = policy.ParseStage(c.job.Stage)
		r.Task = &policy.Staff{Owner: c.task.Owner, Assignee: c.task.Assignee, Organization: c.View.ID}
	case clouds:
		r.ID, r.Owner = c.cloud.ID, c.cloud.Owner
	}
	return r
}

// inside are the checks that an organization, and the caller in it, are as they were
// read; none of what is personal.
func inside(who session.Caller, v *tenant.View) (ops []store.Op) {
	if v.ID == 0 {
		return nil
	}
	if ops = append(ops, v.Same()); v.Member.ID != 0 && !who.Admin() {
		ops = append(ops, v.MemberSame())
	}
	return ops
}

// holds are the checks by which a decision on the scene holds: that what stands
// above, the organization, and the caller in it are as they were read.
func (c *scene) holds(who session.Caller) []store.Op {
	ops := []store.Op{store.Check(session.AuthorityKey(who.UID), who.AuthorityAt())}
	for _, it := range c.above {
		ops = append(ops, store.Check(it.Key, it.At()))
	}
	return append(ops, inside(who, &c.View)...)
}
