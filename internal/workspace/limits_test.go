package workspace_test

import (
	"net/http"
	"sync"
	"testing"

	"gatehouse/internal/apptest"
)

// Nobody escapes their plan by owning nothing.
func TestLimitsHoldForWhatNobodyOwns(t *testing.T) {
	w := newWorld(t)
	w.limited()
	uid, c := w.person("free1")
	made := 0
	for range 6 {
		if a := c.Post("/api/tasks", object{"name": "x", "assignee_id": uid, "owner_id": nil}); a.Status == 201 {
			made++
		}
		a := c.Post("/api/tasks", object{"name": "x", "assignee_id": uid})
		if a.Status == 201 {
			made++
			c.Patch(path("tasks", a.Int("id")), object{"owner_id": nil})
		}
	}
	if made > 3 {
		t.Errorf("%d tasks, the plan allows 3; listed are %d", made, len(w.ids(c, "/api/tasks?page_size=100")))
	}
	w.sound()
}

// No number of requests at once makes more than a plan allows.
func TestLimitsHoldAtOnce(t *testing.T) {
	w := newWorld(t)
	w.limited()
	_, c := w.person("free1")
	for kind, most := range map[string]int{"projects": 1, "tasks": 3, "cloudstorages": 1} {
		var wg sync.WaitGroup
		got := make([]*apptest.Answer, 8)
		for i := range got {
			wg.Go(func() {
				body := object{"name": "x"}
				if kind == "cloudstorages" {
					body = bucket("x")
				}
				got[i] = c.Post("/api/"+kind, body)
			})
		}
		wg.Wait()
		made := 0
		for _, a := range got {
			switch a.Status {
			case 201:
				made++
			case 403:
				a.Has(`"code":"limit_reached"`).Has(`"limit":"` + kind + `"`).Has(`"plan":"Free"`).Has(`"used":`)
			case 409:
			default:
				t.Errorf("%s: %d %s", kind, a.Status, a.Body)
			}
		}
		if made > most || made == 0 || len(w.ids(c, "/api/"+kind)) != made {
			t.Errorf("%d %s", made, kind)
		}
	}
	w.sound()
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

// A task that comes into somebody else's project counts where that does, and only as far
// as that workspace's plan allows.
func TestRegroupingWithinLimits(t *testing.T) {
	w := newWorld(t)
	w.limited()
	_, c := w.person("free1")
	team := w.Found(c, "mine")
	uid, guest := w.member(team, "guest1", "worker")
	p := team.In(c).Post("/api/projects", object{"name": "x", "assignee_id": uid}).Is(201).Int("id")
	c.Delete(team.Path("")).Is(204)
	w.Sweep("organizations")
	w.tidy()
	for range 3 {
		guest.Patch(path("tasks", w.alone(guest)), object{"project_id": p}).Is(200)
	}
	guest.Patch(path("tasks", w.alone(guest)), object{"project_id": p}).Is(403).Has(`"code":"limit_reached"`)
	c.Post("/api/cloudstorages", bucket("x")).Is(201) // it is not read-only
	w.sound()
}

// Nothing new comes into a personal project that nobody owns: it would count nowhere.
func TestNothingCountsNowhere(t *testing.T) {
	w := newWorld(t)
	w.limited()
	uid, c := w.person("free1")
	team := w.Found(c, "mine")
	p := team.In(c).Post("/api/projects", object{"name": "x", "owner_id": nil, "assignee_id": uid}).Is(201).Int("id")
	team.In(c).Post("/api/tasks", object{"name": "x", "project_id": p}).Is(201)
	c.Delete(team.Path("")).Is(204)
	for range 2 {
		c.Post("/api/tasks", object{"name": "x", "project_id": p}).Is(400).Has("no owner")
		c.Patch(path("tasks", w.alone(c)), object{"project_id": p}).Is(400).Has("no owner")
		w.Sweep("organizations")
		w.tidy()
	}
	w.sound()
}
