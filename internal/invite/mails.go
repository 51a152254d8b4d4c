package invite

import (
	"context"
	"net/url"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/tenant"
)

// Pages that links lead to.
const (
	// Page is where somebody answers an invitation. Its query has "invitation", the
	// key, and from the mail also "t", the secret.
	Page      = "/auth/invitation"
	pageLogin = "/auth/login"
)

func invitationMail(now time.Time, key string) mail.Job {
	return mail.NewJob(now, mail.KindInvitation, map[string]string{"key": key})
}

// Composes reports whether a job is one of this package.
func Composes(kind string) bool { return kind == mail.KindInvitation }

// Compose makes the message of a job of this package. There is none if the
// invitation is not open any more, or was sent again since: that has its own mail.
func (s *Service) Compose(ctx context.Context, j mail.Job) (*mail.Message, error) {
	items, err := s.Table.Get(ctx, rowOf(j.Args["key"]))
	if err != nil {
		return nil, err
	}
	i, err := org.Invitations.Of(items[0])
	if err != nil || !i.Open(s.Table.Now()) || i.Mail != j.Ref() {
		return nil, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if items, err = s.Table.Get(ctx, tenant.Key(i.Org), profile.Key(i.Inviter)); err != nil {
		return nil, err
	}
	st, err := tenant.States.Of(items[0])
	if err != nil || st.State != tenant.Active {
		return nil, err
	}
	inviter, err := profile.Profiles.Of(items[1])
	if err != nil {
		return nil, err
	}
	title, err := s.Orgs.Named(ctx, st)
	if err != nil {
		return nil, err
	}
	link := s.Settings.Site.BaseURL + Page + "?" + url.Values{"invitation": {i.Key}, "t": {mailed(k, i)}}.Encode()
	m, err := mail.Render(mail.KindInvitation, s.Settings.Site, mail.Data{To: i.Email, Link: link, Valid: s.life(),
		Org: title, Slug: st.Slug, Inviter: inviter.Username, Role: i.Role})
	return &m, err
}
