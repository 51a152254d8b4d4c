package workspace_test

import (
	"fmt"
	"sync"
	"testing"

	"gatehouse/internal/store"
)

// An administrator takes over what is personal, with all below it.
func TestAdministratorTakesOverWhatIsPersonal(t *testing.T) {
	w := newWorld(t)
	_, c := w.person("somebody1")
	_, admin := w.person("admin1", "admin")
	p := w.project(c, "Streets")
	task := w.task(c, p)
	job := w.job(c, task)
	admin.Post(path("projects", p)+"/transfer", object{"organization_id": nil}).Is(200)
	for range 3 {
		for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
			if !w.ids(admin, "/api/"+kind+"?org=")[id] || w.ids(c, "/api/"+kind)[id] {
				t.Errorf("%s: not the administrator's alone", kind)
			}
		}
		w.sound()
		w.tidy()
	}
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

// Where data comes from is told by names as they are written.
func TestPlacesAreReadStrictly(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	cloud := c.Post("/api/cloudstorages", bucket("one")).Is(201).Int("id")
	for sent, status := range map[string]int{
		fmt.Sprintf(`{"location":"cloud_storage","cloud_storage_id":%d}`, cloud):   201,
		fmt.Sprintf(`{"location":"cloud_storage","CLOUD_STORAGE_ID":%d}`, cloud):   400,
		fmt.Sprintf(`{"location":"cloud_storage","cloud_storage_id":"%d"}`, cloud): 400,
		`{"location":5}`: 400, `[]`: 400, `"local"`: 400, `{"location":"moon"}`: 400, `{"location":"local"}`: 201,
	} {
		if a := c.Post("/api/projects", `{"name":"x","source_storage":`+sent+`}`); a.Status != status {
			t.Errorf("%s: %d, want %d: %s", sent, a.Status, status, a.Body)
		}
	}
}
