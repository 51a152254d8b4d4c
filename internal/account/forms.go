package account

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/store"
)

// auditRow writes what the request did into the log of target.
func auditRow(ctx context.Context, action string, actor, target int64, detail map[string]string) store.Op {
	m := api.From(ctx)
	return audit.Row(m.Now, audit.Event{Action: action, Actor: actor, Target: target, Network: m.Network, Agent: m.Agent, Request: m.Request, Detail: detail})
}

// Agreements lists what people accept when they register.
func (s *Service) Agreements(context.Context, struct{}) ([]Agreement, error) {
	if s.Settings.Agreements == nil {
		return []Agreement{}, nil
	}
	return s.Settings.Agreements, nil
}

// MethodsRequest names an account by user name or address.
type MethodsRequest struct {
	Identity string `query:"identity"`
}

// Method is a provider that somebody may sign in with.
type Method struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// MethodsAnswer says how somebody may sign in.
type MethodsAnswer struct {
	Password bool     `json:"password"`
	SSO      *Method  `json:"sso"`
	Social   []Method `json:"social"`
}

// Methods says how an identity signs in. It depends on the domain of an address
// at most, never on whether there is such an account, and reads nothing.
func (s *Service) Methods(_ context.Context, in MethodsRequest) (MethodsAnswer, error) {
	if len(in.Identity) > 254 {
		return MethodsAnswer{}, fault.Field("identity", "Ensure this field has no more than 254 characters.")
	}
	return MethodsAnswer{Password: true, Social: []Method{}}, nil
}

// ProposeRequest carries the address that a user name is proposed from.
type ProposeRequest struct {
	Email string `query:"email"`
}

// ProposeAnswer is a user name that is free at this moment.
type ProposeAnswer struct {
	Username string `json:"username"`
}

// Propose makes a free user name of an address.
func (s *Service) Propose(ctx context.Context, in ProposeRequest) (ProposeAnswer, error) {
	e, err := ident.ParseEmail(in.Email)
	if err != nil {
		return ProposeAnswer{}, fault.Field("email", err.Error())
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return ProposeAnswer{}, fault.Unavailable(err)
	}
	if err := s.Limits.Take(ctx, bucket(k, "propose", api.From(ctx).Network, ratePropose)); err != nil {
		return ProposeAnswer{}, err
	}
	name, err := s.freeName(ctx, ident.Propose(e))
	return ProposeAnswer{name}, err
}

// freeName finds a free variation of a user name, in one read for all but the
// most popular ones.
func (s *Service) freeName(ctx context.Context, base string) (string, error) {
	for round := range 3 {
		var names []string
		var keys []store.Key
		for n := range 10 {
			name := ident.Vary(base, 1+10*round+n)
			names = append(names, name)
			keys = append(keys, usernameKey(fold(name)))
		}
		items, err := s.Table.Get(ctx, keys...)
		if err != nil {
			return "", err
		}
		for i, it := range items {
			if !it.Exists() {
				return names[i], nil
			}
		}
	}
	return ident.Vary(base, 1000), nil
}
