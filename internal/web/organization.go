package web

import (
	"context"
	"net/url"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
)

// pathPlace is the page of the organization of a short name.
func pathPlace(slug string) string {
	if slug == "" {
		return org.PageOrg
	}
	return org.PageOrg + "?" + url.Values{"org": {slug}}.Encode()
}

// enter asks to sign in, and leads back to the page of an organization.
func enter(slug string) *api.PageAnswer {
	return &api.PageAnswer{Location: withNext(account.PageLogin, pathPlace(slug))}
}

// organization shows an organization to a member, and what they may do about an
// offer of ownership.
func (p *Pages) organization(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	slug := slugOf(r.Query.Get("org"))
	if who == nil {
		return enter(slug), nil
	}
	o, err := p.place(ctx, r, who, slug)
	if err != nil {
		return nil, err
	}
	return p.showPlace(r, o, nil)
}

// showPlace shows an organization, with what was wrong about the answer to an offer.
func (p *Pages) showPlace(r *api.Request, o place, wrong error) (*api.PageAnswer, error) {
	if o.ID == 0 {
		return p.noPlace(o)
	}
	v := view{Title: "organization.title", TitleArgs: []any{tame(o.title)}, Place: p.describePlace(o), Links: []link{{account.PageAccount, "link.account"}}}
	switch {
	case o.toMe():
		v.Heading = "organization.offer"
		v.Form, v.Second = offerForm(o, "accept", "organization.accept"), offerForm(o, "decline", "organization.decline")
		v.Form.Fields = []*field{{Name: "password", Type: "password", Auto: "current-password", Hint: "organization.password"}}
		v.Second.Quiet = true
	case o.byMe():
		v.Heading = "organization.asked"
		v.Form = offerForm(o, "withdraw", "organization.withdraw")
		v.Form.Quiet = true
	}
	if wrong != nil && v.Form != nil {
		if err := p.refuse(v.Form, wrong); err != nil {
			return nil, err
		}
	}
	return p.showing(r, "organization", v)
}

func offerForm(o place, answer, button string) *form {
	f := &form{Action: org.PageOrg, Button: button, Hidden: []hidden{{"org", o.Slug}, {"offer", mark(o.offering)}, {"answer", answer}}}
	return f.once()
}

// noPlace says the same of organizations that there are not, and of those that the
// visitor is not in.
func (p *Pages) noPlace(o place) (*api.PageAnswer, error) {
	a, err := p.show("plain", view{Title: "organization.none", Intro: []string{p.text("organization.none.text"), p.text("organization.none.who", tame(o.me.Username))},
		Links: []link{{account.PageAccount, "link.account"}}})
	if err == nil {
		a.Status = 404
	}
	return a, err
}

// postOrganization carries out an answer. One to another offer than there is by now
// changes nothing: the page shows how things are.
func (p *Pages) postOrganization(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	slug := slugOf(sent.Get("org"))
	if who == nil {
		return enter(slug), nil
	}
	o, err := p.place(ctx, r, who, slug)
	if err != nil {
		return nil, err
	}
	answer, same := sent.Get("answer"), o.offering.To != 0 && sent.Get("offer") == mark(o.offering)
	switch {
	case o.ID == 0:
		return p.noPlace(o)
	case same && o.toMe() && answer == "accept":
		return p.acceptOwnership(ctx, r, who, o, sent)
	case same && o.toMe() && answer == "decline":
		return p.dropOffer(ctx, r, who, o, once(sent), "organization.declined")
	case same && o.byMe() && answer == "withdraw":
		return p.dropOffer(ctx, r, who, o, once(sent), "organization.withdrawn")
	}
	return &api.PageAnswer{Location: pathPlace(slug)}, nil
}

// dropOffer declines an offer or takes it back. One that is gone meanwhile is as good.
func (p *Pages) dropOffer(ctx context.Context, r *api.Request, who *session.Caller, o place, once, notice string) (*api.PageAnswer, error) {
	return p.answered(r, o, p.organizations.Drop(ctx, p.gate, r, who, once, o.asked()), notice)
}

// acceptOwnership makes the visitor the owner if the form has their password.
func (p *Pages) acceptOwnership(ctx context.Context, r *api.Request, who *session.Caller, o place, sent url.Values) (*api.PageAnswer, error) {
	in, err := api.Bind[account.ReauthRequest](map[string]any{"password": sent.Get("password")})
	if err == nil {
		_, err = api.AttemptJudged(ctx, p.gate, r, who, once(sent), o.asked(), func(ctx context.Context, who session.Caller, asked org.OwnershipRequest) (v org.View, err error) {
			proof, err := p.accounts.Prove(ctx, who, in)
			if err != nil {
				return v, err
			}
			return p.organizations.TakeOver(ctx, who, asked, proof)
		})
	}
	return p.answered(r, o, err, "organization.accepted")
}

// answered shows what became of an answer to an offer that may be gone meanwhile.
func (p *Pages) answered(r *api.Request, o place, err error, notice string) (*api.PageAnswer, error) {
	switch {
	case err == nil:
		return leave(pathPlace(o.Slug), notice), nil
	case fault.Of(err).Status == 404:
		return &api.PageAnswer{Location: pathPlace(o.Slug)}, nil
	case fault.Of(err).Status == 401:
		return enter(o.Slug), nil
	}
	return p.showPlace(r, o, err)
}
