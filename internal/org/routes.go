package org

import "gatehouse/internal/api"

// Routes are the routes of the function organizations.
func (s *Service) Routes(g *api.Gate) api.Routes {
	return api.Routes{
		"GET /api/organizations":                        api.Judged(g, s.List, api.Baseline),
		"POST /api/organizations":                       api.Judged(g, s.Create, api.Baseline, api.Created, api.Idempotent),
		"GET /api/organizations/{id}":                   api.Judged(g, s.Get, api.Baseline),
		"PATCH /api/organizations/{id}":                 api.Judged(g, s.Update, api.Baseline),
		"DELETE /api/organizations/{id}":                api.Judged(g, s.Delete, api.Baseline, api.NoContent),
		"POST /api/organizations/{id}/ownership":        api.Judged(g, s.OfferOwnership, api.Fresh, api.Idempotent),
		"POST /api/organizations/{id}/ownership/accept": api.Judged(g, s.AcceptOwnership, api.Fresh, api.Idempotent),
		"DELETE /api/organizations/{id}/ownership":      api.Judged(g, s.DropOffer, api.NoContent),
		"GET /api/organizations/{id}/audit":             api.Judged(g, s.Records),
		"GET /api/memberships":                          api.Judged(g, s.ListMembers, api.Baseline),
		"GET /api/memberships/{id}":                     api.Judged(g, s.GetMember, api.Baseline),
		"PATCH /api/memberships/{id}":                   api.Judged(g, s.ChangeRole, api.Baseline),
		"DELETE /api/memberships/{id}":                  api.Judged(g, s.Remove, api.Baseline, api.NoContent),
	}
}
