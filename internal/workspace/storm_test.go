package workspace_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/apptest"
)

// storm is what many do at once in two organizations and a personal workspace.
type storm struct {
	*world
	mu       sync.Mutex
	projects []int64
	tasks    []int64
	jobs     []int64
}

func (s *storm) pick(r *rand.Rand, list *[]int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(*list) == 0 {
		return 1
	}
	return (*list)[r.IntN(len(*list))]
}

func (s *storm) keep(list *[]int64, a *apptest.Answer) *apptest.Answer {
	if a.Status == 201 {
		s.mu.Lock()
		defer s.mu.Unlock()
		*list = append(*list, a.Int("id"))
	}
	return a
}

// step does something at random.
func (s *storm) step(r *rand.Rand) *apptest.Answer {
	c := s.owner.With("X-Organization", []string{"acme", "other", ""}[r.IntN(3)])
	org := []int64{s.acme.ID, s.other.ID, 0}[r.IntN(3)]
	p, task, job := s.pick(r, &s.projects), s.pick(r, &s.tasks), s.pick(r, &s.jobs)
	switch r.IntN(16) {
	case 0:
		if r.IntN(10) == 0 {
			return s.keep(&s.projects, c.Post("/api/projects", object{"name": "x"}))
		}
		return s.owner.Patch(path("tasks", task), object{"project_id": p})
	case 1:
		return s.keep(&s.tasks, c.Post("/api/tasks", object{"name": "x"}))
	case 2, 3, 4:
		return s.keep(&s.tasks, s.owner.Post("/api/tasks", object{"name": "x", "project_id": p, "assignee_id": s.uid}))
	case 5, 6, 7:
		return s.keep(&s.jobs, s.owner.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": s.uid}))
	case 8, 9:
		return s.owner.Post(path("projects", p)+"/transfer", object{"organization_id": org})
	case 10:
		return s.owner.Post(path("tasks", task)+"/transfer", object{"organization_id": org})
	case 11:
		return s.owner.Patch(path("tasks", task), object{"project_id": []any{p, nil}[r.IntN(2)]})
	case 12:
		return s.owner.Patch(path("jobs", job), object{"stage": []string{"annotation", "validation", "acceptance"}[r.IntN(3)], "state": "completed"})
	case 13:
		return s.owner.Delete(path([]string{"tasks", "jobs"}[r.IntN(2)], []int64{task, job}[r.IntN(2)]))
	case 14:
		if r.IntN(9) == 0 {
			return s.owner.Delete(path("projects", p))
		}
		return s.owner.Patch(path("tasks", task), object{"name": fmt.Sprint(r.IntN(9))})
	}
	if r.IntN(4) == 0 {
		_, _ = s.work.Tidy(s.Context())
	}
	return s.owner.Get([]string{"/api/tasks", "/api/jobs", "/api/jobs?org=", "/api/tasks?org=acme", "/api/jobs?org=other"}[r.IntN(5)])
}

// Whatever happens at once, what is there is in one list and counted once.
func TestStorm(t *testing.T) {
	for seed := range uint64(3) {
		w := newWorld(t)
		s := &storm{world: w}
		for _, name := range []string{"acme", "other", ""} {
			c := w.owner.With("X-Organization", name)
			s.keep(&s.projects, c.Post("/api/projects", object{"name": "x"}).Is(201))
		}
		stat := map[int]int{}
		var wg sync.WaitGroup
		for n := range uint64(4) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, n))
				for range 100 {
					a := s.step(r)
					if a.Status >= 500 {
						t.Errorf("%d %s", a.Status, a.Body)
					}
					s.mu.Lock()
					stat[a.Status]++
					s.mu.Unlock()
				}
			})
		}
		wg.Wait()
		if stat[200] < 50 || stat[201] < 50 {
			t.Errorf("little happened: %v", stat)
		}
		s.settled()
		w.tidy()
		w.tidy()
		s.settled()
		w.Clock.Add(3 * 60e9)
		s.settled()
		if strings.Contains(w.Dump(), `"DUE#work`) {
			t.Error("something is still due")
		}
	}
}

// settled requires that each thing stands in the list of its workspace and in no other.
func (s *storm) settled() {
	s.Helper()
	s.sound()
	lists := map[string]map[string]map[int64]bool{}
	for _, kind := range []string{"projects", "tasks", "jobs"} {
		lists[kind] = map[string]map[int64]bool{}
		for _, id := range []string{"acme", "other", ""} {
			list := map[int64]bool{}
			for _, more := range []string{"", "&sort=id"} {
				for n := range s.ids(s.owner, "/api/"+kind+"?page_size=500&org="+id+more) {
					list[n] = true
				}
			}
			lists[kind][id] = list
		}
	}
	names := map[float64]string{float64(s.acme.ID): "acme", float64(s.other.ID): "other", 0: ""}
	for kind, all := range map[string][]int64{"projects": s.projects, "tasks": s.tasks, "jobs": s.jobs} {
		for _, id := range all {
			a := s.owner.Get(path(kind, id))
			org := 0.0
			if a.Status == 200 {
				org, _ = a.JSON()["organization"].(float64)
			}
			for name, list := range lists[kind] {
				if want := a.Status == 200 && names[org] == name; list[id] != want {
					s.Errorf("%s %d in %q: listed %v, is there %v", kind, id, name, list[id], want)
				}
			}
		}
	}
}
