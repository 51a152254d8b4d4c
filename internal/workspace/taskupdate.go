package workspace

import (
	"context"
	"encoding/json"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// UpdateTaskRequest changes a task.
type UpdateTaskRequest struct {
	api.Late
	api.Names
	ID       int64                    `path:"id"`
	Name     api.Opt[string]          `json:"name" rule:"max=256"`
	Project  api.Opt[int64]           `json:"project_id" rule:"null"`
	Owner    api.Opt[int64]           `json:"owner_id" rule:"null"`
	Assignee api.Opt[int64]           `json:"assignee_id" rule:"null"`
	Tracker  api.Opt[string]          `json:"bug_tracker" rule:"blank,max=2000"`
	Subset   api.Opt[string]          `json:"subset" rule:"blank,max=64"`
	Data     api.Opt[int64]           `json:"data_cloud_storage_id" rule:"null"`
	Source   api.Opt[json.RawMessage] `json:"source_storage" rule:"null"`
	Target   api.Opt[json.RawMessage] `json:"target_storage" rule:"null"`
	Org      api.Opt[int64]           `json:"organization_id" rule:"null"`
}

// Near implements api.Near.
func (r UpdateTaskRequest) Near(uid int64) []store.Key { return TaskRequest{r.ID}.Near(uid) }

// Next implements api.Next.
func (r UpdateTaskRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return TaskRequest{r.ID}.Next(uid, near)
}

// taskScopes are what changing a field takes.
var taskScopes = map[string]string{
	"name": "update:desc", "labels": "update:desc", "bug_tracker": "update:desc", "subset": "update:desc", "assignee_id": "update:assignee",
	"owner_id": "update:owner", "project_id": "update:project", "data_cloud_storage_id": "update:associated_storage",
	"source_storage": "update:associated_storage", "target_storage": "update:associated_storage",
}

// UpdateTask changes a task.
func (s *Service) UpdateTask(ctx context.Context, who session.Caller, in UpdateTaskRequest) (TaskView, error) {
	c, err := s.found(ctx, who, tasks, in.ID, "view")
	if err != nil {
		return TaskView{}, err
	}
	if in.Org.Set {
		e, err := s.relocate(ctx, who, c, relocation{in.Org, in.Sent(), in.Source, in.Target}, in.Invalid())
		if err != nil {
			return TaskView{}, err
		}
		return s.showTask(ctx, s.rows(), e.scene)
	}
	if err := s.allowed(ctx, who, &c, in.Sent(), taskScopes); err != nil {
		return TaskView{}, err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), in.Invalid())
	t := &e.task
	e.text("name", &t.Name, in.Name)
	e.text("bug_tracker", &t.Tracker, in.Tracker)
	e.text("subset", &t.Subset, in.Subset)
	if err := e.staff(ctx, &t.Owner, &t.Assignee, &t.Assigned, in.Owner, in.Assignee); err != nil {
		return TaskView{}, err
	}
	if err := e.data(ctx, in.Data); err != nil {
		return TaskView{}, err
	}
	if err := e.places(ctx, &t.Source, &t.Target, in.Source, in.Target); err != nil {
		return TaskView{}, err
	}
	if err := e.regroup(ctx, in.Project); err != nil {
		return TaskView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return TaskView{}, err
	}
	if len(e.changes) == 0 {
		return s.showTask(ctx, e.rows, e.scene)
	}
	t.Updated = e.now
	if err := e.writable(ctx); err != nil {
		return TaskView{}, err
	}
	most, err := e.reaches(ctx)
	if err != nil {
		return TaskView{}, err
	}
	ops, err := e.save(ctx, most)
	if err != nil {
		return TaskView{}, err
	}
	if err := e.commit(ctx, "update", ops...); err != nil {
		return TaskView{}, err
	}
	return s.showTask(ctx, e.rows, e.scene)
}

// regroup puts a task into another project of the same workspace, or into none.
func (e *edit) regroup(ctx context.Context, sent api.Opt[int64]) error {
	if !sent.Set || e.bad.Has("project_id") || sent.Value == e.task.Project {
		return nil
	}
	if err := e.still(ctx); err != nil {
		return err
	}
	e.noteID("project_id", e.task.Project, sent.Value)
	if sent.Value == 0 {
		e.task.Project, e.task.Seen, e.project = 0, 0, Project{}
		return nil
	}
	p, err := e.s.into(ctx, e.who, e.rows, sent.Value)
	if err != nil {
		return err
	}
	if p.View.ID != e.View.ID {
		e.bad.Add("project_id", "The task and its project must be in the same workspace.")
		return nil
	}
	if err := e.s.judge(ctx, e.who, &p, "create@project"); err != nil {
		return err
	}
	for _, it := range p.above {
		e.checks = append(e.checks, store.Check(it.Key, it.At()))
	}
	e.project, e.next = p.project, &p.stored.project
	e.task.Project, e.task.Seen = p.project.ID, p.project.Moves
	return nil
}

// still refuses while jobs of a task are still to be written as the task or its
// project says: another project could not lead to them.
func (e *edit) still(ctx context.Context) error {
	keys := []store.Key{dueKey(tasks, e.task.ID)}
	if e.task.Project != 0 {
		keys = append(keys, dueKey(projects, e.task.Project))
	}
	items, err := e.rows.get(ctx, keys...)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.Exists() {
			return fault.New(409, "moving", "The task has just been moved. Try again in a minute.")
		}
		e.checks = append(e.checks, store.Check(it.Key, it.At()))
	}
	return nil
}
