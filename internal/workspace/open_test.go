package workspace_test

import (
	"strings"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

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

// Who moved something finds what is below it, even when it has another owner by then.
func TestMoverFindsWhatIsBelow(t *testing.T) {
	w := newWorld(t)
	uid, _ := w.member(w.other, "maintainer1", "maintainer")
	c := w.acme.In(w.owner)
	_, mover := w.member(w.acme, "mover1", "maintainer")
	w.other.Add(mover, "mover1@example.com", "supervisor")
	p := w.project(c, "Streets")
	task := w.task(c, p)
	mover.Post(path("projects", p)+"/transfer", object{"organization_id": w.other.ID}).Is(200)
	w.owner.Patch(path("projects", p), object{"owner_id": uid}).Is(200)
	for range 2 {
		mover.Get(path("tasks", task)).Is(200)
		if !w.ids(w.other.In(mover), "/api/tasks")[task] {
			t.Error("it is not listed")
		}
		w.tidy()
	}
	w.sound()
}

// An administrator finds what an organization left behind before Tidy has passed.
func TestAdministratorFindsWhatIsLeft(t *testing.T) {
	w := newWorld(t)
	_, admin := w.person("admin1", "admin")
	p := w.project(w.acme.In(w.owner), "Streets")
	task := w.task(w.owner, p)
	w.owner.Delete(w.acme.Path("")).Is(204)
	for range 2 {
		for kind, id := range map[string]int64{"projects": p, "tasks": task} {
			for _, q := range []string{"", "?org="} {
				admin.Get(path(kind, id)).Is(200)
				if !w.ids(admin, "/api/"+kind+q)[id] {
					t.Errorf("%s%s lacks it", kind, q)
				}
			}
		}
		w.sound()
		w.tidy()
	}
}

// However much is due, Tidy gets through it.
func TestTidyOfVeryMuch(t *testing.T) {
	w := newWorld(t)
	var ops []store.Op
	for n := range int64(1001) {
		if ops = append(ops, workspace.Left(1e15+n, false)); len(ops) == 50 || n == 1000 {
			if err := w.Parts.Table.Transact(w.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
	w.tidy()
	w.tidy()
	if strings.Contains(w.Dump(), `"DUE#work`) {
		t.Error("something is still due")
	}
}
