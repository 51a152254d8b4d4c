package workspace_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
)

func path(kind string, id int64) string { return fmt.Sprintf("/api/%s/%d", kind, id) }

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

// A task that leaves a project on the move takes its jobs along.
func TestRegroupingWhileItMoves(t *testing.T) {
	for _, to := range []string{"another project", "none"} {
		t.Run(to, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			p := w.project(c, "Streets")
			task := w.task(c, p)
			job := w.job(c, task)
			w.move("projects", p, w.other.ID)
			var into any
			if to != "none" {
				into = w.project(w.other.In(w.owner), "Roads")
			}
			a := w.owner.Patch(path("tasks", task), object{"project_id": into})
			if a.Status != 200 && a.Status != 409 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			for range 3 {
				w.lies("tasks", task, w.other.ID)
				w.lies("jobs", job, w.other.ID)
				w.sound()
				w.tidy()
			}
			w.owner.Patch(path("tasks", task), object{"project_id": into}).Is(200)
			w.lies("jobs", job, w.other.ID)
			w.sound()
		})
	}
}

// A task that has moved alone, and enters a project before Tidy, takes its jobs along.
func TestGroupingWhatHasJustMoved(t *testing.T) {
	w := newWorld(t)
	task := w.alone(w.acme.In(w.owner))
	job := w.job(w.owner, task)
	w.move("tasks", task, w.other.ID)
	p := w.project(w.other.In(w.owner), "Roads")
	if a := w.owner.Patch(path("tasks", task), object{"project_id": p}); a.Status != 200 && a.Status != 409 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for range 3 {
		w.lies("jobs", job, w.other.ID)
		w.sound()
		w.tidy()
	}
	w.owner.Patch(path("tasks", task), object{"project_id": p}).Is(200)
	w.move("projects", p, w.acme.ID)
	w.lies("jobs", job, w.acme.ID)
	w.tidy()
	w.lies("jobs", job, w.acme.ID)
	w.sound()
}

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

// Who loses an assignment by a move is told once, whoever writes it down.
func TestToldOnce(t *testing.T) {
	for _, first := range []string{"tidy", "update"} {
		t.Run(first, func(t *testing.T) {
			w := newWorld(t)
			c := w.acme.In(w.owner)
			uid, _ := w.member(w.acme, "worker1", "worker")
			p := w.project(c, "Streets")
			task := c.Post("/api/tasks", object{"name": "Monday", "project_id": p, "assignee_id": uid}).Is(201).Int("id")
			job := c.Post("/api/jobs", object{"type": "annotation", "task_id": task, "assignee": uid}).Is(201).Int("id")
			w.owner.Patch(path("projects", p), object{"assignee_id": uid}).Is(200)
			w.move("projects", p, w.other.ID)
			w.move("projects", p, w.acme.ID)
			w.move("projects", p, w.other.ID)
			if first == "update" {
				w.owner.Patch(path("jobs", job), object{"state": "completed"}).Is(200)
				w.owner.Patch(path("tasks", task), object{"name": "Tuesday"}).Is(200)
			}
			w.tidy()
			w.tidy()
			n := 0
			for _, m := range w.Mails("worker1@example.com") {
				if m.Kind == mail.KindUnassigned {
					n++
				}
			}
			if n != 3 {
				t.Errorf("%d mails about a project, a task and a job", n)
			}
			w.sound()
		})
	}
}

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

// Strangers learn as much of what is there as of what is not.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t)
	c := w.acme.In(w.owner)
	p := w.project(c, "Streets")
	task := w.task(c, p)
	job := w.job(c, task)
	alone := w.alone(c)
	cloud := c.Post("/api/cloudstorages", bucket("b")).Is(201).Int("id")
	mine := w.alone(w.owner)
	_, stranger := w.person("stranger1")
	theirs := w.alone(stranger)
	same := func(method, form string, body any, ids ...int64) {
		t.Helper()
		want := stranger.Do(method, fmt.Sprintf(form, 12345), body)
		for _, id := range ids {
			if a := stranger.Do(method, fmt.Sprintf(form, id), body); a.Status != want.Status || a.Body != want.Body {
				t.Errorf("%s %s: %d %s, of nothing %d %s", method, form, a.Status, a.Body, want.Status, want.Body)
			}
		}
	}
	for kind, ids := range map[string][]int64{"projects": {p}, "tasks": {task, alone, mine}, "jobs": {job}, "cloudstorages": {cloud}} {
		same("GET", "/api/"+kind+"/%d", nil, ids...)
		same("DELETE", "/api/"+kind+"/%d", nil, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"name": nil}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"display_name": "x"}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"organization_id": nil}, ids...)
		same("PATCH", "/api/"+kind+"/%d", object{"organization_id": -5}, ids...)
	}
	same("POST", "/api/projects/%d/transfer", object{"organization_id": nil}, p, task)
	same("POST", "/api/tasks/%d/transfer", object{"organization_id": nil}, p, task, alone)
	same("GET", "/api/transfers/%d", nil, p, task, alone, mine, job)
	for _, body := range []string{`{"name":"x","project_id":%d}`, `{"name":"x","data_cloud_storage_id":%d}`} {
		want := strings.ReplaceAll(stranger.Post("/api/tasks", fmt.Sprintf(body, 12345)).Body, "12345", "N")
		for _, id := range []int64{p, task, cloud, -1, 1<<53 - 1} {
			a := stranger.Post("/api/tasks", fmt.Sprintf(body, id))
			if got := strings.ReplaceAll(a.Body, fmt.Sprint(id), "N"); got != want || a.Status != 400 {
				t.Errorf(body+": %d %s, of nothing %s", id, a.Status, a.Body, want)
			}
		}
	}
	want := strings.ReplaceAll(stranger.Patch(path("tasks", theirs), object{"project_id": 12345}).Is(400).Body, "12345", "N")
	if a := stranger.Patch(path("tasks", theirs), object{"project_id": p}).Is(400); strings.ReplaceAll(a.Body, fmt.Sprint(p), "N") != want {
		t.Error(a.Body)
	}
	for _, id := range []int64{0, -1, task, mine, 12345, 0x7fffffffffffffff} {
		stranger.Post("/api/jobs", object{"type": "annotation", "task_id": id}).Is(400)
	}
	for _, kind := range []string{"projects", "tasks", "jobs", "cloudstorages"} {
		stranger.Get("/api/" + kind + "/-1").Is(404)
		stranger.Get("/api/" + kind + "/9223372036854775807").Is(404)
		stranger.Get("/api/" + kind + "/9223372036854775808").Is(404)
	}
	w.sound()
}

func bucket(name string) object {
	return object{"provider_type": "AWS_S3_BUCKET", "resource": name, "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}
}

// An administrator takes over what is personal, with all below it.
func TestAdministratorTakesOverWhatIsPersonal(t *testing.T) {
	w := newWorld(t)
	_, c := w.person("somebody1")
	_, admin := w.person("admin1", "admin")
	p := w.project(c, "Streets")
	task := w.task(c, p)
	job := w.job(c, task)
	admin.Post(path("projects", p)+"/transfer", object{"organization_id": nil}).Is(200)
	for range 3 {
		for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
			if !w.ids(admin, "/api/"+kind+"?org=")[id] || w.ids(c, "/api/"+kind)[id] {
				t.Errorf("%s: not the administrator's alone", kind)
			}
		}
		w.sound()
		w.tidy()
	}
}

// Tidy ends however many organizations something went through.
func TestMovedThroughManyOrganizations(t *testing.T) {
	w := newWorld(t)
	p := w.project(w.acme.In(w.owner), "Streets")
	task := w.task(w.owner, p)
	for i := range 52 {
		a := w.owner.Post("/api/organizations", object{"slug": fmt.Sprint("org", i)})
		if a.Status != 201 {
			t.Fatal(a.Body)
		}
		w.move("projects", p, a.Int("id"))
	}
	w.move("projects", p, 0)
	w.tidy()
	w.lies("tasks", task, 0)
	w.sound()
	if a := w.owner.Get(path("transfers", p)).Is(200); a.String("state") != "done" {
		t.Error(a.Body)
	}
}

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
