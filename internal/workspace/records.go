package workspace

import (
	"slices"

	"gatehouse/internal/store"
)

// What whoever reads the whole table must know of this domain.
type (
	Stake = stake
	Mark  = mark
	Due   = due
)

// Records are the kinds that no other domain knows.
var Records = struct {
	Stakes store.Kind[Stake]
	Marks  store.Kind[Mark]
	Dues   store.Kind[Due]
	Count  string
}{stakes, marks, dues, countKind}

// DueKey is where it is noted that what is below something is to be written anew.
func DueKey(kind string, id int64) store.Key { return dueKey(kind, id) }

// Kinds are what a workspace holds, from the top down.
var Kinds = struct{ Projects, Tasks, Jobs, Clouds, Orgs string }{projects, tasks, jobs, clouds, organizations}

// Trace is everything that is written beside something: its place in a list, its
// place below what it is in, and who has a stake in it.
type Trace struct {
	Row    Row
	List   store.Key
	Part   store.Key // zero: it stands at the top
	Stakes []store.Key
	Scope  Scope
	Counts []store.Key // where it counts below what it is in
}

func (t thing) trace() Trace {
	out := Trace{Row: t.Row, List: t.rosterKey(), Scope: t.scope, Counts: t.countedIn()}
	out.Part, _ = t.part()
	for _, uid := range t.people() {
		out.Stakes = append(out.Stakes, stakeKey(uid, t.kind, t.ID))
	}
	return out
}

// Trace is that of a project as it is stored.
func (p Project) Trace() Trace { return p.thing().trace() }

// Trace is that of a task; p is its project as it is stored.
func (t Task) Trace(p Project) Trace { return t.thing(p).trace() }

// Trace is that of a job; t and p are its task and that one's project.
func (j Job) Trace(t Task, p Project) Trace { return j.thing(t, p).trace() }

// Trace is that of a cloud storage.
func (c Cloud) Trace() Trace { return c.thing().trace() }

// Under is the task as it is by what its project says.
func (t Task) Under(p Project) Task { return t.under(p) }

// Under is the job as it is by what its task says.
func (j Job) Under(t Task) Job { return j.under(t) }

// Same reports whether two rows say the same.
func (r Row) Same(o Row) bool {
	same := slices.Equal(r.Clouds, o.Clouds)
	r.Clouds, o.Clouds = nil, nil
	return same && r.plain() == o.plain()
}

// plain is what of a row can be compared.
func (r Row) plain() [6]any {
	return [6]any{r.ID, [6]int64{r.Owner, r.Assignee, r.Project, r.Task, r.Updated, r.Moves}, [4]string{r.Name, r.Subset, r.Stage, r.State}, r.Provider, r.Resource, r.Kind + "\x00" + r.About}
}

// CountKey is where a workspace counts what is of a kind.
func (s Scope) CountKey(kind string) store.Key { return s.countKey(kind) }
