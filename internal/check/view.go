package check

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// view is an item, and as much of the table as its rules have asked for.
type view struct {
	now   time.Time
	self  store.Item
	items map[store.Key]store.Item
	due   dues

	asked  []store.Key // everything that was looked at
	wanted []store.Key // what of that is not in items: the judgement is worth nothing
	found  []Violation
	blind  bool // something could not be read
}

// dues are the accounts and organizations that are still being removed. The zero
// dues are none: what leans on them is a suspicion, and settled by confirm.
type dues struct{ users, orgs map[int64]bool }

// maxDue bounds what can be due at a time.
const maxDue = 1_000_000

func (c *checker) dues(ctx context.Context) (dues, error) {
	d := dues{map[int64]bool{}, map[int64]bool{}}
	users, err := c.t.All(ctx, store.Query{PK: account.Keys.Due(time.Time{}, 0).PK}, maxDue)
	if err != nil {
		return d, err
	}
	for _, it := range users {
		if u, err := account.Rows.Dues.Of(it); err == nil {
			d.users[u.UID] = true
		}
	}
	orgs, err := c.t.All(ctx, store.Query{PK: org.DueOrgsPK}, maxDue)
	for _, it := range orgs {
		if o, err := org.Rows.DueOrgs.Of(it); err == nil {
			d.orgs[o.ID] = true
		}
	}
	return d, err
}

// judge runs the rules of the item on what is known.
func (v *view) judge(known map[store.Key]store.Item) {
	v.items, v.asked, v.wanted, v.found, v.blind = known, nil, nil, nil, false
	if !v.self.Exists() {
		return
	}
	rule, ok := rules[v.self.Kind]
	if !ok {
		v.report(Kind, "this kind is unknown: %s", v.self.Kind)
		return
	}
	if rule == nil {
		return
	}
	if err := rule(v); err != nil {
		v.found = nil
		v.report(Readable, "%v", err)
	} else if v.blind {
		v.found = nil
	}
}

// same reports whether two readings of everything that was looked at are equal.
func (v *view) same(a, b map[store.Key]store.Item) bool {
	for _, k := range append(v.asked[:len(v.asked):len(v.asked)], v.self.Key) {
		if a[k].Version != b[k].Version {
			return false
		}
	}
	return true
}

func (v *view) report(rule, format string, args ...any) {
	v.found = append(v.found, Violation{rule, v.self.Key, fmt.Sprintf(format, args...)})
}

// look is the item at k. One that is not known yet is not there for now.
func (v *view) look(k store.Key) store.Item {
	v.asked = append(v.asked, k)
	it, ok := v.items[k]
	if !ok {
		v.wanted = append(v.wanted, k)
	}
	return it
}

// get is what lies at k, and whether anything does.
func get[T any](v *view, kind store.Kind[T], k store.Key) (T, bool) {
	it := v.look(k)
	x, err := kind.Of(it)
	if err != nil {
		v.blind = true // it is reported where it lies
	}
	return x, it.Exists()
}

// of makes the rules of a kind of a function.
func of[T any](kind store.Kind[T], judge func(*view, T)) func(*view) error {
	return func(v *view) error {
		x, err := kind.Of(v.self)
		if err == nil {
			v.owned()
			judge(v, x)
		}
		return err
	}
}

// at requires the item to lie at one of some keys.
func (v *view) at(keys ...store.Key) {
	for _, k := range keys {
		if v.self.Key == k {
			return
		}
	}
	v.report(Place, "it should lie at %q", keys)
}

// owned requires that what lies in the partition of an account belongs to one.
func (v *view) owned() {
	if uid, ok := number(v.self.PK, "U#"); ok && v.self.Key != session.AuthorityKey(uid) {
		v.ofAccount(uid)
	}
}

// ofAccount requires an account that was not erased, or whose remains are being
// removed.
func (v *view) ofAccount(uid int64) {
	a, ok := get(v, session.Authorities, session.AuthorityKey(uid))
	if (!ok || a.Status == session.Erased) && !v.due.users[uid] {
		v.report(Belongs, "there is no account %d", uid)
	}
}

// ofOrg requires an organization, and reports whether it lives. Of one that is
// being removed nothing more is required.
func (v *view) ofOrg(id int64) (tenant.State, bool) {
	st, ok := get(v, tenant.States, tenant.Key(id))
	if !ok {
		v.report(Belongs, "there is no organization %d", id)
	}
	return st, ok && st.State == tenant.Active
}

// number is the id that follows a prefix.
func number(s, prefix string) (int64, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, ok && err == nil && n > 0
}
