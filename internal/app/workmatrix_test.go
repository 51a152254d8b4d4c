package app_test

import (
	"fmt"

	"gatehouse/internal/apptest"
)

// setWork fills the organization, and the outsider's own workspace, with what people
// work on: by its name, who owns it, and who is assigned.
func (s *stage) setWork() {
	s.w.Helper()
	for _, name := range []string{"maintainer", "supervisor", "worker", "target", "outsider"} {
		s.uids[name] = s.clients[name].Get("/api/users/self").Is(200).Int("id")
	}
	in := func(name string) *apptest.Client { return s.team.In(s.clients[name]) }
	own := s.clients["outsider"]
	add := func(name string, c *apptest.Client, path string, body object) {
		s.work[name] = c.Post(path, body).Is(201).Int("id")
	}
	add("project", in("supervisor"), "/api/projects", object{"name": "Streets"})
	add("assigned project", in("maintainer"), "/api/projects", object{"name": "Fields", "assignee_id": s.uids["worker"]})
	add("own project", own, "/api/projects", object{"name": "Mine"})
	add("task", in("supervisor"), "/api/tasks", object{"name": "Alone", "assignee_id": s.uids["worker"]})
	add("inner task", in("supervisor"), "/api/tasks", object{"name": "Within", "project_id": s.work["project"]})
	add("own task", own, "/api/tasks", object{"name": "Mine"})
	add("job", in("supervisor"), "/api/jobs", object{"type": "annotation", "task_id": s.work["inner task"], "assignee": s.uids["worker"]})
	add("own job", own, "/api/jobs", object{"type": "annotation", "task_id": s.work["own task"]})
	add("storage", in("maintainer"), "/api/cloudstorages", bucket)
	add("own storage", own, "/api/cloudstorages", bucket)
}

var bucket = object{"provider_type": "AWS_S3_BUCKET", "resource": "bucket", "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}

// asking is a request about one thing by its name.
type asking = func(*stage, *apptest.Client) *apptest.Answer

func about(method, path, name, rest string, body any) asking {
	return func(s *stage, c *apptest.Client) *apptest.Answer {
		return c.Do(method, fmt.Sprint(path, s.work[name], rest), body)
	}
}

// giving is a change that names somebody, or something.
func giving(path, name, field string, id func(*stage) int64) asking {
	return func(s *stage, c *apptest.Client) *apptest.Answer {
		return c.Patch(fmt.Sprint(path, s.work[name]), object{field: id(s)})
	}
}

func person(name string) func(*stage) int64 { return func(s *stage) int64 { return s.uids[name] } }
func thing(name string) func(*stage) int64  { return func(s *stage) int64 { return s.work[name] } }

// making is a request that makes something: in the organization, in nobody's, or in
// something that is named.
func making(path string, body object, in bool, field string, id func(*stage) int64) asking {
	return func(s *stage, c *apptest.Client) *apptest.Answer {
		form := object{}
		for k, v := range body {
			form[k] = v
		}
		if field != "" {
			form[field] = id(s)
		}
		if in {
			c = s.team.In(c)
		}
		return c.Post(path, form)
	}
}

// moving is a transfer into the organization of the rival or the one that the others
// are in.
func moving(path, name string, to func(*stage) *apptest.Team) asking {
	return func(s *stage, c *apptest.Client) *apptest.Answer {
		return c.Post(fmt.Sprint(path, s.work[name], "/transfer"), object{"organization_id": to(s).ID})
	}
}

func listing(path string, in bool) asking {
	return func(s *stage, c *apptest.Client) *apptest.Answer {
		if in {
			c = s.team.In(c)
		}
		return c.Get(path)
	}
}

// workMatrix is the part of the matrix about what people work on.
func workMatrix() (all []cell) {
	for _, some := range [][]cell{workLists(), projectCells(), taskCells(), jobCells(), storageCells(), transferCells()} {
		all = append(all, some...)
	}
	return all
}

// everyone is allowed who has an account; insiders are they who are in the
// organization, whatever their role.
const (
	everyoneLists  = "401 200 200 200 200 200 200 200 401 200 200"
	everyoneMakes  = "401 201 201 201 201 201 201 201 401 201 201"
	membersList    = "401 200 200 200 200 403 404 404 401 404 200"
	supervisorMake = "401 201 201 201 403 403 404 404 401 404 201"
	ownersAlone    = "401 404 404 404 404 404 404 200 401 404 200"
	ownersDelete   = "401 404 404 404 404 404 404 204 401 404 204"
)

func workLists() (all []cell) {
	for _, kind := range []string{"projects", "tasks", "jobs", "cloudstorages"} {
		all = append(all, cell{"GET /api/" + kind, "acme", listing("/api/"+kind, true), membersList},
			cell{"GET /api/" + kind, "any", listing("/api/"+kind, false), everyoneLists},
			cell{"GET /api/" + kind, "personal", listing("/api/"+kind+"?org=", false), everyoneLists})
	}
	return all
}

func projectCells() []cell {
	const one, path = "/api/projects/{id}", "/api/projects/"
	places := object{"target_storage": object{"location": "local"}}
	return []cell{
		//                                                                                      anon own mai sup wor pen for out sus riv adm
		{"POST /api/projects", "acme", making("/api/projects", object{"name": "New"}, true, "", nil), supervisorMake},
		{"POST /api/projects", "personal", making("/api/projects", object{"name": "New"}, false, "", nil), everyoneMakes},
		{"GET " + one, "the supervisor's", about("GET", path, "project", "", nil), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the supervisor's, name", about("PATCH", path, "project", "", object{"name": "New"}), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the supervisor's, assignee", giving(path, "project", "assignee_id", person("target")), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the supervisor's, owner", giving(path, "project", "owner_id", person("target")), "401 200 200 403 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the supervisor's, storage", about("PATCH", path, "project", "", places), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the supervisor's, to nobody's", about("PATCH", path, "project", "", object{"organization_id": nil}), "401 200 200 200 403 404 404 404 401 404 200"},
		{"DELETE " + one, "the supervisor's", about("DELETE", path, "project", "", nil), "401 204 204 204 403 404 404 404 401 404 204"},

		{"GET " + one, "assigned to the worker", about("GET", path, "assigned project", "", nil), "401 200 200 403 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, name", about("PATCH", path, "assigned project", "", object{"name": "New"}), "401 200 200 403 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, assignee", giving(path, "assigned project", "assignee_id", person("target")), "401 200 200 403 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, storage", about("PATCH", path, "assigned project", "", places), "401 200 200 403 403 404 404 404 401 404 200"},
		{"DELETE " + one, "assigned to the worker", about("DELETE", path, "assigned project", "", nil), "401 204 204 403 403 404 404 404 401 404 204"},

		{"GET " + one, "the outsider's own", about("GET", path, "own project", "", nil), ownersAlone},
		{"PATCH " + one, "the outsider's own, name", about("PATCH", path, "own project", "", object{"name": "New"}), ownersAlone},
		{"PATCH " + one, "the outsider's own, owner", giving(path, "own project", "owner_id", person("target")), "401 404 404 404 404 404 404 403 401 404 200"},
		{"DELETE " + one, "the outsider's own", about("DELETE", path, "own project", "", nil), ownersDelete},
	}
}

func taskCells() []cell {
	const one, path = "/api/tasks/{id}", "/api/tasks/"
	places := object{"target_storage": object{"location": "local"}}
	return []cell{
		//                                                                                      anon own mai sup wor pen for out sus riv adm
		{"POST /api/tasks", "acme", making("/api/tasks", object{"name": "New"}, true, "", nil), supervisorMake},
		{"POST /api/tasks", "personal", making("/api/tasks", object{"name": "New"}, false, "", nil), everyoneMakes},
		{"POST /api/tasks", "in the supervisor's project", making("/api/tasks", object{"name": "New"}, false, "project_id", thing("project")), "401 201 201 201 403 400 400 400 401 400 201"},
		{"POST /api/tasks", "in a project assigned to the worker", making("/api/tasks", object{"name": "New"}, false, "project_id", thing("assigned project")), "401 201 201 403 201 400 400 400 401 400 201"},
		{"POST /api/tasks", "in the outsider's own project", making("/api/tasks", object{"name": "New"}, false, "project_id", thing("own project")), "401 400 400 400 400 400 400 201 401 400 201"},
		{"GET " + one, "assigned to the worker", about("GET", path, "task", "", nil), "401 200 200 200 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, name", about("PATCH", path, "task", "", object{"name": "New"}), "401 200 200 200 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, assignee", giving(path, "task", "assignee_id", person("target")), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, owner", giving(path, "task", "owner_id", person("target")), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, project", giving(path, "task", "project_id", thing("project")), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, storage", about("PATCH", path, "task", "", places), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, to nobody's", about("PATCH", path, "task", "", object{"organization_id": nil}), "401 200 200 200 403 404 404 404 401 404 200"},
		{"DELETE " + one, "assigned to the worker", about("DELETE", path, "task", "", nil), "401 204 204 204 403 404 404 404 401 404 204"},

		{"GET " + one, "of the supervisor's project", about("GET", path, "inner task", "", nil), "401 200 200 200 403 404 404 404 401 404 200"},
		{"DELETE " + one, "of the supervisor's project", about("DELETE", path, "inner task", "", nil), "401 204 204 204 403 404 404 404 401 404 204"},

		{"GET " + one, "the outsider's own", about("GET", path, "own task", "", nil), ownersAlone},
		{"PATCH " + one, "the outsider's own, name", about("PATCH", path, "own task", "", object{"name": "New"}), ownersAlone},
		{"DELETE " + one, "the outsider's own", about("DELETE", path, "own task", "", nil), ownersDelete},
	}
}

func jobCells() []cell {
	const one, path = "/api/jobs/{id}", "/api/jobs/"
	form := object{"type": "annotation"}
	return []cell{
		//                                                                                      anon own mai sup wor pen for out sus riv adm
		{"POST /api/jobs", "of the supervisor's task", making("/api/jobs", form, false, "task_id", thing("inner task")), "401 201 201 201 403 400 400 400 401 400 201"},
		{"POST /api/jobs", "of a task assigned to the worker", making("/api/jobs", form, false, "task_id", thing("task")), "401 201 201 201 403 400 400 400 401 400 201"},
		{"POST /api/jobs", "of the outsider's own task", making("/api/jobs", form, false, "task_id", thing("own task")), "401 400 400 400 400 400 400 201 401 400 201"},
		{"GET " + one, "assigned to the worker", about("GET", path, "job", "", nil), "401 200 200 200 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, state", about("PATCH", path, "job", "", object{"state": "completed"}), "401 200 200 200 200 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, stage", about("PATCH", path, "job", "", object{"stage": "validation"}), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, assignee", giving(path, "job", "assignee", person("target")), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "assigned to the worker, state and stage", about("PATCH", path, "job", "", object{"state": "completed", "stage": "validation"}), "401 200 200 200 403 404 404 404 401 404 200"},
		{"DELETE " + one, "assigned to the worker", about("DELETE", path, "job", "", nil), "401 204 204 204 403 404 404 404 401 404 204"},

		{"GET " + one, "the outsider's own", about("GET", path, "own job", "", nil), ownersAlone},
		{"PATCH " + one, "the outsider's own, stage", about("PATCH", path, "own job", "", object{"stage": "validation"}), ownersAlone},
		{"DELETE " + one, "the outsider's own", about("DELETE", path, "own job", "", nil), ownersDelete},
	}
}

func storageCells() []cell {
	const one, path = "/api/cloudstorages/{id}", "/api/cloudstorages/"
	return []cell{
		//                                                                                      anon own mai sup wor pen for out sus riv adm
		{"POST /api/cloudstorages", "acme", making("/api/cloudstorages", bucket, true, "", nil), "401 201 201 403 403 403 404 404 401 404 201"},
		{"POST /api/cloudstorages", "personal", making("/api/cloudstorages", bucket, false, "", nil), everyoneMakes},
		{"GET " + one, "the maintainer's", about("GET", path, "storage", "", nil), "401 200 200 200 403 404 404 404 401 404 200"},
		{"PATCH " + one, "the maintainer's", about("PATCH", path, "storage", "", object{"display_name": "New"}), "401 200 200 403 403 404 404 404 401 404 200"},
		{"DELETE " + one, "the maintainer's", about("DELETE", path, "storage", "", nil), "401 204 204 403 403 404 404 404 401 404 204"},

		{"GET " + one, "the outsider's own", about("GET", path, "own storage", "", nil), ownersAlone},
		{"PATCH " + one, "the outsider's own", about("PATCH", path, "own storage", "", object{"display_name": "New"}), ownersAlone},
		{"DELETE " + one, "the outsider's own", about("DELETE", path, "own storage", "", nil), ownersDelete},
	}
}

// transferCells are of moves. An organization that somebody is no member of is as
// unknown to them as one that is not there.
func transferCells() []cell {
	const project, task, transfer = "POST /api/projects/{id}/transfer", "POST /api/tasks/{id}/transfer", "GET /api/transfers/{id}"
	home := object{"organization_id": nil}
	rival, team := func(s *stage) *apptest.Team { return s.rival }, func(s *stage) *apptest.Team { return s.team }
	return []cell{
		//                                                                                      anon own mai sup wor pen for out sus riv adm
		{project, "the supervisor's, to nobody's", about("POST", "/api/projects/", "project", "/transfer", home), "401 200 200 200 403 404 404 404 401 404 200"},
		{project, "the supervisor's, to the rival", moving("/api/projects/", "project", rival), "401 400 400 400 403 404 404 404 401 404 200"},
		{project, "assigned to the worker, to nobody's", about("POST", "/api/projects/", "assigned project", "/transfer", home), "401 200 200 403 403 404 404 404 401 404 200"},
		{project, "the outsider's own, to acme", moving("/api/projects/", "own project", team), "401 404 404 404 404 404 404 400 401 404 200"},
		{task, "assigned to the worker, to nobody's", about("POST", "/api/tasks/", "task", "/transfer", home), "401 200 200 200 403 404 404 404 401 404 200"},
		{task, "assigned to the worker, to the rival", moving("/api/tasks/", "task", rival), "401 400 400 400 400 404 404 404 401 404 200"},
		{task, "of the supervisor's project, to nobody's", about("POST", "/api/tasks/", "inner task", "/transfer", home), "401 409 409 409 403 404 404 404 401 404 409"},
		{task, "the outsider's own, to acme", moving("/api/tasks/", "own task", team), "401 404 404 404 404 404 404 400 401 404 200"},
		{transfer, "of the supervisor's project", about("GET", "/api/transfers/", "project", "", nil), "401 200 200 200 403 404 404 404 401 404 200"},
		{transfer, "of a task assigned to the worker", about("GET", "/api/transfers/", "task", "", nil), "401 200 200 200 200 404 404 404 401 404 200"},
		{transfer, "of the outsider's own project", about("GET", "/api/transfers/", "own project", "", nil), ownersAlone},
	}
}
