package model

import "time"

// org is an organization.
type org struct {
	id      int64
	slug    string
	name    string
	owner   *user
	seats   int // 0: no limit
	members []*member
	former  []*user // who have been members
	offer   *offer
	dead    bool
}

type member struct {
	id     int64
	u      *user
	role   string
	invite *invite // that they came by; nil if that is forgotten
}

type offer struct {
	to     *user
	member int64
	by     *user
	until  time.Time
}

// invite is an invitation.
type invite struct {
	key      string
	id       int64 // of the membership
	org      *org
	email    string
	role     string
	inviter  *user
	secret   string // in its newest mail; "" until that has come
	mail     int    // which mail is the newest
	expires  time.Time
	seated   bool
	accepted *user
	gone     bool
}

func (i *invite) open(now time.Time) bool {
	return !i.gone && i.accepted == nil && now.Before(i.expires)
}

func (o *org) member(u *user) *member {
	for _, m := range o.members {
		if m.u == u {
			return m
		}
	}
	return nil
}

func (o *org) role(u *user) string {
	if m := o.member(u); m != nil {
		return m.role
	}
	return ""
}

// openTo is the invitation that has an address's place, open or expired.
func (st *state) openTo(o *org, email string) *invite {
	for _, i := range st.invites {
		if i.org == o && i.email == email && i.accepted == nil && !i.gone {
			return i
		}
	}
	return nil
}

// taken counts the seats that are taken.
func (st *state) taken(o *org) int {
	n := len(o.members)
	for _, i := range st.invites {
		if i.org == o && i.seated && i.accepted == nil && !i.gone {
			n++
		}
	}
	return n
}

func (st *state) room(o *org) bool { return o.seats == 0 || st.taken(o) < o.seats }
