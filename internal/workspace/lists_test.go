package workspace_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// Fields of what something is in can be asked for by parameters of their own.
func TestSimpleFiltersByWhatItIsIn(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	_, worker := w.member(w.acme, "super1", "supervisor")
	for _, who := range []*apptest.Client{c, w.acme.In(worker)} {
		p := w.project(who, "Streets")
		task := w.task(who, p)
		job := w.job(who, task)
		for _, q := range []string{fmt.Sprint("/api/tasks?project_id=", p), fmt.Sprint("/api/jobs?project_id=", p), fmt.Sprint("/api/jobs?task_id=", task),
			fmt.Sprint("/api/jobs?project_name=Streets&task_id=", task), fmt.Sprint("/api/jobs?task_name=Monday&task_id=", task), "/api/tasks?project_name=Streets"} {
			if got := w.ids(who, q); !got[job] && !got[task] {
				t.Errorf("%s shows %v", q, got)
			}
		}
	}
}

// A page never shows what left the workspace while it was read.
func TestLeftWhileAPageIsRead(t *testing.T) {
	for _, query := range []string{"", "?sort=id"} {
		w := newWorld(t)
		c := w.acme.In(w.owner)
		p := w.project(c, "Streets")
		_, watcher := w.member(w.acme, "maintainer1", "maintainer")
		w.arm(func(write bool, pk string) bool { return !write && pk == fmt.Sprint("LST#projects#", w.acme.ID) }, func() { w.move("projects", p, w.other.ID) })
		a := w.acme.In(watcher).Get("/api/projects" + query).Is(200)
		if strings.Contains(a.Body, fmt.Sprintf(`"organization":%d`, w.other.ID)) {
			t.Errorf("%q: %s", query, a.Body)
		}
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

// Both ways of reading a list give the same pages.
func TestQuickAndSlowListsAgree(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	for range 7 {
		w.job(c, w.task(c, p))
	}
	for _, kind := range []string{"tasks", "jobs"} {
		for size := 1; size < 9; size++ {
			for page := 1; page < 9; page++ {
				q := fmt.Sprintf("?page_size=%d&page=%d", size, page)
				a, b := c.Get("/api/"+kind+q), c.Get("/api/"+kind+q+"&sort=-id")
				strip := func(s string) string { return strings.NewReplacer("&sort=-id", "", "sort=-id&", "").Replace(s) }
				if a.Status != b.Status || strip(a.Body) != strip(b.Body) {
					t.Errorf("%s%s: %d %s\nand %d %s", kind, q, a.Status, a.Body, b.Status, b.Body)
				}
			}
		}
	}
}
