package app_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// spendWork measures what people work on, in an organization of n tasks of which a
// supervisor owns three, and a worker has a job in each of these.
func spendWork(t testing.TB, n int) (out []spent) {
	var meter *storetest.Meter
	w := apptest.New(t, limitsOff, apptest.Driver(func(d store.Driver) store.Driver {
		meter = storetest.NewMeter(d)
		return meter
	}))
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	team := w.Found(owner, "acme")
	super, worker := team.In(team.Join("super1", "supervisor")), team.In(team.Join("worker1", "worker"))
	uid := worker.Get("/api/users/self").Is(200).Int("id")
	all := team.In(owner)
	project := all.Post("/api/projects", object{"name": "Streets"}).Is(201).Int("id")
	var last int64
	for i := range n - 3 {
		w.Clock.Add(time.Millisecond) // of one there are only so many ids
		last = all.Post("/api/tasks", object{"name": fmt.Sprint("Task ", i), "project_id": project}).Is(201).Int("id")
	}
	var mine, job int64
	for i := range 3 {
		mine = super.Post("/api/tasks", object{"name": fmt.Sprint("Mine ", i)}).Is(201).Int("id")
		job = super.Post("/api/jobs", object{"type": "annotation", "task_id": mine, "assignee": uid}).Is(201).Int("id")
	}
	measure := func(name string, list bool, c *apptest.Client, method, path string, body any) *apptest.Answer {
		t.Helper()
		meter.Take()
		a := c.Do(method, path, body)
		if a.Status >= 300 {
			t.Fatalf("%s: %d %s", name, a.Status, a.Body)
		}
		calls, read, write := meter.Take()
		out = append(out, spent{name, calls, read, write, list})
		return a
	}
	id := func(kind string, id int64) string { return fmt.Sprintf("/api/%s/%d", kind, id) }
	measure("jobs of a worker with three", false, worker, "GET", "/api/jobs", nil).Has(`"count":3`)
	measure("tasks of a supervisor with three", false, super, "GET", "/api/tasks", nil).Has(`"count":3`)
	measure("tasks of the organization, first page", false, all, "GET", "/api/tasks", nil).Has(fmt.Sprintf(`"count":%d`, n))
	measure("tasks of the organization, fifth page", false, all, "GET", "/api/tasks?page=5", nil)
	measure("tasks of the organization, searched", true, all, "GET", "/api/tasks?search=mine", nil)
	measure("task, create in a project", false, all, "POST", "/api/tasks", object{"name": "New", "project_id": project})
	measure("task, read", false, all, "GET", id("tasks", last), nil)
	measure("task, update", false, all, "PATCH", id("tasks", last), object{"name": "Other"})
	measure("job, assign", false, super, "PATCH", id("jobs", job), object{"assignee": nil})
	measure("job, may annotate", false, worker, "POST", "/api/permissions/check", object{"checks": []object{{"scope": "jobs:annotate", "resource": object{"type": "job", "id": job}}}})
	measure("task, delete", false, all, "DELETE", id("tasks", last), nil)
	measure("project, transfer", true, all, "POST", id("projects", project)+"/transfer", object{"organization_id": nil})
	measure("tasks while they move, first page", true, all, "GET", "/api/tasks", nil)
	return out
}

// TestWorkCostIsFlat compares a hundred tasks with a thousand; `make bench` goes on to
// a hundred thousand.
func TestWorkCostIsFlat(t *testing.T) {
	few, many := spendWork(t, 100), spendWork(t, 1000)
	for i, s := range few {
		m := many[i]
		t.Logf("%-40s %3d calls %4d read %4d written; %3d %4d %4d", s.name, s.calls, s.read, s.write, m.calls, m.read, m.write)
		if !s.list && (m.calls != s.calls || 100*m.read > 105*s.read || 100*m.write > 105*s.write) {
			t.Errorf("%s: %d calls, %d read and %d write units at 100 tasks; %d, %d, %d at 1,000", s.name, s.calls, s.read, s.write, m.calls, m.read, m.write)
		}
	}
}

// BenchmarkWorkCost prints what operations cost by how many tasks there are.
func BenchmarkWorkCost(b *testing.B) {
	printCosts(b, "workcost", spendWork, 100, 10_000, 100_000)
}
