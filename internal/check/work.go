package check

import (
	"strconv"
	"strings"

	"gatehouse/internal/plan"
	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

// traced requires what is written beside something. What is gone has left the lists.
func (v *view) traced(t workspace.Trace, gone bool) {
	row, listed := get(v, workspace.Rows, t.List)
	if listed == gone {
		v.report(WorkRoster, "listed: %v, gone: %v", listed, gone)
	} else if listed && !row.Same(t.Row) {
		v.report(WorkRoster, "listed as %+v, not as %+v", row, t.Row)
	}
	if gone {
		return
	}
	if t.Part != (store.Key{}) {
		if part, ok := get(v, workspace.Parts, t.Part); !ok || !part.Same(t.Row) {
			v.report(WorkPart, "below what it is in it stands as %+v, not as %+v", part, t.Row)
		}
	}
	for _, k := range t.Stakes {
		if _, ok := get(v, workspace.Records.Stakes, k); !ok {
			v.report(WorkStake, "%s does not lead to it", k.PK)
		}
	}
}

// due requires that what is not as what stands above it says is written anew.
func (v *view) willBe(kind string, id int64) bool {
	_, ok := get(v, workspace.Records.Dues, workspace.DueKey(kind, id))
	return ok
}

// within requires that an organization is there, or that what it left is due.
func (v *view) within(org int64) {
	if org == 0 {
		return
	}
	if v.alive(org).ID == 0 && !v.willBe(workspace.Kinds.Orgs, org) {
		v.report(WorkOrg, "it is in the organization %d, which is no more, and nothing will change that", org)
	}
}

// by requires that people are there.
func (v *view) by(uids ...int64) {
	for _, uid := range uids {
		if uid != 0 {
			v.ofAccount(uid)
		}
	}
}

// planned requires whose workspace has a plan.
func planned(v *view, _ plan.Row) {
	if org, ok := number(v.self.PK, "PLAN#o"); ok {
		v.at(plan.Key(org, 0))
		v.within(org)
		return
	}
	uid, _ := number(v.self.PK, "PLAN#u")
	v.at(plan.Key(0, uid))
	v.by(uid)
}

func project(v *view, p workspace.Project) {
	v.at(workspace.ProjectKey(p.ID))
	v.traced(p.Trace(), p.Gone)
	if !p.Gone {
		v.within(p.Org)
	}
	if p.Gone && !v.willBe(workspace.Kinds.Projects, p.ID) {
		v.report(WorkDue, "it is deleted, and nothing will remove it")
	}
	if !p.Gone {
		v.by(p.Owner, p.Assignee)
	}
}

// projectOf is the project of a task, as it is stored.
func (v *view) projectOf(t workspace.Task) (p workspace.Project) {
	if t.Project != 0 {
		var ok bool
		if p, ok = get(v, workspace.Projects, workspace.ProjectKey(t.Project)); !ok {
			v.report(WorkPart, "there is no project %d", t.Project)
		}
	}
	return p
}

func task(v *view, t workspace.Task) {
	v.at(workspace.TaskKey(t.ID))
	p := v.projectOf(t)
	v.traced(t.Trace(p), t.Gone)
	if t.Project == 0 && !t.Gone {
		v.within(t.Org)
	} else if t.Project != 0 && (p.Gone || t.Seen != p.Moves) && !v.willBe(workspace.Kinds.Projects, p.ID) {
		v.report(WorkDue, "its project has moved or gone, and nothing will make it follow")
	}
	if t.Gone && !v.willBe(workspace.Kinds.Tasks, t.ID) {
		v.report(WorkDue, "it is deleted, and nothing will remove it")
	}
	if !t.Gone && !p.Gone && t.Seen == p.Moves {
		v.by(t.Owner, t.Assignee)
	}
}

func ofJob(v *view, j workspace.Job) {
	v.at(workspace.JobKey(j.ID))
	t, ok := get(v, workspace.Tasks, workspace.TaskKey(j.Task))
	if !ok {
		v.report(WorkPart, "there is no task %d", j.Task)
		return
	}
	p := v.projectOf(t)
	v.traced(j.Trace(t, p), false)
	follows := !t.Gone && !p.Gone && j.Seen == t.Under(p).Moves
	if !follows && !v.willBe(workspace.Kinds.Tasks, t.ID) && (t.Project == 0 || !v.willBe(workspace.Kinds.Projects, t.Project)) {
		v.report(WorkDue, "what it is in has moved or gone, and nothing will make it follow")
	}
	if follows {
		v.by(j.Assignee)
	}
}

func cloud(v *view, c workspace.Cloud) {
	v.at(workspace.CloudKey(c.ID))
	v.traced(c.Trace(), false)
	v.within(c.Org)
	v.by(c.Owner)
}

// workKinds are the kinds by the first part of a list's key.
var workKinds = map[string]func(*view, int64) (workspace.Trace, bool){
	"projects": func(v *view, id int64) (workspace.Trace, bool) {
		p, ok := get(v, workspace.Projects, workspace.ProjectKey(id))
		return p.Trace(), ok && !p.Gone
	},
	"tasks": func(v *view, id int64) (workspace.Trace, bool) {
		t, ok := get(v, workspace.Tasks, workspace.TaskKey(id))
		return t.Trace(v.projectOf(t)), ok && !t.Gone
	},
	"jobs": func(v *view, id int64) (workspace.Trace, bool) {
		j, ok := get(v, workspace.Jobs, workspace.JobKey(id))
		return j.Trace(workspace.Task{}, workspace.Project{}), ok
	},
	"cloudstorages": func(v *view, id int64) (workspace.Trace, bool) {
		c, ok := get(v, workspace.Clouds, workspace.CloudKey(id))
		return c.Trace(), ok
	},
}

func workRow(v *view, r workspace.Row) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(v.self.PK, "LST#"), "#")
	trace, ok := workKinds[kind], false
	if trace == nil {
		v.report(Place, "it is in no list of what people work on")
		return
	}
	var t workspace.Trace
	if t, ok = trace(v, r.ID); !ok || t.List != v.self.Key {
		v.report(WorkRoster, "it leads to something that is not there, or stands elsewhere")
	}
}

func workPart(v *view, r workspace.Row) {
	kind := "tasks"
	if r.Task != 0 {
		kind = "jobs"
	}
	if t, ok := workKinds[kind](v, r.ID); !ok || t.Part != v.self.Key {
		v.report(WorkPart, "it leads to something that is not there, or stands elsewhere")
	}
}

func workStake(v *view, _ workspace.Stake) {
	kind, rest, _ := strings.Cut(v.self.SK, "#")
	id, err := strconv.ParseInt(rest, 10, 64)
	trace := workKinds[kind]
	if err != nil || trace == nil {
		v.report(Place, "it leads nowhere")
		return
	}
	t, ok := trace(v, id)
	for _, k := range t.Stakes {
		if ok && k == v.self.Key {
			return
		}
	}
	v.report(WorkStake, "it leads to something that is somebody else's")
}

func workDue(v *view, d workspace.Due) {
	v.at(workspace.DueKey(d.Kind, d.ID))
	ok := false
	switch d.Kind {
	case workspace.Kinds.Projects:
		_, ok = get(v, workspace.Projects, workspace.ProjectKey(d.ID))
	case workspace.Kinds.Tasks:
		_, ok = get(v, workspace.Tasks, workspace.TaskKey(d.ID))
	case workspace.Kinds.Orgs:
		ok = v.alive(d.ID).ID == 0
	}
	if !ok {
		v.report(WorkDue, "there is nothing that is due")
	}
}
