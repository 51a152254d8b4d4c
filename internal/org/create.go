package org

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/limit"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// View is an organization as people see it.
type View struct {
	ID      int64           `json:"id"`
	Slug    string          `json:"slug"`
	Name    string          `json:"name"`
	About   string          `json:"description"`
	Created api.Time        `json:"created_date"`
	Updated api.Time        `json:"updated_date"`
	Contact json.RawMessage `json:"contact"`
	Owner   *profile.Basic  `json:"owner"`
}

func (s *Service) view(st tenant.State, d description, owner profile.Profile) View {
	v := View{ID: st.ID, Slug: st.Slug, Name: d.Name, About: d.About, Created: millis(st.Created), Updated: millis(d.Updated), Contact: d.Contact}
	if owner.UID != 0 {
		b := profile.Show(s.Settings.Site.BaseURL, owner)
		v.Owner = &b
	}
	return v
}

// CreateRequest is the form of a new organization. The contact is any JSON, by
// custom {"email", "phoneNumber", "location"}.
type CreateRequest struct {
	api.Late
	Slug    string          `json:"slug" rule:"required,max=16"`
	Name    string          `json:"name" rule:"blank,max=64"`
	About   string          `json:"description" rule:"blank,max=10000"`
	Contact json.RawMessage `json:"contact"`
}

// Near implements api.Near: the roster shows the creator's name.
func (CreateRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// made is what a request left behind for its repetition.
type made struct {
	ID int64 `json:"id"`
}

const (
	takenSlug  = "organization with this slug already exists."
	wrongSlug  = `Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.`
	maxContact = 4096
)

// Create makes an organization that belongs to the caller.
func (s *Service) Create(ctx context.Context, who session.Caller, in CreateRequest) (View, error) {
	q := api.Question{Package: "organizations", Scope: "create", Resource: &policy.Resource{Owner: who.UID, Role: policy.Owner}}
	if err := api.Judge(ctx, who, q); err != nil {
		return View{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.again(ctx, who, before.ID)
	}
	d, err := in.check()
	if err != nil {
		return View{}, err
	}
	rate := &limit.Bucket{Key: store.Key{PK: "LIM#organizations#" + idText(who.UID), SK: "L"}, Rate: rateCreate}
	items, err := s.Table.Get(ctx, tenant.SlugKey(in.Slug), rate.Key)
	if err != nil {
		return View{}, err
	}
	if items[0].Exists() {
		return View{}, fault.Field("slug", takenSlug)
	}
	rate.Item, rate.Read = items[1], true
	if err := s.Limits.Take(ctx, rate); err != nil {
		return View{}, err
	}
	me := api.NearOf(ctx)[0]
	p, err := profile.Profiles.Of(me)
	if err != nil {
		return View{}, err
	}
	now := api.From(ctx).Now
	d.Updated = now.UnixMilli()
	st := tenant.State{ID: store.NewID(now), Slug: in.Slug, Owner: who.UID, State: tenant.Active, Created: now.UnixMilli()}
	m := tenant.Member{ID: store.NewID(now), Org: st.ID, UID: who.UID, Role: policy.Owner.String(), Joined: now.UnixMilli()}
	ops := []store.Op{
		tenant.States.Put(tenant.Key(st.ID), st, store.Absent),
		descriptions.Put(descriptionKey(st.ID), d, store.Absent),
		tenant.Claims.Put(items[0].Key, tenant.Claim{Org: st.ID}, items[0].At()),
		tenant.Members.Put(tenant.MemberKey(who.UID, st.ID), m, store.Absent),
		Pointers.Put(PointerKey(m.ID), Pointer{Org: st.ID, UID: who.UID}, store.Absent),
		MemberRows.Put(MemberRowKey(st.ID, m.ID), Row(m, p, true), store.Absent),
		orgRows.Put(orgRowKey(st.ID), orgRow{st.ID, st.Slug, d.Name, who.UID}, store.Absent),
		st.Seat(1), st.Join(1), tenant.Own(who.UID, 1), tenant.Joined(who.UID),
		store.Check(session.AuthorityKey(who.UID), who.AuthorityAt()),
		store.Check(me.Key, me.At()),
		Audited(ctx, "organization.create", who.UID, st.ID, audit.Event{Changes: d.changes(description{}, st.Slug)}),
	}
	own := slices.IndexFunc(ops, func(o store.Op) bool { return o.Key == tenant.OwnedKey(who.UID) })
	err = s.Table.Transact(ctx, append(ops, api.Done(ctx, made{st.ID})...)...)
	if lost, ok := store.Conflict(err); ok && slices.Equal(lost, []int{own}) {
		return View{}, fault.Invalid("too_many_organizations", "You own "+strconv.Itoa(tenant.MaxOwned)+" organizations already.")
	}
	return s.view(st, d, p), err
}

// rateCreate is how many organizations one person makes.
var rateCreate = limit.Rate{Burst: 20, Every: 10 * time.Minute}

// again is the organization that an earlier request made, to whoever may still see
// it: it may have been handed over, and its maker have left.
func (s *Service) again(ctx context.Context, who session.Caller, id int64) (View, error) {
	items, err := s.Table.Get(ctx, tenant.Key(id), tenant.MemberKey(who.UID, id))
	if err != nil {
		return View{}, err
	}
	v, err := tenant.Read(items[0], items[1])
	if err != nil {
		return View{}, err
	}
	q := api.Question{Package: "organizations", Scope: "view", Org: &v, Noun: "Organization", Resource: &policy.Resource{ID: id, Owner: v.Owner, Role: v.Role()}}
	if err := api.Judge(ctx, who, q); err != nil {
		return View{}, err
	}
	return s.read(ctx, id)
}

// check judges the form.
func (in *CreateRequest) check() (description, error) {
	bad := fault.FieldsOf(in.Invalid())
	d := description{Name: in.Name, About: in.About, Contact: in.Contact}
	if !bad.Has("slug") && !tenant.ValidSlug(in.Slug) {
		bad.Add("slug", wrongSlug)
	}
	checkText(&d, &bad)
	if d.Name == "" {
		d.Name = in.Slug
	}
	if d.Contact == nil {
		d.Contact = json.RawMessage("{}")
	}
	return d, bad.Err()
}

// checkText judges what an organization says of itself. Names are shown to
// strangers, in mails: what is invisible or turns the writing around is refused.
func checkText(d *description, bad *fault.Fields) {
	if d.Name != "" {
		n, err := ident.Name(d.Name, 64)
		if err != nil {
			bad.Add("name", err.Error())
		}
		d.Name = n
	}
	if strings.ContainsFunc(d.About, hidden) {
		bad.Add("description", "Control characters are not allowed.")
	}
	if len(d.Contact) > maxContact {
		bad.Add("contact", "Ensure this field has no more than 4096 bytes.")
	}
}

// hidden reports control characters that are not white space.
func hidden(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f
}

// changes are what the audit log says of a new or changed description.
func (d description) changes(before description, slug string) map[string]audit.Change {
	out := map[string]audit.Change{}
	add := func(name, was, is string) {
		if was != is {
			out[name] = audit.Change{Before: clip(was), After: clip(is)}
		}
	}
	if slug != "" {
		add("slug", "", slug)
	}
	add("name", before.Name, d.Name)
	add("description", before.About, d.About)
	add("contact", string(before.Contact), string(d.Contact))
	return out
}

// clip bounds what an audit row holds of a text.
func clip(s string) string {
	if len(s) <= 300 {
		return s
	}
	return strings.ToValidUTF8(s[:300], "") + "…"
}
