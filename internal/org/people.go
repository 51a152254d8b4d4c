package org

import (
	"cmp"
	"context"

	"gatehouse/internal/tenant"
)

// Person is somebody in an organization. UID is the user's id, and for somebody
// who has not joined yet that of the membership, with the invited address as user
// name.
type Person struct {
	UID                   int64
	Username, First, Last string
	Active                bool // the account is; true for somebody who has not joined
}

func (r MemberRow) person() Person {
	return Person{cmp.Or(r.UID, r.ID), r.Username, r.First, r.Last, r.Enabled}
}

// People are the people of an organization, with pending also those who have not
// joined.
func (s *Service) People(ctx context.Context, org int64, pending bool) ([]Person, error) {
	rows, err := s.roster(ctx, org)
	var out []Person
	for _, r := range rows {
		if r.Active || pending {
			out = append(out, r.person())
		}
	}
	return out, err
}

// Person is one of them, and false if there is none of that id.
func (s *Service) Person(ctx context.Context, uid, org int64, pending bool) (Person, bool, error) {
	items, err := s.Table.Get(ctx, tenant.MemberKey(uid, org), MemberRowKey(org, uid))
	if err != nil {
		return Person{}, false, err
	}
	m, err := tenant.Members.Of(items[0])
	if err != nil {
		return Person{}, false, err
	}
	row := items[1]
	if m.ID != 0 {
		if items, err = s.Table.Get(ctx, MemberRowKey(org, m.ID)); err != nil {
			return Person{}, false, err
		}
		row = items[0]
	}
	r, err := MemberRows.Of(row)
	if err != nil || r.Active != (m.ID != 0) || !r.Active && (!pending || r.ID == 0) {
		return Person{}, false, err
	}
	return r.person(), true, nil
}
