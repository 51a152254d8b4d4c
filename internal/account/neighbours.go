package account

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Person is somebody in an organization. UID is the user's id, and for somebody
// who has not joined yet the reserved one, with the invited address as user name.
type Person struct {
	UID                   int64
	Username, First, Last string
	Active                bool // the account is; true for somebody who has not joined
}

// People knows who is in which organization.
type People interface {
	// Of are the people of an organization; with pending also those invited.
	Of(ctx context.Context, org int64, pending bool) ([]Person, error)
	// In is one of them, and false if there is none of that id.
	In(ctx context.Context, uid, org int64, pending bool) (Person, bool, error)
}

// Followers keeps what other domains have written down of an account. The writes
// that it gives go into the transaction of the change and touch no row of account.
type Followers interface {
	// Changed are the writes by which others learn that somebody's names changed,
	// or whether the account is enabled.
	Changed(ctx context.Context, p profile.Profile, enabled bool) ([]store.Op, error)
	// Owned are the short names of the organizations that somebody owns; block
	// fails the transaction if there are any by then.
	Owned(ctx context.Context, uid int64) (slugs []string, block store.Op, err error)
	// Forget removes everything of an erased account elsewhere. It can be cut off
	// anywhere, and called again. The account's own rows are still there.
	Forget(ctx context.Context, uid int64) error
}

// Invitations lets somebody register by an invitation that was mailed.
type Invitations interface {
	// Proven reports whether secret is the one that was mailed with the invitation
	// key to the address email, and the invitation is open.
	Proven(ctx context.Context, key, secret, email string) (bool, error)
	// Join are the writes by which the new account p accepts that invitation, whose
	// secret is the same still, in the transaction that makes p.
	Join(ctx context.Context, key, secret string, p profile.Profile) ([]store.Op, error)
}

// changed are the writes that tell others of somebody's names and state.
func (s *Service) changed(ctx context.Context, p profile.Profile, enabled bool) ([]store.Op, error) {
	if s.Followers == nil {
		return nil, nil
	}
	return s.Followers.Changed(ctx, p, enabled)
}

// Owning is the body of the 409 to whoever would leave organizations behind
// without an owner.
type Owning struct {
	Detail string   `json:"detail"`
	Code   string   `json:"code"`
	Orgs   []string `json:"organizations"` // short names
}

const ownsOrganizations = "owns_organizations"

// ownsNone refuses if somebody owns an organization. Its writes refuse the
// transaction if one was made in the meantime.
func (s *Service) ownsNone(ctx context.Context, uid int64) ([]store.Op, error) {
	if s.Followers == nil {
		return nil, nil
	}
	slugs, block, err := s.Followers.Owned(ctx, uid)
	if err != nil {
		return nil, err
	}
	if len(slugs) == 0 {
		return []store.Op{block}, nil
	}
	slices.Sort(slugs)
	detail := "This account owns organizations: " + strings.Join(slugs, ", ") + ". Hand them over or delete them first."
	return nil, &fault.Fault{Status: 409, Code: ownsOrganizations, Detail: detail, Body: Owning{detail, ownsOrganizations, slugs}}
}

// staff reports whether the caller sees who has not joined an organization yet.
func staff(who session.Caller, org *tenant.View) bool {
	role := org.Role()
	return who.Admin() || role == policy.Maintainer || role == policy.Owner && org.Owner == who.UID
}

// people lists who the caller sees in an organization.
func (s *Service) people(ctx context.Context, who session.Caller, org *tenant.View) ([]rosterRow, error) {
	if s.People == nil {
		return nil, nil
	}
	list, err := s.People.Of(ctx, org.ID, staff(who, org))
	rows := make([]rosterRow, len(list))
	for i, p := range list {
		rows[i] = rosterRow{p.UID, p.Username, p.First, p.Last, p.Active}
	}
	return rows, err
}

// person is one of those whom the caller sees in an organization.
func (s *Service) person(ctx context.Context, who session.Caller, org *tenant.View, uid int64) (Person, bool, error) {
	if s.People == nil || org == nil {
		return Person{}, false, nil
	}
	return s.People.In(ctx, uid, org.ID, staff(who, org))
}
