// Package invite owns how people come into an organization: inviting one or many,
// sending again, taking back, accepting and declining.
//
// It does not own what an invitation turns into (org: the membership of somebody
// who has not joined is the same row), nor who may invite (policy), nor how an
// account is made on the way (account, which asks Proven and Join).
//
//	Create / Batch ─▶ open ─▶ Accept, or Join with a new account ─▶ member
//	                   │ ▲
//	                   │ └─ Resend (also after it has expired)
//	                   └─▶ Decline / Delete ─▶ gone
//
// The key of an invitation names it and proves nothing: to accept, somebody must
// have confirmed the address that was invited. The mail alone holds a secret beside
// the key, which proves the address of somebody who registers; a link that was
// copied from elsewhere never does.
//
// A seat is taken by the invitation and passes on to the member. Every transaction
// checks the organization's state row, and what authorized its caller; that of
// joining also checks what authorizes whoever sent the invitation, so that nobody
// comes in on a right that has ended.
package invite

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/plan"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Settings are what an operator may choose.
type Settings struct {
	Site    mail.Site
	Confirm bool          // whoever has an account decides; else they are members at once
	Life    time.Duration // how long an invitation is good for; 0 is a week
}

// Service has what the operations need.
type Service struct {
	Table    *store.Table
	Secrets  *secret.Source
	Limits   *limit.Limiter
	Orgs     *org.Service
	Policy   *policy.Table // judges whoever sent an invitation when it is accepted; nil: none can be
	Plans    *plan.Plans   // nil: billing is off, and an organization without seats of its own has no limit
	Settings Settings
	Log      *slog.Logger

	// Find is the live account of an address, 0 if there is none, and whether the
	// address is confirmed.
	Find func(ctx context.Context, email string) (uid int64, verified bool, err error)
}

func (s *Service) life() time.Duration {
	if s.Settings.Life > 0 {
		return s.Settings.Life
	}
	return 7 * 24 * time.Hour
}

// View is an invitation as people see it.
type View struct {
	Key      string         `json:"key"`
	Created  api.Time       `json:"created_date"`
	Owner    *profile.Basic `json:"owner"` // who sent it; null if they are gone
	Role     string         `json:"role"`
	User     profile.Basic  `json:"user"`
	Org      int64          `json:"organization"`
	Expired  *bool          `json:"expired"` // null if it was never mailed
	Accepted bool           `json:"accepted"`
	Info     Info           `json:"organization_info"`
}

// Info is what somebody who was invited may know of the organization.
type Info struct {
	ID   int64  `json:"id"`
	Slug string `json:"slug"`
}

// show is the form of i. inviter and invitee are zero if there is nobody.
func (s *Service) show(i org.Invitation, st tenant.State, inviter, invitee profile.Profile) View {
	v := View{Key: i.Key, Created: api.Time(time.UnixMilli(i.Created)), Role: i.Role, User: s.Orgs.Reserved(i), Org: st.ID,
		Accepted: i.Accepted != 0, Info: Info{st.ID, st.Slug}}
	if inviter.UID != 0 {
		b := profile.Show(s.Settings.Site.BaseURL, inviter)
		v.Owner = &b
	}
	if v.Accepted && invitee.UID != 0 {
		v.User = profile.Show(s.Settings.Site.BaseURL, invitee)
	}
	if i.Sent != 0 {
		expired := expired(i, s.Table.Now())
		v.Expired = &expired
	}
	return v
}

func expired(i org.Invitation, now time.Time) bool {
	return i.Sent != 0 && now.UnixMilli() >= i.Expires
}

// made is what a request left behind for its repetition.
type made struct {
	Key string `json:"key"`
}

// said is a 400 whose body is the bare text, as the baseline has some.
func said(code, text string) *fault.Fault {
	return &fault.Fault{Status: 400, Code: code, Detail: text, Body: text}
}

// commit does all ops or none. If nothing but a seat was missing, the answer is
// full: trying again would not help, the organization is as it was read.
func (s *Service) commit(ctx context.Context, st tenant.State, ops []store.Op, full error) error {
	ops = distinct(ops)
	err := s.Table.Transact(ctx, ops...)
	lost, ok := store.Conflict(err)
	if !ok {
		return err
	}
	for _, n := range lost {
		counter := ops[n].Key == tenant.SeatsKey(st.ID) || ops[n].Key == tenant.MembersKey(st.ID)
		if !counter || ops[n].Delta <= 0 {
			return err
		}
	}
	return full
}

// distinct drops checks of rows that another op checks or writes. Whose right and
// whose membership is at stake may be one and the same person, and all conditions
// here are the version that was read.
func distinct(ops []store.Op) []store.Op {
	last := map[store.Key]int{}
	for n, o := range ops {
		if at, ok := last[o.Key]; !ok || ops[at].Verb == store.VerbCheck {
			last[o.Key] = n
		}
	}
	var out []store.Op
	for n, o := range ops {
		if o.Verb != store.VerbCheck || last[o.Key] == n {
			out = append(out, o)
		}
	}
	return out
}
