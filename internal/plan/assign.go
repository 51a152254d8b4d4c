package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Unlimited are the seats of an organization whose plan limits no members.
const Unlimited = -1

// Assignment is a plan that a workspace gets, and how many seats if it is an
// organization's; 0 is what the plan says.
type Assignment struct {
	Plan  string
	Seats int64
}

// find is the plan that is assigned, or says which there are.
func (p *Plans) find(id string, org bool) (Plan, error) {
	if one := p.Of(id, org); one.ID == id {
		return one, nil
	}
	var known []string
	for _, one := range p.All {
		if p.Of(one.ID, org).ID == one.ID {
			known = append(known, one.ID)
		}
	}
	slices.Sort(known)
	return Plan{}, fmt.Errorf("plan %q: expected %s", id, strings.Join(known, ", "))
}

// AssignPerson gives a person's own workspace a plan, as the operator says.
func (p *Plans) AssignPerson(ctx context.Context, t *store.Table, uid int64, a Assignment) error {
	if a.Seats != 0 {
		return fmt.Errorf("seats %d: a person's own workspace has none", a.Seats)
	}
	one, err := p.find(a.Plan, false)
	if err != nil {
		return err
	}
	return again(func() error {
		items, err := t.Get(ctx, Key(0, uid), session.AuthorityKey(uid))
		if err != nil {
			return err
		}
		if who, err := session.Authorities.Of(items[1]); err != nil {
			return err
		} else if !items[1].Exists() || who.Status == session.Erased {
			return errors.New("there is no such account")
		}
		was, err := Rows.Of(items[0])
		if err != nil {
			return err
		}
		return t.Transact(ctx, p.put(items[0], one), store.Check(items[1].Key, items[1].At()), audit.Row(t.Now(), audit.Event{Action: "plan.assign", Target: uid, Agent: operator,
			Changes: map[string]audit.Change{"plan": {Before: p.Of(was.Plan, false).ID, After: one.ID}}}))
	})
}

// AssignOrganization gives the organization with a short name a plan and its seats,
// as the operator says. Fewer seats than members throw nobody out.
func (p *Plans) AssignOrganization(ctx context.Context, t *store.Table, slug string, a Assignment) error {
	one, err := p.find(a.Plan, true)
	if err != nil {
		return err
	}
	seats := a.Seats
	switch most := one.Most(Members); {
	case seats < 0:
		return fmt.Errorf("seats %d: expected 1 or more", seats)
	case seats > 0 && most > 0:
		return fmt.Errorf("seats %d: the plan %s has %d", seats, one.ID, most)
	case most > 0:
		seats = 0 // what the default plan says, whatever that is by then
		if one.ID != p.Default {
			seats = most
		}
	case seats == 0:
		seats = Unlimited
	}
	return again(func() error { return p.assign(ctx, t, slug, one, seats) })
}

func (p *Plans) assign(ctx context.Context, t *store.Table, slug string, one Plan, seats int64) error {
	items, err := t.Get(ctx, tenant.SlugKey(slug))
	if err != nil {
		return err
	}
	claim, err := tenant.Claims.Of(items[0])
	if err != nil {
		return err
	}
	if claim.Org == 0 {
		return fmt.Errorf("organization %q: there is none with this short name", slug)
	}
	if items, err = t.Get(ctx, tenant.Key(claim.Org), Key(claim.Org, 0)); err != nil {
		return err
	}
	st, err := tenant.States.Of(items[0])
	if err != nil {
		return err
	}
	was, err := Rows.Of(items[1])
	if err != nil {
		return err
	}
	if st.State != tenant.Active {
		return fmt.Errorf("organization %q: it has been deleted", slug)
	}
	had := st.Seats
	st.Seats = seats
	return t.Transact(ctx, tenant.States.Put(items[0].Key, st, items[0].At()), p.put(items[1], one),
		audit.OrgRow(t.Now(), audit.Event{Action: "plan.assign", Org: st.ID, Agent: operator, Changes: map[string]audit.Change{
			"plan":  {Before: p.Of(was.Plan, true).ID, After: one.ID},
			"seats": {Before: seatText(had), After: seatText(seats)}}}))
}

const operator = "operator"

// put writes which plan a workspace has. The default one needs no row.
func (p *Plans) put(was store.Item, one Plan) store.Op {
	if one.ID == p.Default {
		return store.Delete(was.Key, was.At())
	}
	return Rows.Put(was.Key, Row{Plan: one.ID}, was.At())
}

func seatText(n int64) string {
	if n < 0 {
		return "no limit"
	}
	return strconv.FormatInt(n, 10)
}

// again tries what lost against another change.
func again(do func() error) (err error) {
	for n := range 5 {
		if err = do(); err == nil {
			return nil
		}
		if _, lost := store.Conflict(err); !lost {
			return err
		}
		time.Sleep(time.Duration(n) * 10 * time.Millisecond)
	}
	return err
}
