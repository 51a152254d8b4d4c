package workspace_test

import "testing"

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
				if got := w.ids(ex, "/api/"+kind); len(got) > 0 {
					t.Errorf("%s: %v", kind, got)
				}
			}
			w.sound()
		})
	}
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
