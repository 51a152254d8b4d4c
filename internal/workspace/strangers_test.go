package workspace_test

import (
	"fmt"
	"strings"
	"testing"
)

// Strangers learn as much of what is there as of what is not.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task := w.task(c, p)
	job := w.job(c, task)
	alone := w.alone(c)
	cloud := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id")
	mine := w.alone(w.owner)
	_, stranger := w.person("stranger1")
	theirs := w.alone(stranger)
	same := func(method, form string, body any, ids ...int64) {
		t.Helper()
		want := stranger.Do(method, fmt.Sprintf(form, 12345), body)
		for _, id := range ids {
			if a := stranger.Do(method, fmt.Sprintf(form, id), body); a.Status != want.Status || a.Body != want.Body {
				t.Errorf("%s %s: %d %s, of nothing %d %s", method, form, a.Status, a.Body, want.Status, want.Body)
			}
		}
	}
	for kind, ids := range map[string][]int64{"projects": {p}, "tasks": {task, alone, mine}, "jobs": {job}, "cloudstorages": {cloud}} {
		same("GET", "/api/"+kind+"/%d", nil, ids...)
		same("DELETE", "/api/"+kind+"/%d", nil, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"name": nil}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"display_name": "x"}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"organization_id": nil}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"organization_id": -5}, ids...)
	}
	same("POST", "/api/projects/%d/transfer", object{"organization_id": nil}, p, task)
	same("POST", "/api/tasks/%d/transfer", object{"organization_id": nil}, p, task, alone)
	same("GET", "/api/transfers/%d", nil, p, task, alone, mine, job)
	for _, body := range []string{`{"name":"x","project_id":%d}`, `{"name":"x","data_cloud_storage_id":%d}`} {
		want := strings.ReplaceAll(stranger.Post("/api/tasks", fmt.Sprintf(body, 12345)).Body, "12345", "N")
		for _, id := range []int64{p, task, cloud, -1, 1<<53 - 1} {
			a := stranger.Post("/api/tasks", fmt.Sprintf(body, id))
			if got := strings.ReplaceAll(a.Body, fmt.Sprint(id), "N"); got != want || a.Status != 400 {
				t.Errorf(body+": %d %s, of nothing %s", id, a.Status, a.Body, want)
			}
		}
	}
	want := strings.ReplaceAll(stranger.Patch(path("tasks", theirs), object{"project_id": 12345}).Is(400).Body, "12345", "N")
	if a := stranger.Patch(path("tasks", theirs), object{"project_id": p}).Is(400); strings.ReplaceAll(a.Body, fmt.Sprint(p), "N") != want {
		t.Error(a.Body)
	}
	for _, id := range []int64{0, -1, task, mine, 12345, 0x7fffffffffffffff} {
		stranger.Post("/api/jobs", object{"type": "annotation", "task_id": id}).Is(400)
	}
	for _, kind := range []string{"projects", "tasks", "jobs", "cloudstorages"} {
		stranger.Get("/api/" + kind + "/-1").Is(404)
		stranger.Get("/api/" + kind + "/9223372036854775807").Is(404)
		stranger.Get("/api/" + kind + "/9223372036854775808").Is(404)
	}
	w.sound()
}

// Somebody who has left an organization finds nothing of it.
func TestExMembersFindNothing(t *testing.T) {
	for _, role := range []string{"owner", "assignee"} {
		t.Run(role, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			uid, ex := w.member(w.acme, "super1", "supervisor")
			by := w.acme.In(ex)
			if role == "assignee" {
				by = c
			}
			p := by.Post("/api/projects", object{"name": "Streets", "assignee_id": uid}).Is(201).Int("id")
			task := by.Post("/api/tasks", object{"name": "Monday", "project_id": p, "assignee_id": uid}).Is(201).Int("id")
			job := by.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": uid}).Is(201).Int("id")
			w.acme.In(w.owner).Delete(w.acme.Member("super1")).Is(204)
			for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
				want := ex.Get(path(kind, 12345))
				if a := ex.Get(path(kind, id)); a.Status != want.Status || a.Body != want.Body {
					t.Errorf("%s: %d %s", kind, a.Status, a.Body)
				}
				for _, one := range []int64{id, 12345} {
					ask := object{"scope": kind + ":delete", "resource": object{"type": strings.TrimSuffix(kind, "s"), "id": one}}
					ex.Post("/api/permissions/check", object{"checks": []object{ask}}).Is(200).Has(`"code":"not_found"`)
				}
				if got := w.ids(ex, "/api/"+kind); len(got) > 0 {
					t.Errorf("%s: %v", kind, got)
				}
			}
			w.sound()
		})
	}
}

// A worker from outside sees the one job that they were given, and is told what they may
// not do with it.
func TestOutsideWorkers(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	uid, worker := w.person("worker1", "worker")
	task := w.alone(c)
	job, other := w.job(c, task), w.job(c, task)
	w.owner.Patch(path("jobs", job), object{"assignee": uid}).Is(200)
	worker.Get(path("jobs", job)).Is(200)
	worker.Patch(path("jobs", job), object{"state": "completed"}).Is(200)
	worker.Patch(path("jobs", job), object{"stage": "validation"}).Is(403)
	worker.Get(path("jobs", other)).Is(404)
	worker.Get(path("tasks", task)).Is(404)
	ask := object{"scope": "jobs:update:stage", "resource": object{"type": "job", "id": job}}
	worker.Post("/api/permissions/check", object{"checks": []object{ask}}).Is(200).Has(`"code":"denied"`)
}
