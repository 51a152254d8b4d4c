package workspace_test

import (
	"fmt"
	"strings"
	"testing"
)

// Who moved something and was erased is nobody below it.
func TestForgettingWhoMoved(t *testing.T) {
	w := newWorld(t)
	uid, c := w.member(w.acme, "maintainer1", "maintainer")
	w.other.Add(c, "maintainer1@example.com", "maintainer")
	p := w.project(w.acme.In(w.owner), "Streets")
	task := w.task(w.owner, p)
	w.job(w.owner, task)
	c.Post(path("projects", p)+"/transfer", object{"organization_id": w.other.ID}).Is(200)
	if err := w.work.Forget(w.Context(), uid); err != nil {
		t.Fatal(err)
	}
	w.tidy()
	if strings.Contains(w.Dump(), fmt.Sprintf(`"WRK#%d"`, uid)) {
		t.Error("something leads to who was forgotten")
	}
	if a := w.owner.Get(path("tasks", task)).Is(200); a.JSON()["owner"] != nil {
		t.Error(a.Body)
	}
	w.sound()
}

// Forgetting somebody whose things are being removed.
func TestForgettingWhileItIsRemoved(t *testing.T) {
	w := newWorld(t)
	uid, c := w.person("somebody1")
	p := w.project(c, "Streets")
	task := w.task(c, p)
	w.job(c, task)
	c.Delete(path("projects", p)).Is(204)
	if err := w.work.Forget(w.Context(), uid); err != nil {
		t.Fatal(err)
	}
	w.sound()
	w.tidy()
	w.sound()
}

// What an organization left to somebody who is erased goes with them.
func TestForgettingWhoInherits(t *testing.T) {
	w := newWorld(t)
	uid, c := w.person("founder1")
	team := w.Found(c, "third")
	p := w.project(team.In(c), "Streets")
	w.job(c, w.task(c, p))
	c.Delete(team.Path("")).Is(204)
	if err := w.work.Forget(w.Context(), uid); err != nil {
		t.Fatal(err)
	}
	w.sound()
	for range 2 {
		w.tidy()
		w.sound()
	}
	w.lies("projects", p, -1)
	for line := range strings.Lines(w.Dump()) {
		if strings.HasPrefix(line, `"PRJ#`) || strings.HasPrefix(line, `"TSK#`) || strings.HasPrefix(line, `"JOB#`) {
			t.Errorf("left: %s", line)
		}
	}
}
