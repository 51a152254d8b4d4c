package web

import (
	"context"
	"net/url"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

const (
	pathInvitation = "/auth/invitation" // where the mail of an invitation leads
	pathInvited    = pathRegister + "?invited=yes"

	flowDeclined = "declined" // an invitation was, a moment ago
)

// invitation moves the secret of the link out of the address; at the clean address
// it shows what the visitor may do about the invitation. Nothing is spent.
func (p *Pages) invitation(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	if r.Query.Has("invitation") || r.Query.Has("t") {
		return &api.PageAnswer{Location: pathInvitation, Flow: newPass(r.Query.Get("invitation"), r.Query.Get("t")).flow()}, nil
	}
	if carried(r, flowDeclined) != "" {
		return p.show("plain", view{Title: "invitation.declined", Intro: []string{p.text("invitation.declined.text")},
			Links: []link{{pathHome, "link.home"}}})
	}
	return p.showInvitation(ctx, r, who, nil)
}

// showInvitation shows the invitation whose pass the browser holds, with what was
// wrong about an answer to it. The pass is good for another while then.
func (p *Pages) showInvitation(ctx context.Context, r *api.Request, who *session.Caller, wrong error) (*api.PageAnswer, error) {
	t := passOf(r)
	i, err := p.invited(ctx, r, who, t)
	if err != nil {
		return nil, err
	}
	if wrong != nil && !i.mine && !i.joined && fault.Of(wrong).Status >= 500 {
		return nil, wrong // it says nothing of the invitation, and there is no form to say it in
	}
	var v view
	switch {
	case i.joined:
		v = p.welcome(i)
	case i.mine:
		v = p.askAnswer(i)
		if wrong != nil {
			err = p.refuse(v.Form, wrong)
		}
	case !i.proven:
		dead, err := p.invitationDead(i.me.Username)
		if err == nil && t.secret != "" {
			dead.Refused = fault.New(400, "invitation_refused", "").Noted(fault.LinkRefused)
		}
		return dead, err
	case i.me.UID == 0:
		v = p.askWho(i)
	case i.me.Email == i.Email:
		v = p.askConfirmation(i)
	default:
		v = p.askOther(i)
	}
	if err != nil {
		return nil, err
	}
	a, err := p.showForm("invitation", v)
	if err == nil {
		a.Flow = t.flow()
	}
	return a, err
}

// offer is what every page about an open invitation says.
func (p *Pages) offer(i invited) view {
	v := view{Title: "invitation.title", Invite: p.describeInvited(i)}
	site := p.accounts.Settings.Site.Name
	if v.Invite.Inviter == "" {
		v.Intro = []string{p.text("invitation.text", site)}
	} else {
		v.Intro = []string{p.text("invitation.by", v.Invite.Inviter, site)}
	}
	return v
}

// askAnswer is for whoever may accept.
func (p *Pages) askAnswer(i invited) view {
	answer := func(a, button string) *form {
		f := &form{Action: pathInvitation, Button: button, Hidden: []hidden{{"invitation", i.Key}, {"answer", a}}}
		return f.once()
	}
	v := p.offer(i)
	v.Form, v.Second = answer("accept", "invitation.accept"), answer("decline", "invitation.decline")
	v.Second.Quiet = true
	return v
}

// askWho is for whoever has not signed in.
func (p *Pages) askWho(i invited) view {
	v := p.offer(i)
	v.Intro = append(v.Intro, p.text("invitation.who"))
	v.Buttons = []link{{withNext(account.PageLogin, pathInvitation), "button.login"}, {pathInvited, "link.register"}}
	return v
}

// askConfirmation is for whoever has the address and has not confirmed it.
func (p *Pages) askConfirmation(i invited) view {
	v := p.offer(i)
	v.Intro = append(v.Intro, p.text("invitation.unconfirmed"))
	v.Form = resendForm(i.Email)
	return v
}

// askOther is for whoever has signed in as somebody else.
func (p *Pages) askOther(i invited) view {
	v := p.offer(i)
	v.Intro = append(v.Intro, p.text("invitation.other", tame(i.me.Username), masked(i.Email)))
	v.Form = switchForm()
	return v
}

// switchForm signs out and comes back.
func switchForm() *form {
	return &form{Action: pathLogout, Button: "invitation.switch", Hidden: []hidden{{"next", pathInvitation}}}
}

func (p *Pages) welcome(i invited) view {
	return view{Title: "invitation.joined", TitleArgs: []any{tame(i.title)}, Intro: []string{p.text("invitation.joined.text", tame(i.slug), tame(i.Role))},
		Links: []link{{account.PageAccount, "link.account"}}}
}

// invitationDead says that there is no such invitation, whatever the reason. The
// pass is kept: it may be for an account that the visitor signs in to next.
func (p *Pages) invitationDead(username string) (*api.PageAnswer, error) {
	v := view{Title: "invitation.dead", Intro: []string{p.text("invitation.dead.text"), p.text("invitation.dead.next")}}
	if username == "" {
		v.Links = []link{{withNext(account.PageLogin, pathInvitation), "link.login"}}
	} else {
		v.Intro = append(v.Intro, p.text("invitation.dead.other", tame(username)))
		v.Form = switchForm()
		v.Form.Quiet = true
		v.Links = []link{{account.PageAccount, "link.account"}}
	}
	a, err := p.showForm("invitation", v)
	if err == nil {
		a.Status = 400
	}
	return a, err
}

// postInvitation carries out an answer. One that was given to another invitation
// than the browser holds by now changes nothing: it shows that one.
func (p *Pages) postInvitation(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	t := passOf(r)
	run, after := p.invitations.Accept, pass{key: t.key}.flow()
	if sent.Get("answer") == "decline" {
		run, after = p.invitations.Decline, flowDeclined+" yes"
	} else if sent.Get("answer") != "accept" {
		run = nil
	}
	i, err := p.invited(ctx, r, who, t)
	if err != nil {
		return nil, err
	}
	// To decline what has been accepted meanwhile would be to leave.
	if run == nil || who == nil || t.key == "" || sent.Get("invitation") != t.key || i.joined {
		return &api.PageAnswer{Location: pathInvitation}, nil
	}
	if err := run(ctx, p.gate, r, who, once(sent), t.key); err != nil {
		return p.showInvitation(ctx, r, who, err)
	}
	return &api.PageAnswer{Location: pathInvitation, Flow: after}, nil
}

// registerInvited asks whoever holds the mail of an invitation for what an account
// needs beside the address.
func (p *Pages) registerInvited(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	t := passOf(r)
	i, err := p.invited(ctx, r, who, t)
	if err != nil {
		return nil, err
	}
	if who != nil || !i.proven {
		return &api.PageAnswer{Location: pathInvitation}, nil
	}
	v, err := p.askInvited(ctx, i, nil)
	if err != nil {
		return nil, err
	}
	made, err := p.propose(ctx, r, i.Email)
	if err != nil {
		return p.registerAgain(v, err)
	}
	v.Form.field("username").Value = made.Username
	a, err := p.showForm("form", v)
	if err == nil {
		a.Flow = t.flow()
	}
	return a, err
}

// askInvited is the form with everything else, for the address that was invited.
func (p *Pages) askInvited(ctx context.Context, i invited, sent url.Values) (view, error) {
	v, err := p.askPerson(ctx, sent, i.Email)
	if err != nil {
		return v, err
	}
	v.Form.field("email").Change = ""
	v.Form.Hidden = append(v.Form.Hidden, hidden{"invitation", i.Key})
	v.Intro = []string{p.text("invitation.register", tame(i.title))}
	v.Links = []link{{withNext(account.PageLogin, pathInvitation), "link.have"}}
	return v, nil
}

// postInvited makes an account that is a member at once. The address is that of the
// invitation, whatever the form says.
func (p *Pages) postInvited(ctx context.Context, r *api.Request, who *session.Caller, sent url.Values) (*api.PageAnswer, error) {
	t := passOf(r)
	i, err := p.invited(ctx, r, who, t)
	if err != nil {
		return nil, err
	}
	if who != nil || !i.proven || sent.Get("invitation") != i.Key {
		return &api.PageAnswer{Location: pathInvitation}, nil
	}
	sent.Set("email", i.Email)
	answer, err := p.createAccount(ctx, r, who, sent, t)
	if err == nil {
		return &api.PageAnswer{Location: pathInvitation, Flow: pass{key: t.key}.flow(), Sets: []api.SetsCookies{answer}}, nil
	}
	if said, ok := fault.Of(err).Body.(*fault.Fields); ok && said.Has("invitation") {
		return p.invitationDead("")
	}
	v, failed := p.askInvited(ctx, i, sent)
	if failed != nil {
		return nil, failed
	}
	return p.registerAgain(v, err)
}
