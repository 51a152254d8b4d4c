package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/internal/fault"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Workspace is what a request names by X-Organization, org or org_id: nothing, the
// personal workspace, or an organization.
type Workspace struct {
	Named bool         // something was named; with Org nil: the personal workspace
	Org   *tenant.View // the organization, as the caller stands to it

	slug string
	id   int64
}

const (
	bothOrgs  = `You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the same time.`
	twoOrgs   = `You cannot specify "org" query parameter and "X-Organization" HTTP header with different values.`
	orgHeader = "x-organization"
)

// readWorkspace reads what a request names, by the baseline's rules.
func readWorkspace(r *Request) (w Workspace, err error) {
	header, inHeader := r.Header[orgHeader]
	slug, inQuery := first(r.Query, "org")
	id, byID := first(r.Query, "org_id")
	switch {
	case byID && (inQuery || inHeader):
		return w, fault.Invalid("organization_conflict", bothOrgs)
	case inQuery && inHeader && slug != header:
		return w, fault.Invalid("organization_conflict", twoOrgs)
	case inHeader:
		slug = header
	}
	w.Named = byID || inQuery || inHeader
	if id == "" {
		if slug != "" && !tenant.ValidSlug(slug) { // no organization can have it
			return w, noOrganization(shorten(strings.ToValidUTF8(slug, "\uFFFD"), 64))
		}
		w.slug = slug
		return w, nil
	}
	if w.id, err = strconv.ParseInt(id, 10, 64); err != nil || w.id < 0 || strconv.FormatInt(w.id, 10) != id {
		return w, fault.Invalid("invalid_organization", `"org_id" must be the number of an organization.`)
	}
	return w, nil
}

func first(q url.Values, name string) (string, bool) {
	v, ok := q[name]
	if !ok || len(v) == 0 {
		return "", false
	}
	return v[0], true
}

func noOrganization(name string) *fault.Fault {
	return fault.New(404, "organization_not_found", name+" organization does not exist.")
}

// near is what finding the organization needs in the round that reads the caller.
func (w *Workspace) near(uid int64) []store.Key {
	switch {
	case w.id != 0:
		return []store.Key{tenant.Key(w.id), tenant.MemberKey(uid, w.id)}
	case w.slug != "":
		return []store.Key{tenant.SlugKey(w.slug)}
	}
	return nil
}

// next is what it needs in the round after that.
func (w *Workspace) next(uid int64, near []store.Item) ([]store.Key, error) {
	if w.slug == "" {
		return nil, nil
	}
	c, err := tenant.Claims.Of(near[0])
	if err != nil {
		return nil, err
	}
	if c.Org == 0 {
		return nil, noOrganization(w.slug)
	}
	return []store.Key{tenant.Key(c.Org), tenant.MemberKey(uid, c.Org)}, nil
}

// open makes the view of the organization that was named. For somebody who has
// nothing to do with it, it does not exist.
func (w *Workspace) open(ctx context.Context, t *store.Table, who session.Caller, near, next []store.Item) error {
	rows := near
	name := strconv.FormatInt(w.id, 10)
	if w.slug != "" {
		rows, name = next, w.slug
	}
	if len(rows) == 0 {
		return nil
	}
	v, err := tenant.Read(rows[0], rows[1])
	if err != nil {
		return err
	}
	if !v.Alive() {
		return noOrganization(name)
	}
	if v.Member.ID == 0 && !who.Admin() {
		invited, err := Invited(ctx, t, who.UID, v.ID)
		if err != nil {
			return err
		}
		if !invited {
			return noOrganization(name).Noted(fault.PermissionRefused)
		}
	}
	w.Org = &v
	return nil
}

// Invited reports whether an organization has invited somebody's confirmed
// address: whoever is may know that it exists.
func Invited(ctx context.Context, t *store.Table, uid, org int64) (bool, error) {
	items, err := t.Get(ctx, profile.Key(uid))
	if err != nil {
		return false, err
	}
	p, err := profile.Profiles.Of(items[0])
	if err != nil || p.Email == "" || !p.Verified {
		return false, err
	}
	items, err = t.Get(ctx, tenant.OpenKey(p.Email, org))
	return err == nil && items[0].Exists(), err
}
