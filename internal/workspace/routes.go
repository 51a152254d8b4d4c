package workspace

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/session"
)

// Routes are the routes of the function workspace.
func (s *Service) Routes(g *api.Gate) api.Routes {
	return api.Routes{
		"GET /api/projects":                api.Judged(g, listed(s, projects, shelf.project), api.Baseline),
		"POST /api/projects":               api.Judged(g, s.CreateProject, api.Baseline, api.Created, api.Idempotent),
		"GET /api/projects/{id}":           api.Judged(g, s.GetProject, api.Baseline),
		"PATCH /api/projects/{id}":         api.Judged(g, s.UpdateProject, api.Baseline),
		"DELETE /api/projects/{id}":        api.Judged(g, s.DeleteProject, api.Baseline, api.NoContent),
		"GET /api/tasks":                   api.Judged(g, listed(s, tasks, shelf.task), api.Baseline),
		"POST /api/tasks":                  api.Judged(g, s.CreateTask, api.Baseline, api.Created, api.Idempotent),
		"GET /api/tasks/{id}":              api.Judged(g, s.GetTask, api.Baseline),
		"PATCH /api/tasks/{id}":            api.Judged(g, s.UpdateTask, api.Baseline),
		"DELETE /api/tasks/{id}":           api.Judged(g, s.DeleteTask, api.Baseline, api.NoContent),
		"POST /api/projects/{id}/transfer": api.Judged(g, s.transferOf(projects)),
		"POST /api/tasks/{id}/transfer":    api.Judged(g, s.transferOf(tasks)),
		"GET /api/transfers/{id}":          api.Judged(g, s.GetTransfer),
		"GET /api/jobs":                    api.Judged(g, listed(s, jobs, shelf.job), api.Baseline),
		"POST /api/jobs":                   api.Judged(g, s.CreateJob, api.Baseline, api.Created, api.Idempotent),
		"GET /api/jobs/{id}":               api.Judged(g, s.GetJob, api.Baseline),
		"PATCH /api/jobs/{id}":             api.Judged(g, s.UpdateJob, api.Baseline),
		"DELETE /api/jobs/{id}":            api.Judged(g, s.DeleteJob, api.Baseline, api.NoContent),
		"GET /api/cloudstorages":           api.Judged(g, listed(s, clouds, shelf.cloud), api.Baseline),
		"POST /api/cloudstorages":          api.Judged(g, s.CreateCloud, api.Baseline, api.Created, api.Idempotent),
		"GET /api/cloudstorages/{id}":      api.Judged(g, s.GetCloud, api.Baseline),
		"PATCH /api/cloudstorages/{id}":    api.Judged(g, s.UpdateCloud, api.Baseline),
		"DELETE /api/cloudstorages/{id}":   api.Judged(g, s.DeleteCloud, api.Baseline, api.NoContent),
	}
}

// listed is the operation that lists a kind.
func listed[T any](s *Service, kind string, view func(shelf, *scene) T) func(context.Context, session.Caller, api.ListRequest) (api.Listing[T], error) {
	return func(ctx context.Context, who session.Caller, in api.ListRequest) (api.Listing[T], error) {
		out, l, err := s.list(ctx, who, kind, in)
		if err != nil {
			return api.Listing[T]{}, err
		}
		return shown(out, l, func(c *scene) T { return view(l.shelf, c) }), nil
	}
}
