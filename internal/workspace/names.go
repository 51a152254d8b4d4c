package workspace

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/list"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
)

// plain reports whether a list is asked for in its own order and whole.
func plain(in api.ListRequest) bool {
	for name, values := range list.Query(in.Query) {
		if name != "page" && name != "page_size" && name != "org" && name != "org_id" && strings.Join(values, "") != "" {
			return false
		}
	}
	return true
}

// name fills in names, if the list may go by them.
func (s *Service) name(ctx context.Context, r *rows, list []placed, in api.ListRequest) error {
	if plain(in) {
		return nil
	}
	q, err := url.ParseQuery(in.Query)
	if err != nil {
		return nil // what cannot be read asks for nothing
	}
	text := strings.Join(slices.Concat(q["sort"], q["filter"]), " ")
	asks := func(name string) bool {
		if strings.Join(q["search"], "") != "" || strings.Contains(text, name) {
			return true
		}
		for field, values := range q { // such as project_id
			if strings.HasPrefix(field, name) && strings.Join(values, "") != "" {
				return true
			}
		}
		return false
	}
	people, owns, works := asks("owner") || asks("assignee"), asks("project"), asks("task_name")
	var keys []store.Key
	for _, p := range list {
		if people {
			keys = append(keys, profile.Key(p.Owner), profile.Key(p.Assignee))
		}
		if (works || owns) && p.Task != 0 {
			keys = append(keys, TaskKey(p.Task))
		}
	}
	if _, err := r.get(ctx, unique(keys)...); err != nil {
		return err
	}
	keys = nil
	for i := range list {
		if err := list[i].grouped(r); err != nil {
			return err
		}
		if owns && list[i].Project != 0 {
			keys = append(keys, ProjectKey(list[i].Project))
		}
	}
	if _, err := r.get(ctx, unique(keys)...); err != nil {
		return err
	}
	for i := range list {
		if err := list[i].named(r); err != nil {
			return err
		}
	}
	return nil
}

// grouped fills in the project of a job's task, if that was read.
func (p *placed) grouped(r *rows) error {
	if it := r.got[TaskKey(p.Task)]; it.Exists() {
		t, err := Tasks.Of(it)
		p.Project, p.task = t.Project, t.Name
		return err
	}
	return nil
}

func unique(keys []store.Key) []store.Key {
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

func (p *placed) named(r *rows) error {
	person := func(uid int64) (string, error) {
		v, err := profile.Profiles.Of(r.got[profile.Key(uid)])
		return v.Username, err
	}
	var errs [3]error
	p.owner, errs[0] = person(p.Owner)
	p.assignee, errs[1] = person(p.Assignee)
	var above Project
	above, errs[2] = Projects.Of(r.got[ProjectKey(p.Project)])
	p.project = above.Name
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
