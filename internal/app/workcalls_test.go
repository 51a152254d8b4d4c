package app_test

import (
	"fmt"

	"gatehouse/internal/apptest"
)

// workCalls measures what people work on, as the owner of an organization. A change
// takes the two rounds of every judged request, one transaction, and a read of whom and
// what the answer names.
func workCalls(w *apptest.World, c *apptest.Client, measure func(name string, rounds int, do func())) {
	w.Helper()
	var project, task, job, cloud string
	add := func(name string, rounds int, path string, body object) (at string) {
		measure(name, rounds, func() { at = fmt.Sprint(path, "/", c.Post(path, body).Is(201).Int("id")) })
		return at
	}
	id := func(at string) (n int64) {
		fmt.Sscanf(at[len("/api/"):], "projects/%d", &n)
		fmt.Sscanf(at[len("/api/"):], "tasks/%d", &n)
		return n
	}
	project = add("project, make", 4, "/api/projects", object{"name": "Streets"})
	task = add("task, make in a project", 6, "/api/tasks", object{"name": "Monday", "project_id": id(project)})
	alone := add("task, make", 4, "/api/tasks", object{"name": "Alone"})
	job = add("job, make", 6, "/api/jobs", object{"type": "annotation", "task_id": id(task)})
	cloud = add("cloud storage, make", 4, "/api/cloudstorages", bucket)
	for _, one := range []struct {
		name, at     string
		read, update int
		change       object
	}{
		{"project", project, 3, 4, object{"name": "Roads"}}, {"task", task, 3, 4, object{"name": "Tuesday"}},
		{"job", job, 2, 3, object{"state": "completed"}}, {"cloud storage", cloud, 3, 4, object{"display_name": "Other"}},
	} {
		measure(one.name+", read", one.read, func() { c.Get(one.at).Is(200) })
		measure(one.name+", update", one.update, func() { c.Patch(one.at, one.change).Is(200) })
	}
	for _, kind := range []string{"projects", "tasks", "jobs", "cloudstorages"} {
		measure(kind+", list", 8, func() { c.Get("/api/" + kind).Is(200) })
		measure(kind+", list, searched", 8, func() { c.Get("/api/" + kind + "?search=x").Is(200) })
	}
	measure("project, transfer, tried", 4, func() {
		c.Post(project+"/transfer", object{"organization_id": nil, "dry_run": true}).Is(200)
	})
	measure("project, transfer", 6, func() { c.Post(project+"/transfer", object{"organization_id": nil}).Is(200) })
	measure("transfer, read", 3, func() { c.Get(fmt.Sprint("/api/transfers/", id(project))).Is(200) })
	measure("task, transfer", 4, func() { c.Post(alone+"/transfer", object{"organization_id": nil}).Is(200) })
	measure("job, delete", 3, func() { c.Delete(job).Is(204) })
	measure("task, delete", 4, func() { c.Delete(task).Is(204) })
	measure("project, delete", 4, func() { c.Delete(project).Is(204) })
	measure("cloud storage, delete", 3, func() { c.Delete(cloud).Is(204) })
}
