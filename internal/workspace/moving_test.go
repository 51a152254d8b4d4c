package workspace_test

import (
	"fmt"
	"testing"

	"gatehouse/internal/mail"
)

// A task that leaves a project on the move takes its jobs along.
func TestRegroupingWhileItMoves(t *testing.T) {
	for _, to := range []string{"another project", "none"} {
		t.Run(to, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			p := w.project(c, "Streets")
			task := w.task(c, p)
			job := w.job(c, task)
			w.move("projects", p, w.other.ID)
			var into any
			if to != "none" {
				into = w.project(w.other.In(w.owner), "Roads")
			}
			a := w.owner.Patch(path("tasks", task), object{"project_id": into})
			if a.Status != 200 && a.Status != 409 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			for range 3 {
				w.lies("tasks", task, w.other.ID)
				w.lies("jobs", job, w.other.ID)
				w.sound()
				w.tidy()
			}
			w.owner.Patch(path("tasks", task), object{"project_id": into}).Is(200)
			w.lies("jobs", job, w.other.ID)
			w.sound()
		})
	}
}

// A task that has moved alone, and enters a project before Tidy, takes its jobs along.
func TestGroupingWhatHasJustMoved(t *testing.T) {
	w := newWorld(t)
	task := w.alone(w.acme.In(w.owner))
	job := w.job(w.owner, task)
	w.move("tasks", task, w.other.ID)
	p := w.project(w.other.In(w.owner), "Roads")
	if a := w.owner.Patch(path("tasks", task), object{"project_id": p}); a.Status != 200 && a.Status != 409 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for range 3 {
		w.lies("jobs", job, w.other.ID)
		w.sound()
		w.tidy()
	}
	w.owner.Patch(path("tasks", task), object{"project_id": p}).Is(200)
	w.move("projects", p, w.acme.ID)
	w.lies("jobs", job, w.acme.ID)
	w.tidy()
	w.lies("jobs", job, w.acme.ID)
	w.sound()
}

// Who loses an assignment by a move is told once, whoever writes it down.
func TestToldOnce(t *testing.T) {
	for _, first := range []string{"tidy", "update"} {
		t.Run(first, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			uid, _ := w.member(w.acme, "worker1", "worker")
			p := w.project(c, "Streets")
			task := c.Post("/api/tasks", object{"name": "Monday", "project_id": p, "assignee_id": uid}).Is(201).Int("id")
			job := c.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": uid}).Is(201).Int("id")
			w.owner.Patch(path("projects", p), object{"assignee_id": uid}).Is(200)
			w.move("projects", p, w.other.ID)
			w.move("projects", p, w.acme.ID)
			w.move("projects", p, w.other.ID)
			if first == "update" {
				w.owner.Patch(path("jobs", job), object{"state": "completed"}).Is(200)
				w.owner.Patch(path("tasks", task), object{"name": "Tuesday"}).Is(200)
			}
			w.tidy()
			w.tidy()
			n := 0
			for _, m := range w.Mails("worker1@example.com") {
				if m.Kind == mail.KindUnassigned {
					n++
				}
			}
			if n != 3 {
				t.Errorf("%d mails about a project, a task and a job", n)
			}
			w.sound()
		})
	}
}

// Tidy ends however many organizations something went through.
func TestMovedThroughManyOrganizations(t *testing.T) {
	w := newWorld(t)
	p := w.project(w.acme.In(w.owner), "Streets")
	task := w.task(w.owner, p)
	for i := range 52 {
		a := w.owner.Post("/api/organizations", object{"slug": fmt.Sprint("org", i)})
		if a.Status != 201 {
			t.Fatal(a.Body)
		}
		w.move("projects", p, a.Int("id"))
	}
	w.move("projects", p, 0)
	w.tidy()
	w.lies("tasks", task, 0)
	w.sound()
	if a := w.owner.Get(path("transfers", p)).Is(200); a.String("state") != "done" {
		t.Error(a.Body)
	}
}

// A storage that was detached does not come back when another task's is matched.
func TestDetachedStaysDetached(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	x := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id")
	w.other.In(w.owner).Post("/api/cloudstorages", bucket("b")).Is(201)
	p := w.project(c, "Streets")
	task := c.Post("/api/tasks", object{"name": "a", "project_id": p, "data_cloud_storage_id": x}).Is(201).Int("id")
	w.move("projects", p, w.other.ID)
	w.move("projects", p, w.acme.ID)
	second := c.Post("/api/tasks", object{"name": "b", "project_id": p, "data_cloud_storage_id": x}).Is(201).Int("id")
	w.owner.Post(path("projects", p)+"/transfer", object{"organization_id": w.other.ID, "storages": "auto_match"}).Is(200)
	for range 2 {
		if a := w.owner.Get(path("tasks", task)).Is(200); a.JSON()["data_cloud_storage_id"] != nil {
			t.Errorf("it came back: %v", a.JSON()["data_cloud_storage_id"])
		}
		if a := w.owner.Get(path("tasks", second)).Is(200); a.JSON()["data_cloud_storage_id"] == nil {
			t.Error("it was lost")
		}
		w.tidy()
		w.sound()
	}
}

// What is moved while its organization is deleted is somewhere.
func TestOrganizationDeletedWhileItMoves(t *testing.T) {
	for _, end := range []string{"from", "to"} {
		t.Run(end, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			p := w.project(c, "Streets")
			task := w.task(c, p)
			job := w.job(c, task)
			w.move("projects", p, w.other.ID)
			team, at := w.acme, w.other.ID
			if end == "to" {
				team, at = w.other, 0
			}
			w.owner.Delete(team.Path("")).Is(204)
			look := func() {
				for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
					in := w.ids(w.owner, "/api/"+kind)[id] && w.owner.Get(path(kind, id)).Status == 200
					if at != 0 {
						in = in && w.ids(w.other.In(w.owner), "/api/"+kind)[id]
					} else {
						in = in && w.ids(w.owner, "/api/"+kind+"?org=")[id]
					}
					if !in {
						t.Errorf("%s %d is lost", kind, id)
					}
				}
				w.sound()
			}
			look()
			w.Sweep("organizations")
			w.cutOff(look)
			w.Sweep("organizations")
			if end == "to" {
				w.move("projects", p, w.acme.ID)
				w.lists(w.acme.In(w.owner), p, task, job)
				w.tidy()
				w.lists(w.acme.In(w.owner), p, task, job)
				w.sound()
			}
		})
	}
}

// What moves takes no storage along from where it was, also if that is given anew.
func TestStorageOfTheSourceStays(t *testing.T) {
	for _, kind := range []string{"projects", "tasks"} {
		w := newWorld(t)
		c := w.acme.In(w.owner)
		place := func(c int64) object { return object{"location": "cloud_storage", "cloud_storage_id": c} }
		x, y := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id"), w.other.In(w.owner).Post("/api/cloudstorages", bucket("c")).Is(201).Int("id")
		id := c.Post("/api/"+kind, object{"name": "x", "source_storage": place(x), "target_storage": place(x)}).Is(201).Int("id")
		for _, to := range []any{w.other.ID, nil} {
			w.owner.Patch(path(kind, id), object{"organization_id": to, "source_storage": place(x), "target_storage": nil}).Is(400).Has("source_storage")
			w.owner.Patch(path(kind, id), object{"organization_id": to, "source_storage": nil, "target_storage": place(x)}).Is(400).Has("target_storage")
		}
		a := w.owner.Patch(path(kind, id), object{"organization_id": w.other.ID, "source_storage": place(y), "target_storage": object{"location": "local"}}).Is(200)
		a.Has(fmt.Sprintf(`"cloud_storage_id":%d`, y)).Has(`"location":"local"`)
		w.sound()
	}
}

// Who may not move something learns nothing of the destination by asking what would be.
func TestPlanOfARefusedTransfer(t *testing.T) {
	w := newWorld(t)
	w.acme.In(w.owner).Post("/api/cloudstorages", bucket("b")).Is(201)
	_, c := w.member(w.acme, "worker1", "worker")
	x := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id")
	p := c.Post("/api/projects", object{"name": "x", "source_storage": object{"location": "cloud_storage", "cloud_storage_id": x}}).Is(201).Int("id")
	a := c.Post(path("projects", p)+"/transfer", object{"organization_id": w.acme.ID, "storages": "auto_match", "dry_run": true}).Is(200)
	a.Has(`"possible":false`).Has(`"code":"permission_denied"`).Has(`"storages":[]`)
}
