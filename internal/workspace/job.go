package workspace

import (
	"context"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// JobRequest names a job.
type JobRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r JobRequest) Near(int64) []store.Key { return []store.Key{JobKey(r.ID)} }

// Next implements api.Next.
func (r JobRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return leads(jobs, near[0], uid)
}

// CreateJobRequest is the form of a new job: the annotation engine makes one for each
// part of a task's data.
type CreateJobRequest struct {
	api.Late
	Type     string         `json:"type" rule:"required,max=32"`
	Task     int64          `json:"task_id" rule:"required"`
	Assignee api.Opt[int64] `json:"assignee" rule:"null"`
}

// CreateJob makes a job of a task.
func (s *Service) CreateJob(ctx context.Context, who session.Caller, in CreateJobRequest) (JobView, error) {
	r := s.rows()
	c, err := s.scene(ctx, r, who.UID, tasks, in.Task)
	if err != nil {
		return JobView{}, err
	}
	there := c.there()
	c.kind, c.above, c.row = jobs, append([]store.Item{c.row}, c.above...), store.Item{}
	c.job = Job{Task: c.task.ID, Project: c.task.Project, Org: c.View.ID, Stage: Annotation, State: New, Seen: c.task.Moves}
	err = s.judge(ctx, who, &c, "create")
	if !there || err != nil && fault.Of(err).Status == 404 {
		bad := fault.FieldsOf(in.Invalid())
		if !bad.Has("task_id") {
			bad.Add("task_id", unknown(in.Task))
		}
		return JobView{}, bad.Err()
	}
	if err != nil {
		return JobView{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.jobAgain(ctx, who, before.ID)
	}
	e := s.edit(ctx, who, c, r, in.Invalid())
	if !e.bad.Has("type") && in.Type != Annotation {
		e.bad.Add("type", `"`+clip(in.Type)+`" is not a valid choice. Expected "annotation".`)
	}
	e.job.Created, e.job.Updated = e.now, e.now
	if err := e.assign(ctx, in.Assignee); err != nil {
		return JobView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return JobView{}, err
	}
	e.job.ID = store.NewID(api.From(ctx).Now)
	if err := e.writable(ctx); err != nil {
		return JobView{}, err
	}
	ops, err := e.save(ctx, nil)
	if err != nil {
		return JobView{}, err
	}
	if err := e.commit(ctx, "create", append(ops, api.Done(ctx, made{e.job.ID})...)...); err != nil {
		return JobView{}, err
	}
	return s.showJob(ctx, r, e.scene)
}

// assign takes up who works on a job.
func (e *edit) assign(ctx context.Context, sent api.Opt[int64]) error {
	before := e.job.Assignee
	if err := e.give(ctx, "assignee", &e.job.Assignee, sent); err != nil {
		return err
	}
	if e.job.Assignee != before {
		e.job.Assigned = e.now
	}
	return nil
}

func (s *Service) jobAgain(ctx context.Context, who session.Caller, id int64) (JobView, error) {
	c, err := s.again(ctx, who, jobs, id)
	if err != nil {
		return JobView{}, err
	}
	return s.showJob(ctx, s.rows(), c)
}

func (s *Service) showJob(ctx context.Context, r *rows, c scene) (JobView, error) {
	h, err := s.shelve(ctx, r, c)
	return h.job(&c), err
}

// GetJob is one job.
func (s *Service) GetJob(ctx context.Context, who session.Caller, in JobRequest) (JobView, error) {
	c, err := s.found(ctx, who, jobs, in.ID, "view")
	if err != nil {
		return JobView{}, err
	}
	return s.showJob(ctx, s.rows(), c)
}

// UpdateJobRequest changes a job.
type UpdateJobRequest struct {
	api.Late
	api.Names
	ID       int64           `path:"id"`
	Assignee api.Opt[int64]  `json:"assignee" rule:"null"`
	Stage    api.Opt[string] `json:"stage" rule:"max=32"`
	State    api.Opt[string] `json:"state" rule:"max=32"`
}

// Near implements api.Near.
func (r UpdateJobRequest) Near(uid int64) []store.Key { return JobRequest{r.ID}.Near(uid) }

// Next implements api.Next.
func (r UpdateJobRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return JobRequest{r.ID}.Next(uid, near)
}

// jobScopes are what changing a field takes.
var jobScopes = map[string]string{"assignee": "update:assignee", "stage": "update:stage", "state": "update:state"}

// UpdateJob gives a job to somebody, moves it to another stage, or says how far it is.
// A job that comes to another stage is new there.
func (s *Service) UpdateJob(ctx context.Context, who session.Caller, in UpdateJobRequest) (JobView, error) {
	c, err := s.found(ctx, who, jobs, in.ID, "view")
	if err != nil {
		return JobView{}, err
	}
	if err := s.allowed(ctx, who, &c, in.Sent(), jobScopes); err != nil {
		return JobView{}, err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), in.Invalid())
	before := e.job
	e.word("stage", stages, &e.job.Stage, in.Stage)
	if e.job.Stage != before.Stage && !in.State.Set {
		e.note("state", e.job.State, New)
		e.job.State = New
	}
	e.word("state", states, &e.job.State, in.State)
	if err := e.assign(ctx, in.Assignee); err != nil {
		return JobView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return JobView{}, err
	}
	if len(e.changes) == 0 {
		return s.showJob(ctx, e.rows, e.scene)
	}
	e.job.Updated = e.now
	if err := e.writable(ctx); err != nil {
		return JobView{}, err
	}
	ops, err := e.save(ctx, nil)
	if err != nil {
		return JobView{}, err
	}
	if err := e.commit(ctx, "update", ops...); err != nil {
		return JobView{}, err
	}
	return s.showJob(ctx, e.rows, e.scene)
}

// word takes up one of a few words.
func (e *edit) word(field string, words []string, p *string, sent api.Opt[string]) {
	if !sent.Set || e.bad.Has(field) {
		return
	}
	if !slices.Contains(words, sent.Value) {
		e.bad.Add(field, `"`+clip(sent.Value)+`" is not a valid choice.`)
		return
	}
	e.text(field, p, sent)
}

// DeleteJob removes a job.
func (s *Service) DeleteJob(ctx context.Context, who session.Caller, in JobRequest) (struct{}, error) {
	return struct{}{}, s.delete(ctx, who, jobs, in.ID)
}
