package workspace_test

import (
	"fmt"
	"strings"
	"testing"
)

// What is deleted is gone from all lists, wherever it lies on its way.
func TestDeletedOnTheWay(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task, stays := w.task(c, p), w.task(c, p)
	job, kept := w.job(c, task), w.job(c, stays)
	w.move("projects", p, w.other.ID)
	w.owner.Delete(path("tasks", task)).Is(204)
	nowhere := func() {
		t.Helper()
		w.lies("tasks", task, -1)
		w.lies("jobs", job, -1)
		w.lies("tasks", stays, w.other.ID)
		w.lies("jobs", kept, w.other.ID)
		w.sound()
	}
	nowhere()
	w.tidy()
	nowhere()
	w.Clock.Add(3 * 60e9)
	nowhere()
}

// What is deleted stays deleted when what it was in moves on.
func TestDeletedThenMoved(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task := w.task(c, p)
	job := w.job(c, task)
	w.owner.Delete(path("tasks", task)).Is(204)
	w.task(c, p)
	w.move("projects", p, w.other.ID)
	for range 3 {
		w.lies("jobs", job, -1)
		w.sound()
		w.tidy()
	}
}

// What has nothing below it any more is deleted before Tidy knows.
func TestEmptiedWhileItMovesThenDeleted(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p, alone := w.project(c, "Streets"), w.alone(c)
	task, job := w.task(c, p), w.job(c, alone)
	w.move("projects", p, w.other.ID)
	w.move("tasks", alone, w.other.ID)
	w.owner.Delete(path("tasks", task)).Is(204)
	w.owner.Delete(path("jobs", job)).Is(204)
	w.owner.Delete(path("projects", p)).Is(204)
	w.owner.Delete(path("tasks", alone)).Is(204)
	w.sound()
	w.tidy()
	w.sound()
	if strings.Contains(w.Dump(), `"DUE#work`) {
		t.Error("something is still due")
	}
}

// What an organization takes along goes from the bottom up, wherever Tidy is cut off.
func TestWipedFromTheBottomUp(t *testing.T) {
	for _, how := range []string{"wiped", "deleted before"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			p, alone := w.project(c, "Streets"), w.alone(c)
			w.job(c, w.task(c, p))
			w.job(c, alone)
			query := "?content=delete"
			if how != "wiped" {
				w.owner.Delete(path("projects", p)).Is(204)
				w.owner.Delete(path("tasks", alone)).Is(204)
				query = ""
			}
			w.owner.Delete(w.acme.Path(query)).Is(204)
			w.cutOff(func() {
				w.sound()
				for _, kind := range []string{"projects", "tasks", "jobs"} {
					if got := w.ids(w.owner, "/api/"+kind); len(got) > 0 {
						t.Errorf("%s: %v", kind, got)
					}
				}
			})
			for line := range strings.Lines(w.Dump()) {
				for _, pk := range []string{`"PRJ#`, `"TSK#`, `"JOB#`, `"WRK#`, `"DUE#work`, `"CNT#o`} {
					if strings.HasPrefix(line, pk) && !strings.HasPrefix(line, `"CNT#o`+fmt.Sprint(w.other.ID)) {
						t.Errorf("left: %s", line)
					}
				}
			}
		})
	}
}

// Something deleted, in something deleted, is removed in any order.
func TestDeletedInDeleted(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task := w.task(c, p)
	w.job(c, task)
	w.job(c, w.task(c, p))
	w.owner.Delete(path("tasks", task)).Is(204)
	w.owner.Delete(path("projects", p)).Is(204)
	w.cutOff(w.sound)
	if strings.Contains(w.Dump(), `"DUE#work`) {
		t.Error("something is still due")
	}
}
