package workspace

import (
	"strconv"

	"gatehouse/internal/store"
)

// The kinds of what a workspace holds, as lists, counters and the policy call them.
const (
	projects = "projects"
	tasks    = "tasks"
	jobs     = "jobs"
	clouds   = "cloudstorages"
)

// Row is what lists may search, sort and filter by.
type Row struct {
	ID       int64  `json:"id"`
	Name     string `json:"name,omitempty"`
	Owner    int64  `json:"owner,omitempty"`
	Assignee int64  `json:"assignee,omitempty"`
	Project  int64  `json:"project,omitempty"`
	Task     int64  `json:"task,omitempty"`
	Subset   string `json:"subset,omitempty"`
	Stage    string `json:"stage,omitempty"`
	State    string `json:"state,omitempty"`
	Provider string `json:"provider,omitempty"`
	Resource string `json:"resource,omitempty"`
	Kind     string `json:"kind,omitempty"`
	About    string `json:"about,omitempty"`
	Updated  int64  `json:"updated,omitempty"`
	Moves    int64  `json:"moves,omitempty"` // of a job's task, or of what is at the top, when this was written

	Clouds []int64 `json:"clouds,omitempty"` // cloud storages that a task uses
}

// stake says that somebody owns something, or is assigned to it. What it is stands
// in the key; whether it still holds, the thing itself says.
type stake struct{}

// The rows.
var (
	Projects = store.Kind[Project]{Name: "project", Schema: 1}
	Tasks    = store.Kind[Task]{Name: "task", Schema: 1}
	Jobs     = store.Kind[Job]{Name: "job", Schema: 1}
	Clouds   = store.Kind[Cloud]{Name: "cloud-storage", Schema: 1}
	Rows     = store.Kind[Row]{Name: "work-roster", Schema: 1}
	Parts    = store.Kind[Row]{Name: "work-part", Schema: 1}

	stakes = store.Kind[stake]{Name: "work-stake", Schema: 1}
)

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// ProjectKey is where a project is.
func ProjectKey(id int64) store.Key { return store.Key{PK: projectPK(id), SK: "A"} }

// TaskKey is where a task is.
func TaskKey(id int64) store.Key { return store.Key{PK: taskPK(id), SK: "A"} }

// JobKey is where a job is.
func JobKey(id int64) store.Key { return store.Key{PK: "JOB#" + idText(id), SK: "A"} }

// CloudKey is where a cloud storage is.
func CloudKey(id int64) store.Key { return store.Key{PK: "CST#" + idText(id), SK: "A"} }

func projectPK(id int64) string { return "PRJ#" + idText(id) }
func taskPK(id int64) string    { return "TSK#" + idText(id) }

// partKey is where a task is listed among those of its project, or a job among those
// of its task.
func partKey(r Row) store.Key {
	if r.Task != 0 {
		return store.Key{PK: taskPK(r.Task), SK: "J#" + store.IDText(r.ID)}
	}
	return store.Key{PK: projectPK(r.Project), SK: "T#" + store.IDText(r.ID)}
}

// ProjectTasks lists the tasks of a project, and TaskJobs the jobs of a task.
func ProjectTasks(id int64) store.Query { return store.Query{PK: projectPK(id), Prefix: "T#"} }

// TaskJobs lists the jobs of a task.
func TaskJobs(id int64) store.Query { return store.Query{PK: taskPK(id), Prefix: "J#"} }

// personalShards spread what is personal over as many rosters: only administrators
// read them, and everybody writes to them.
const personalShards = 16

// rosterPK is the partition of a list of an organization; of what is personal, one
// of several.
func rosterPK(kind string, org, id int64) string {
	if org == 0 {
		return personalPK(kind, id%personalShards)
	}
	return "LST#" + kind + "#" + idText(org)
}

func personalPK(kind string, shard int64) string { return "LST#" + kind + "#p" + idText(shard) }

func rosterKey(kind string, org, id int64) store.Key {
	return store.Key{PK: rosterPK(kind, org, id), SK: store.IDText(id)}
}

// stakePK is the partition of what somebody owns or is assigned.
func stakePK(uid int64) string { return "WRK#" + idText(uid) }

func stakeKey(uid int64, kind string, id int64) store.Key {
	return store.Key{PK: stakePK(uid), SK: kind + "#" + store.IDText(id)}
}

// Scope is whose workspace it is: an organization's, or a person's own.
type Scope struct{ Org, UID int64 }

// scopeOf is the workspace of what is in an organization, or else of its owner's
// own. Without either it counts nowhere.
func scopeOf(org, owner int64) Scope {
	if org != 0 {
		return Scope{Org: org}
	}
	return Scope{UID: owner}
}

func (s Scope) countKey(kind string) store.Key {
	pk := "CNT#o" + idText(s.Org)
	if s.Org == 0 {
		pk = "CNT#u" + idText(s.UID)
	}
	return store.Key{PK: pk, SK: kind}
}

const (
	countKind = "work-count"
	noLimit   = 1 << 40
)

// add counts n more, which must not make more than most.
func add(k store.Key, n, most int64) store.Op {
	if n < 0 || most <= 0 {
		most = noLimit
	}
	return store.Add(k, countKind, "n", n, 0, most)
}

// tasksKey is where the tasks of a project are counted, and projectJobsKey the jobs in
// all of them.
func tasksKey(project int64) store.Key { return store.Key{PK: projectPK(project), SK: "C#tasks"} }

func projectJobsKey(project int64) store.Key { return store.Key{PK: projectPK(project), SK: "C#jobs"} }

const allJobs = "all"

// jobCounts are what is counted of the jobs of a task: all of them, those in two of
// the stages, and those that are completed.
var jobCounts = []string{allJobs, Annotation, Validation, Completed}

// jobsKey is where one of these is counted.
func jobsKey(task int64, what string) store.Key {
	return store.Key{PK: taskPK(task), SK: "C#" + what}
}
