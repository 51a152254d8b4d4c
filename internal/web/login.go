package web

import (
	"context"
	"net/url"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/session"
)

// login asks who signs in; the password is asked for on the page after that.
func (p *Pages) login(_ context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	next, flow := nextPage(r.Query.Get("next")), ""
	if r.Query.Has("invitation") {
		// A link that was copied: the key alone, unless this browser has the secret.
		t := newPass(r.Query.Get("invitation"), "")
		if held := passOf(r); held.key == t.key {
			t = held
		}
		next, flow = pathInvitation, t.flow()
	}
	if who != nil {
		return &api.PageAnswer{Location: next, Flow: flow}, nil
	}
	address, err := ident.ParseEmail(r.Query.Get("email"))
	if err != nil {
		address = ident.Email{} // a proposal that is none
	}
	a, err := p.showing(r, "login", p.identify(next, address.String()))
	if err == nil && flow != "" {
		a.Flow = flow
	}
	return a, err
}

func (p *Pages) postLogin(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	next, name := nextPage(sent.Get("next")), strings.TrimSpace(sent.Get("username"))
	if name == "" {
		v := p.identify(next, "")
		p.invalid(v.Form, "username", "login.nobody")
		return p.showForm("login", v)
	}
	v, err := p.askPassword(ctx, next, name)
	if err != nil {
		return p.again(p.identify(next, name), err)
	}
	if !sent.Has("password") {
		return p.showForm("login", v)
	}
	if sent.Get("password") == "" {
		p.invalid(v.Form, "password", "login.empty")
		return p.showForm("login", v)
	}
	in, err := api.Bind[account.LoginRequest](map[string]any{"username": name, "password": sent.Get("password")})
	if err == nil {
		var signedIn account.LoginAnswer
		signedIn, err = api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, who *session.Caller) (account.LoginAnswer, error) {
			return p.accounts.Login(ctx, who, in)
		})
		if err == nil {
			return &api.PageAnswer{Location: next, Sets: []api.SetsCookies{signedIn}}, nil
		}
	}
	if fault.Of(err).Code == "email_not_verified" {
		return p.unverified(name)
	}
	return p.again(v, err)
}

// again shows a sign-in with what is wrong about it.
func (p *Pages) again(v view, err error) (*api.PageAnswer, error) {
	for _, in := range v.Form.Fields {
		in.Focus = false
	}
	if err := p.refuse(v.Form, err); err != nil {
		return nil, err
	}
	return p.showForm("login", v)
}

// identify is the first step.
func (p *Pages) identify(next, name string) view {
	f := &form{Action: account.PageLogin, Button: "button.continue", Hidden: nextHidden(next),
		Fields: []*field{{Name: "username", Label: "label.login", Type: "text", Auto: "username", Value: name, Max: 254, Focus: true}}}
	methods, _ := p.accounts.Methods(context.Background(), account.MethodsRequest{}) // of nobody: reads nothing, cannot fail
	return view{Title: "login.title", TitleArgs: []any{p.accounts.Settings.Site.Name}, Form: f, Methods: methods, Links: []link{{pathRegister, "link.register"}}}
}

// askPassword is the second step, for whoever the first one named.
func (p *Pages) askPassword(ctx context.Context, next, name string) (view, error) {
	methods, err := p.accounts.Methods(ctx, account.MethodsRequest{Identity: name})
	if err != nil {
		return view{}, rename(err, "identity", "username")
	}
	f := &form{Action: account.PageLogin, Button: "button.login", Hidden: nextHidden(next), Fields: []*field{
		{Name: "username", Label: "label.signing", Type: "text", Auto: "username", Value: name, ReadOnly: true, Change: withNext(account.PageLogin, next)}}}
	if methods.Password {
		f.Fields = append(f.Fields, &field{Name: "password", Type: "password", Auto: "current-password", Focus: true})
	}
	return view{Title: "login.title", TitleArgs: []any{p.accounts.Settings.Site.Name}, Form: f, Methods: methods,
		Links: []link{{account.PageForgot, "link.forgot"}}}, nil
}

// rename moves the errors of a field to the name that it has on the page.
func rename(err error, from, to string) error {
	said, ok := fault.Of(err).Body.(*fault.Fields)
	if !ok {
		return err
	}
	var out fault.Fields
	said.Each(func(name string, messages []string) {
		if name == from {
			name = to
		}
		out.Add(name, messages...)
	})
	return out.Err()
}

func nextHidden(next string) []hidden {
	if next == account.PageAccount {
		return nil
	}
	return []hidden{{"next", next}}
}

func withNext(path, next string) string {
	if next == account.PageAccount {
		return path
	}
	return path + "?" + url.Values{"next": {next}}.Encode()
}

// toLogin is for pages that need somebody who has signed in.
func toLogin() *api.PageAnswer {
	return &api.PageAnswer{Location: account.PageLogin + "?" + url.Values{"next": {account.PageAccount}}.Encode()}
}

func (p *Pages) postLogout(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		sent = nil // a bare button
	}
	bye, err := api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, who *session.Caller) (account.LogoutAnswer, error) {
		return p.accounts.Logout(ctx, who, nothing{})
	})
	if err != nil {
		return nil, err
	}
	if sent.Get("next") == pathInvitation {
		return &api.PageAnswer{Location: pathInvitation, Sets: []api.SetsCookies{bye}}, nil
	}
	return leave(account.PageLogin, "logout.done", bye), nil
}
