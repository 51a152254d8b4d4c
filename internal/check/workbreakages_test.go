package check_test

import (
	"fmt"

	"gatehouse/internal/check"
	"gatehouse/internal/plan"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// work fills organizations with what people work on. One project has moved, and one
// organization has gone with a project in it: neither is seen to yet.
func (w *world) work() {
	w.Helper()
	owner := w.team.Owner
	in := w.team.In(owner)
	add := func(name, path string, body object) {
		w.works[name] = in.Post(path, body).Is(201).Int("id")
	}
	bucket := object{"provider_type": "AWS_S3_BUCKET", "resource": "bucket", "display_name": "Bucket", "credentials_type": "ANONYMOUS_ACCESS"}
	add("cloud", "/api/cloudstorages", bucket)
	add("project", "/api/projects", object{"name": "Streets", "assignee_id": w.uid("alice")})
	add("task", "/api/tasks", object{"name": "Monday", "project_id": w.works["project"], "data_cloud_storage_id": w.works["cloud"]})
	add("job", "/api/jobs", object{"type": "annotation", "task_id": w.works["task"], "assignee": w.uid("alice")})
	add("moved", "/api/projects", object{"name": "Fields"})
	add("moved task", "/api/tasks", object{"name": "Tuesday", "project_id": w.works["moved"]})
	add("moved job", "/api/jobs", object{"type": "annotation", "task_id": w.works["moved task"]})
	w.sound("work")
	owner.Post(fmt.Sprint("/api/projects/", w.works["moved"], "/transfer"), object{"organization_id": nil}).Is(200)
	w.sound("moved")
	doomed := w.Found(owner, "doomed3")
	doomed.In(owner).Post("/api/projects", object{"name": "Left"}).Is(201)
	owner.Delete(doomed.Path("")).Is(204)
	w.works["doomed"] = doomed.ID
	w.sound("an organization with work is deleted")
}

func (w *world) project(name string) workspace.Project {
	w.Helper()
	p, _ := read(w, workspace.Projects, workspace.ProjectKey(w.works[name]))
	return p
}

func (w *world) cloud() workspace.Cloud {
	w.Helper()
	c, _ := read(w, workspace.Clouds, workspace.CloudKey(w.works["cloud"]))
	return c
}

func stake(k store.Key) store.Op {
	return workspace.Records.Stakes.Put(k, workspace.Stake{}, store.Always)
}

func count(k store.Key, n int64) store.Op {
	return store.Add(k, workspace.Records.Count, "n", n, -1000, 1000)
}

// brokenWork are of what people work on, and its counters.
func (w *world) brokenWork() breakages {
	w.Helper()
	p, c := w.project("project"), w.cloud()
	task, _ := read(w, workspace.Tasks, workspace.TaskKey(w.works["task"]))
	job, _ := read(w, workspace.Jobs, workspace.JobKey(w.works["job"]))
	counted := workspace.Scope{Org: w.team.ID}.CountKey
	lost := c
	lost.Owner = nobody
	return breakages{
		check.Place + " project":       {workspace.Projects.Put(store.Key{PK: "PRJ#x", SK: "A"}, p, store.Always)},
		check.Place + " cloud":         {workspace.Clouds.Put(store.Key{PK: "CST#x", SK: "A"}, c, store.Always)},
		check.Place + " stake":         {stake(store.Key{PK: c.Trace().Stakes[0].PK, SK: "cats#1"})},
		check.Place + " work-row":      {workspace.Rows.Put(store.Key{PK: "LST#cats#1", SK: "1"}, p.Trace().Row, store.Always)},
		check.WorkOrg + " plan":        {plan.Rows.Put(plan.Key(nobody, 0), plan.Row{Plan: "team"}, store.Always)},
		check.Belongs + " plan":        {plan.Rows.Put(plan.Key(0, nobody), plan.Row{Plan: "solo"}, store.Always)},
		check.Place + " plan":          {plan.Rows.Put(store.Key{PK: plan.Key(w.team.ID, 0).PK, SK: "B"}, plan.Row{Plan: "team"}, store.Always)},
		check.Belongs + " cloud":       {workspace.Clouds.Put(workspace.CloudKey(c.ID), lost, store.Always), workspace.Rows.Put(c.Trace().List, lost.Trace().Row, store.Always), del(c.Trace().Stakes[0]), stake(lost.Trace().Stakes[0])},
		check.WorkCount + " projects":  {count(counted(workspace.Kinds.Projects), 1)},
		check.WorkCount + " tasks":     {count(counted(workspace.Kinds.Tasks), -1)},
		check.WorkCount + " none":      {del(counted(workspace.Kinds.Jobs))},
		check.WorkCount + " in it":     {count(task.Trace(p).Counts[0], 1)},
		check.WorkCount + " of a task": {count(job.Trace(task, p).Counts[0], 1)},
		check.WorkCount + " personal":  {count(w.project("moved").Trace().Scope.CountKey(workspace.Kinds.Tasks), 1)},
		check.Negative + " work":       {count(counted(workspace.Kinds.Clouds), -100)},
	}
}

// brokenLists are of the lists of it: of an organization, of what it is in, of people.
func (w *world) brokenLists() breakages {
	w.Helper()
	p, c := w.project("project"), w.cloud()
	task, _ := read(w, workspace.Tasks, workspace.TaskKey(w.works["task"]))
	job, _ := read(w, workspace.Jobs, workspace.JobKey(w.works["job"]))
	of, below := p.Trace(), job.Trace(task, p)
	rename := func(r *workspace.Row) { r.Name = "Evil" }
	return breakages{
		check.WorkRoster + " missing": {del(of.List)},
		check.WorkRoster + " other":   {edit(w, workspace.Rows, of.List, rename)},
		check.WorkRoster + " storage": {edit(w, workspace.Rows, c.Trace().List, rename)},
		check.WorkRoster + " state":   {edit(w, workspace.Rows, below.List, func(r *workspace.Row) { r.State = "completed" })},
		check.WorkRoster + " spare":   {workspace.Rows.Put(store.Key{PK: of.List.PK, SK: "x"}, of.Row, store.Always)},
		check.WorkRoster + " nothing": {workspace.Rows.Put(store.Key{PK: of.List.PK, SK: "x"}, workspace.Row{ID: nobody}, store.Always)},
		check.WorkPart + " missing":   {del(task.Trace(p).Part)},
		check.WorkPart + " other":     {edit(w, workspace.Parts, below.Part, func(r *workspace.Row) { r.Stage = "validation" })},
		check.WorkPart + " spare":     {workspace.Parts.Put(store.Key{PK: below.Part.PK, SK: "J#x"}, below.Row, store.Always)},
		check.WorkPart + " nothing":   {workspace.Parts.Put(store.Key{PK: below.Part.PK, SK: "J#x"}, workspace.Row{ID: nobody, Task: task.ID}, store.Always)},
		check.WorkStake + " owner":    {del(of.Stakes[0])},
		check.WorkStake + " assignee": {del(below.Stakes[0])},
		check.WorkStake + " spare":    {stake(store.Key{PK: of.Stakes[1].PK, SK: c.Trace().Stakes[0].SK})},
	}
}

// brokenDues are of what was moved, deleted or left behind.
func (w *world) brokenDues() breakages {
	w.Helper()
	due := func(kind string, id int64) store.Key { return workspace.DueKey(kind, id) }
	note := func(kind string, id int64) store.Op {
		return workspace.Records.Dues.Put(due(kind, id), workspace.Due{Kind: kind, ID: id}, store.Always)
	}
	kinds := workspace.Kinds
	if st, _ := read(w, tenant.States, tenant.Key(w.works["doomed"])); st.State == tenant.Active {
		w.Fatal("the organization lives")
	}
	return breakages{
		check.WorkOrg:              {del(due(kinds.Orgs, w.works["doomed"]))},
		check.WorkDue + " moved":   {del(due(kinds.Projects, w.works["moved"]))},
		check.WorkDue + " nothing": {note(kinds.Projects, nobody)},
		check.WorkDue + " task":    {note(kinds.Tasks, nobody)},
		check.WorkDue + " alive":   {note(kinds.Orgs, w.team.ID)},
	}
}
