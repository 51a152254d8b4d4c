// Package server answers about the installation itself: what it is and whether it
// lives. It also holds the place of what the gateway cannot route.
package server

import (
	"context"
	"net/url"

	"gatehouse/internal/api"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// Version is the release. The first part is the baseline's, which its clients
// compare with their own; it is a version by PEP 440.
const Version = "2.73.0+gatehouse.0.1.0"

// About is what clients ask first.
type About struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Version     string `json:"version"`
	Logo        string `json:"logo_url"`
	Subtitle    string `json:"subtitle"`
}

// Health says that the process answers, and when asked to look deeper, that the
// store does.
type Health struct {
	Status string `json:"status"`
}

// HealthRequest asks with ?deep=1 for a read of the store.
type HealthRequest struct {
	Deep string `query:"deep"`
}

type service struct {
	gate *api.Gate
	name string
}

// Routes are about, health, and the fallback. paths are all routes, by path and
// method, with whether each is open to anyone.
func Routes(g *api.Gate, siteName string, paths map[string]map[string]bool) api.Routes {
	s := &service{g, siteName}
	health := api.Public(g, s.health)
	return api.Routes{
		"GET /api/server/about":  api.Public(g, s.about, api.Baseline),
		"GET /api/server/health": health,
		"$default": &api.Fallback{Gate: g, Paths: paths, Slashed: map[string]api.Handler{
			"/api/server/health/":                    health,
			"/api/auth/account-confirm-email/{key}/": api.Page(g, confirmEmail, nil),
		}},
	}
}

func (s *service) about(context.Context, struct{}) (About, error) {
	return About{Name: s.name, Description: "Accounts, organizations and sign-in for annotation platforms.", Version: Version,
		Logo: s.gate.Base.String() + "/static/logo.svg", Subtitle: ""}, nil
}

func (s *service) health(ctx context.Context, in HealthRequest) (Health, error) {
	if in.Deep == "1" {
		if _, err := s.gate.Table.Get(ctx, store.Key{PK: "HEALTH", SK: "H"}); err != nil {
			return Health{}, err
		}
	}
	return Health{"ok"}, nil
}

// confirmEmail leads the address that the baseline's mails had to the page that
// asks before it confirms: programs that scan mails follow links.
func confirmEmail(_ context.Context, r *api.Request, _ *session.Caller) (*api.PageAnswer, error) {
	return &api.PageAnswer{Location: "/auth/verify?key=" + url.QueryEscape(r.Params["key"])}, nil
}
