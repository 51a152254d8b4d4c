package model

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"

	"pgregory.net/rapid"
)

var slugs = []string{"acme", "borealis", "cobalt", "dune"}

// slugged finds the living organization of a short name.
func (st *state) slugged(slug string) *org {
	for _, o := range st.orgs {
		if !o.dead && o.slug == slug {
			return o
		}
	}
	return nil
}

func (st *state) org(id int64) *org {
	for _, o := range st.orgs {
		if !o.dead && o.id == id {
			return o
		}
	}
	return nil
}

// invited reports whether an organization has invited somebody's address, so that
// they may know that it is there.
func (st *state) invited(o *org, u *user) bool { return u.email != "" && st.openTo(o, u.email) != nil }

func (m *machine) found(by cred, slug string) command {
	return command{name: "create organization", by: by, keyed: true,
		r: request{method: "POST", path: path("organizations"), body: object{"slug": slug, "name": "The " + slug}},
		judge: signedIn(func(c *caller) verdict {
			switch {
			case !mayFound(c):
				return refuse(403)
			case slug == "not a slug" || m.slugged(slug) != nil:
				return refuse(400)
			}
			return done(201, func(a *answer) {
				o := &org{id: id(a), slug: slug, name: "The " + slug, owner: c.u}
				o.members = []*member{{u: c.u, role: "owner"}}
				m.orgs = append(m.orgs, o)
				o.members[0].id = m.membership(o, c.u)
			})
		})}
}

// id is the id in an answer.
func id(a *answer) int64 {
	var got struct{ ID int64 }
	_ = a.decode(&got) // without one, nothing is found by it
	return got.ID
}

// membership reads the id of a membership that was just made.
func (m *machine) membership(o *org, u *user) int64 {
	items, err := store.New(m.p.d.Memory, m.p.clock).Get(context.Background(), tenant.MemberKey(u.id, o.id))
	if err != nil {
		panic(err)
	}
	row, err := tenant.Members.Of(items[0])
	if err != nil {
		panic(err)
	}
	return row.ID
}

// aboutOrg judges a request about an organization.
func (m *machine) aboutOrg(id int64, changes bool, may func(*caller, *org) bool, yes func(*caller, *org) verdict) func(*caller) verdict {
	return signedIn(func(c *caller) verdict {
		o := m.org(id)
		switch {
		case o == nil:
			return missing(c, changes)
		case may(c, o):
			return yes(c, o)
		}
		return no(c, o, o.owner == c.u || m.invited(o, c.u))
	})
}

func (m *machine) getOrg(by cred, id int64) command {
	return command{name: "read organization", by: by, r: request{method: "GET", path: path("organizations", id)},
		judge: m.aboutOrg(id, false, mayView, func(_ *caller, o *org) verdict {
			return verdict{status: 200, look: func(a *answer) error {
				var got struct {
					Slug, Name string
					Owner      struct{ ID int64 }
				}
				if err := a.decode(&got); err != nil {
					return err
				}
				if got.Slug != o.slug || got.Name != o.name || got.Owner.ID != o.owner.id {
					return fmt.Errorf("not %s, %s, of %s", o.slug, o.name, o.owner.name)
				}
				return nil
			}}
		})}
}

func (m *machine) updateOrg(by cred, id int64, body object) command {
	return command{name: "change organization", by: by, r: request{method: "PATCH", path: path("organizations", id), body: body},
		judge: m.aboutOrg(id, true, mayUpdate, func(_ *caller, o *org) verdict {
			slug, name := o.slug, o.name
			if v, ok := body["slug"].(string); ok {
				slug = v
			}
			if v, ok := body["name"].(string); ok {
				name = v
			}
			switch {
			case slug == "not a slug" || slug != o.slug && m.slugged(slug) != nil:
				return refuse(400)
			case slug == o.slug && name == o.name:
				return refuse(200)
			}
			return done(200, func(*answer) { o.slug, o.name = slug, name })
		})}
}

func (m *machine) dissolve(by cred, id int64) command {
	return command{name: "delete organization", by: by, r: request{method: "DELETE", path: path("organizations", id)},
		judge: m.aboutOrg(id, true, mayDissolve, func(_ *caller, o *org) verdict {
			return done(204, func(*answer) { o.dead = true })
		})}
}

// swept reports whether nothing is left of a deleted organization.
func (st *state) swept(o *org) bool { return !slices.Contains(st.orgs, o) }

// limitSeats sets how many seats there are, as billing does.
func (m *machine) limitSeats(t *rapid.T) {
	o := pick(t, "organization", filter(m.orgs, func(o *org) bool { return !o.dead }))
	if o == nil {
		return
	}
	n := rapid.IntRange(0, 5).Draw(t, "seats")
	table := store.New(m.p.d.Memory, m.p.clock)
	items, err := table.Get(context.Background(), tenant.Key(o.id))
	if err != nil {
		t.Fatal(err)
	}
	row, err := tenant.States.Of(items[0])
	if err != nil {
		t.Fatal(err)
	}
	row.Seats = int64(n)
	if err := table.Transact(context.Background(), tenant.States.Put(items[0].Key, row, items[0].At())); err != nil {
		t.Fatal(err)
	}
	o.seats = n
}

func (m *machine) inSome(u *user) bool {
	return slices.ContainsFunc(m.orgs, func(o *org) bool { return !o.dead && o.member(u) != nil })
}

// ofOrg draws an organization: one in which somebody is, or any that ever was.
func (m *machine) ofOrg(t *rapid.T, u *user) *org {
	near := filter(m.orgs, func(o *org) bool { return !o.dead && u != nil && (o.member(u) != nil || u.group == "admin") })
	own := filter(near, func(o *org) bool { return o.owner == u })
	switch {
	case len(own) > 0 && !sometimes(t, 1, "not mine"):
		return pick(t, "own organization", own)
	case len(near) > 0 && !sometimes(t, 2, "not near"):
		return pick(t, "near organization", near)
	}
	return pick(t, "organization", append(slices.Clone(m.orgs), &org{id: 1, slug: "nowhere"}))
}

func (m *machine) founding(t *rapid.T) {
	slug := pick(t, "slug", append(slices.Clone(slugs), "not a slug"))
	m.run(t, m.found(m.caller(t, anybody), slug))
}

func (m *machine) readingOrg(t *rapid.T) {
	if all := m.departed(); len(all) > 0 && sometimes(t, 2, "left") {
		p := pick(t, "former member", all)
		m.run(t, m.getOrg(m.as(t, p.u), p.o.id))
		return
	}
	by := m.caller(t, m.inSome)
	m.run(t, m.getOrg(by, m.ofOrg(t, by.user()).id))
}

func (m *machine) updatingOrg(t *rapid.T) {
	by := m.caller(t, m.inSome)
	body := object{"slug": pick(t, "slug", append(slices.Clone(slugs), "not a slug"))}
	if sometimes(t, 1, "name") {
		body = object{"name": pick(t, "name", []string{"One", "Two"})}
	}
	m.run(t, m.updateOrg(by, m.ofOrg(t, by.user()).id, body))
}

func (m *machine) dissolving(t *rapid.T) {
	if !sometimes(t, 1, "really") {
		m.readingOrg(t)
		return
	}
	by := m.caller(t, m.owns)
	m.run(t, m.dissolve(by, m.ofOrg(t, by.user()).id))
}
