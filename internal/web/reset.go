package web

import (
	"context"
	"net/url"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// flowReset carries both parts of a reset link.
const flowReset = "reset"

// forgot asks for the address of an account whose password is forgotten. What it
// says afterwards is the same for every address.
func (p *Pages) forgot(_ context.Context, r *api.Request, _ *session.Caller) (*api.PageAnswer, error) {
	address := carried(r, flowAsked)
	if address == "" {
		return p.showForm("form", p.askForgot(""))
	}
	v := p.askForgot(address)
	v.Title, v.Intro, v.Strong = "sent.title", []string{p.text("forgot.sent")}, address
	v.Form, v.Second, v.Heading, v.Hint = nil, v.Form, "sent.resend", "sent.hint"
	v.Second.Quiet, v.Second.Button, v.Second.Fields[0].Focus = true, "button.resend", false
	return p.showForm("form", v)
}

func (p *Pages) askForgot(address string) view {
	f := &form{Action: account.PageForgot, Button: "forgot.button", Fields: []*field{emailField(address)}}
	f.Fields[0].Focus = true
	return view{Title: "forgot.title", Intro: []string{p.text("forgot.text")}, Form: f, Links: []link{{account.PageLogin, "link.login"}}}
}

func (p *Pages) postForgot(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	address := strings.TrimSpace(sent.Get("email"))
	if err := p.mailTo(ctx, r, who, address, p.accounts.ResetPassword); err != nil {
		v := p.askForgot(address)
		v.Form.Fields[0].Focus = false
		if err := p.refuse(v.Form, err); err != nil {
			return nil, err
		}
		return p.showForm("form", v)
	}
	return &api.PageAnswer{Location: account.PageForgot, Flow: flowAsked + " " + address}, nil
}

// reset moves the secret of the link out of the address, then asks for the new
// password.
func (p *Pages) reset(_ context.Context, r *api.Request, _ *session.Caller) (*api.PageAnswer, error) {
	if r.Query.Has("token") || r.Query.Has("uid") {
		secret := r.Query.Get("uid") + " " + r.Query.Get("token")
		if len(secret) > maxSecret {
			secret = "- -" // none of ours: refused when it is spent
		}
		return &api.PageAnswer{Location: account.PageReset, Flow: flowReset + " " + secret}, nil
	}
	if carried(r, flowReset) == "" {
		return p.resetDead()
	}
	return p.showForm("form", p.askReset())
}

func (p *Pages) askReset() view {
	f := &form{Action: account.PageReset, Button: "reset.button", Fields: []*field{
		passwordField("new_password1", "password.rules"), passwordField("new_password2", "")}}
	f.Fields[0].Focus = true
	return view{Title: "reset.title", Intro: []string{p.text("reset.text")}, Form: f.once()}
}

func (p *Pages) postReset(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	err = p.setPassword(ctx, r, who, sent)
	if err == nil {
		return leave(account.PageLogin, "reset.done"), nil
	}
	if said, ok := fault.Of(err).Body.(*fault.Fields); ok && (said.Has("uid") || said.Has("token")) {
		return p.resetDead()
	}
	v := p.askReset()
	v.Form.Fields[0].Focus = false
	if err := p.refuse(v.Form, err); err != nil {
		return nil, err
	}
	return p.showForm("form", v)
}

func (p *Pages) setPassword(ctx context.Context, r *api.Request, who *session.Caller, sent url.Values) error {
	uid, secret, _ := strings.Cut(carried(r, flowReset), " ")
	in, err := api.Bind[account.ResetRequest](map[string]any{"uid": uid, "token": secret,
		"new_password1": sent.Get("new_password1"), "new_password2": sent.Get("new_password2")})
	if err != nil {
		return err
	}
	_, err = api.Attempt(ctx, p.gate, r, who, once(sent), func(ctx context.Context, _ *session.Caller) (account.Detail, error) {
		return p.accounts.ResetConfirm(ctx, in)
	})
	return err
}

// resetDead says that a link is used up or too old, and asks for another.
func (p *Pages) resetDead() (*api.PageAnswer, error) {
	v := p.askForgot("")
	v.Title, v.Intro = "dead.title", []string{p.text("dead.text"), p.text("forgot.again")}
	a, err := p.showForm("form", v)
	if err == nil {
		a.Status, a.ClearFlow = 400, true
	}
	return a, err
}
