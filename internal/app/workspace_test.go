package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestWorkspaceStory: a supervisor plans, a worker annotates, a reviewer validates, and the
// project moves to another organization, and home when that is deleted.
func TestWorkspaceStory(t *testing.T) {
	w := apptest.New(t, limitsOff)
	people := map[string]*apptest.Client{}
	ids := map[string]int64{}
	for _, name := range []string{"owner1", "super1", "worker1", "stranger1"} {
		operator(w, name, true)
		people[name] = w.SignIn(name)
		ids[name] = people[name].Get("/api/users/self").Is(200).Int("id")
	}
	team := w.Found(people["owner1"], "acme")
	team.Add(people["super1"], "super1@example.com", "supervisor")
	team.Add(people["worker1"], "worker1@example.com", "worker")
	other := w.Found(people["owner1"], "other")
	in := func(name string) *apptest.Client { return people[name].With("X-Organization", "acme") }

	in("worker1").Post("/api/projects", object{"name": "Not mine"}).Is(403)
	p := in("super1").Post("/api/projects", object{"name": "Streets"}).Is(201).Int("id")
	task := in("super1").Post("/api/tasks", object{"name": "Monday", "project_id": p, "subset": "Train"}).Is(201).Int("id")
	job := people["super1"].Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": ids["worker1"]}).Is(201).Int("id")
	people["super1"].Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": ids["stranger1"]}).Is(400)

	for name, n := range map[string]int{"worker1": 1, "super1": 1, "owner1": 1} {
		a := in(name).Get("/api/jobs").Is(200)
		if got := int(a.JSON()["count"].(float64)); got != n {
			t.Errorf("%s lists %d jobs: %s", name, got, a.Body)
		}
	}
	people["stranger1"].Get(fmt.Sprint("/api/jobs/", job)).Is(404)
	people["worker1"].Get(fmt.Sprint("/api/jobs/", job)).Is(200)
	people["worker1"].Patch(fmt.Sprint("/api/jobs/", job), object{"state": "completed"}).Is(200)
	people["worker1"].Patch(fmt.Sprint("/api/jobs/", job), object{"stage": "validation"}).Is(403)
	people["super1"].Patch(fmt.Sprint("/api/jobs/", job), object{"stage": "validation"}).Is(200)
	people["super1"].Get(fmt.Sprint("/api/tasks/", task)).Is(200).Has(`"validation":1`)
	sound(t, w)

	people["owner1"].Post(fmt.Sprintf("/api/projects/%d/transfer", p), object{"organization_id": other.ID, "dry_run": true}).Is(200).Has(`"possible":true`)
	people["owner1"].Post(fmt.Sprintf("/api/projects/%d/transfer", p), object{"organization_id": other.ID}).Is(200).Has(`"state":"tidying"`)
	there := people["owner1"].With("X-Organization", "other")
	see := func() {
		t.Helper()
		for _, kind := range []string{"projects", "tasks", "jobs"} {
			for name, c := range map[string]*apptest.Client{"acme": in("owner1"), "other": there} {
				a := c.Get("/api/" + kind).Is(200)
				n := int(a.JSON()["count"].(float64))
				if (name == "other") != (n == 1) {
					t.Errorf("%s lists %d %s: %s", name, n, kind, a.Body)
				}
			}
		}
		people["worker1"].Get(fmt.Sprint("/api/jobs/", job)).Is(404)
	}
	see()
	people["owner1"].Get(fmt.Sprint("/api/transfers/", p)).Is(200).Has(`"state":"tidying"`)
	sound(t, w)
	w.Sweep("workspace")
	see()
	people["owner1"].Get(fmt.Sprint("/api/transfers/", p)).Is(200).Has(`"state":"done"`)
	sound(t, w)
	w.Clock.Add(3 * 60e9)
	see()
	people["owner1"].Delete(fmt.Sprint("/api/organizations/", other.ID)).Is(204)
	a := people["owner1"].Get("/api/tasks").Is(200)
	if a.JSON()["count"].(float64) != 1 {
		t.Error(a.Body)
	}
	w.Sweep("organizations")
	w.Sweep("workspace")
	a = people["owner1"].Get("/api/tasks?org=").Is(200)
	if a.JSON()["count"].(float64) != 1 {
		t.Error(a.Body)
	}
	people["owner1"].Delete(fmt.Sprint("/api/projects/", p)).Is(204)
	people["owner1"].Get(fmt.Sprint("/api/jobs/", job)).Is(404)
	w.Sweep("workspace")
	sound(t, w)
}

// What an organization takes along is gone at once, whatever was on the move.
func TestOrganizationTakesItsContentAlong(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "owner1", true)
	c := w.SignIn("owner1")
	a, b := w.Found(c, "acme"), w.Found(c, "other")
	p := a.In(c).Post("/api/projects", object{"name": "Streets"}).Is(201).Int("id")
	task := a.In(c).Post("/api/tasks", object{"name": "Monday", "project_id": p}).Is(201).Int("id")
	job := c.Post("/api/jobs", object{"type": "annotation", "task_id": task}).Is(201).Int("id")
	alone := b.In(c).Post("/api/tasks", object{"name": "Alone"}).Is(201).Int("id")
	b.In(c).Post("/api/cloudstorages", object{"provider_type": "AWS_S3_BUCKET", "resource": "bucket", "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}).Is(201)
	c.Post(fmt.Sprintf("/api/projects/%d/transfer", p), object{"organization_id": b.ID}).Is(200)
	c.Delete(b.Path("?content=never")).Is(400)
	c.Delete(b.Path("?content=delete")).Is(204)
	gone := func() {
		t.Helper()
		for _, path := range []string{fmt.Sprint("/api/projects/", p), fmt.Sprint("/api/tasks/", task), fmt.Sprint("/api/jobs/", job), fmt.Sprint("/api/tasks/", alone)} {
			c.Get(path).Is(404)
		}
		for _, kind := range []string{"projects", "tasks", "jobs", "cloudstorages"} {
			c.Get("/api/" + kind).Is(200).Has(`"count":0`)
		}
		sound(t, w)
	}
	gone()
	for range 3 {
		w.Sweep("workspace")
		w.Sweep("organizations")
		gone()
	}
	w.Clock.Add(3 * 60e9)
	for line := range strings.Lines(w.Dump()) {
		if strings.HasPrefix(line, `"PRJ#`) || strings.HasPrefix(line, `"TSK#`) || strings.HasPrefix(line, `"JOB#`) || strings.HasPrefix(line, `"WRK#`) || strings.HasPrefix(line, `"CST#`) || strings.HasPrefix(line, `"DUE#`) {
			t.Errorf("left: %s", line)
		}
	}
}
