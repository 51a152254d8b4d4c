// Package check reads a table and reports every broken cross-item invariant: what
// it finds is empty on a healthy store. It works while the server runs.
//
// It owns no row. What the domains promise of their rows by writing them in one
// transaction is said here once more, from the other side, as one function for each
// kind of item. Such a function asks for the items that it needs; what nobody has
// read yet is read for all items of a page together, and the function runs again:
//
//	Scan ─▶ page ─▶ judge … read … judge ─▶ suspects ─▶ read all twice, judge ─▶ violations
//
// A scan is no snapshot, so a suspicion counts for nothing until everything that it
// rests on was read twice without a change between: versions never repeat, so there
// was a moment at which all of it was so. What changes too fast for that is not
// reported. Counters are compared with what the scan has counted, and then recounted
// in the same manner.
package check

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/internal/store"
)

// The rules. Each is broken only by what it says; what depends on an item that
// cannot be read is not judged.
const (
	Kind     = "kind"     // every item is of a known kind
	Readable = "readable" // every item can be read as what it is
	Place    = "place"    // every item lies where its contents say
	Belongs  = "belongs"  // whose account or organization is no more leaves nothing but what is still being removed

	Account       = "account"        // an account has a profile, and a profile an account
	UserRoster    = "user-roster"    // who is active or disabled, and nobody else, stands in the list of users as in the profile
	UserName      = "user-name"      // an account holds its user name, and a user name leads to its account or registration
	Email         = "email"          // an account holds its address for good, and an address leads to who has it, or just had it
	Registration  = "registration"   // a registration holds its user name and is found by its address
	Deletion      = "deletion"       // who asked to be deleted will be; what is due leads to somebody
	SessionOf     = "session"        // a session, and a token key, is of the account that it leads to
	AccessToken   = "access-token"   // an access token is found by its id and by its account, and nothing else is
	Identity      = "identity"       // a foreign identity is found by itself and by its account
	Slug          = "slug"           // a living organization holds its short name, and a short name leads to one
	OrgRoster     = "organizations"  // living organizations, and no others, are listed as they are
	Description   = "description"    // a living organization is described
	Owner         = "owner"          // the owner is a member as owner, and nobody else is; an offer is the owner's
	Removal       = "removal"        // what is deleted will be removed; what is due to be removed is deleted
	Membership    = "membership"     // the id of a membership leads to the member or the open invitation, and back
	MemberRoster  = "members"        // members and open invitations, and nothing else, are listed as they are
	Accepted      = "accepted"       // an accepted invitation is the one that its member came by
	InviteRoster  = "invitations"    // invitations, and nothing else, are listed as they are
	OpenOne       = "open"           // an address leads to its one open invitation of an organization, and back
	Sender        = "sender"         // whoever sent an invitation finds it, and nothing else
	InvitationDue = "invitation-due" // an invitation that holds a seat will expire, and only open ones will
	Seats         = "seats"          // the seats taken are the members and the open invitations that hold one
	Members       = "member-count"   // the members are counted
	Owned         = "owned"          // the living organizations of an owner are counted
	Negative      = "negative"       // no counter is below zero
	Over          = "over"           // a warning: more seats are taken than there are, as after the limit was lowered
	WorkRoster    = "work-roster"    // what people work on, and nothing else, is listed as it is
	WorkPart      = "work-part"      // a task of a project, and a job of a task, stands below it, and nothing else does
	WorkStake     = "work-stake"     // whoever owns something, or is assigned to it, finds it, and nothing else
	WorkOrg       = "work-org"       // what is in an organization that is no more will be its owner's
	WorkDue       = "work-due"       // what has moved or was deleted takes along what is below it
	WorkCount     = "work-count"     // what people work on is counted
	Outbox        = "outbox"         // no mail waits for more than a day, or is held for ever
)

// Violation is a rule that does not hold, and the item at which it was found.
type Violation struct {
	Rule string
	Key  store.Key
	Text string
}

// Warning reports whether it is a state that can come about, and only wants to be
// known.
func (v Violation) Warning() bool { return v.Rule == Over }

func (v Violation) String() string { return fmt.Sprintf("%s %q: %s", v.Rule, v.Key, v.Text) }

const pageSize = 300

// Run reads the whole table and reports what is broken. progress, if not nil, hears
// after each page how many items have been read.
func Run(ctx context.Context, t *store.Table, progress func(done int)) ([]Violation, error) {
	c := &checker{t: t, tally: newTally()}
	var found []Violation
	var after store.Key
	for done := 0; ; {
		items, next, err := t.Scan(ctx, after, pageSize)
		if err != nil {
			return found, err
		}
		some, err := c.page(ctx, items)
		if err != nil {
			return found, err
		}
		found = append(found, some...)
		done += len(items)
		if progress != nil {
			progress(done)
		}
		if after = next; after == (store.Key{}) {
			break
		}
	}
	counts, err := c.settle(ctx)
	if err != nil {
		return append(found, counts...), err
	}
	work, err := c.settleWork(ctx)
	return slices.Concat(found, counts, work), err
}

// checker is one run.
type checker struct {
	t     *store.Table
	tally tally
}

// page judges the items of a page, and those that look broken once more.
func (c *checker) page(ctx context.Context, items []store.Item) ([]Violation, error) {
	now := c.t.Now()
	views := make([]*view, len(items))
	for i, it := range items {
		views[i] = &view{now: now, self: it, items: map[store.Key]store.Item{}}
		c.tally.add(it)
	}
	known := map[store.Key]store.Item{}
	var suspects []*view
	for len(views) > 0 {
		var wanted []store.Key
		var again []*view
		for _, v := range views {
			switch v.judge(known); {
			case len(v.wanted) > 0:
				wanted, again = append(wanted, v.wanted...), append(again, v)
			case len(v.found) > 0:
				suspects = append(suspects, v)
			}
		}
		if err := c.read(ctx, known, wanted); err != nil {
			return nil, err
		}
		views = again
	}
	return c.confirm(ctx, suspects)
}

// read adds the items at keys to known.
func (c *checker) read(ctx context.Context, known map[store.Key]store.Item, keys []store.Key) error {
	var missing []store.Key
	for _, k := range keys {
		if _, ok := known[k]; !ok {
			known[k] = store.Item{Key: k}
			missing = append(missing, k)
		}
	}
	items, err := c.t.GetMany(ctx, missing)
	for _, it := range items {
		known[it.Key] = it
	}
	return err
}

// confirmations bounds how often a suspicion is looked at while things change.
const confirmations = 8

// confirm judges suspects by what lay there at one moment.
func (c *checker) confirm(ctx context.Context, suspects []*view) (found []Violation, err error) {
	for n := 0; len(suspects) > 0 && n < confirmations; n++ {
		var keys []store.Key
		for _, v := range suspects {
			keys = append(append(keys, v.self.Key), v.asked...)
		}
		first, second := map[store.Key]store.Item{}, map[store.Key]store.Item{}
		if err := c.read(ctx, first, keys); err != nil {
			return nil, err
		}
		due, err := c.dues(ctx)
		if err != nil {
			return nil, err
		}
		if err := c.read(ctx, second, keys); err != nil {
			return nil, err
		}
		var again []*view
		for _, v := range suspects {
			if !v.same(first, second) {
				again = append(again, v)
				continue
			}
			v.self, v.due = second[v.self.Key], due
			if v.judge(second); len(v.wanted) > 0 {
				again = append(again, v)
				continue
			}
			found = append(found, v.found...)
		}
		suspects = again
	}
	return found, nil
}
