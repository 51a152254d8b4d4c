package account

import (
	"context"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/token"
)

// composeNotice tells the owner of an account what happened to it.
func (s *Service) composeNotice(ctx context.Context, j mail.Job) (*mail.Message, error) {
	uid := parseUID(j.Args["uid"])
	p, _, err := s.account(ctx, uid)
	if err != nil || p.Email == "" {
		return nil, err
	}
	to := j.Args["email"] // where it happened to, even if the account has moved on
	if to == "" {
		to = p.Email
	}
	d := mail.Data{To: to, Username: p.Username, Device: j.Args["agent"], Network: j.Args["network"], When: time.UnixMilli(j.Created)}
	switch j.Kind {
	case jobPasswordChanged:
		return s.message(mail.KindPasswordChanged, d)
	case jobPasswordReset:
		return s.message(mail.KindPasswordReset, d)
	case jobDeletionCancelled:
		return s.message(mail.KindDeletionCancelled, d)
	case jobNewDevice:
		d.Link = s.page(PageAccount)
		return s.message(mail.KindNewDevice, d)
	case jobRefreshReuse:
		d.Link = s.page(PageAccount)
		return s.message(mail.KindRefreshReuse, d)
	}
	return s.composeTicket(ctx, j, d, uid)
}

// composeTicket makes the two notices that carry a link of the account's own.
func (s *Service) composeTicket(ctx context.Context, j mail.Job, d mail.Data, uid int64) (*mail.Message, error) {
	at, purpose, page, kind := undoKey(uid, j.Args["email"]), purposeUndo, PageUndo, mail.KindEmailChanged
	if j.Kind == jobDeletion {
		at, purpose, page, kind = deletionKey(uid), purposeDeletion, PageDeletion, mail.KindDeletion
	}
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return nil, err
	}
	t, err := tickets.Of(items[0])
	if err != nil || !items[0].Exists() {
		return nil, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if kind == mail.KindEmailChanged {
		d.To, d.Valid = t.Email, undoLife
	} else {
		d.When = time.UnixMilli(t.Due)
	}
	id := linkID(uid, at.SK)
	if kind == mail.KindDeletion {
		id = linkID(uid, "")
	}
	d.Link = s.link(page, token.Mail(k, purpose, id, t.Seed))
	return s.message(kind, d)
}
