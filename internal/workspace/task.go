package workspace

import (
	"context"
	"encoding/json"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// TaskRequest names a task.
type TaskRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r TaskRequest) Near(int64) []store.Key { return []store.Key{TaskKey(r.ID)} }

// Next implements api.Next.
func (r TaskRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return leads(tasks, near[0], uid)
}

// CreateTaskRequest is the form of a new task.
type CreateTaskRequest struct {
	api.Late
	Name     string                   `json:"name" rule:"required,max=256"`
	Project  api.Opt[int64]           `json:"project_id" rule:"null"`
	Owner    api.Opt[int64]           `json:"owner_id" rule:"null"`
	Assignee api.Opt[int64]           `json:"assignee_id" rule:"null"`
	Tracker  string                   `json:"bug_tracker" rule:"blank,max=2000"`
	Subset   string                   `json:"subset" rule:"blank,max=64"`
	Data     api.Opt[int64]           `json:"data_cloud_storage_id" rule:"null"`
	Source   api.Opt[json.RawMessage] `json:"source_storage" rule:"null"`
	Target   api.Opt[json.RawMessage] `json:"target_storage" rule:"null"`
}

// CreateTask makes a task of the caller: in a project, and then where that is, or alone
// in the workspace of the request.
func (s *Service) CreateTask(ctx context.Context, who session.Caller, in CreateTaskRequest) (TaskView, error) {
	c, r := s.begin(ctx, tasks), s.rows()
	scope := "create"
	if in.Project.Value != 0 {
		p, err := s.into(ctx, who, r, in.Project.Value)
		if err != nil {
			return TaskView{}, err
		}
		if w := api.WorkspaceOf(ctx); w.Named && (w.Org == nil) != p.personal() || w.Org != nil && w.Org.ID != p.View.ID {
			return TaskView{}, fault.Field("project_id", "The project is not in this workspace.")
		}
		c, scope = p, "create@project"
	}
	c.task = Task{Project: c.project.ID, Org: c.View.ID, Owner: who.UID, Seen: c.project.Moves}
	if err := s.judge(ctx, who, &c, scope); err != nil {
		return TaskView{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.taskAgain(ctx, who, before.ID)
	}
	e := s.edit(ctx, who, c, r, in.Invalid())
	if err := e.fillTask(ctx, in); err != nil {
		return TaskView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return TaskView{}, err
	}
	e.task.ID = store.NewID(api.From(ctx).Now)
	most, err := e.room(ctx)
	if err != nil {
		return TaskView{}, err
	}
	ops, err := e.save(ctx, most)
	if err != nil {
		return TaskView{}, err
	}
	if err := e.commit(ctx, "create", append(ops, api.Done(ctx, made{e.task.ID})...)...); err != nil {
		return TaskView{}, err
	}
	return s.showTask(ctx, r, e.scene)
}

// into is the scene of something new in a project that the caller sees.
func (s *Service) into(ctx context.Context, who session.Caller, r *rows, project int64) (scene, error) {
	p, err := s.scene(ctx, r, who.UID, projects, project)
	if err != nil {
		return p, err
	}
	if !p.there() {
		return p, fault.Field("project_id", unknown(project))
	}
	if err := s.judge(ctx, who, &p, "view"); err != nil {
		if fault.Of(err).Status == 404 {
			err = fault.Field("project_id", unknown(project))
		}
		return p, err
	}
	if p.personal() && p.workspace().UID == 0 { // what is in it counts nowhere
		return p, fault.Field("project_id", "The project has no owner. An administrator can give it one.")
	}
	p.kind, p.above, p.row = tasks, []store.Item{p.row}, store.Item{}
	return p, nil
}

func (e *edit) fillTask(ctx context.Context, in CreateTaskRequest) error {
	t := &e.task
	t.Name, t.Tracker, t.Subset, t.Created, t.Updated = in.Name, in.Tracker, in.Subset, e.now, e.now
	e.note("name", "", t.Name)
	if in.Owner.Set && !e.bad.Has("owner_id") && in.Owner.Value != e.who.UID {
		if err := e.s.judge(ctx, e.who, &e.scene, "update:owner"); err != nil {
			return err
		}
	}
	if err := e.staff(ctx, &t.Owner, &t.Assignee, &t.Assigned, in.Owner, in.Assignee); err != nil {
		return err
	}
	if err := e.data(ctx, in.Data); err != nil {
		return err
	}
	return e.places(ctx, &t.Source, &t.Target, in.Source, in.Target)
}

// data takes up the cloud storage that a task's data comes from.
func (e *edit) data(ctx context.Context, sent api.Opt[int64]) error {
	const field = "data_cloud_storage_id"
	if !sent.Set || e.bad.Has(field) || sent.Value == e.task.Data {
		return nil
	}
	if sent.Value != 0 {
		ok, err := e.usable(ctx, sent.Value)
		if err != nil {
			return err
		}
		if !ok {
			e.bad.Add(field, unknown(sent.Value))
			return nil
		}
	}
	e.noteID(field, e.task.Data, sent.Value)
	e.task.Data = sent.Value
	return nil
}

func (s *Service) taskAgain(ctx context.Context, who session.Caller, id int64) (TaskView, error) {
	c, err := s.again(ctx, who, tasks, id)
	if err != nil {
		return TaskView{}, err
	}
	return s.showTask(ctx, s.rows(), c)
}

func (s *Service) showTask(ctx context.Context, r *rows, c scene) (TaskView, error) {
	h, err := s.shelve(ctx, r, c)
	return h.task(&c), err
}

// GetTask is one task.
func (s *Service) GetTask(ctx context.Context, who session.Caller, in TaskRequest) (TaskView, error) {
	c, err := s.found(ctx, who, tasks, in.ID, "view")
	if err != nil {
		return TaskView{}, err
	}
	return s.showTask(ctx, s.rows(), c)
}

// DeleteTask removes a task with its jobs, at once for everybody.
func (s *Service) DeleteTask(ctx context.Context, who session.Caller, in TaskRequest) (struct{}, error) {
	return struct{}{}, s.delete(ctx, who, tasks, in.ID)
}
