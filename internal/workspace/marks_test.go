package workspace_test

import "testing"

// What comes back with nothing below it leaves no mark of when it went: what is made in
// it afterwards is listed where it is, and nowhere else.
func TestComesBackEmpty(t *testing.T) {
	for _, first := range []string{"acme", "other"} {
		t.Run(first, func(t *testing.T) {
			w := newWorld(t)
			here, there := w.acme, w.other
			if first == "other" {
				here, there = there, here
			}
			p := w.project(here.In(w.owner), "Streets")
			task := w.task(w.owner, p)
			alone := w.alone(here.In(w.owner))
			job := w.job(w.owner, alone)
			w.move("projects", p, there.ID)
			w.move("tasks", alone, there.ID)
			w.tidy()
			w.owner.Delete(path("tasks", task)).Is(204)
			w.owner.Delete(path("jobs", job)).Is(204)
			w.move("projects", p, here.ID)
			w.move("tasks", alone, here.ID)
			task = w.task(w.owner, p)
			inside, job := w.job(w.owner, task), w.job(w.owner, alone)
			for range 2 {
				w.lies("tasks", task, here.ID)
				w.lies("jobs", inside, here.ID)
				w.lies("jobs", job, here.ID)
				w.sound()
				w.tidy()
			}
		})
	}
}

// A task that comes back in a project, and leaves that, is listed with its jobs.
func TestComesBackInAProject(t *testing.T) {
	w := newWorld(t)
	task := w.alone(w.acme.In(w.owner))
	job := w.job(w.owner, task)
	w.move("tasks", task, w.other.ID)
	w.tidy()
	p := w.project(w.other.In(w.owner), "Streets")
	w.owner.Patch(path("tasks", task), object{"project_id": p}).Is(200)
	w.move("projects", p, w.acme.ID)
	w.tidy()
	w.owner.Patch(path("tasks", task), object{"project_id": nil}).Is(200)
	for range 2 {
		w.lies("jobs", job, w.acme.ID)
		w.sound()
		w.tidy()
	}
}
