// Package permissions answers whether the caller may do something, without doing
// it: up to a hundred questions at once, with the reasons if they are wanted.
//
// It owns the form of questions and answers, and which rows each question needs.
// It owns no rules (policy) and no rows (tenant, org, session, profile): an answer
// is what the route that does the thing would say, as far as the policy has a say.
//
//	parse ─▶ questions ─▶ read (two rounds at most) ─▶ facts ─▶ decide ─▶ answers
//
// Whoever has no relation to an object learns nothing of it, not even that it is
// there: the answer is the same as for one that does not exist.
package permissions

import (
	"context"
	"encoding/json"

	"gatehouse/internal/api"
	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/workspace"
)

// Service has what the operation needs.
type Service struct {
	Table *store.Table
	Work  *workspace.Service
}

// Routes are the routes of this domain.
func (s *Service) Routes(g *api.Gate) api.Routes {
	return api.Routes{"POST /api/permissions/check": api.Judged(g, s.Check)}
}

// CheckRequest asks. Each check is {"scope", "resource", "organization"}.
type CheckRequest struct {
	Checks  json.RawMessage `json:"checks" rule:"required"`
	Explain bool            `json:"explain"`
}

// CheckAnswer has one result for each check, in the same order.
type CheckAnswer struct {
	Results []Result `json:"results"`
}

// What a result's code can be.
const (
	Allowed  = "allowed"
	Denied   = "denied"
	NotFound = "not_found" // there is no such object, or nothing of it is the caller's business

	// By the plan of the workspace, whoever asks.
	OverLimit    = "over_limit"    // it holds too much, and is read-only
	LimitReached = "limit_reached" // it holds as much as it may
)

// Result answers one check. Rule and Would are there only if reasons were wanted:
// the rule that allowed, and what would turn a refusal, perhaps nothing.
type Result struct {
	Allowed bool          `json:"allowed"`
	Code    string        `json:"code"`
	Rule    string        `json:"rule,omitempty"`
	Would   []policy.Hint `json:"would_allow,omitzero"`
}

// Check answers what is asked. It changes nothing, and an answer is a forecast:
// the route decides anew.
func (s *Service) Check(ctx context.Context, who session.Caller, in CheckRequest) (CheckAnswer, error) {
	here := api.WorkspaceOf(ctx).Org
	asked, err := parse(in.Checks, here != nil)
	if err != nil {
		return CheckAnswer{}, err
	}
	f := newFacts(who, here)
	if err := s.read(ctx, f, asked); err != nil {
		return CheckAnswer{}, err
	}
	return CheckAnswer{answers(ctx, f, asked, in.Explain)}, nil
}

func answers(ctx context.Context, f *facts, asked []question, explain bool) []Result {
	out := make([]Result, len(asked))
	for i, q := range asked {
		d := f.decide(q, func(q api.Question) (policy.Decision, *policy.Input) { return api.Decide(ctx, f.who, q) })
		out[i] = Result{Allowed: d.code == Allowed, Code: d.code}
		switch {
		case !explain:
		case d.code == Allowed:
			out[i].Rule = d.rule
		case d.code == Denied:
			out[i].Would = append([]policy.Hint{}, api.Hints(ctx, q.pkg, d.in)...)
		}
	}
	return out
}
