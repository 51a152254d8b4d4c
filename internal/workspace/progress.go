package workspace

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// ProgressRequest names what was moved.
type ProgressRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r ProgressRequest) Near(uid int64) []store.Key { return TransferRequest{ID: r.ID}.Near(uid) }

// Next implements api.Next.
func (r ProgressRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return TransferRequest{ID: r.ID}.Next(uid, near)
}

// Progress says how far it is that what was below has been written down anew. It has
// moved all the same: nobody sees a difference but in this.
type Progress struct {
	Type  string `json:"type"`
	ID    int64  `json:"id"`
	Org   *int64 `json:"organization_id"`
	State string `json:"state"` // tidying or done
	Done  int64  `json:"done"`  // of the tasks of a project, or the jobs of a task
	Of    int64  `json:"of"`
}

// GetTransfer says how far a transfer is.
func (s *Service) GetTransfer(ctx context.Context, who session.Caller, in ProgressRequest) (Progress, error) {
	kind := tasks
	if near := api.NearOf(ctx); near[0].Exists() {
		kind = projects
	}
	c, err := s.found(ctx, who, kind, in.ID, "view")
	if err != nil && fault.Of(err).Status == 404 {
		err = fault.NotFound("Transfer") // whatever it is
	}
	if err != nil {
		return Progress{}, err
	}
	below := jobsKey(in.ID, allJobs)
	if kind == projects {
		below = tasksKey(in.ID)
	}
	items, err := s.Table.Get(ctx, dueKey(kind, in.ID), below)
	if err != nil {
		return Progress{}, err
	}
	d, err := dues.Of(items[0])
	if err != nil {
		return Progress{}, err
	}
	n := tenant.Count(items[1])
	p := Progress{singular[kind], in.ID, orNull(c.View.ID), "done", n, n}
	if items[0].Exists() {
		p.State, p.Done = "tidying", min(d.Done, n)
	}
	if c.kind == tasks && c.task.Project != 0 {
		return p, fault.NotFound("Transfer") // it moves with its project
	}
	return p, nil
}
