// Package workspace owns the account side of what people annotate in: projects, the
// tasks in them or alone, the jobs of tasks, and cloud storages. Whose they are, who
// works on them, in which organization, at which stage. The data itself, labels and
// annotations are the annotation engine's, which asks the decision endpoint.
//
// It owns no rules (policy) and no people (account, org).
//
//	project ─┬─ task ─── job        a job is where its task is, and a task in a
//	         └─ task ─┬─ job        project where the project is: only what stands
//	            task ─┴─ job        at the top says which organization it is in
//
// Rows:
//
//	PRJ#<id>      A  a project · T#<task> a task in it · C tasks counted
//	TSK#<id>      A  a task · J#<job> a job of it · C#<what> jobs counted
//	JOB#<id>      A  a job
//	CST#<id>      A  a cloud storage
//	WRK#<uid>     <kind>#<id>  what somebody owns or is assigned
//	LST#<kind>#<org>           what an organization's lists may search, sort and filter by
//	CNT#<owner>   <kind>       how many there are in an organization, or of a person's own
//
// Moving what is at the top moves everything below it, in one write: readers take
// the organization from the top, and know by the number of moves that what stands
// below has not been written since. Then it belongs to who moved it, and nobody is
// assigned. A job that can be cut off anywhere writes that down.
//
// What is deleted goes at once with everything below it, in the same way. An
// organization that is no more leaves its projects, tasks and storages to their
// owners, as personal ones.
//
// What is in a project counts where the project counts. So the counters move in the
// write that moves, or deletes, the project.
package workspace

import (
	"log/slog"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/plan"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Settings are what an operator may choose.
type Settings struct {
	Site mail.Site
}

// Service has what the operations need.
type Service struct {
	Table    *store.Table
	Secrets  *secret.Source
	Settings Settings
	Log      *slog.Logger
	Plans    *plan.Plans // nil: billing is off, and there are no limits
}

// Place is where the data of a project or task comes from or goes to: here, or a
// cloud storage.
type Place struct {
	ID    int64 `json:"id,omitempty"`    // 0: nothing was chosen
	Cloud int64 `json:"cloud,omitempty"` // 0: here
}

// Project is a project. Times are Unix milliseconds, as in all rows here.
type Project struct {
	ID       int64  `json:"id"`
	Org      int64  `json:"org,omitempty"` // 0: personal
	Name     string `json:"name"`
	Owner    int64  `json:"owner,omitempty"`    // user id; 0: the account is no more
	Assignee int64  `json:"assignee,omitempty"` // user id; 0: nobody
	Assigned int64  `json:"assigned,omitempty"` // when the assignee changed
	Tracker  string `json:"tracker,omitempty"`
	Source   Place  `json:"source"`
	Target   Place  `json:"target"`
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
	Moves    int64  `json:"moves,omitempty"` // how often it changed its workspace
	Mover    int64  `json:"mover,omitempty"` // who did that last, as long as tasks have not been written since
	Moved    int64  `json:"moved,omitempty"` // and when
	Gone     bool   `json:"gone,omitempty"`  // deleted, and what is left of it is being removed

	// Matches are, for each of the last moves, what became of the cloud storages of
	// tasks that have not been written since; what is not in one was detached by it.
	Matches []map[int64]int64 `json:"matches,omitempty"`
}

// Task is a task. Of one in a project, Org and Seen are what the project said when
// the task was written last.
type Task struct {
	ID       int64  `json:"id"`
	Project  int64  `json:"project,omitempty"` // 0: it stands alone
	Org      int64  `json:"org,omitempty"`
	Name     string `json:"name"`
	Owner    int64  `json:"owner,omitempty"`
	Assignee int64  `json:"assignee,omitempty"`
	Assigned int64  `json:"assigned,omitempty"`
	Tracker  string `json:"tracker,omitempty"`
	Subset   string `json:"subset,omitempty"`
	Data     int64  `json:"data,omitempty"` // cloud storage that its data comes from
	Source   Place  `json:"source"`
	Target   Place  `json:"target"`
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
	Moves    int64  `json:"moves,omitempty"` // how often it moved, alone or with a project
	Moved    int64  `json:"moved,omitempty"`
	Seen     int64  `json:"seen,omitempty"` // moves of its project by then
	Gone     bool   `json:"gone,omitempty"`
}

// Stages of a job, and its states.
const (
	Annotation = "annotation"
	Validation = "validation"
	Acceptance = "acceptance"

	New        = "new"
	InProgress = "in progress"
	Rejected   = "rejected"
	Completed  = "completed"
)

// Job is a job of a task. Org and Project are what the task said when it was written
// last, and Seen the moves of the task by then.
type Job struct {
	ID       int64  `json:"id"`
	Task     int64  `json:"task"`
	Project  int64  `json:"project,omitempty"`
	Org      int64  `json:"org,omitempty"`
	Assignee int64  `json:"assignee,omitempty"`
	Assigned int64  `json:"assigned,omitempty"`
	Stage    string `json:"stage"`
	State    string `json:"state"`
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
	Seen     int64  `json:"seen,omitempty"`
}

// Cloud is a cloud storage. What opens it is a reference to a secret that is kept
// elsewhere, and is never shown.
type Cloud struct {
	ID         int64    `json:"id"`
	Org        int64    `json:"org,omitempty"`
	Owner      int64    `json:"owner,omitempty"`
	Provider   string   `json:"provider"`
	Resource   string   `json:"resource"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // of the credentials
	Secret     string   `json:"secret,omitempty"`
	Attributes string   `json:"attributes,omitempty"`
	About      string   `json:"about,omitempty"`
	Manifests  []string `json:"manifests,omitempty"`
	Created    int64    `json:"created"`
	Updated    int64    `json:"updated"`
}

// under is the task as it is by what its project says.
func (t Task) under(p Project) Task {
	if t.Project == 0 {
		return t
	}
	if behind := p.Moves - t.Seen; behind > 0 {
		t.Owner, t.Assignee, t.Assigned, t.Moved = p.Mover, 0, p.Moved, p.Moved
		for _, storage := range []*int64{&t.Data, &t.Source.Cloud, &t.Target.Cloud} {
			*storage = p.follow(*storage, behind)
		}
		t.Moves, t.Seen = t.Moves+behind, p.Moves
	}
	t.Org = p.Org
	return t
}

// follow is what became of a cloud storage by the last so many moves; 0 if it was
// detached.
func (p Project) follow(cloud, moves int64) int64 {
	from := int64(len(p.Matches)) - moves
	if from < 0 {
		return 0
	}
	for _, m := range p.Matches[from:] {
		cloud = m[cloud]
	}
	return cloud
}

// top is how often what stands at the top has moved.
func (t Task) top() int64 {
	if t.Project != 0 {
		return t.Seen
	}
	return t.Moves
}

// under is the job as it is by what its task says, itself as it is.
func (j Job) under(t Task) Job {
	if j.Seen != t.Moves {
		j.Assignee, j.Assigned, j.Seen = 0, t.Moved, t.Moves
	}
	j.Project, j.Org = t.Project, t.Org
	return j
}

func millis(t time.Time) int64 { return t.UnixMilli() }
