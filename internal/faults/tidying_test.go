package faults

import (
	"fmt"
	"time"

	"gatehouse/internal/apptest"
)

// movedProject has moved an organization's project, with all in it, to another organization.
func (s *stage) movedProject() (t, other *apptest.Team, ids map[string]any) {
	s.Helper()
	t, ids = s.working()
	other = s.Found(t.Owner, "other")
	t.Owner.Post(fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), object{"organization_id": other.ID}).Is(200)
	return t, other, ids
}

func transferScenarios() []scenario {
	const project, task = "POST /api/projects/{id}/transfer", "POST /api/tasks/{id}/transfer"
	return []scenario{
		{route: project, set: func(s *stage) request {
			t, ids := s.working()
			other := s.Found(t.Owner, "other")
			other.In(t.Owner).Post("/api/cloudstorages", bucket).Is(201)
			return sending(t.Owner, "POST", fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), object{"organization_id": other.ID, "storages": "auto_match"})
		}},
		{route: project, name: "twice", set: func(s *stage) request {
			t, _, ids := s.movedProject()
			return sending(t.Owner, "POST", fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), home)
		}},
		{route: project, name: "back", set: func(s *stage) request {
			t, _, ids := s.movedProject()
			return sending(t.Owner, "POST", fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), object{"organization_id": t.ID})
		}},
		{route: project, name: "tried", set: func(s *stage) request {
			t, ids := s.working()
			return sending(t.Owner, "POST", fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), object{"organization_id": nil, "dry_run": true})
		}},
		{route: task, set: func(s *stage) request {
			t, id := s.alone()
			return sending(t.Owner, "POST", fmt.Sprint("/api/tasks/", id, "/transfer"), home)
		}},
		{route: "DELETE /api/organizations/{id}", name: "with content", again: []int{404}, set: func(s *stage) request {
			t, _ := s.working()
			return sending(t.Owner, "DELETE", t.Path(""), nil)
		}},
		{route: "DELETE /api/organizations/{id}", name: "with content, deleted", again: []int{404}, set: func(s *stage) request {
			t, _ := s.working()
			return sending(t.Owner, "DELETE", t.Path("?content=delete"), nil)
		}},
	}
}

// tidyScenarios are of the sweep of what was moved, deleted or left behind, and of that
// of an account with work.
func tidyScenarios() []scenario {
	tidy := func(name string, set func(s *stage)) scenario {
		return scenario{route: `sweep {"job":"workspace"}`, name: name, pause: lease, set: func(s *stage) request {
			set(s)
			return event("sweep", `{"job":"workspace"}`)
		}}
	}
	deleted := func(rest string) func(*stage) {
		return func(s *stage) {
			t, _ := s.working()
			t.Owner.Delete(t.Path(rest)).Is(204)
		}
	}
	return []scenario{
		tidy("project moved", func(s *stage) { s.movedProject() }),
		tidy("larger project moved", func(s *stage) {
			t, ids := s.working()
			s.more(t.Owner, ids)
			t.Owner.Post(fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), home).Is(200)
		}),
		tidy("project moved twice", func(s *stage) {
			t, _, ids := s.movedProject()
			t.Owner.Post(fmt.Sprint("/api/projects/", ids["/api/projects/"], "/transfer"), home).Is(200)
		}),
		tidy("project moved, then deleted", func(s *stage) {
			t, _, ids := s.movedProject()
			t.Owner.Delete(fmt.Sprint("/api/projects/", ids["/api/projects/"])).Is(204)
		}),
		tidy("task moved", func(s *stage) {
			t, id := s.alone()
			t.Owner.Post(fmt.Sprint("/api/tasks/", id, "/transfer"), home).Is(200)
		}),
		tidy("task regrouped", func(s *stage) {
			t, ids := s.working()
			t.Owner.Patch(fmt.Sprint("/api/tasks/", ids["/api/tasks/"]), object{"project_id": nil}).Is(200)
		}),
		tidy("project deleted", func(s *stage) {
			t, ids := s.working()
			t.Owner.Delete(fmt.Sprint("/api/projects/", ids["/api/projects/"])).Is(204)
		}),
		tidy("task deleted", func(s *stage) {
			t, ids := s.working()
			t.Owner.Delete(fmt.Sprint("/api/tasks/", ids["/api/tasks/"])).Is(204)
		}),
		tidy("organization deleted", deleted("")),
		tidy("organization deleted with content", deleted("?content=delete")),
		tidy("organization deleted with a task", func(s *stage) {
			t, _ := s.alone()
			t.Owner.Delete(t.Path("?content=delete")).Is(204)
		}),
		tidy("organization deleted after a move", func(s *stage) {
			t, other, _ := s.movedProject()
			t.Owner.Delete(other.Path("")).Is(204)
		}),
		tidy("organization deleted with content after a move", func(s *stage) {
			t, other, _ := s.movedProject()
			t.Owner.Delete(other.Path("?content=delete")).Is(204)
		}),
		{route: `sweep {"job":"erase"}`, name: "with work", pause: lease, set: func(s *stage) request {
			s.alone()
			member := s.SignIn("member1")
			own := member.Post("/api/projects", object{"name": "Mine"}).Is(201).Int("id")
			member.Post("/api/tasks", object{"name": "Mine", "project_id": own}).Is(201)
			member.Post("/api/users/self/deletion", nil).Is(200)
			s.Drain()
			s.Clock.Add(31 * 24 * time.Hour)
			return event("sweep", `{"job":"erase"}`)
		}},
	}
}
