package faults

import (
	"fmt"

	"gatehouse/internal/apptest"
)

var (
	bucket = object{"provider_type": "AWS_S3_BUCKET", "resource": "bucket", "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}
	home   = object{"organization_id": nil}
)

// content puts one of everything into an organization, assigned to somebody: a project
// with a task that has a job and uses a cloud storage. It gives the ids by the path that
// each is below.
func (s *stage) content(t *apptest.Team, c *apptest.Client, uid int64) map[string]any {
	s.Helper()
	in := t.In(c)
	make := func(path string, body object) int64 { return in.Post(path, body).Is(201).Int("id") }
	cloud := make("/api/cloudstorages", bucket)
	project := make("/api/projects", object{"name": "Streets", "assignee_id": uid})
	task := make("/api/tasks", object{"name": "Monday", "project_id": project, "assignee_id": uid, "data_cloud_storage_id": cloud})
	job := make("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": uid})
	return map[string]any{"/api/cloudstorages/": cloud, "/api/projects/": project, "/api/tasks/": task, "/api/jobs/": job, "/api/transfers/": project}
}

// working is an organization with content, owned by owner1 and assigned to member1.
func (s *stage) working() (t *apptest.Team, ids map[string]any) {
	s.Helper()
	t, member := s.team()
	return t, s.content(t, t.Owner, s.id(member))
}

// more adds a task to a project, and a job to each of its tasks.
func (s *stage) more(c *apptest.Client, ids map[string]any) {
	s.Helper()
	task := c.Post("/api/tasks", object{"name": "Tuesday", "project_id": ids["/api/projects/"]}).Is(201).Int("id")
	for _, of := range []any{task, ids["/api/tasks/"]} {
		c.Post("/api/jobs", object{"type": "annotation", "task_id": of}).Is(201)
	}
}

// alone is a task of owner1 that is in no project, and has a job of member1.
func (s *stage) alone() (t *apptest.Team, task int64) {
	s.Helper()
	t, member := s.team()
	task = t.In(t.Owner).Post("/api/tasks", object{"name": "Alone", "assignee_id": s.id(member)}).Is(201).Int("id")
	t.Owner.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": s.id(member)}).Is(201)
	return t, task
}

// changing is a request of the owner about one thing of an organization with content.
func changing(method, path string, body any) func(*stage) request {
	return func(s *stage) request {
		t, ids := s.working()
		return sending(t.Owner, method, fmt.Sprint(path, ids[path]), body)
	}
}

func projectScenarios() []scenario {
	const one, path = "/api/projects/{id}", "/api/projects/"
	return []scenario{
		{route: "POST /api/projects", keyed: true, set: func(s *stage) request {
			t, member := s.team()
			return sending(t.In(t.Owner), "POST", "/api/projects", object{"name": "Streets", "assignee_id": s.id(member), "source_storage": object{"location": "local"}})
		}},
		{route: "POST /api/projects", name: "personal", keyed: true, set: func(s *stage) request {
			return sending(s.user("holder1"), "POST", "/api/projects", object{"name": "Streets"})
		}},
		{route: "GET /api/projects", name: "of all", set: func(s *stage) request {
			c := s.admin()
			s.content(s.Found(c, "acme"), c, s.id(c))
			return sending(c, "GET", "/api/projects", nil)
		}},
		{route: "PATCH " + one, set: changing("PATCH", path, object{"name": "Roads", "assignee_id": nil})},
		{route: "PATCH " + one, name: "to nobody's", set: func(s *stage) request {
			t, ids := s.working()
			t.Owner.Patch(fmt.Sprint("/api/tasks/", ids["/api/tasks/"]), object{"data_cloud_storage_id": nil}).Is(200)
			return sending(t.Owner, "PATCH", fmt.Sprint(path, ids[path]), home)
		}},
		{route: "DELETE " + one, again: []int{404}, set: changing("DELETE", path, nil)},
		{route: "DELETE " + one, name: "empty", again: []int{404}, set: func(s *stage) request {
			c := s.user("holder1")
			return sending(c, "DELETE", fmt.Sprint(path, c.Post("/api/projects", object{"name": "Streets"}).Is(201).Int("id")), nil)
		}},
	}
}

func taskScenarios() []scenario {
	const one, path = "/api/tasks/{id}", "/api/tasks/"
	return []scenario{
		{route: "POST /api/tasks", keyed: true, set: func(s *stage) request {
			t, member := s.team()
			return sending(t.In(t.Owner), "POST", "/api/tasks", object{"name": "Alone", "assignee_id": s.id(member)})
		}},
		{route: "POST /api/tasks", name: "in a project", keyed: true, set: func(s *stage) request {
			t, ids := s.working()
			return sending(t.Owner, "POST", "/api/tasks", object{"name": "Wednesday", "project_id": ids["/api/projects/"], "data_cloud_storage_id": ids["/api/cloudstorages/"]})
		}},
		{route: "PATCH " + one, set: changing("PATCH", path, object{"name": "Friday", "assignee_id": nil, "data_cloud_storage_id": nil})},
		{route: "PATCH " + one, name: "out of its project", set: changing("PATCH", path, object{"project_id": nil})},
		{route: "PATCH " + one, name: "into a project", set: func(s *stage) request {
			t, task := s.alone()
			p := t.In(t.Owner).Post("/api/projects", object{"name": "Streets"}).Is(201).Int("id")
			return sending(t.Owner, "PATCH", fmt.Sprint(path, task), object{"project_id": p})
		}},
		{route: "DELETE " + one, again: []int{404}, set: changing("DELETE", path, nil)},
		{route: "DELETE " + one, name: "alone", again: []int{404}, set: func(s *stage) request {
			t, task := s.alone()
			return sending(t.Owner, "DELETE", fmt.Sprint(path, task), nil)
		}},
	}
}

func jobScenarios() []scenario {
	const one, path = "/api/jobs/{id}", "/api/jobs/"
	return []scenario{
		{route: "POST /api/jobs", keyed: true, set: func(s *stage) request {
			t, ids := s.working()
			return sending(t.Owner, "POST", "/api/jobs", object{"type": "annotation", "task_id": ids["/api/tasks/"], "assignee": s.id(t.Owner)})
		}},
		{route: "PATCH " + one, set: changing("PATCH", path, object{"stage": "acceptance", "state": "completed", "assignee": nil})},
		{route: "DELETE " + one, again: []int{404}, set: changing("DELETE", path, nil)},
	}
}

func storageScenarios() []scenario {
	const one, path = "/api/cloudstorages/{id}", "/api/cloudstorages/"
	return []scenario{
		{route: "POST /api/cloudstorages", keyed: true, set: func(s *stage) request {
			t, _ := s.team()
			return sending(t.In(t.Owner), "POST", "/api/cloudstorages", bucket)
		}},
		{route: "PATCH " + one, set: changing("PATCH", path, object{"display_name": "Other", "manifests": []string{"a.jsonl"}})},
		{route: "DELETE " + one, again: []int{404}, set: changing("DELETE", path, nil)},
	}
}
