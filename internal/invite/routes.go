package invite

import "gatehouse/internal/api"

// Routes are the routes of the function invitations.
func (s *Service) Routes(g *api.Gate) api.Routes {
	return api.Routes{
		"GET /api/invitations":                api.Judged(g, s.List, api.Baseline),
		"POST /api/invitations":               api.Judged(g, s.Create, api.Baseline, api.Created, api.Idempotent),
		"POST /api/invitations/batch":         api.Judged(g, s.Batch, api.Idempotent),
		"GET /api/invitations/count":          api.SignedIn(g, s.Count),
		"GET /api/invitations/{key}":          api.Judged(g, s.Get, api.Baseline),
		"DELETE /api/invitations/{key}":       api.Judged(g, s.Delete, api.Baseline, api.NoContent),
		"POST /api/invitations/{key}/accept":  api.Judged(g, s.Accept, api.Baseline, api.Idempotent),
		"POST /api/invitations/{key}/decline": api.Judged(g, s.Decline, api.Baseline, api.NoContent, api.Idempotent),
		"POST /api/invitations/{key}/resend":  api.Judged(g, s.Resend, api.Baseline, api.NoContent, api.Idempotent),
		"GET /api/invitations/{key}/delivery": api.Judged(g, s.Delivery),
	}
}
