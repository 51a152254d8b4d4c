package check

import (
	"strings"

	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

func state(v *view, st tenant.State) {
	v.at(tenant.Key(st.ID))
	c, _ := get(v, tenant.Claims, tenant.SlugKey(st.Slug))
	row, listed := get(v, org.Rows.List, org.Keys.List(st.ID))
	if st.State != tenant.Active {
		if st.State != tenant.Going {
			v.report(Removal, "its state is %q", st.State)
		} else if !v.due.orgs[st.ID] {
			v.report(Removal, "it is deleted, and nothing will remove it")
		}
		if c.Org == st.ID {
			v.report(Slug, "it is deleted, and holds %q", st.Slug)
		}
		if listed {
			v.report(OrgRoster, "it is deleted, and listed")
		}
		return
	}
	if c.Org != st.ID {
		v.report(Slug, "the short name %q leads to %d", st.Slug, c.Org)
	}
	d, ok := get(v, org.Rows.Descriptions, org.Keys.Description(st.ID))
	if !ok {
		v.report(Description, "it has no description")
		d.Name = row.Name
	}
	if want := (org.ListRow{ID: st.ID, Slug: st.Slug, Name: d.Name, Owner: st.Owner}); row != want {
		v.report(OrgRoster, "listed as %+v, not as %+v", row, want)
	}
	if m, _ := get(v, tenant.Members, tenant.MemberKey(st.Owner, st.ID)); m.Role != policy.Owner.String() {
		v.report(Owner, "%d owns it, and is a member as %q", st.Owner, m.Role)
	}
}

// alive reads an organization that lives; the zero State is none.
func (v *view) alive(id int64) tenant.State {
	st, _ := get(v, tenant.States, tenant.Key(id))
	if st.State != tenant.Active {
		return tenant.State{}
	}
	return st
}

func slug(v *view, c tenant.Claim) {
	if st := v.alive(c.Org); st.ID == 0 || tenant.SlugKey(st.Slug) != v.self.Key {
		v.report(Slug, "it leads to %d, which has the short name %q", c.Org, st.Slug)
	}
}

func orgRow(v *view, r org.ListRow) {
	v.at(org.Keys.List(r.ID))
	if _, ok := get(v, tenant.States, tenant.Key(r.ID)); !ok {
		v.report(OrgRoster, "there is no organization %d", r.ID)
	}
}

func offer(v *view, o tenant.Offer) {
	id, _ := number(v.self.PK, "ORG#")
	if st, lives := v.ofOrg(id); lives && o.By != st.Owner {
		v.report(Owner, "%d offers what is %d's", o.By, st.Owner)
	}
}

func dueOrg(v *view, d org.Due) {
	if !strings.HasSuffix(v.self.SK, "#"+store.IDText(d.ID)) {
		v.report(Place, "it is about %d", d.ID)
	}
	if st, ok := get(v, tenant.States, tenant.Key(d.ID)); !ok || st.State != tenant.Going {
		v.report(Removal, "there is no deleted organization %d to remove", d.ID)
	}
}
