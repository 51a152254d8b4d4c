// Package web is the hosted pages: sign-in, registration, what mail links lead
// to, invitations to answer, an organization with the offer of it, and the account
// with its sessions.
//
// A page is a form around an operation of a domain. It decides nothing of its own:
// what may be done and what is wrong with an input is the operation's word, which
// a page only shows where it belongs. Pages need no script and load nothing from
// elsewhere; all they say is in texts/.
//
//	browser → api.Page → handler → operation → view → template
//
// The secret of a mail link never stays in an address: opening the link moves it
// into the flow cookie, and only the form behind it spends it.
package web

import (
	"context"
	"sync"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
)

// Paths that no mail leads to; the others are in account.
const (
	pathHome      = "/"
	pathRegister  = "/auth/register"
	pathLogout    = "/auth/logout"
	pathResend    = "/auth/verify/resend"
	pathEndOne    = "/auth/sessions/end"
	pathEndOthers = "/auth/sessions/end-others"
	pathStatic    = "/static/{file}"
)

// Pages are the hosted pages of an installation.
type Pages struct {
	accounts      *account.Service
	invitations   Invitations
	organizations Organizations
	gate          *api.Gate
	look          func() *look
}

// New makes the pages of the operations of accounts, invitations and organizations.
// Nothing is read until the first page is asked for.
func New(accounts *account.Service, invitations Invitations, organizations Organizations, gate *api.Gate) *Pages {
	return &Pages{accounts: accounts, invitations: invitations, organizations: organizations, gate: gate, look: sync.OnceValue(newLook)}
}

// Routes are the handlers of the pages by route key.
func (p *Pages) Routes() api.Routes {
	routes := api.Routes{}
	add := func(key string, h api.PageHandler) { routes[key] = api.Page(p.gate, h, p.Fail) }
	add("GET "+pathHome, p.home)
	add("GET "+account.PageLogin, p.login)
	add("POST "+account.PageLogin, p.postLogin)
	add("POST "+pathLogout, p.postLogout)
	add("GET "+pathRegister, p.register)
	add("POST "+pathRegister, p.postRegister)
	add("POST "+pathResend, p.postResend)
	add("GET "+account.PageForgot, p.forgot)
	add("POST "+account.PageForgot, p.postForgot)
	add("GET "+account.PageReset, p.reset)
	add("POST "+account.PageReset, p.postReset)
	for _, l := range p.mailLinks() {
		add("GET "+l.path, l.open)
		add("POST "+l.path, l.spend)
	}
	add("GET "+pathInvitation, p.invitation)
	add("POST "+pathInvitation, p.postInvitation)
	add("GET "+org.PageOrg, p.organization)
	add("POST "+org.PageOrg, p.postOrganization)
	add("GET "+account.PageAccount, p.account)
	add("POST "+pathEndOne, p.postEndOne)
	add("POST "+pathEndOthers, p.postEndOthers)
	routes["GET "+pathStatic] = anonymous{api.Page(p.gate, p.static, p.Fail)}
	return routes
}

// Fail is the page for what has no page of its own: errors, and addresses that
// there are not.
func (p *Pages) Fail(f *fault.Fault) []byte {
	v := view{Title: "problem.other", Links: []link{{pathHome, "link.home"}}}
	switch {
	case f.Status == 403 || f.Status == 404 || f.Status == 429 || f.Status == 503:
		v.Title = "problem." + itoa(f.Status)
	case f.Status >= 500:
		v.Title = "problem.500"
	}
	if f.Status == 429 {
		v.Intro = []string{p.wait(f)}
	} else {
		v.Intro = []string{p.text(v.Title + ".next")}
	}
	a, err := p.show("plain", v)
	if err != nil {
		return []byte("<!doctype html><title>Error</title><h1>Error</h1>") // a template is broken: tests see to it that none is
	}
	return a.HTML
}

func (p *Pages) home(_ context.Context, _ *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	if who == nil {
		return &api.PageAnswer{Location: account.PageLogin}, nil
	}
	return &api.PageAnswer{Location: account.PageAccount}, nil
}

// nothing is the input of operations that have none.
type nothing = struct{}
