package app

import (
	"context"

	"gatehouse/internal/account"
	"gatehouse/internal/org"
)

// followers is the domain of organizations as the domain of accounts sees it.
type followers struct{ *org.Service }

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
