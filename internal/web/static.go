package web

import (
	"context"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// media are the static files that there are.
func media(name string) string {
	switch name {
	case "style.css":
		return "text/css; charset=utf-8"
	case "logo.svg":
		return "image/svg+xml"
	}
	return ""
}

func (p *Pages) static(_ context.Context, r *api.Request, _ *session.Caller) (*api.PageAnswer, error) {
	name := r.Params["file"]
	m := media(name)
	if m == "" {
		return nil, fault.NotFound("File")
	}
	b, err := files.ReadFile("static/" + name)
	return &api.PageAnswer{HTML: b, Media: m, Cache: "public, max-age=3600"}, err
}

// anonymous serves everybody alike: without cookies nobody is looked up, and an
// error page keeps its style when the store is down.
type anonymous struct{ inner api.Handler }

// Serve implements api.Handler.
func (a anonymous) Serve(ctx context.Context, r *api.Request) *api.Response {
	plain := *r
	plain.Cookies = nil
	return a.inner.Serve(ctx, &plain)
}
