package app_test

import (
	"fmt"
	"maps"
)

// setWork fills the organization with what its members work on: a project of the
// supervisor with a task that has a job and uses a cloud storage, a task alone, and
// another that has just left. All is the holder's to do.
func (s *scene) setWork() {
	holder := s.ids["user holder"]
	make := func(name, who, path string, body object) {
		s.ids[name] = s.acme.In(s.clients[who]).Post(path, body).Is(201).Int("id")
	}
	make("storage", "owner", "/api/cloudstorages", bucket)
	make("project", "supervisor", "/api/projects", object{"name": "Streets", "assignee_id": holder})
	make("task", "supervisor", "/api/tasks", object{"name": "Monday", "project_id": s.ids["project"], "assignee_id": holder, "data_cloud_storage_id": s.ids["storage"]})
	make("job", "supervisor", "/api/jobs", object{"type": "annotation", "task_id": s.ids["task"], "assignee": holder})
	make("lone task", "supervisor", "/api/tasks", object{"name": "Alone", "assignee_id": holder})
	make("lone job", "supervisor", "/api/jobs", object{"type": "annotation", "task_id": s.ids["lone task"], "assignee": holder})
	make("moved task", "owner", "/api/tasks", object{"name": "Gone home"})
	make("moved job", "owner", "/api/jobs", object{"type": "annotation", "task_id": s.ids["moved task"], "assignee": holder})
	s.acme.Owner.Post(fmt.Sprint("/api/tasks/", s.ids["moved task"], "/transfer"), object{"organization_id": nil}).Is(200)
}

// work are the operations about what people work on.
func (s *scene) work() (all []operation) {
	all = append(all, s.projects()...)
	all = append(all, s.tasks()...)
	return append(append(all, s.workJobs()...), s.storages()...)
}

// of is an operation about one thing of a kind.
func (s *scene) of(name, who, method, kind, which, rest string, body any) operation {
	return s.json(name, who, method+" /api/"+kind+"/{id}"+rest, fmt.Sprint("/api/", kind, "/", s.ids[which], rest), body)
}

// new is an operation that makes something.
func (s *scene) new(name, who, kind string, body object) operation {
	return s.json(name, who, "POST /api/"+kind, "/api/"+kind, body)
}

func (s *scene) projects() []operation {
	of := func(name, who, method, rest string, body any) operation {
		return s.of(name, who, method, "projects", "project", rest, body)
	}
	streets := object{"name": "Streets", "assignee_id": s.ids["user holder"]}
	return []operation{
		s.in(s.new("make a project", "supervisor", "projects", streets)),
		keyed(s.in(s.new("make a project", "supervisor", "projects", streets))),
		s.new("make a project at home", "supervisor", "projects", object{"name": "Mine"}),
		s.new("make a project at the rival's", "rival", "projects", object{"name": "Mine"}).within(s.rival.Slug),
		of("rename the project", "holder", "PATCH", "", object{"name": "Roads"}),
		of("assign the project", "owner", "PATCH", "", object{"assignee_id": s.ids["user worker"]}),
		of("project to nobody's", "owner", "PATCH", "", object{"organization_id": nil, "source_storage": nil}),
		of("delete the project", "supervisor", "DELETE", "", nil),
		of("move the project home", "supervisor", "POST", "/transfer", object{"organization_id": nil}),
		of("move the project to the rival", "admin", "POST", "/transfer", object{"organization_id": s.rival.ID}),
	}
}

func (s *scene) tasks() []operation {
	of := func(name, who, method, which, rest string, body any) operation {
		return s.of(name, who, method, "tasks", which, rest, body)
	}
	inner := object{"name": "Tuesday", "project_id": s.ids["project"], "assignee_id": s.ids["user holder"]}
	return []operation{
		s.new("make a task in the project", "supervisor", "tasks", inner),
		keyed(s.new("make a task in the project", "supervisor", "tasks", inner)),
		s.new("make a task of one's own", "outsider", "tasks", object{"name": "Mine"}),
		of("rename the task", "holder", "PATCH", "task", "", object{"name": "Friday"}),
		of("assign the task", "supervisor", "PATCH", "task", "", object{"assignee_id": s.ids["user worker"]}),
		of("take the task out of its project", "supervisor", "PATCH", "task", "", object{"project_id": nil}),
		of("put the lone task into the project", "supervisor", "PATCH", "lone task", "", object{"project_id": s.ids["project"]}),
		of("delete the task", "supervisor", "DELETE", "task", "", nil),
		of("delete the lone task", "supervisor", "DELETE", "lone task", "", nil),
		of("move the lone task home", "supervisor", "POST", "lone task", "/transfer", object{"organization_id": nil}),
	}
}

func (s *scene) workJobs() []operation {
	of := func(name, who, method, which string, body any) operation {
		return s.of(name, who, method, "jobs", which, "", body)
	}
	form := func(task string) object {
		return object{"type": "annotation", "task_id": s.ids[task], "assignee": s.ids["user holder"]}
	}
	return []operation{
		s.new("make a job", "supervisor", "jobs", form("task")),
		s.new("make a lone job", "supervisor", "jobs", form("lone task")),
		of("finish the job", "holder", "PATCH", "job", object{"state": "completed"}),
		of("validate the job", "supervisor", "PATCH", "job", object{"stage": "validation"}),
		of("assign the job", "supervisor", "PATCH", "job", object{"assignee": s.ids["user worker"]}),
		of("delete the job", "supervisor", "DELETE", "job", nil),
	}
}

func (s *scene) storages() []operation {
	other := maps.Clone(bucket)
	other["display_name"] = "Other"
	return []operation{
		s.in(s.new("make a storage", "maintainer", "cloudstorages", other)),
		s.new("make a storage at home", "supervisor", "cloudstorages", other),
		s.of("rename the storage", "owner", "PATCH", "cloudstorages", "storage", "", object{"display_name": "Other"}),
		s.of("delete the storage", "owner", "DELETE", "cloudstorages", "storage", "", nil),
	}
}
