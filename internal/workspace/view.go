package workspace

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Storage is a Place as clients see it.
type Storage struct {
	ID       int64  `json:"id"`
	Location string `json:"location"` // local or cloud_storage
	Cloud    *int64 `json:"cloud_storage_id"`
}

// Link leads to what belongs to something.
type Link struct {
	URL string `json:"url"`
}

// Summary is Link with how many there are.
type Summary struct {
	Count int64  `json:"count"`
	URL   string `json:"url"`
}

// JobsSummary says how far the jobs of a task are.
type JobsSummary struct {
	Summary
	Completed  int64 `json:"completed"`
	Validation int64 `json:"validation"`
}

// common is what projects and tasks show alike.
type common struct {
	URL      string         `json:"url"`
	ID       int64          `json:"id"`
	Name     string         `json:"name"`
	Owner    *profile.Basic `json:"owner"`
	Assignee *profile.Basic `json:"assignee"`
	Assigned api.Time       `json:"assignee_updated_date"`
	Tracker  string         `json:"bug_tracker"`
	Created  api.Time       `json:"created_date"`
	Updated  api.Time       `json:"updated_date"`
	Status   string         `json:"status"`
	Org      *int64         `json:"organization"`
	OrgID    *int64         `json:"organization_id"`
	Source   *Storage       `json:"source_storage"`
	Target   *Storage       `json:"target_storage"`
	Labels   Link           `json:"labels"`
}

// ProjectView is a project as clients see it.
type ProjectView struct {
	common
	Tasks Summary `json:"tasks"`
}

// TaskView is a task as clients see it.
type TaskView struct {
	common
	Project     *int64      `json:"project_id"`
	ProjectName *string     `json:"project_name"`
	Subset      string      `json:"subset"`
	Data        *int64      `json:"data_cloud_storage_id"`
	Jobs        JobsSummary `json:"jobs"`
}

// JobView is a job as clients see it.
type JobView struct {
	URL         string         `json:"url"`
	ID          int64          `json:"id"`
	Task        int64          `json:"task_id"`
	TaskName    *string        `json:"task_name"`
	Project     *int64         `json:"project_id"`
	ProjectName *string        `json:"project_name"`
	Assignee    *profile.Basic `json:"assignee"`
	Assigned    api.Time       `json:"assignee_updated_date"`
	Tracker     *string        `json:"bug_tracker"`
	Type        string         `json:"type"`
	Stage       string         `json:"stage"`
	State       string         `json:"state"`
	Status      string         `json:"status"`
	Created     api.Time       `json:"created_date"`
	Updated     api.Time       `json:"updated_date"`
	Org         *int64         `json:"organization"`
	Source      *Storage       `json:"source_storage"`
	Target      *Storage       `json:"target_storage"`
	Issues      Summary        `json:"issues"`
	Labels      Link           `json:"labels"`
}

// CloudView is a cloud storage as clients see it. What opens it is never shown.
type CloudView struct {
	ID         int64          `json:"id"`
	Provider   string         `json:"provider_type"`
	Resource   string         `json:"resource"`
	Name       string         `json:"display_name"`
	Kind       string         `json:"credentials_type"`
	Owner      *profile.Basic `json:"owner"`
	Manifests  []string       `json:"manifests"`
	Created    api.Time       `json:"created_date"`
	Updated    api.Time       `json:"updated_date"`
	Attributes string         `json:"specific_attributes"`
	About      string         `json:"description"`
	Org        *int64         `json:"organization"`
	OrgID      *int64         `json:"organization_id"`
}

func orNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func at(ms int64) api.Time {
	if ms == 0 {
		return api.Time{}
	}
	return api.Time(time.UnixMilli(ms))
}

func (p Place) view() *Storage {
	if p.ID == 0 {
		return nil
	}
	if p.Cloud == 0 {
		return &Storage{ID: p.ID, Location: "local"}
	}
	return &Storage{p.ID, "cloud_storage", &p.Cloud}
}

// shelf is what showing things takes beside them.
type shelf struct {
	base   string
	people map[int64]profile.Profile
	counts map[store.Key]int64
}

// shelve reads who is named in scenes, and what is counted in them.
func (s *Service) shelve(ctx context.Context, r *rows, scenes ...scene) (shelf, error) {
	h := shelf{s.Settings.Site.BaseURL, map[int64]profile.Profile{}, map[store.Key]int64{}}
	var keys []store.Key
	for i := range scenes {
		c := &scenes[i]
		for _, uid := range c.after().people() {
			keys = append(keys, profile.Key(uid))
		}
		keys = append(keys, c.countKeys()...)
	}
	items, err := r.get(ctx, keys...)
	if err != nil {
		return h, err
	}
	for _, it := range items {
		if it.Kind != profile.Profiles.Name {
			h.counts[it.Key] = tenant.Count(it)
			continue
		}
		p, err := profile.Profiles.Of(it)
		if err != nil {
			return h, err
		}
		h.people[p.UID] = p
	}
	return h, nil
}

func (c *scene) countKeys() []store.Key {
	switch c.kind {
	case projects:
		return []store.Key{tasksKey(c.project.ID)}
	case tasks:
		var keys []store.Key
		for _, what := range jobCounts {
			keys = append(keys, jobsKey(c.task.ID, what))
		}
		return keys
	}
	return nil
}

func (h shelf) person(uid int64) *profile.Basic {
	p := h.people[uid]
	if p.UID == 0 {
		return nil
	}
	b := profile.Show(h.base, p)
	return &b
}

func (h shelf) url(kind string, id int64) string { return h.base + "/api/" + kind + "/" + idText(id) }

func (h shelf) project(c *scene) ProjectView {
	p := c.project
	return ProjectView{
		common{h.url(projects, p.ID), p.ID, p.Name, h.person(p.Owner), h.person(p.Assignee), at(p.Assigned), p.Tracker, at(p.Created), at(p.Updated), Annotation,
			orNull(c.View.ID), orNull(c.View.ID), p.Source.view(), p.Target.view(), Link{h.base + "/api/labels?project_id=" + idText(p.ID)}},
		Summary{h.counts[tasksKey(p.ID)], h.base + "/api/tasks?project_id=" + idText(p.ID)},
	}
}

func (h shelf) task(c *scene) TaskView {
	t := c.task
	n := func(what string) int64 { return h.counts[jobsKey(t.ID, what)] }
	v := TaskView{
		common{h.url(tasks, t.ID), t.ID, t.Name, h.person(t.Owner), h.person(t.Assignee), at(t.Assigned), t.Tracker, at(t.Created), at(t.Updated), statusOf(n(allJobs), n(Annotation), n(Completed)),
			orNull(c.View.ID), orNull(c.View.ID), t.Source.view(), t.Target.view(), Link{h.base + "/api/labels?task_id=" + idText(t.ID)}},
		orNull(t.Project), nil, t.Subset, orNull(t.Data),
		JobsSummary{Summary{n(allJobs), h.base + "/api/jobs?task_id=" + idText(t.ID)}, n(Completed), n(Validation)},
	}
	if c.project.ID != 0 {
		v.ProjectName = &c.project.Name
	}
	return v
}

// statusOf is how far a task is by its jobs: completed when all are, in validation
// when none is in annotation any more.
func statusOf(all, annotation, completed int64) string {
	switch {
	case all == 0 || annotation > 0:
		return Annotation
	case completed == all:
		return Completed
	}
	return Validation
}

func (h shelf) job(c *scene) JobView {
	j := c.job
	v := JobView{URL: h.url(jobs, j.ID), ID: j.ID, Task: j.Task, TaskName: &c.task.Name, Project: orNull(j.Project), Assignee: h.person(j.Assignee), Assigned: at(j.Assigned),
		Type: Annotation, Stage: j.Stage, State: j.State, Status: j.status(), Created: at(j.Created), Updated: at(j.Updated), Org: orNull(c.View.ID),
		Source: c.task.Source.view(), Target: c.task.Target.view(), Issues: Summary{0, h.base + "/api/issues?job_id=" + idText(j.ID)}, Labels: Link{h.base + "/api/labels?job_id=" + idText(j.ID)}}
	tracker := c.task.Tracker
	if c.project.ID != 0 {
		v.ProjectName, tracker = &c.project.Name, c.project.Tracker
	}
	v.Tracker = &tracker
	return v
}

// status is the older word for stage and state together.
func (j Job) status() string {
	switch {
	case j.Stage == Acceptance && j.State == Completed:
		return Completed
	case j.Stage == Annotation:
		return Annotation
	}
	return Validation
}

func (h shelf) cloud(c *scene) CloudView {
	v := c.cloud
	list := v.Manifests
	if list == nil {
		list = []string{}
	}
	return CloudView{v.ID, v.Provider, v.Resource, v.Name, v.Kind, h.person(v.Owner), list, at(v.Created), at(v.Updated), v.Attributes, v.About, orNull(c.View.ID), orNull(c.View.ID)}
}
