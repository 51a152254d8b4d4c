package workspace

import (
	"context"
	"encoding/json"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// ProjectRequest names a project.
type ProjectRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r ProjectRequest) Near(int64) []store.Key { return []store.Key{ProjectKey(r.ID)} }

// Next implements api.Next.
func (r ProjectRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return leads(projects, near[0], uid)
}

// made is what a request left behind for its repetition.
type made struct {
	ID int64 `json:"id"`
}

// CreateProjectRequest is the form of a new project.
type CreateProjectRequest struct {
	api.Late
	Name     string                   `json:"name" rule:"required,max=256"`
	Owner    api.Opt[int64]           `json:"owner_id" rule:"null"`
	Assignee api.Opt[int64]           `json:"assignee_id" rule:"null"`
	Tracker  string                   `json:"bug_tracker" rule:"blank,max=2000"`
	Source   api.Opt[json.RawMessage] `json:"source_storage" rule:"null"`
	Target   api.Opt[json.RawMessage] `json:"target_storage" rule:"null"`
}

// begin is the scene of something new in the workspace that the request names.
func (s *Service) begin(ctx context.Context, kind string) scene {
	c := scene{kind: kind, fresh: true}
	if w := api.WorkspaceOf(ctx); w.Org != nil {
		c.View = *w.Org
	}
	return c
}

// CreateProject makes a project of the caller, in the workspace of the request.
func (s *Service) CreateProject(ctx context.Context, who session.Caller, in CreateProjectRequest) (ProjectView, error) {
	c := s.begin(ctx, projects)
	c.project = Project{Org: c.View.ID, Owner: who.UID}
	if err := s.judge(ctx, who, &c, "create"); err != nil {
		return ProjectView{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.projectAgain(ctx, who, before.ID)
	}
	e := s.edit(ctx, who, c, s.rows(), in.Invalid())
	p := &e.project
	p.Name, p.Tracker, p.Created, p.Updated = in.Name, in.Tracker, e.now, e.now
	e.note("name", "", p.Name)
	if in.Owner.Set && !e.bad.Has("owner_id") && in.Owner.Value != who.UID {
		if err := s.judge(ctx, who, &c, "update:owner"); err != nil {
			return ProjectView{}, err
		}
	}
	if err := e.staff(ctx, &p.Owner, &p.Assignee, &p.Assigned, in.Owner, in.Assignee); err != nil {
		return ProjectView{}, err
	}
	if err := e.places(ctx, &p.Source, &p.Target, in.Source, in.Target); err != nil {
		return ProjectView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return ProjectView{}, err
	}
	p.ID = store.NewID(api.From(ctx).Now)
	most, err := e.room(ctx)
	if err != nil {
		return ProjectView{}, err
	}
	ops, err := e.save(ctx, most)
	if err != nil {
		return ProjectView{}, err
	}
	if err := e.commit(ctx, "create", append(ops, api.Done(ctx, made{p.ID})...)...); err != nil {
		return ProjectView{}, err
	}
	return s.showProject(ctx, e.rows, e.scene)
}

// staff takes up owner and assignee.
func (e *edit) staff(ctx context.Context, owner, assignee, assigned *int64, sentOwner, sentAssignee api.Opt[int64]) error {
	if err := e.give(ctx, "owner_id", owner, sentOwner); err != nil {
		return err
	}
	before := *assignee
	if err := e.give(ctx, "assignee_id", assignee, sentAssignee); err != nil {
		return err
	}
	if *assignee != before {
		*assigned = e.now
	}
	return nil
}

// places takes up where data comes from and goes to.
func (e *edit) places(ctx context.Context, source, target *Place, sentSource, sentTarget api.Opt[json.RawMessage]) error {
	if err := e.place(ctx, "source_storage", source, sentSource); err != nil {
		return err
	}
	return e.place(ctx, "target_storage", target, sentTarget)
}

// projectAgain is the project that an earlier request made, to whoever may still see
// it.
func (s *Service) projectAgain(ctx context.Context, who session.Caller, id int64) (ProjectView, error) {
	c, err := s.again(ctx, who, projects, id)
	if err != nil {
		return ProjectView{}, err
	}
	return s.showProject(ctx, s.rows(), c)
}

func (s *Service) again(ctx context.Context, who session.Caller, kind string, id int64) (scene, error) {
	c, err := s.scene(ctx, s.rows(), who.UID, kind, id)
	if err == nil && !c.there() {
		err = fault.NotFound(nouns[kind])
	}
	if err == nil {
		err = s.judge(ctx, who, &c, "view")
	}
	return c, err
}

func (s *Service) showProject(ctx context.Context, r *rows, c scene) (ProjectView, error) {
	h, err := s.shelve(ctx, r, c)
	return h.project(&c), err
}

// GetProject is one project.
func (s *Service) GetProject(ctx context.Context, who session.Caller, in ProjectRequest) (ProjectView, error) {
	c, err := s.found(ctx, who, projects, in.ID, "view")
	if err != nil {
		return ProjectView{}, err
	}
	return s.showProject(ctx, s.rows(), c)
}

// UpdateProjectRequest changes a project.
type UpdateProjectRequest struct {
	api.Late
	api.Names
	ID       int64                    `path:"id"`
	Name     api.Opt[string]          `json:"name" rule:"max=256"`
	Owner    api.Opt[int64]           `json:"owner_id" rule:"null"`
	Assignee api.Opt[int64]           `json:"assignee_id" rule:"null"`
	Tracker  api.Opt[string]          `json:"bug_tracker" rule:"blank,max=2000"`
	Source   api.Opt[json.RawMessage] `json:"source_storage" rule:"null"`
	Target   api.Opt[json.RawMessage] `json:"target_storage" rule:"null"`
	Org      api.Opt[int64]           `json:"organization_id" rule:"null"`
}

// Near implements api.Near.
func (r UpdateProjectRequest) Near(uid int64) []store.Key { return ProjectRequest{r.ID}.Near(uid) }

// Next implements api.Next.
func (r UpdateProjectRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return ProjectRequest{r.ID}.Next(uid, near)
}

// projectScopes are what changing a field takes.
var projectScopes = map[string]string{
	"name": "update:desc", "labels": "update:desc", "bug_tracker": "update:desc", "assignee_id": "update:assignee", "owner_id": "update:owner",
	"source_storage": "update:associated_storage", "target_storage": "update:associated_storage",
}

// allowed judges all the fields that were sent.
func (s *Service) allowed(ctx context.Context, who session.Caller, c *scene, sent []string, scopes map[string]string) error {
	asked := map[string]bool{}
	for _, name := range sent {
		scope, known := scopes[name]
		if !known {
			return fault.New(403, "unknown_field", "Attempted to update an unknown field")
		}
		if asked[scope] {
			continue
		}
		asked[scope] = true
		if err := s.judge(ctx, who, c, scope); err != nil {
			return err
		}
	}
	return nil
}

// UpdateProject changes a project. The annotation engine keeps its labels.
func (s *Service) UpdateProject(ctx context.Context, who session.Caller, in UpdateProjectRequest) (ProjectView, error) {
	c, err := s.found(ctx, who, projects, in.ID, "view")
	if err != nil {
		return ProjectView{}, err
	}
	if in.Org.Set {
		e, err := s.relocate(ctx, who, c, relocation{in.Org, in.Sent(), in.Source, in.Target}, in.Invalid())
		if err != nil {
			return ProjectView{}, err
		}
		return s.showProject(ctx, s.rows(), e.scene)
	}
	if err := s.allowed(ctx, who, &c, in.Sent(), projectScopes); err != nil {
		return ProjectView{}, err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), in.Invalid())
	p := &e.project
	e.text("name", &p.Name, in.Name)
	e.text("bug_tracker", &p.Tracker, in.Tracker)
	if err := e.staff(ctx, &p.Owner, &p.Assignee, &p.Assigned, in.Owner, in.Assignee); err != nil {
		return ProjectView{}, err
	}
	if err := e.places(ctx, &p.Source, &p.Target, in.Source, in.Target); err != nil {
		return ProjectView{}, err
	}
	if err := e.bad.Err(); err != nil {
		return ProjectView{}, err
	}
	if len(e.changes) == 0 {
		return s.showProject(ctx, e.rows, e.scene)
	}
	p.Updated = e.now
	if err := e.writable(ctx); err != nil {
		return ProjectView{}, err
	}
	ops, err := e.save(ctx, nil)
	if err != nil {
		return ProjectView{}, err
	}
	if err := e.commit(ctx, "update", ops...); err != nil {
		return ProjectView{}, err
	}
	return s.showProject(ctx, e.rows, e.scene)
}

// DeleteProject removes a project with its tasks and their jobs. They are gone for
// everybody at once; Tidy removes what is left of them.
func (s *Service) DeleteProject(ctx context.Context, who session.Caller, in ProjectRequest) (struct{}, error) {
	return struct{}{}, s.delete(ctx, who, projects, in.ID)
}
