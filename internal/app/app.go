// Package app says which operations each function serves. It is the only package
// that knows all domains, so that no domain has to know how another is put
// together.
//
// Each function is a func of Parts of its own, so that a binary with one of them
// links nothing of the others.
package app

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/config"
	"gatehouse/internal/invite"
	"gatehouse/internal/jwt"
	"gatehouse/internal/keyring"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/outbound"
	"gatehouse/internal/password"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/server"
	"gatehouse/internal/store"
	"gatehouse/internal/web"
)

// Parts are what the outside world provides: AWS, a laptop, or a test.
type Parts struct {
	Config  *config.Config
	Table   *store.Table
	Secrets *secret.Source
	Hasher  *password.Hasher
	Sender  mail.Sender
	// Report reads what a mail carrier reports; nil if it reports nothing.
	Report func(event []byte) (r mail.Report, ok bool, err error)
	Policy *policy.Table // nil if it could not be read: what needs it answers 503
	Log    *slog.Logger

	keys *keyring.Ring
}

// Hasher makes the password hasher that settings ask for.
func Hasher(c *config.Config) *password.Hasher {
	return password.New(c.HashParams(), c.HashSlots, password.Peppers{})
}

// Gate is what wrappers need.
func (p *Parts) Gate() *api.Gate {
	return &api.Gate{Table: p.Table, Secrets: p.Secrets, Base: p.Config.BaseURL, Trusted: p.Config.TrustedOrigins,
		Loopback: p.Config.Loopback() && !p.Config.Production, Production: p.Config.Production, Log: p.Log,
		Policy: p.Policy, MinRole: policy.PrivilegeOf([]string{p.Config.Creators})}
}

// Accounts is the account domain, with the domains that follow it.
func (p *Parts) Accounts() *account.Service {
	s := p.accounts()
	f := followers{p.Orgs(), p.Work()}
	s.People, s.Followers, s.Invitations = f, f, p.Invites()
	return s
}

// accounts is the account domain alone. Functions in one process share its keys.
func (p *Parts) accounts() *account.Service {
	if p.keys == nil {
		p.keys = &keyring.Ring{Table: p.Table, Secrets: p.Secrets}
	}
	base := p.Config.BaseURL.String()
	return &account.Service{
		Table: p.Table, Secrets: p.Secrets, Keys: p.keys, Hasher: p.Hasher,
		Policy: password.Policy{MinLength: p.Config.PasswordMin},
		Limits: p.limits(),
		Log:    p.Log,
		Settings: account.Settings{Verification: p.Config.Verification, BasicAuth: p.Config.BasicAuth, Agreements: p.Config.Agreements,
			Issuer: base, Site: p.site()},
	}
}

func serve(p *Parts, routes api.Routes) lambdahttp.Function {
	s := lambdahttp.New(routes)
	s.Refuse = p.Gate().Refuse
	s.Log = p.Log
	return s
}

// Signup makes accounts.
func Signup(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Accounts().Signup(p.Gate())), nil
}

// Login checks passwords and signs tokens.
func Login(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Accounts().SignIn(p.Gate())), nil
}

// Account is what somebody who has signed in does with accounts.
func Account(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Accounts().Account(p.Gate())), nil
}

// Pages are the hosted pages.
func Pages(p *Parts) (lambdahttp.Function, error) {
	return serve(p, web.New(p.Accounts(), pageInvitations(p.Invites()), pageOrganizations(p.Orgs()), p.Gate()).Routes()), nil
}

// pageInvitations is what the pages need of invitations.
func pageInvitations(s *invite.Service) web.Invitations {
	key := func(key string) invite.KeyRequest { return invite.KeyRequest{Key: key} }
	return web.Invitations{Named: s.Orgs.Named, Proven: s.Proven, Accept: web.Answering(s.Accept, key), Decline: web.Answering(s.Decline, key)}
}

// pageOrganizations is what the pages need of organizations.
func pageOrganizations(s *org.Service) web.Organizations {
	as := func(in org.OwnershipRequest) org.OwnershipRequest { return in }
	return web.Organizations{Transfer: s.Settings.Transfer, Named: s.Named, TakeOver: s.TakeOver, Drop: web.Answering(s.DropOffer, as)}
}

// Edge answers what needs no domain: about, health, and what no route serves.
func Edge(p *Parts) (lambdahttp.Function, error) {
	paths, err := paths(routesText)
	if err != nil {
		return nil, err
	}
	return serve(p, server.Routes(p.Gate(), p.Config.SiteName, paths)), nil
}

// Authorizer says whose credential a request has.
func Authorizer(p *Parts) (lambdahttp.Function, error) {
	s := p.Accounts()
	if len(p.Config.Issuers) > 0 {
		client := outbound.Client(outbound.Options{AllowLoopback: p.Config.Loopback() && !p.Config.Production})
		f, err := jwt.NewForeign(p.Config.Issuers, outbound.JSON(client), p.Table.Now)
		if err != nil {
			return nil, err
		}
		s.Foreign = f
	}
	return lambdahttp.Authorizer(s.Authorize), nil
}

// Outbox sends the mails that are due, whatever woke it, and chains the audit rows
// that wait; it notes what the carrier reports.
func Outbox(p *Parts) (lambdahttp.Function, error) {
	chain := p.chain()
	w := &mail.Worker{Table: p.Table, Sender: p.Sender, Compose: p.compose(), From: p.Config.MailFrom, Log: p.Log}
	return lambdahttp.Func(func(ctx context.Context, event []byte) ([]byte, error) {
		if p.Report != nil {
			if r, ok, err := p.Report(event); err == nil && ok {
				return []byte(`{}`), mail.Record(ctx, p.Table, r)
			}
		}
		n, err := w.Drain(ctx)
		chained, lost := chain.Advance(ctx)
		return fmt.Appendf(nil, `{"done":%d,"chained":%d}`, n, chained), errors.Join(err, lost)
	}), nil
}

// Sweep does what is due by the clock: {"job": "rotate-keys"}, "erase",
// "organizations", "workspace" or "audit".
func Sweep(p *Parts) (lambdahttp.Function, error) {
	s, orgs, work, chain := p.Accounts(), p.Orgs(), p.Work(), p.chain()
	return lambdahttp.Func(func(ctx context.Context, event []byte) ([]byte, error) {
		var in struct {
			Job string `json:"job"`
		}
		if err := json.Unmarshal(event, &in); err != nil {
			return nil, fmt.Errorf("sweep: %w", err)
		}
		switch in.Job {
		case "rotate-keys":
			made, err := s.Keys.Rotate(ctx, false)
			return fmt.Appendf(nil, `{"made":%q}`, made), err
		case "erase":
			n, err := s.EraseDue(ctx)
			return fmt.Appendf(nil, `{"erased":%d}`, n), err
		case "organizations":
			n, err := sweepOrgs(ctx, orgs)
			return fmt.Appendf(nil, `{"done":%d}`, n), err
		case "workspace":
			n, err := work.Tidy(ctx)
			return fmt.Appendf(nil, `{"done":%d}`, n), err
		case "audit":
			n, err := chain.Advance(ctx)
			m, lost := chain.Reseal(ctx)
			return fmt.Appendf(nil, `{"chained":%d,"resealed":%d}`, n, m), errors.Join(err, lost)
		}
		return nil, fmt.Errorf("sweep: no job %.40q; rotate-keys, erase, organizations, workspace and audit are known", in.Job)
	}), nil
}

// Functions are all functions by the folder of each under functions/.
func Functions() map[string]func(*Parts) (lambdahttp.Function, error) {
	return map[string]func(*Parts) (lambdahttp.Function, error){
		"signup": Signup, "login": Login, "account": Account, "organizations": Organizations, "invitations": Invitations,
		"workspace": Workspace, "permissions": Permissions, "pages": Pages, "edge": Edge,
		"authorizer": Authorizer, "outbox": Outbox, "sweep": Sweep,
	}
}

// routesText lists every route with who may call it. It is written by a test from
// the handlers, so that a route that becomes public shows in a review; the edge
// function knows paths and methods by it without linking the domains.
//
//go:embed routes.txt
var routesText string

// paths reads routes.txt: for each path its methods, and whether each is open.
func paths(text string) (map[string]map[string]bool, error) {
	out := map[string]map[string]bool{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) < 3 {
			return nil, fmt.Errorf("app: routes.txt: %q", line)
		}
		if f[1] == "$default" {
			continue
		}
		if out[f[2]] == nil {
			out[f[2]] = map[string]bool{}
		}
		out[f[2]][f[1]] = f[0] == "anyone"
	}
	return out, nil
}
