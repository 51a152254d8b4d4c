package workspace

import (
	"context"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

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
