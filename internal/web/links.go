package web

import (
	"context"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// mailLink is a page behind a mail link that asks for one click. Its texts are
// "<name>.title", ".text", ".button" and ".done".
type mailLink struct {
	*Pages
	path string
	name string
	run  func(context.Context, account.KeyRequest) (account.Detail, error)
	to   string // where it leads
	dead func(*api.Request, error) (*api.PageAnswer, error)
}

func (p *Pages) mailLinks() []mailLink {
	s := p.accounts
	return []mailLink{
		{p, account.PageVerify, "verify", s.VerifyEmail, account.PageLogin, p.verifyDead},
		{p, account.PageChange, "change", s.ConfirmEmail, account.PageAccount, p.linkDead},
		{p, account.PageUndo, "undo", s.UndoEmail, account.PageLogin, p.linkDead},
		{p, account.PageDeletion, "deletion", s.CancelDeletion, account.PageLogin, p.linkDead},
	}
}

// open moves the secret out of the address; at the clean address it shows the
// button. Nothing is spent, so programs that look into mails do no harm.
func (l mailLink) open(_ context.Context, r *api.Request, _ *session.Caller) (*api.PageAnswer, error) {
	if r.Query.Has("key") {
		return l.keep(r.Query.Get("key"))
	}
	if carried(r, l.name) == "" {
		return l.dead(r, nil)
	}
	return l.showForm("form", view{Title: l.name + ".title", Intro: []string{l.text(l.name + ".text")},
		Form: (&form{Action: l.path, Button: l.name + ".button"}).once()})
}

func (l mailLink) keep(key string) (*api.PageAnswer, error) {
	a := &api.PageAnswer{Location: l.path, Flow: l.name + " " + key}
	if len(key) > maxSecret {
		a.Flow = l.name + " -" // none of ours: refused when it is spent
	}
	return a, nil
}

// spend carries out what the link is for.
func (l mailLink) spend(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	in, err := api.Bind[account.KeyRequest](map[string]any{"key": carried(r, l.name)})
	if err == nil {
		_, err = api.Attempt(ctx, l.gate, r, who, once(sent), func(ctx context.Context, _ *session.Caller) (account.Detail, error) {
			return l.run(ctx, in)
		})
	}
	if f := fault.Of(err); err != nil && f.Status == 400 {
		return l.dead(r, err)
	}
	if err != nil {
		return nil, err
	}
	return leave(l.to, l.name+".done"), nil
}

// linkDead says that a link is used up, too old, or none.
func (p *Pages) linkDead(*api.Request, error) (*api.PageAnswer, error) {
	a, err := p.show("plain", view{Title: "dead.title", Intro: []string{p.text("dead.text"), p.text("dead.next")},
		Links: []link{{account.PageAccount, "link.account"}}})
	if err == nil {
		a.Status, a.ClearFlow = 400, true
	}
	return a, err
}

// verifyDead says the same of a confirmation, and offers another mail. Without
// any link it is the page that says where the mail is.
func (p *Pages) verifyDead(r *api.Request, err error) (*api.PageAnswer, error) {
	v := view{Title: "sent.title", Heading: "sent.resend", Hint: "sent.hint", Second: resendForm(""), Links: []link{{account.PageLogin, "link.login"}}}
	sent, again := carried(r, flowSent), carried(r, flowAgain)
	switch {
	case err != nil:
		v.Title, v.Intro = "dead.title", []string{p.text("dead.text"), p.text("verify.dead")}
		v.Heading, v.Hint, v.Second.Button = "verify.again", "", "forgot.button"
	case sent != "":
		v.Intro, v.Strong, v.Second = []string{p.text("sent.text")}, sent, resendForm(sent)
	case again != "":
		v.Intro, v.Strong, v.Second = []string{p.text("sent.again")}, again, resendForm(again)
	default:
		v.Intro = []string{p.text("sent.open")}
	}
	a, failed := p.showForm("form", v)
	if err != nil && failed == nil {
		a.Status, a.ClearFlow = 400, true
	}
	return a, failed
}

// unverified tells whoever has the right password that a mail waits for them.
func (p *Pages) unverified(name string) (*api.PageAnswer, error) {
	address := ""
	if strings.Contains(name, "@") {
		address = name
	}
	a, err := p.showForm("form", view{Title: "unverified.title", Intro: []string{p.text("unverified.text")},
		Heading: "sent.resend", Hint: "sent.hint", Second: resendForm(address), Links: []link{{account.PageLogin, "link.login"}}})
	if err == nil {
		a.Status = 400
	}
	return a, err
}

func resendForm(address string) *form {
	return &form{Action: pathResend, Button: "button.resend", Quiet: true, Fields: []*field{emailField(address)}}
}

func (p *Pages) postResend(ctx context.Context, r *api.Request, who *session.Caller) (*api.PageAnswer, error) {
	sent, err := api.Form(r)
	if err != nil {
		return nil, err
	}
	address := strings.TrimSpace(sent.Get("email"))
	if err = p.mailTo(ctx, r, who, address, p.accounts.Resend); err == nil {
		return &api.PageAnswer{Location: account.PageVerify, Flow: flowAgain + " " + address}, nil
	}
	f := resendForm(address)
	if err := p.refuse(f, err); err != nil {
		return nil, err
	}
	return p.showForm("form", view{Title: "sent.title", Intro: []string{p.text("sent.open")},
		Heading: "sent.resend", Hint: "sent.hint", Second: f, Links: []link{{account.PageLogin, "link.login"}}})
}

// mailTo runs an operation that mails to an address.
func (p *Pages) mailTo(ctx context.Context, r *api.Request, who *session.Caller, address string, op func(context.Context, account.EmailRequest) (account.Detail, error)) error {
	in, err := api.Bind[account.EmailRequest](map[string]any{"email": address})
	if err != nil {
		return err
	}
	_, err = api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, _ *session.Caller) (account.Detail, error) {
		return op(ctx, in)
	})
	return err
}
