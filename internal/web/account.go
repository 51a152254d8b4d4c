package web

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// accountView is who has signed in, and where.
type accountView struct {
	Once string // numbers the form that ends the others
	account.User
	Sessions []sessionRow
	Others   bool
}

// Name is the person's name, or else the user name.
func (a accountView) Name() string {
	if n := strings.TrimSpace(a.First + " " + a.Last); n != "" {
		return n
	}
	return a.Username
}

// sessionRow is a session in words.
type sessionRow struct {
	ID      string
	What    string
	Where   string
	When    string // for people
	At      string // for programs
	Current bool
}

func (p *Pages) account(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	if who == nil {
		return toLogin(), nil
	}
	shown, err := api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, _ *session.Caller) (*accountView, error) {
		return p.readAccount(ctx, *who)
	})
	if err != nil {
		return nil, err
	}
	return p.showing(r, "account", view{Title: "account.title", Wide: true, Account: shown})
}

func (p *Pages) readAccount(ctx context.Context, who session.Caller) (*accountView, error) {
	me, err := p.accounts.Me(ctx, who)
	if err != nil {
		return nil, err
	}
	sessions, err := p.accounts.ListSessions(ctx, who, api.ListRequest{Query: "page_size=all"})
	if err != nil {
		return nil, err
	}
	v := &accountView{User: me, Once: rand.Text()}
	for _, s := range sessions.Results {
		v.Others = v.Others || !s.Current
		v.Sessions = append(v.Sessions, p.describe(s))
	}
	return v, nil
}

func (p *Pages) describe(s account.SessionView) sessionRow {
	at := time.Time(s.LastUsed).UTC()
	row := sessionRow{ID: s.ID, What: s.Agent, Where: s.Network, Current: s.Current,
		When: at.Format(p.text("time")), At: at.Format(time.RFC3339)}
	if row.What == "" {
		row.What = p.text("session.unknown")
	}
	switch s.Kind {
	case session.KindToken:
		row.What = p.text("session.token")
	case session.KindBearer:
		row.What = p.text("session.bearer", row.What)
	}
	return row
}

// postEndOne ends one of the sessions. One that has ended already is as good.
func (p *Pages) postEndOne(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	return p.end(ctx, r, who, "", "end.one", func(ctx context.Context, who session.Caller) (nothing, error) {
		done, err := p.accounts.EndSession(ctx, who, account.SessionRequest{ID: sent.Get("id")})
		if err != nil && fault.Of(err).Status == 404 {
			err = nil
		}
		return done, err
	})
}

func (p *Pages) postEndOthers(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	return p.end(ctx, r, who, once(sent), "end.others", func(ctx context.Context, who session.Caller) (nothing, error) {
		return p.accounts.EndOthers(ctx, who, nothing{})
	})
}

func (p *Pages) end(ctx context.Context, r *api.Request, who *session.Caller, number, notice string, op func(context.Context, session.Caller) (nothing, error)) (*api.PageAnswer, error) {
	if who == nil {
		return toLogin(), nil
	}
	_, err := api.Attempt(ctx, p.gate, r, who, number, func(ctx context.Context, who *session.Caller) (nothing, error) {
		if who == nil {
			return nothing{}, nil // ended meanwhile: the next page asks to sign in
		}
		return op(ctx, *who)
	})
	if err != nil {
		return nil, err
	}
	return leave(account.PageAccount, notice), nil
}
