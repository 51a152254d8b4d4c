package workspace_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

// Whatever happens while Tidy notes how far it is begins anew.
func TestMovedWhileTidyNotesHowFarItIs(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	var all []int64
	for range 52 {
		all = append(all, w.task(c, p))
	}
	w.move("projects", p, w.other.ID)
	w.arm(func(write bool, pk string) bool { return write && pk == "DUE#work" }, func() { w.move("projects", p, w.acme.ID) })
	w.tidy()
	w.sound()
	w.tidy()
	w.sound()
	w.Clock.Add(3 * 60e9)
	if got := w.ids(c, "/api/tasks?page_size=100"); len(got) != len(all) {
		t.Errorf("acme lists %d of %d tasks", len(got), len(all))
	}
}

// Tidy can be cut off at every call of the store.
func TestTidyCutOff(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p, alone := w.project(c, "Streets"), w.alone(c)
	first, second := w.task(c, p), w.task(c, p)
	jobs := []int64{w.job(c, first), w.job(c, first), w.job(c, second)}
	gone := w.job(c, w.task(c, w.project(c, "Gone")))
	kept := w.job(c, alone)
	w.move("projects", p, w.other.ID)
	w.move("projects", p, 0)
	w.move("projects", p, w.other.ID)
	w.move("tasks", alone, 0)
	w.owner.Delete(fmt.Sprint("/api/tasks/", w.owner.Get(path("jobs", gone)).Is(200).Int("task_id"))).Is(204)
	w.owner.Delete(fmt.Sprint("/api/tasks/", second)).Is(204)
	w.cutOff(func() {
		w.lies("projects", p, w.other.ID)
		w.lies("tasks", first, w.other.ID)
		w.lies("tasks", second, -1)
		w.lies("jobs", jobs[0], w.other.ID)
		w.lies("jobs", jobs[1], w.other.ID)
		w.lies("jobs", jobs[2], -1)
		w.lies("jobs", gone, -1)
		w.lies("tasks", alone, 0)
		w.lies("jobs", kept, 0)
		w.sound()
	})
}

// Two that tidy at once do no harm.
func TestTwoTidies(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	var all []int64
	for range 5 {
		all = append(all, w.job(c, w.task(c, p)))
	}
	w.move("projects", p, w.other.ID)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(w.tidy)
	}
	wg.Wait()
	w.sound()
	w.tidy()
	for _, id := range all {
		w.lies("jobs", id, w.other.ID)
	}
	w.sound()
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
