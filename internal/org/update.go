package org

import (
	"context"
	"encoding/json"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// UpdateRequest changes what an organization says of itself. Its owner cannot be
// changed so: that has a procedure of its own.
type UpdateRequest struct {
	api.Late
	ID      int64                    `path:"id"`
	Slug    api.Opt[string]          `json:"slug" rule:"max=16"`
	Name    api.Opt[string]          `json:"name" rule:"blank,max=64"`
	About   api.Opt[string]          `json:"description" rule:"blank,max=10000"`
	Contact api.Opt[json.RawMessage] `json:"contact"`
}

// Near implements api.Near.
func (r UpdateRequest) Near(uid int64) []store.Key { return near(r.ID, uid) }

func (r UpdateRequest) applied(d description) description {
	if r.Name.Set {
		d.Name = r.Name.Value
	}
	if r.About.Set {
		d.About = r.About.Value
	}
	if r.Contact.Set {
		d.Contact = r.Contact.Value
	}
	return d
}

// Update changes an organization.
func (s *Service) Update(ctx context.Context, who session.Caller, in UpdateRequest) (View, error) {
	f, err := s.find(ctx, who, "update")
	if err != nil {
		return View{}, err
	}
	owner, err := s.profile(ctx, f.Owner)
	if err != nil {
		return View{}, err
	}
	d, st := in.applied(f.description), f.View.State
	bad := fault.FieldsOf(in.Invalid())
	checkText(&d, &bad)
	var ops []store.Op
	if in.Slug.Set && in.Slug.Value != st.Slug && !bad.Has("slug") {
		st.Slug = in.Slug.Value
		if ops, err = s.rename(ctx, f.View, st, &bad); err != nil {
			return View{}, err
		}
	}
	if err := bad.Err(); err != nil {
		return View{}, err
	}
	changes := d.changes(f.description, "")
	if st.Slug != f.Slug {
		changes["slug"] = audit.Change{Before: f.Slug, After: st.Slug}
	} else {
		ops = append(ops, f.Same())
	}
	if len(changes) == 0 {
		return s.view(st, d, owner), nil
	}
	d.Updated = api.From(ctx).Now.UnixMilli()
	ops = append(ops, descriptions.Put(f.described.Key, d, f.described.At()),
		orgRows.Put(orgRowKey(st.ID), orgRow{st.ID, st.Slug, d.Name, st.Owner}, store.Always),
		Audited(ctx, "organization.update", who.UID, st.ID, audit.Event{Changes: changes}))
	return s.view(st, d, owner), s.Table.Transact(ctx, append(ops, ByAuthority(who, &f.View)...)...)
}

// rename moves the claim of the short name.
func (s *Service) rename(ctx context.Context, v tenant.View, st tenant.State, bad *fault.Fields) ([]store.Op, error) {
	if !tenant.ValidSlug(st.Slug) {
		bad.Add("slug", wrongSlug)
		return nil, nil
	}
	items, err := s.Table.Get(ctx, tenant.SlugKey(st.Slug))
	if err != nil {
		return nil, err
	}
	if c, err := tenant.Claims.Of(items[0]); err != nil {
		return nil, err
	} else if c.Org == st.ID {
		return nil, &store.ConflictError{} // it was renamed so meanwhile
	}
	if items[0].Exists() {
		bad.Add("slug", takenSlug)
		return nil, nil
	}
	return []store.Op{
		tenant.Claims.Put(items[0].Key, tenant.Claim{Org: st.ID}, items[0].At()),
		store.Delete(tenant.SlugKey(v.Slug), store.Present),
		tenant.States.Put(tenant.Key(st.ID), st, v.At()),
	}, nil
}

// DeleteRequest removes an organization. Its short name may be typed along, and
// must then be the right one.
type DeleteRequest struct {
	api.Late
	ID   int64           `path:"id"`
	Slug api.Opt[string] `json:"slug" rule:"max=64"`

	// Content says what becomes of projects, tasks and cloud storages: "delete", or
	// their owners keep them.
	Content string `query:"content"`
}

// Near implements api.Near.
func (r DeleteRequest) Near(uid int64) []store.Key { return near(r.ID, uid) }

// Delete removes an organization. It is gone for everybody at once: every reader
// looks at its state, and every other change of it fails on that row. What is left
// is removed by Drain.
func (s *Service) Delete(ctx context.Context, who session.Caller, in DeleteRequest) (struct{}, error) {
	f, err := s.find(ctx, who, "delete")
	if err != nil {
		return struct{}{}, err
	}
	if err := in.Invalid(); err != nil {
		return struct{}{}, err
	}
	if in.Content != "" && in.Content != "delete" && in.Content != "keep" {
		return struct{}{}, fault.Field("content", "Expected delete or keep.")
	}
	if in.Slug.Set && strings.TrimSpace(in.Slug.Value) != f.Slug {
		return struct{}{}, fault.Field("slug", "This is not the short name of the organization.")
	}
	now := api.From(ctx).Now
	st := f.View.State
	st.State = tenant.Going
	ops := ByAuthority(who, &f.View)
	if s.Left != nil {
		ops = append(ops, s.Left(st.ID, in.Content == "delete"))
	}
	return struct{}{}, s.Table.Transact(ctx, append(ops,
		tenant.States.Put(tenant.Key(st.ID), st, f.At()),
		store.Delete(tenant.SlugKey(st.Slug), store.Present),
		store.Delete(orgRowKey(st.ID), store.Always),
		tenant.Own(st.Owner, -1),
		dueOrgs.Put(dueOrgKey(now, st.ID), made{st.ID}, store.Always),
		Audited(ctx, "organization.delete", who.UID, st.ID, audit.Event{Changes: map[string]audit.Change{"slug": {Before: st.Slug}}}))...)
}
