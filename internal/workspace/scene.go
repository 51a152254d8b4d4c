package workspace

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func compareKeys(a, b store.Key) int { return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK)) }

// scene is what a request is about, with all that stands above it: a job, its task,
// the task's project, the organization. What is not there is zero. All of it is as
// what stands above says.
type scene struct {
	tenant.View // the organization, as the caller stands to it; zero: it is personal

	kind    string
	wiped   bool // it went with its organization
	project Project
	task    Task
	job     Job
	cloud   Cloud

	row    store.Item   // what it is about
	above  []store.Item // what stands above it, from the bottom up
	next   *Project     // as it is stored, the project that a task is put into
	stored stored
}

// stored is the same as it lies in the rows.
type stored struct {
	project Project
	task    Task
	job     Job
	cloud   Cloud
}

// personal reports whether no living organization has it.
func (c *scene) personal() bool { return c.View.ID == 0 }

// there reports whether what it is about is there, and all above it too.
func (c *scene) there() bool {
	missing := slices.ContainsFunc(c.above, func(it store.Item) bool { return !it.Exists() })
	return c.row.Exists() && !missing && !c.project.Gone && !c.task.Gone && !c.wiped
}

// nouns are what a stranger does not find.
var nouns = map[string]string{projects: "Project", tasks: "Task", jobs: "Job", clouds: "CloudStorage"}

func keyOf(kind string, id int64) store.Key {
	switch kind {
	case projects:
		return ProjectKey(id)
	case tasks:
		return TaskKey(id)
	case jobs:
		return JobKey(id)
	}
	return CloudKey(id)
}

// leads are the rows that the row of a thing leads to, as far as it knows: what
// stands above may have moved since.
func leads(kind string, row store.Item, uid int64) (keys []store.Key, err error) {
	var task, project, org int64
	switch kind {
	case projects:
		p, lost := Projects.Of(row)
		org, err = p.Org, lost
	case tasks:
		t, lost := Tasks.Of(row)
		project, org, err = t.Project, t.Org, lost
	case jobs:
		j, lost := Jobs.Of(row)
		task, project, org, err = j.Task, j.Project, j.Org, lost
	default:
		c, lost := Clouds.Of(row)
		org, err = c.Org, lost
	}
	if task != 0 {
		keys = append(keys, TaskKey(task))
	}
	if project != 0 {
		keys = append(keys, ProjectKey(project))
	}
	if org != 0 {
		keys = append(keys, tenant.Key(org), tenant.MemberKey(uid, org))
	}
	return keys, err
}

// rows are what was read, by key. What is missing is read.
type rows struct {
	table *store.Table
	got   map[store.Key]store.Item
}

func (s *Service) rows(read ...[]store.Item) *rows {
	r := &rows{s.Table, map[store.Key]store.Item{}}
	for _, items := range read {
		r.note(items)
	}
	return r
}

func (r *rows) note(items []store.Item) {
	for _, it := range items {
		r.got[it.Key] = it
	}
}

// get reads rows once.
func (r *rows) get(ctx context.Context, keys ...store.Key) ([]store.Item, error) {
	var missing []store.Key
	for _, k := range keys {
		if _, ok := r.got[k]; !ok {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		items, err := r.table.GetMany(ctx, missing)
		if err != nil {
			return nil, err
		}
		r.note(items)
	}
	out := make([]store.Item, len(keys))
	for i, k := range keys {
		out[i] = r.got[k]
	}
	return out, nil
}

// one reads a row of a kind.
func one[T any](ctx context.Context, r *rows, k store.Key, kind store.Kind[T]) (v T, it store.Item, err error) {
	items, err := r.get(ctx, k)
	if err != nil {
		return v, it, err
	}
	v, err = kind.Of(items[0])
	return v, items[0], err
}

// scene reads a thing and what stands above it.
func (s *Service) scene(ctx context.Context, r *rows, uid int64, kind string, id int64) (c scene, err error) {
	c.kind = kind
	if err := c.climb(ctx, r, id); err != nil || !c.row.Exists() {
		return c, err
	}
	org := c.top().org
	if org == 0 {
		return c, nil
	}
	items, err := r.get(ctx, tenant.Key(org), tenant.MemberKey(uid, org))
	if err != nil {
		return c, err
	}
	v, err := tenant.Read(items[0], items[1])
	if v.Alive() {
		c.View = v
		return c, err
	}
	// It is left to its owner by an organization that is no more, or went with it.
	d, _, lost := one(ctx, r, dueKey(organizations, org), dues)
	c.wiped = d.Wipe
	c.project.Org, c.task.Org, c.job.Org, c.cloud.Org = 0, 0, 0, 0
	return c, errors.Join(err, lost)
}

// climb reads from the bottom up.
func (c *scene) climb(ctx context.Context, r *rows, id int64) (err error) {
	task, project := id, id
	switch c.kind {
	case clouds:
		c.stored.cloud, c.row, err = one(ctx, r, CloudKey(id), Clouds)
		c.cloud = c.stored.cloud
		return err
	case jobs:
		if c.stored.job, c.row, err = one(ctx, r, JobKey(id), Jobs); err != nil {
			return err
		}
		task = c.stored.job.Task
	}
	if c.kind != projects {
		it := store.Item{}
		if c.stored.task, it, err = one(ctx, r, TaskKey(task), Tasks); err != nil {
			return err
		}
		c.stack(it)
		project = c.stored.task.Project
	}
	if project != 0 {
		it := store.Item{}
		if c.stored.project, it, err = one(ctx, r, ProjectKey(project), Projects); err != nil {
			return err
		}
		c.stack(it)
	}
	c.project = c.stored.project
	c.task = c.stored.task.under(c.project)
	c.job = c.stored.job.under(c.task)
	return nil
}

// stack puts a row on top.
func (c *scene) stack(it store.Item) {
	if c.row.Key == (store.Key{}) {
		c.row = it
	} else {
		c.above = append(c.above, it)
	}
}

// top is what says in which organization all of it is.
func (c *scene) top() thing {
	switch {
	case c.kind == clouds:
		return c.cloud.thing()
	case c.stored.project.ID != 0:
		return c.stored.project.thing()
	}
	return c.stored.task.thing(Project{})
}

// before is what it is about as it is stored, and after as it is.
func (c *scene) before() thing {
	if !c.row.Exists() {
		return thing{kind: c.kind} // it is new
	}
	switch c.kind {
	case projects:
		return c.stored.project.thing()
	case tasks:
		return c.stored.task.thing(c.stored.project)
	case jobs:
		return c.stored.job.thing(c.stored.task, c.stored.project)
	}
	return c.stored.cloud.thing()
}

func (c *scene) after() thing {
	switch c.kind {
	case projects:
		return c.project.thing()
	case tasks:
		if c.next != nil {
			return c.task.thing(*c.next)
		}
		return c.task.thing(c.stored.project)
	case jobs:
		return c.job.thing(c.task, c.stored.project)
	}
	return c.cloud.thing()
}

// found takes up what a request has read about its object. For whoever may not do
// scope it is not there, or refused.
func (s *Service) found(ctx context.Context, who session.Caller, kind string, id int64, scope string) (c scene, err error) {
	c, err = s.scene(ctx, s.rows(api.NearOf(ctx), api.NextOf(ctx)), who.UID, kind, id)
	if err != nil {
		return c, err
	}
	if !c.there() {
		// The same question as about one that is there, so that nobody learns more.
		_ = api.Judge(ctx, who, api.Question{Package: kind, Scope: scope, Noun: nouns[kind], Resource: &policy.Resource{ID: id}})
		return c, fault.NotFound(nouns[kind])
	}
	return c, s.judge(ctx, who, &c, scope)
}

// judge asks the policy about a scene.
func (s *Service) judge(ctx context.Context, who session.Caller, c *scene, scope string) error {
	return api.Judge(ctx, who, c.question(scope))
}

func (c *scene) question(scope string) api.Question {
	q := api.Question{Package: c.kind, Scope: scope, Noun: nouns[c.kind], Resource: c.resource()}
	if !c.personal() {
		q.Org = &c.View
	}
	return q
}

// resource is the object as the policy sees it.
func (c *scene) resource() *policy.Resource {
	r := &policy.Resource{Organization: c.View.ID}
	if c.kind != projects && c.project.ID != 0 {
		r.Project = &policy.Staff{Owner: c.project.Owner, Assignee: c.project.Assignee, Organization: c.View.ID}
	}
	switch c.kind {
	case projects:
		r.ID, r.Owner, r.Assignee = c.project.ID, c.project.Owner, c.project.Assignee
	case tasks:
		r.ID, r.Owner, r.Assignee = c.task.ID, c.task.Owner, c.task.Assignee
	case jobs:
		r.ID, r.Assignee = c.job.ID, c.job.Assignee
		r.Stage, _ = policy.ParseStage(c.job.Stage)
		r.Task = &policy.Staff{Owner: c.task.Owner, Assignee: c.task.Assignee, Organization: c.View.ID}
	case clouds:
		r.ID, r.Owner = c.cloud.ID, c.cloud.Owner
	}
	return r
}

// inside are the checks that an organization, and the caller in it, are as they were
// read; none of what is personal.
func inside(who session.Caller, v *tenant.View) (ops []store.Op) {
	if v.ID == 0 {
		return nil
	}
	if ops = append(ops, v.Same()); v.Member.ID != 0 && !who.Admin() {
		ops = append(ops, v.MemberSame())
	}
	return ops
}

// holds are the checks by which a decision on the scene holds: that what stands
// above, the organization, and the caller in it are as they were read.
func (c *scene) holds(who session.Caller) []store.Op {
	ops := []store.Op{store.Check(session.AuthorityKey(who.UID), who.AuthorityAt())}
	for _, it := range c.above {
		ops = append(ops, store.Check(it.Key, it.At()))
	}
	return append(ops, inside(who, &c.View)...)
}
