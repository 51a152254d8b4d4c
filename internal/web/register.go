package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// register asks for the address first, so that the page after it can propose a
// user name before a password was typed that would have to be typed again.
func (p *Pages) register(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	if r.Query.Has("invited") {
		return p.registerInvited(ctx, r, who)
	}
	return p.showForm("form", p.askAddress(""))
}

func (p *Pages) askAddress(address string) view {
	f := &form{Action: pathRegister, Button: "button.continue", Fields: []*field{emailField(address)}}
	f.Fields[0].Focus = true
	return view{Title: "register.title", Form: f, Links: []link{{account.PageLogin, "link.have"}}}
}

func (p *Pages) postRegister(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	if sent.Has("invitation") {
		return p.postInvited(ctx, r, who, sent)
	}
	address := strings.TrimSpace(sent.Get("email"))
	name := strings.TrimSpace(sent.Get("username"))
	proposed := ""
	if name == "" || address == "" {
		made, err := p.propose(ctx, r, address)
		if err != nil {
			return p.registerAgain(p.askAddress(address), err)
		}
		proposed = made.Username
	}
	if !sent.Has("password1") || proposed != "" {
		v, err := p.askPerson(ctx, sent, address)
		if err != nil {
			return nil, err
		}
		if proposed != "" {
			v.Form.field("username").Value = proposed
		}
		return p.showForm("form", v)
	}
	answer, err := p.createAccount(ctx, r, who, sent, pass{})
	if err != nil {
		v, failed := p.askPerson(ctx, sent, address)
		if failed != nil {
			return nil, failed
		}
		return p.registerAgain(v, err)
	}
	if answer.MustVerify {
		return &api.PageAnswer{Location: account.PageVerify, Flow: flowSent + " " + answer.Email}, nil
	}
	return leave(account.PageAccount, "register.done", answer), nil
}

// registerAgain shows a registration with what is wrong about it. What is wrong
// about the address can be changed right there, unless an invitation fixes it.
func (p *Pages) registerAgain(v view, err error) (*api.PageAnswer, error) {
	if err := p.refuse(v.Form, err); err != nil {
		return nil, err
	}
	if in := v.Form.field("email"); len(in.Errors) > 0 && (!in.ReadOnly || in.Change != "") {
		in.ReadOnly = false
	}
	for _, in := range v.Form.Fields {
		in.Focus = false
	}
	return p.showForm("form", v)
}

func (p *Pages) propose(ctx context.Context, r *api.Request, address string) (account.ProposeAnswer, error) {
	if address == "" {
		return account.ProposeAnswer{}, fault.Field("email", p.text("register.noaddress"))
	}
	return api.Attempt(ctx, p.gate, r, nil, "", func(ctx context.Context, _ *session.Caller) (account.ProposeAnswer, error) {
		return p.accounts.Propose(ctx, account.ProposeRequest{Email: address})
	})
}

// askPerson is the form with everything else.
func (p *Pages) askPerson(ctx context.Context, sent url.Values, address string) (view, error) {
	wanted, err := p.accounts.Agreements(ctx, nothing{})
	if err != nil {
		return view{}, err
	}
	email := emailField(address)
	email.ReadOnly, email.Change = true, pathRegister
	f := &form{Action: pathRegister, Button: "button.register", Fields: []*field{
		email,
		{Name: "username", Type: "text", Auto: "username", Value: sent.Get("username"), Hint: "register.username", Max: 150},
		{Name: "first_name", Type: "text", Auto: "given-name", Value: sent.Get("first_name"), Max: 150, Optional: true},
		{Name: "last_name", Type: "text", Auto: "family-name", Value: sent.Get("last_name"), Max: 150, Optional: true},
		passwordField("password1", "password.rules"),
		passwordField("password2", ""),
	}}
	f.field("first_name").Focus = true
	for _, a := range wanted {
		f.Agreements = append(f.Agreements, agreement{a, slices.Contains(sent["agree"], a.Name)})
	}
	return view{Title: "register.title", Form: f.once(), Links: []link{{account.PageLogin, "link.have"}}}, nil
}

// createAccount runs the registration, with the pass of an invitation if there is
// one.
func (p *Pages) createAccount(ctx context.Context, r *api.Request, who *session.Caller, sent url.Values, t pass) (account.RegisterAnswer, error) {
	confirmations := []map[string]any{}
	for _, name := range sent["agree"] {
		confirmations = append(confirmations, map[string]any{"name": name, "value": true})
	}
	fields := map[string]any{"confirmations": confirmations}
	for _, name := range []string{"email", "username", "first_name", "last_name", "password1", "password2"} {
		fields[name] = sent.Get(name)
	}
	for _, name := range []string{"first_name", "last_name"} {
		if strings.TrimSpace(sent.Get(name)) == "" {
			delete(fields, name) // may be missing, not blank
		}
	}
	if t.key != "" {
		fields["invitation"], fields["invitation_secret"] = t.key, t.secret
	}
	in, err := api.Bind[account.RegisterRequest](fields)
	if err != nil {
		return account.RegisterAnswer{}, err
	}
	return api.Attempt(ctx, p.gate, r, who, once(sent), func(ctx context.Context, who *session.Caller) (account.RegisterAnswer, error) {
		return p.accounts.Register(ctx, who, in)
	})
}
