package check

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// tally is what a scan counts, and what it finds counted. It holds numbers of every
// organization and owner, and nothing else.
type tally struct {
	orgs   map[int64]*orgTally
	owned  map[int64]int64 // living organizations by owner
	owners map[int64]int64 // the counter of each
	work   workTally
}

type orgTally struct {
	numbers
	alive bool
}

// numbers are those of one organization: by its rows, by its counters, and how many
// there may be.
type numbers struct{ members, seated, countedSeats, countedMembers, limit int64 }

func newTally() tally {
	return tally{map[int64]*orgTally{}, map[int64]int64{}, map[int64]int64{}, newWorkTally()}
}

func (t *tally) of(id int64) *orgTally {
	if t.orgs[id] == nil {
		t.orgs[id] = &orgTally{}
	}
	return t.orgs[id]
}

// add counts an item. One that cannot be read is reported elsewhere.
func (t *tally) add(it store.Item) {
	t.work.add(it)
	switch it.Kind {
	case tenant.States.Name:
		if st, err := tenant.States.Of(it); err == nil && st.State == tenant.Active {
			o := t.of(st.ID)
			o.alive, o.limit = true, st.Seats
			t.owned[st.Owner]++
		}
	case tenant.Members.Name:
		if m, err := tenant.Members.Of(it); err == nil {
			t.of(m.Org).members++
		}
	case org.Invitations.Name:
		if i, err := org.Invitations.Of(it); err == nil && i.Accepted == 0 && i.Seated {
			t.of(i.Org).seated++
		}
	case "organization-count":
		id, _ := number(it.PK, "ORG#")
		if it.Key == tenant.SeatsKey(id) {
			t.of(id).countedSeats = tenant.Count(it)
		} else {
			t.of(id).countedMembers = tenant.Count(it)
		}
	case "owned-count":
		uid, _ := number(it.PK, "MEM#")
		t.owners[uid] = tenant.Count(it)
	}
}

// settle judges the counters. Those that seem wrong are counted again.
func (c *checker) settle(ctx context.Context) (found []Violation, err error) {
	for _, id := range slices.Sorted(maps.Keys(c.tally.orgs)) {
		if o := c.tally.orgs[id]; !o.alive || len(o.judge(id)) == 0 {
			continue
		}
		n, ok, err := c.recount(ctx, id)
		if err != nil {
			return found, err
		}
		if ok {
			found = append(found, n.judge(id)...)
		}
	}
	people := maps.Clone(c.tally.owned)
	maps.Copy(people, c.tally.owners)
	for _, uid := range slices.Sorted(maps.Keys(people)) {
		if c.tally.owned[uid] == c.tally.owners[uid] || c.tally.owners[uid] < 0 {
			continue
		}
		v, err := c.recountOwned(ctx, uid)
		if err != nil {
			return found, err
		}
		found = append(found, v...)
	}
	return found, nil
}

func (n numbers) judge(id int64) (found []Violation) {
	if taken := n.members + n.seated; n.countedSeats >= 0 && n.countedSeats != taken {
		found = append(found, Violation{Seats, tenant.SeatsKey(id), fmt.Sprintf("it counts %d; there are %d members and %d open invitations", n.countedSeats, n.members, n.seated)})
	} else if n.limit > 0 && taken > n.limit {
		found = append(found, Violation{Over, tenant.SeatsKey(id), fmt.Sprintf("%d of %d seats are taken", taken, n.limit)})
	}
	if n.countedMembers >= 0 && n.countedMembers != n.members {
		found = append(found, Violation{Members, tenant.MembersKey(id), fmt.Sprintf("it counts %d; there are %d members", n.countedMembers, n.members)})
	}
	return found
}

// maxRoster bounds the members of an organization, and the memberships of somebody.
const maxRoster = 10_000_000

// recount counts an organization by its roster, which the rules hold to be complete.
// It is not ok if the organization never stood still, or is deleted.
func (c *checker) recount(ctx context.Context, id int64) (n numbers, ok bool, err error) {
	counters := []store.Key{tenant.Key(id), tenant.SeatsKey(id), tenant.MembersKey(id)}
	for range confirmations {
		before, err := c.t.Get(ctx, counters...)
		if err != nil {
			return n, false, err
		}
		st, err := tenant.States.Of(before[0])
		if err != nil || st.State != tenant.Active {
			return n, false, nil
		}
		if n, err = c.seated(ctx, id); err != nil {
			return n, false, err
		}
		after, err := c.t.Get(ctx, counters...)
		if err != nil {
			return n, false, err
		}
		n.countedSeats, n.countedMembers, n.limit = tenant.Count(before[1]), tenant.Count(before[2]), st.Seats
		if equal(before, after) {
			return n, true, nil
		}
	}
	return n, false, nil
}

// equal reports whether the same items were read twice.
func equal(a, b []store.Item) bool {
	return slices.EqualFunc(a, b, func(a, b store.Item) bool { return a.Version == b.Version })
}

// seated counts the members, and the invitations that hold a seat, of a roster.
func (c *checker) seated(ctx context.Context, id int64) (n numbers, err error) {
	rows, err := c.t.All(ctx, store.Query{PK: org.MemberRowKey(id, 0).PK}, maxRoster)
	if err != nil {
		return n, err
	}
	var keys []store.Key
	for _, it := range rows {
		if r, err := org.MemberRows.Of(it); err == nil && r.Active {
			keys = append(keys, tenant.MemberKey(r.UID, id))
		} else if err == nil {
			keys = append(keys, org.InvitationKey(r.Key))
		}
	}
	items, err := c.t.GetMany(ctx, keys)
	for _, it := range items {
		if m, err := tenant.Members.Of(it); err == nil && m.ID != 0 {
			n.members++
		}
		if i, err := org.Invitations.Of(it); err == nil && i.Accepted == 0 && i.Seated {
			n.seated++
		}
	}
	return n, err
}

// recountOwned counts what somebody owns by their memberships. An account that is
// erased owns nothing, and its counter goes with the rest.
func (c *checker) recountOwned(ctx context.Context, uid int64) ([]Violation, error) {
	counter := tenant.OwnNone(uid).Key
	for range confirmations {
		before, err := c.t.Get(ctx, counter, session.AuthorityKey(uid))
		if err != nil {
			return nil, err
		}
		members, err := c.t.All(ctx, tenant.MemberQuery(uid), maxRoster)
		if err != nil {
			return nil, err
		}
		var keys []store.Key
		for _, it := range members {
			if m, err := tenant.Members.Of(it); err == nil {
				keys = append(keys, tenant.Key(m.Org))
			}
		}
		states, err := c.t.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		n := int64(0)
		for _, it := range states {
			if st, err := tenant.States.Of(it); err == nil && st.State == tenant.Active && st.Owner == uid {
				n++
			}
		}
		after, err := c.t.Get(ctx, counter, session.AuthorityKey(uid))
		if err != nil {
			return nil, err
		}
		if equal(before, after) {
			if is := tenant.Count(before[0]); is != n {
				return []Violation{{Owned, counter, fmt.Sprintf("it counts %d; %d owns %d living organizations", is, uid, n)}}, nil
			}
			return nil, nil
		}
	}
	return nil, nil
}
