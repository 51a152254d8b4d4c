package account

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/jwt"
)

// Signup are the routes of the function of that name: it makes accounts.
func (s *Service) Signup(g *api.Gate) api.Routes {
	return api.Routes{
		"POST /api/auth/register":            api.Optional(g, s.Register, api.Baseline, api.Created, api.Idempotent),
		"GET /api/auth/agreements":           api.Public(g, s.Agreements),
		"GET /api/auth/username":             api.Public(g, s.Propose),
		"POST /api/auth/verify-email":        api.Public(g, s.VerifyEmail, api.Idempotent),
		"POST /api/auth/verify-email/resend": api.Public(g, s.Resend, api.Idempotent),
	}
}

// SignIn are the routes of the function login: it checks passwords and signs tokens.
func (s *Service) SignIn(g *api.Gate) api.Routes {
	return api.Routes{
		"GET /api/auth/methods":                 api.Public(g, s.Methods),
		"POST /api/auth/login":                  api.Optional(g, s.Login, api.Baseline),
		"POST /api/auth/logout":                 api.Optional(g, s.Logout, api.Baseline),
		"POST /api/auth/token":                  api.Public(g, s.Token),
		"POST /api/auth/token/refresh":          api.Public(g, s.Refresh),
		"POST /api/auth/token/revoke":           api.Public(g, s.Revoke),
		"POST /api/auth/reauthenticate":         api.SignedIn(g, s.Reauthenticate, api.Repeated),
		"POST /api/auth/password/reset":         api.Public(g, s.ResetPassword, api.Baseline, api.Idempotent),
		"POST /api/auth/password/reset/confirm": api.Public(g, s.ResetConfirm, api.Baseline, api.Idempotent),
		"POST /api/auth/password/change":        api.SignedIn(g, s.ChangePassword, api.Baseline, api.NoPAT, api.Idempotent, api.Repeated),
		"GET /.well-known/openid-configuration": api.Public(g, s.Discovery),
		"GET /.well-known/jwks.json":            api.Public(g, s.JWKS),
	}
}

// Account are the routes of the function of that name: what somebody who has
// signed in does with accounts.
func (s *Service) Account(g *api.Gate) api.Routes {
	return api.Routes{
		"GET /api/users":                      api.Judged(g, s.ListUsers, api.Baseline),
		"GET /api/users/self":                 api.Judged(g, s.Self, api.Baseline),
		"GET /api/users/{id}":                 api.Judged(g, s.GetUser, api.Baseline),
		"PATCH /api/users/{id}":               api.Judged(g, s.UpdateUser, api.Baseline),
		"DELETE /api/users/{id}":              api.Judged(g, s.DeleteUser, api.Baseline, api.NoContent),
		"POST /api/users/self/deletion":       api.SignedIn(g, s.AskDeletion, api.Fresh),
		"DELETE /api/users/self/deletion":     api.Public(g, s.CancelDeletion, api.Idempotent),
		"GET /api/users/self/export":          api.SignedIn(g, s.ExportSelf),
		"GET /api/users/self/audit":           api.SignedIn(g, s.SelfAudit),
		"GET /api/auth/sessions":              api.SignedIn(g, s.ListSessions),
		"DELETE /api/auth/sessions":           api.SignedIn(g, s.EndOthers, api.NoContent, api.Idempotent),
		"DELETE /api/auth/sessions/{id}":      api.SignedIn(g, s.EndSession, api.NoContent),
		"POST /api/auth/email":                api.SignedIn(g, s.ChangeEmail, api.Fresh, api.Idempotent),
		"POST /api/auth/email/confirm":        api.Public(g, s.ConfirmEmail, api.Idempotent),
		"POST /api/auth/email/undo":           api.Public(g, s.UndoEmail, api.Idempotent),
		"GET /api/auth/access_tokens":         api.Judged(g, s.ListTokens, api.Baseline),
		"POST /api/auth/access_tokens":        api.Judged(g, s.CreateToken, api.Baseline, api.Created, api.Idempotent),
		"GET /api/auth/access_tokens/self":    api.Judged(g, s.SelfToken, api.Baseline),
		"GET /api/auth/access_tokens/{id}":    api.Judged(g, s.GetToken, api.Baseline),
		"PATCH /api/auth/access_tokens/{id}":  api.Judged(g, s.UpdateToken, api.Baseline),
		"DELETE /api/auth/access_tokens/{id}": api.Judged(g, s.RevokeToken, api.Baseline, api.NoContent),
		"GET /api/mails":                      api.Admin(g, s.Deliveries),
	}
}

// Discovery is the OpenID discovery document of our issuer.
func (s *Service) Discovery(context.Context, struct{}) (api.Text, error) {
	return api.Text{Media: "application/json", Body: jwt.Discovery(s.Settings.Issuer), Cache: "public, max-age=3600"}, nil
}

// JWKS is the set of keys that our access tokens are verified with.
func (s *Service) JWKS(ctx context.Context, _ struct{}) (api.Text, error) {
	keys, err := s.Keys.Published(ctx)
	if err != nil {
		return api.Text{}, fault.Unavailable(err)
	}
	return api.Text{Media: "application/json", Body: jwt.JWKS(keys), Cache: "public, max-age=3600"}, nil
}
