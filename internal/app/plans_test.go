package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/plan"
)

var billing = apptest.Env("GATEHOUSE_BILLING", "simulated")

// TestFreeLimits takes what the plan Free allows of everything, and is refused one
// more by an answer that names the limit, the use and the plan that lifts it.
func TestFreeLimits(t *testing.T) {
	w := apptest.New(t, limitsOff, billing)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	team := w.Found(c, "acme")
	for name, in := range map[string]*apptest.Client{"personal": c, "organization": team.In(c)} {
		lifts := map[string]string{"personal": "Solo", "organization": "Team"}[name]
		in.Post("/api/projects", object{"name": "One"}).Is(201)
		for n := range 3 {
			in.Post("/api/tasks", object{"name": fmt.Sprint("Task ", n)}).Is(201)
		}
		storage := object{"provider_type": "AWS_S3_BUCKET", "resource": "bucket", "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}
		in.Post("/api/cloudstorages", storage).Is(201)
		for path, body := range map[string]object{"projects": {"name": "Two"}, "tasks": {"name": "Four"}, "cloudstorages": storage} {
			most := map[string]int{"projects": 1, "tasks": 3, "cloudstorages": 1}[path]
			in.Post("/api/"+path, body).Is(403).Has(`"code":"limit_reached"`).Has(fmt.Sprintf(`"limit":%q`, path)).Has(fmt.Sprintf(`"allowed":%d,"used":%d`, most, most)).
				Has(`"plan":"Free"`).Has(fmt.Sprintf(`"lifted_by":%q`, lifts))
		}
	}
	team.Invite("second@example.org", "worker") // two members are allowed: the owner, and this one
	team.In(c).Post("/api/invitations", object{"email": "third@example.org", "role": "worker"}).Is(400).
		Has("The plan Free allows 2 members").Has("The plan Team lifts this.")
	sound(t, w)
}

// TestLimitsFollowThePlan lifts limits, lowers them, and lifts them again: a
// workspace that holds too much is read-only until it does not.
func TestLimitsFollowThePlan(t *testing.T) {
	w := apptest.New(t, limitsOff, billing)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	team := w.Found(c, "acme")
	in := team.In(c)
	assign := func(id string, seats int64) {
		t.Helper()
		if err := w.Parts.Config.Limits().AssignOrganization(w.Context(), w.Parts.Table, "acme", plan.Assignment{Plan: id, Seats: seats}); err != nil {
			t.Fatal(err)
		}
	}
	may := func(scope string, id int64, want bool) {
		t.Helper()
		in.Post("/api/permissions/check", object{"checks": []any{object{"scope": scope, "resource": object{"type": "job", "id": id}}}}).Is(200).
			Has(fmt.Sprintf(`"allowed":%v`, want))
	}
	assign("team", 3)
	team.Join("worker1", "worker")
	team.Join("worker2", "worker")
	in.Post("/api/invitations", object{"email": "fourth@example.org", "role": "worker"}).Is(400).Has("All 3 seats")
	var tasks []int64
	for n := range 5 {
		tasks = append(tasks, in.Post("/api/tasks", object{"name": fmt.Sprint("Task ", n)}).Is(201).Int("id"))
	}
	job := in.Post("/api/jobs", object{"type": "annotation", "task_id": tasks[0]}).Is(201).Int("id")
	may("jobs:annotate", job, true)

	assign("free", 0)
	may("jobs:annotate", job, false)
	may("jobs:view", job, true)
	in.Get("/api/tasks").Is(200).Has(`"count":5`)
	in.Get(fmt.Sprint("/api/tasks/", tasks[0])).Is(200)
	refused := func(a *apptest.Answer) {
		t.Helper()
		a.Is(403).Has(`"code":"over_limit"`).Has("read-only").Has(`"lifted_by":"Team"`)
	}
	refused(in.Patch(fmt.Sprint("/api/tasks/", tasks[0]), object{"name": "New name"}))
	refused(in.Patch(fmt.Sprint("/api/jobs/", job), object{"state": "completed"}))
	refused(in.Post("/api/tasks", object{"name": "One more"}))
	in.Post("/api/invitations", object{"email": "fourth@example.org", "role": "worker"}).Is(400).Has("The plan Free allows 2 members")
	in.Get("/api/memberships").Is(200).Has(`"count":3`) // nobody is thrown out

	// Three members are too many as well: what is deleted and moved out does not help.
	in.Delete(fmt.Sprint("/api/tasks/", tasks[4])).Is(204)
	in.Post(fmt.Sprintf("/api/tasks/%d/transfer", tasks[3]), object{"organization_id": nil}).Is(200)
	refused(in.Patch(fmt.Sprint("/api/tasks/", tasks[0]), object{"name": "New name"}))
	in.Delete(team.Member("worker2")).Is(204)
	in.Patch(fmt.Sprint("/api/tasks/", tasks[0]), object{"name": "New name"}).Is(200)
	may("jobs:annotate", job, true)

	assign("team", 0)
	in.Post("/api/tasks", object{"name": "One more"}).Is(201)
	team.Invite("fifth@example.org", "worker")
	sound(t, w)
}

// What somebody's plan was goes with the account, and an organization's with it.
func TestPlansEndWithTheirWorkspaces(t *testing.T) {
	w := apptest.New(t, limitsOff, billing)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	team := w.Found(c, "acme")
	plans := w.Parts.Config.Limits()
	uid := c.Get("/api/users/self").Is(200).Int("id")
	if err := plans.AssignPerson(w.Context(), w.Parts.Table, uid, plan.Assignment{Plan: "solo"}); err != nil {
		t.Fatal(err)
	}
	if err := plans.AssignOrganization(w.Context(), w.Parts.Table, "acme", plan.Assignment{Plan: "team", Seats: 5}); err != nil {
		t.Fatal(err)
	}
	sound(t, w)
	if n := strings.Count(w.Dump(), `"PLAN#`); n != 2 {
		t.Errorf("%d plans", n)
	}
	c.Delete(team.Path("")).Is(204)
	c.Post("/api/users/self/deletion", nil).Is(200)
	w.Drain()
	w.Clock.Add(31 * 24 * time.Hour)
	for range 2 {
		w.Sweep("organizations")
		w.Sweep("workspace")
		w.Sweep("erase")
		sound(t, w)
	}
	if strings.Contains(w.Dump(), `"PLAN#`) {
		t.Error("a plan is left")
	}
	if err := plans.AssignPerson(w.Context(), w.Parts.Table, uid, plan.Assignment{Plan: "solo"}); err == nil {
		t.Error("somebody who was erased gets a plan")
	}
}

// Without billing there are no plans: what one has is not looked at.
func TestNoLimitsWithoutBilling(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	for n := range 5 {
		c.Post("/api/projects", object{"name": fmt.Sprint("Project ", n)}).Is(201)
	}
	team := w.Found(c, "acme")
	for n := range 4 {
		team.Invite(fmt.Sprintf("guest%d@example.org", n), "worker")
	}
}
