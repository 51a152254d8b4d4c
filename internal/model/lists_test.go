package model

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"pgregory.net/rapid"
)

// list is a list of the product, and what the model would show in it.
type list struct {
	name, path, slug string
	size             int
	judge            func(c *caller, o *org) (verdict, []string)
	key              string // of a row
}

// readList reads a list page by page, and compares what all pages have together with
// the model.
func (m *machine) readList(t *rapid.T, by cred, l list) {
	var want, got []string
	pages := 0
	for next := fmt.Sprint(l.path, "?page_size=", l.size); next != ""; pages++ {
		c := command{name: l.name, by: by, r: in(request{method: "GET", path: next}, l.slug)}
		next = ""
		c.judge = m.inside(l.slug, func(who *caller, o *org) verdict {
			v, ids := l.judge(who, o)
			want = ids
			if v.status == 200 {
				v.look = func(a *answer) (err error) {
					var page []string
					page, next, err = l.rows(a, len(ids))
					got = append(got, page...)
					return err
				}
			}
			return v
		})
		m.run(t, c)
		if pages > 60 {
			t.Fatalf("%s does not end", l.name)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if (len(got) > 0 || pages > 1) && !slices.Equal(got, want) {
		t.Fatalf("%s: %v on %d pages, and the model has %v", l.name, got, pages, want)
	}
}

// rows are what a page has, and the way to the next one.
func (l list) rows(a *answer, count int) (keys []string, next string, err error) {
	var page struct {
		Count   int
		Next    *string
		Results []map[string]any
	}
	if err := a.decode(&page); err != nil {
		return nil, "", err
	}
	if page.Count != count || len(page.Results) > l.size {
		return nil, "", fmt.Errorf("%d rows in all and %d here, and the model has %d", page.Count, len(page.Results), count)
	}
	for _, r := range page.Results {
		switch v := r[l.key].(type) {
		case string:
			keys = append(keys, v)
		case float64:
			keys = append(keys, strconv.FormatInt(int64(v), 10))
		}
	}
	if page.Next != nil {
		u, err := url.Parse(*page.Next)
		if err != nil {
			return nil, "", err
		}
		next = u.RequestURI()
	}
	return keys, next, nil
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// shownMembers judges the list of memberships.
func (m *machine) shownMembers(c *caller, o *org) (verdict, []string) {
	var want []string
	if o != nil && !c.admin() && o.member(c.u) == nil {
		return refuse(403), nil
	}
	for _, p := range m.everywhere() {
		own := o == nil && p.user() == c.u
		there := o == p.o && (staff(o, c.u) || p.x != nil)
		if own || there || c.admin() && (o == nil || o == p.o) {
			want = append(want, number(p.id()))
		}
	}
	return refuse(200), want
}

func (m *machine) shownInvites(c *caller, o *org) (verdict, []string) {
	var want []string
	if o != nil && !c.admin() && o.member(c.u) == nil {
		return refuse(403), nil
	}
	for _, i := range m.invites {
		if i.gone || i.org.dead || o != nil && i.org != o {
			continue
		}
		if c.admin() || i.inviter == c.u || i.to(c.u) || o != nil && c.group("user") && staff(o, c.u) {
			want = append(want, i.key)
		}
	}
	return refuse(200), want
}

func (m *machine) shownOrgs(c *caller, _ *org) (verdict, []string) {
	var want []string
	for _, o := range m.orgs {
		if !o.dead && (c.admin() || o.member(c.u) != nil) {
			want = append(want, number(o.id))
		}
	}
	return refuse(200), want
}

// within draws the organization that a list is about, or none.
func (m *machine) within(t *rapid.T, by cred) string {
	if sometimes(t, 1, "everywhere") {
		return ""
	}
	return m.ofOrg(t, by.user()).slug
}

func size(t *rapid.T) int { return rapid.IntRange(1, 4).Draw(t, "page size") }

func (m *machine) listingMembers(t *rapid.T) {
	by := m.caller(t, m.inSome)
	m.readList(t, by, list{"list members", path("memberships"), m.within(t, by), size(t), m.shownMembers, "id"})
}

func (m *machine) listingInvites(t *rapid.T) {
	by := m.caller(t, m.inSome)
	m.readList(t, by, list{"list invitations", path("invitations"), m.within(t, by), size(t), m.shownInvites, "key"})
}

func (m *machine) listingOrgs(t *rapid.T) {
	by := m.caller(t, m.inSome)
	m.readList(t, by, list{"list organizations", path("organizations"), m.within(t, by), size(t), m.shownOrgs, "id"})
}
