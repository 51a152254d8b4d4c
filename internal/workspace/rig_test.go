package workspace_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/gateway"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/plan"
	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

type object = map[string]any

// world is a running installation with two organizations of one owner.
type world struct {
	*apptest.World
	*hooked
	work        *workspace.Service
	owner       *apptest.Client
	acme, other *apptest.Team
	uid         int64
}

func newWorld(t testing.TB) *world {
	w := &world{hooked: &hooked{}}
	w.World = apptest.New(t, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Driver(func(d store.Driver) store.Driver {
		w.hooked.Driver = d
		return w.hooked
	}))
	w.work = w.Parts.Work()
	w.uid, w.owner = w.person("owner1")
	w.acme, w.other = w.Found(w.owner, "acme"), w.Found(w.owner, "other")
	return w
}

// person is somebody with an account.
func (w *world) person(name string, groups ...string) (int64, *apptest.Client) {
	w.Helper()
	active := true
	if groups == nil {
		groups = []string{"user"}
	}
	uid, err := w.Accounts.CreateUser(w.Context(), account.NewUser{Username: name, Email: name + "@example.com", First: "Ada", Last: "Byron",
		Groups: groups, Active: &active, Password: apptest.Password})
	if err != nil {
		w.Fatal(err)
	}
	return uid, w.SignIn(name)
}

// member is somebody in an organization.
func (w *world) member(team *apptest.Team, name, role string, groups ...string) (int64, *apptest.Client) {
	w.Helper()
	uid, c := w.person(name, groups...)
	team.Add(c, name+"@example.com", role)
	return uid, c
}

// limited makes the plans that are shipped hold.
func (w *world) limited() {
	w.Helper()
	w.work.Plans = plan.Shipped()
	f := lambdahttp.New(w.work.Routes(w.Parts.Gate()))
	f.Refuse, f.Log = w.Parts.Gate().Refuse, w.Parts.Log
	w.Functions["workspace"] = f
	table, err := gateway.Read(gatehouse.Template)
	if err != nil {
		w.Fatal(err)
	}
	h, err := gateway.New(table, w.Functions, gateway.Options{Log: w.Parts.Log, Now: w.Clock.Now})
	if err != nil {
		w.Fatal(err)
	}
	srv := httptest.NewServer(h)
	w.Cleanup(srv.Close)
	w.URL = srv.URL
}

func (w *world) project(c *apptest.Client, name string) int64 {
	w.Helper()
	return c.Post("/api/projects", object{"name": name}).Is(201).Int("id")
}

func (w *world) task(c *apptest.Client, project int64) int64 {
	w.Helper()
	return c.Post("/api/tasks", object{"name": "Monday", "project_id": project}).Is(201).Int("id")
}

func (w *world) alone(c *apptest.Client) int64 {
	w.Helper()
	return c.Post("/api/tasks", object{"name": "Alone"}).Is(201).Int("id")
}

func (w *world) job(c *apptest.Client, task int64) int64 {
	w.Helper()
	return c.Post("/api/jobs", object{"type": "annotation", "task_id": task}).Is(201).Int("id")
}

func (w *world) move(kind string, id, org int64) {
	w.Helper()
	if a := w.owner.Post(fmt.Sprintf("/api/%s/%d/transfer", kind, id), object{"organization_id": org}); a.Status != 200 && a.Status != 202 {
		w.Fatalf("moving: %d %s", a.Status, a.Body)
	}
}

func (w *world) tidy() {
	w.Helper()
	if _, err := w.work.Tidy(w.Context()); err != nil {
		w.Errorf("Tidy: %v", err)
	}
}

// sound says that the rules of package check hold.
func (w *world) sound() {
	w.Helper()
	found, err := check.Run(w.Context(), store.New(w.DB, w.Clock.Now), nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, v := range found {
		w.Errorf("%v", v)
	}
}

// ids are what a list shows, after its count was found to be as many.
func (w *world) ids(c *apptest.Client, path string) map[int64]bool {
	w.Helper()
	a := c.Get(path).Is(200)
	var v struct {
		Count   int
		Results []struct{ ID int64 }
	}
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		w.Fatal(err)
	}
	out := map[int64]bool{}
	for _, r := range v.Results {
		out[r.ID] = true
	}
	if v.Count != len(out) || len(v.Results) != len(out) {
		w.Errorf("%s counts %d and shows %v", path, v.Count, out)
	}
	return out
}

// lies requires that something stands in the list of one workspace and in no other, in
// the organization's own order and in any other.
func (w *world) lies(kind string, id, org int64) {
	w.Helper()
	for name, at := range map[string]int64{"acme": w.acme.ID, "other": w.other.ID, "": 0} {
		for _, path := range []string{"/api/" + kind, "/api/" + kind + "?sort=id"} {
			if in := w.ids(w.owner.With("X-Organization", name), path)[id]; in != (at == org) && name != "" {
				w.Errorf("%s in %q lists %d: %v", path, name, id, in)
			}
			if name == "" {
				sep := "?"
				if len(path) > len("/api/"+kind) {
					sep = "&"
				}
				if in := w.ids(w.owner, path+sep+"org=")[id]; in != (at == org) {
					w.Errorf("%s, personal, lists %d: %v", path, id, in)
				}
			}
		}
	}
}

// cutOff cuts Tidy off at its first call of the store, its second and so on until it
// comes through, and looks after each time.
func (w *world) cutOff(look func()) {
	w.Helper()
	for n, err := 1, errors.New(""); err != nil && n < 200 && !w.Failed(); n++ {
		_, err = (&workspace.Service{Table: store.New(&mortal{w.DB, n}, w.Clock.Now), Log: w.Parts.Log}).Tidy(w.Context())
		look()
	}
	w.tidy()
	look()
}

func path(kind string, id int64) string { return fmt.Sprintf("/api/%s/%d", kind, id) }

func bucket(name string) object {
	return object{"provider_type": "AWS_S3_BUCKET", "resource": name, "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}
}

// lists requires that a client's lists show a project, a task and a job.
func (w *world) lists(c *apptest.Client, p, task, job int64) {
	w.Helper()
	for kind, id := range map[string]int64{"projects": p, "tasks": task, "jobs": job} {
		if !w.ids(c, "/api/"+kind)[id] || !w.ids(c, "/api/"+kind+"?sort=id")[id] {
			w.Errorf("%s lacks %d", kind, id)
		}
	}
}
