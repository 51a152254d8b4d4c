package workspace_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

// TestLargeProjectMovesAtOnce moves a project of many tasks, with the job that writes
// that down cut off again and again: at every moment all of them are in one workspace,
// in lists, counts and by themselves. In CI there are 10,000.
func TestLargeProjectMovesAtOnce(t *testing.T) {
	n := 500
	if os.Getenv("CI") != "" {
		n = 10_000
	}
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	var sample []int64
	for i := range n {
		w.Clock.Add(time.Millisecond)
		if id := w.task(c, p); i%(n/5) == 0 {
			sample = append(sample, id)
		}
	}
	stray := w.alone(c)
	begun := time.Now()
	w.owner.Post(path("projects", p)+"/transfer", object{"organization_id": w.other.ID}).Is(202)
	t.Logf("%d tasks move in %v", n, time.Since(begun))
	moved := func() {
		t.Helper()
		c.Get("/api/tasks?page_size=1").Is(200).Has(`"count":1`).Has(fmt.Sprintf(`"id":%d`, stray))
		w.other.In(w.owner).Get("/api/tasks?page_size=1").Is(200).Has(fmt.Sprintf(`"count":%d`, n))
		for _, id := range sample {
			w.owner.Get(path("tasks", id)).Is(200).Has(fmt.Sprintf(`"organization_id":%d`, w.other.ID))
		}
	}
	moved()
	rounds, begun := 0, time.Now()
	for state := ""; state != "done" && !t.Failed() && rounds < n; rounds++ {
		// A process that dies after so many calls of the store.
		_, err := (&workspace.Service{Table: store.New(&mortal{w.DB, 1000}, w.Clock.Now), Log: w.Parts.Log}).Tidy(w.Context())
		if err != nil && !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		state = w.owner.Get(path("transfers", p)).Is(200).String("state")
		if rounds%10 == 0 {
			moved()
		}
	}
	t.Logf("written down in %d pieces, %v with what was asked between them", rounds, time.Since(begun))
	if rounds < 2 {
		t.Errorf("it was written down in %d pieces", rounds)
	}
	moved()
	w.sound()
}
