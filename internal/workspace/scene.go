package workspace

import (
	"context"
	"errors"
	"slices"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// scene is what a request is about, with all that stands above it: a job, its task,
// the task's project, the organization. What is not there is zero. All of it is as
// what stands above says.
type scene struct {
	tenant.View // the organization, as the caller stands to it; zero: it is personal

	kind    string
	wiped   bool // it went with its organization
	fresh   bool // it is to be made in a workspace that the request names
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
