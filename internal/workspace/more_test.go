package workspace_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

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

// lists requires that a client's lists show a project, a task and a job.
func (w *world) lists(c *apptest.Client, p, task, job int64) {
	w.Helper()
	for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
		if !w.ids(c, "/api/"+kind)[id] || !w.ids(c, "/api/"+kind+"?sort=id")[id] {
			w.Errorf("%s lacks %d", kind, id)
		}
	}
}

// Both ways of reading a list give the same pages.
func TestQuickAndSlowListsAgree(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	for range 7 {
		w.job(c, w.task(c, p))
	}
	for _, kind := range []string{"tasks", "jobs"} {
		for size := 1; size < 9; size++ {
			for page := 1; page < 9; page++ {
				q := fmt.Sprintf("?page_size=%d&page=%d", size, page)
				a, b := c.Get("/api/"+kind+q), c.Get("/api/"+kind+q+"&sort=-id")
				strip := func(s string) string { return strings.NewReplacer("&sort=-id", "", "sort=-id&", "").Replace(s) }
				if a.Status != b.Status || strip(a.Body) != strip(b.Body) {
					t.Errorf("%s%s: %d %s\nand %d %s", kind, q, a.Status, a.Body, b.Status, b.Body)
				}
			}
		}
	}
}

// Too much makes a workspace read-only, and says why.
func TestTooMuchIsReadOnly(t *testing.T) {
	w := newWorld(t)
	uid, c := w.person("free1")
	p, second := w.project(c, "Streets"), w.project(c, "Roads")
	task := w.task(c, p)
	job := w.job(c, task)
	w.limited()
	for _, a := range []*apptest.Answer{
		c.Post("/api/projects", object{"name": "x"}), c.Post("/api/tasks", object{"name": "x"}), c.Post("/api/tasks", object{"name": "x", "project_id": p}),
		c.Post("/api/jobs", object{"type": "annotation", "task_id": task}), c.Patch(path("projects", p), object{"name": "x"}), c.Patch(path("tasks", task), object{"name": "x"}),
		c.Patch(path("jobs", job), object{"state": "completed"}), c.Patch(path("jobs", job), object{"assignee": uid}), c.Post("/api/cloudstorages", bucket("x")),
		c.Patch(path("tasks", task), object{"project_id": nil}),
	} {
		if a.Status != http.StatusForbidden {
			t.Errorf("%d %s", a.Status, a.Body)
			continue
		}
		a.Has(`"code":"over_limit"`).Has(`"limit":"projects"`).Has(`"used":2`).Has(`"allowed":1`).Has(`"plan":"Free"`)
	}
	c.Get(path("tasks", task)).Is(200)
	c.Delete(path("projects", second)).Is(204)
	c.Patch(path("tasks", task), object{"name": "y"}).Is(200)
	w.sound()
}

// A transfer never makes more than the plan of the destination allows.
func TestTransferWithinLimits(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p, q := w.project(c, "Streets"), w.project(c, "Roads")
	for range 4 {
		w.task(c, q)
	}
	w.task(c, p)
	w.limited()
	var wg sync.WaitGroup
	for _, id := range []int64{p, q} {
		wg.Go(func() {
			w.owner.Post(path("projects", id)+"/transfer", object{"organization_id": w.other.ID})
		})
	}
	wg.Wait()
	if n := len(w.ids(w.other.In(w.owner), "/api/projects")); n != 1 {
		t.Errorf("%d projects", n)
	}
	a := w.owner.Post(path("projects", q)+"/transfer", object{"organization_id": nil}).Is(409)
	a.Has("limit_reached")
	w.owner.Patch(path("projects", q), object{"organization_id": nil}).Is(403)
	w.sound()
}

// A repeated creation makes one, and answers as the first did.
func TestRepeatedCreation(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task := w.task(c, p)
	for kind, body := range map[string]object{"projects": {"name": "x"}, "tasks": {"name": "x", "project_id": p}, "jobs": {"type": "annotation", "task_id": task}, "cloudstorages": bucket("x")} {
		k := c.With("Idempotency-Key", "key-"+kind)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { k.Post("/api/"+kind, body) })
		}
		wg.Wait()
		first := k.Post("/api/"+kind, body).Is(201)
		k.Post("/api/"+kind, body).Is(201).Says(first.Body)
		before := len(w.ids(c, "/api/"+kind))
		want := map[string]int{"projects": 2, "tasks": 2, "jobs": 1, "cloudstorages": 1}[kind]
		if kind == "jobs" && before != want || kind == "cloudstorages" && before != want || before > want {
			t.Errorf("%d %s", before, kind)
		}
	}
	w.sound()
}

// Null is no value where there must be one, and takes away what there may be none of.
func TestNull(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	x := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id")
	place := object{"location": "cloud_storage", "cloud_storage_id": x}
	p := c.Post("/api/projects", object{"name": "a", "assignee_id": w.uid, "source_storage": place, "target_storage": place}).Is(201).Int("id")
	task := c.Post("/api/tasks", object{"name": "a", "project_id": p, "assignee_id": w.uid, "data_cloud_storage_id": x, "source_storage": place}).Is(201).Int("id")
	job := c.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": w.uid}).Is(201).Int("id")
	for _, f := range []string{"name", "bug_tracker", "subset"} {
		w.owner.Patch(path("tasks", task), object{f: nil}).Is(400)
	}
	for _, f := range []string{"stage", "state"} {
		w.owner.Patch(path("jobs", job), object{f: nil}).Is(400)
	}
	for _, f := range []string{"resource", "display_name", "credentials_type", "manifests", "description"} {
		w.owner.Patch(path("cloudstorages", x), object{f: nil}).Is(400)
	}
	for _, f := range []string{"assignee_id", "source_storage", "target_storage"} {
		w.owner.Patch(path("projects", p), object{f: nil}).Is(200)
		w.owner.Patch(path("tasks", task), object{f: nil}).Is(200)
	}
	w.owner.Patch(path("tasks", task), object{"data_cloud_storage_id": nil, "project_id": nil}).Is(200)
	w.owner.Patch(path("jobs", job), object{"assignee": nil}).Is(200)
	for _, id := range []int64{-1, 1<<53 - 1} {
		w.owner.Patch(path("tasks", task), object{"project_id": id}).Is(400)
		w.owner.Patch(path("tasks", task), object{"assignee_id": id}).Is(400)
		w.owner.Patch(path("tasks", task), object{"data_cloud_storage_id": id}).Is(400)
		w.owner.Patch(path("tasks", task), object{"source_storage": object{"location": "cloud_storage", "cloud_storage_id": id}}).Is(400)
		w.owner.Patch(path("tasks", task), object{"organization_id": id}).Is(400)
		w.owner.Post(path("tasks", task)+"/transfer", object{"organization_id": id}).Is(400)
	}
	w.sound()
}

// The largest transfer fits into one transaction.
func TestLargestTransactionFits(t *testing.T) {
	w := newWorld(t)
	p := w.project(w.owner, "Streets")
	w.job(w.owner, w.task(w.owner, p))
	w.Recorder.Reset()
	for _, org := range []int64{w.acme.ID, w.other.ID, 0, w.acme.ID} {
		w.move("projects", p, org)
	}
	w.tidy()
	w.owner.Delete(path("projects", p)).Is(204)
	w.tidy()
	most := 0
	for _, c := range w.Recorder.Calls() {
		most = max(most, len(c.Verbs))
	}
	if most > store.MaxOps/2 {
		t.Errorf("%d ops", most)
	}
	w.sound()
}
