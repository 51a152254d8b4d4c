package faults

import (
	"context"
	"strings"
	"testing"

	"gatehouse/internal/api"
	"gatehouse/internal/app"
	refusal "gatehouse/internal/fault"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

const refreshRoute = "POST /api/auth/token/refresh"

type presented struct {
	RefreshToken string `json:"refresh_token"`
}

// refreshing gives the successor of a refresh token. Whoever presents one for the
// second time is told the same successor, if grace is true, and otherwise signed out.
// Without a root key nobody can tell a token, and blame says that it is the client's.
func refreshing(p *app.Parts, grace, blame bool) func(context.Context, presented) (map[string]string, error) {
	return func(ctx context.Context, in presented) (map[string]string, error) {
		uid, sid, gen, _ := token.ParseRefresh(in.RefreshToken)
		refused := refusal.Unauthenticated("invalid_grant", "The refresh token is not valid.")
		k, err := p.Secrets.Keys(ctx)
		if err != nil && blame {
			return nil, refused
		}
		if err != nil {
			return nil, refusal.Unavailable(err)
		}
		at := session.Key(uid, sid)
		items, err := p.Table.Get(ctx, at)
		if err != nil {
			return nil, err
		}
		row, err := session.Sessions.Of(items[0])
		if err != nil {
			return nil, err
		}
		switch {
		case !token.ValidRefresh(k, uid, sid, row.Seed, gen, in.RefreshToken):
			return nil, refused
		case gen == row.Refreshed+1:
			row.Refreshed = gen
			err = p.Table.Transact(ctx, row.Put(at, items[0].At()))
		case !grace || gen != row.Refreshed:
			if err = p.Table.Transact(ctx, store.Delete(at, items[0].At())); err == nil {
				err = refused
			}
		}
		return map[string]string{"refresh_token": token.Refresh(k, uid, sid, row.Seed, gen+1)}, err
	}
}

// TestSeededRefreshesAreFound: a refresh token that is good for a single use signs out
// whoever did not hear the answer.
func TestSeededRefreshesAreFound(t *testing.T) {
	for _, bug := range []struct {
		name         string
		grace, blame bool
		by           []string // faults that find it
	}{
		{"right", true, false, nil},
		{"strict", false, false, []string{"lost reply", "crash after (transact)", "outage after (transact)"}},
		{"the client's fault", true, true, []string{"throttled before (load the root key)", "timeout after (load the root key)"}},
	} {
		c := scenario{route: refreshRoute, set: func(s *stage) request {
			s.user("holder1")
			_, refresh := s.bearer("holder1")
			return sending(nil, "POST", "/api/auth/token/refresh", object{"refresh_token": refresh})
		}}
		c.bugs = func(b *base) {
			b.make["login"] = func(p *app.Parts) (lambdahttp.Function, error) {
				return lambdahttp.New(api.Routes{refreshRoute: api.Public(p.Gate(), refreshing(p, bug.grace, bug.blame))}), nil
			}
		}
		s := expect(t, bug.name, c, bug.by != nil)
		for _, by := range bug.by {
			if !strings.Contains(strings.Join(s.bad, "\n"), by) {
				t.Errorf("%s is not found by %q", bug.name, by)
			}
		}
	}
}
