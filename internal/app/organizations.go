package app

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/invite"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/limit"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/permissions"
	"gatehouse/internal/workspace"
)

func (p *Parts) site() mail.Site {
	return mail.Site{Name: p.Config.SiteName, BaseURL: p.Config.BaseURL.String(), Support: p.Config.Support}
}

func (p *Parts) limits() *limit.Limiter {
	return &limit.Limiter{Table: p.Table, Off: !p.Config.RateLimits}
}

// Orgs is the domain of organizations.
func (p *Parts) Orgs() *org.Service {
	return &org.Service{Table: p.Table, Secrets: p.Secrets, Limits: p.limits(), Log: p.Log, Left: workspace.Left,
		Settings: org.Settings{Site: p.site(), Transfer: p.Config.Transfer}}
}

// Work is the domain of projects, tasks, jobs and cloud storages.
func (p *Parts) Work() *workspace.Service {
	return &workspace.Service{Table: p.Table, Secrets: p.Secrets, Log: p.Log, Plans: p.Config.Limits(), Settings: workspace.Settings{Site: p.site()}}
}

// Workspace serves what people work on.
func Workspace(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Work().Routes(p.Gate())), nil
}

// Invites is the domain of invitations.
func (p *Parts) Invites() *invite.Service {
	return &invite.Service{Table: p.Table, Secrets: p.Secrets, Log: p.Log, Orgs: p.Orgs(), Policy: p.Policy, Find: p.accounts().Find,
		Limits: p.limits(), Plans: p.Config.Limits(),
		Settings: invite.Settings{Site: p.site(), Confirm: p.Config.InviteConfirm, Life: time.Duration(p.Config.InviteDays) * 24 * time.Hour}}
}

// Organizations serves organizations and who is in them.
func Organizations(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Orgs().Routes(p.Gate())), nil
}

// Invitations serves invitations into organizations.
func Invitations(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Invites().Routes(p.Gate())), nil
}

// Permissions answers who may do what.
func Permissions(p *Parts) (lambdahttp.Function, error) {
	return serve(p, p.Decisions().Routes(p.Gate())), nil
}

// Decisions is what other services ask.
func (p *Parts) Decisions() *permissions.Service {
	return &permissions.Service{Table: p.Table, Work: p.Work()}
}

// compose makes the message of any job: each domain knows its own.
func (p *Parts) compose() mail.Compose {
	accounts, orgs, invites, work := p.Accounts(), p.Orgs(), p.Invites(), p.Work()
	return func(ctx context.Context, j mail.Job) (*mail.Message, error) {
		switch {
		case org.Composes(j.Kind):
			return orgs.Compose(ctx, j)
		case invite.Composes(j.Kind):
			return invites.Compose(ctx, j)
		case workspace.Composes(j.Kind):
			return work.Compose(ctx, j)
		}
		return accounts.Compose(ctx, j)
	}
}

func (p *Parts) chain() *audit.Chain {
	return &audit.Chain{Table: p.Table, Secrets: p.Secrets, Log: p.Log}
}

// sweepOrgs does what is due of organizations: removing what is left of deleted
// ones, freeing the seats of expired invitations, spreading new names.
func sweepOrgs(ctx context.Context, s *org.Service) (n int, err error) {
	for _, job := range []func(context.Context) (int, error){s.Drain, s.ReleaseExpired, s.Rename} {
		m, e := job(ctx)
		n, err = n+m, errors.Join(err, e)
	}
	return n, err
}
