package app

import (
	"context"

	"gatehouse/internal/account"
	"gatehouse/internal/org"
	"gatehouse/internal/workspace"
)

// followers are the domains of organizations and of what people work on as the domain
// of accounts sees them.
type followers struct {
	*org.Service
	work *workspace.Service
}

// Forget implements account.Followers. What somebody works on in an organization is
// released before the membership.
func (f followers) Forget(ctx context.Context, uid int64) error {
	if err := f.work.Forget(ctx, uid); err != nil {
		return err
	}
	return f.Service.Forget(ctx, uid)
}

// Of implements account.People.
func (f followers) Of(ctx context.Context, id int64, pending bool) ([]account.Person, error) {
	people, err := f.People(ctx, id, pending)
	out := make([]account.Person, len(people))
	for i, p := range people {
		out[i] = account.Person(p)
	}
	return out, err
}

// In implements account.People.
func (f followers) In(ctx context.Context, uid, id int64, pending bool) (account.Person, bool, error) {
	p, ok, err := f.Person(ctx, uid, id, pending)
	return account.Person(p), ok, err
}
