package account

import (
	"context"
	"net/url"
	"strings"

	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// What a queued mail is about. Which message it becomes, if any, is decided when
// it is sent: nobody who waits for the answer of a request learns it.
const (
	jobRegister          = "register"           // pid, email
	jobResend            = "resend"             // email
	jobReset             = "reset"              // email
	jobChange            = "change"             // uid, email
	jobChanged           = "changed"            // uid, email: the old one
	jobPasswordChanged   = "password-changed"   // uid, agent, network
	jobPasswordReset     = "password-reset"     // uid, agent, network
	jobNewDevice         = "new-device"         // uid, agent, network
	jobDeletion          = "deletion"           // uid
	jobDeletionCancelled = "deletion-cancelled" // uid
	jobRefreshReuse      = "refresh-reuse"      // uid, agent, network
)

// Pages that mails lead to.
const (
	PageLogin    = "/auth/login"
	PageAccount  = "/auth/account"
	PageVerify   = "/auth/verify"
	PageForgot   = "/auth/password/reset"
	PageReset    = "/auth/password/reset/confirm"
	PageChange   = "/auth/email/confirm"
	PageUndo     = "/auth/email/undo"
	PageDeletion = "/auth/deletion/cancel"
)

// Compose makes the message of a job of this package.
func (s *Service) Compose(ctx context.Context, j mail.Job) (*mail.Message, error) {
	switch j.Kind {
	case jobRegister:
		return s.composeRegister(ctx, j)
	case jobResend:
		return s.composeResend(ctx, j)
	case jobReset:
		return s.composeReset(ctx, j)
	case jobChange:
		return s.composeChange(ctx, j)
	}
	return s.composeNotice(ctx, j)
}

func (s *Service) page(path string) string { return s.Settings.Site.BaseURL + path }

func (s *Service) link(path, key string) string {
	return s.page(path) + "?key=" + url.QueryEscape(key)
}

func (s *Service) message(kind string, d mail.Data) (*mail.Message, error) {
	d.Reset = s.page(PageForgot)
	if d.Link == "" {
		d.Link = s.page(PageLogin)
	}
	m, err := mail.Render(kind, s.Settings.Site, d)
	return &m, err
}

// owner finds the live account of an address.
func (s *Service) owner(ctx context.Context, address string) (profile.Profile, session.Authority, error) {
	items, err := s.Table.Get(ctx, emailKey(address))
	if err != nil {
		return profile.Profile{}, session.Authority{}, err
	}
	c, err := claims.Of(items[0])
	if err != nil || c.UID == 0 {
		return profile.Profile{}, session.Authority{}, err
	}
	return s.account(ctx, c.UID)
}

// account reads a live account; the zero Profile is none.
func (s *Service) account(ctx context.Context, uid int64) (profile.Profile, session.Authority, error) {
	items, err := s.Table.Get(ctx, session.AuthorityKey(uid), profile.Key(uid))
	if err != nil {
		return profile.Profile{}, session.Authority{}, err
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil || a.Status != session.Active && a.Status != session.Leaving {
		return profile.Profile{}, a, err
	}
	p, err := profile.Profiles.Of(items[1])
	return p, a, err
}

// composeRegister asks to confirm a registration, or tells the owner of the
// address that somebody tried to register it.
func (s *Service) composeRegister(ctx context.Context, j mail.Job) (*mail.Message, error) {
	items, err := s.Table.Get(ctx, pendingKey(j.Args["pid"]))
	if err != nil {
		return nil, err
	}
	w, err := pendings.Of(items[0])
	if err != nil || !items[0].Exists() {
		return nil, err // confirmed or expired meanwhile
	}
	if w.UID == 0 {
		p, _, err := s.owner(ctx, w.Email)
		if err != nil {
			return nil, err
		}
		if p.Verified && p.Email == w.Email {
			return s.message(mail.KindExists, mail.Data{To: w.Email})
		}
	}
	return s.confirmation(ctx, w)
}

func (s *Service) confirmation(ctx context.Context, w pending) (*mail.Message, error) {
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, err
	}
	name := w.Username
	if w.UID != 0 {
		p, _, err := s.account(ctx, w.UID)
		if err != nil || p.Email != w.Email {
			return nil, err
		}
		name = p.Username
	}
	return s.message(mail.KindConfirm, mail.Data{To: w.Email, Username: name, Valid: verifyLife,
		Link: s.link(PageVerify, token.Mail(k, purposeVerify, w.PID, w.Seed))})
}

// composeResend sends the confirmation again, if there is something to confirm.
func (s *Service) composeResend(ctx context.Context, j mail.Job) (*mail.Message, error) {
	address := j.Args["email"]
	p, _, err := s.owner(ctx, address)
	if err != nil {
		return nil, err
	}
	if p.Email == address && p.Verified {
		return s.message(mail.KindExists, mail.Data{To: address})
	}
	if p.Email == address {
		return s.resendAddress(ctx, p)
	}
	return nil, s.resendWaiting(ctx, address)
}

// resendWaiting queues the confirmation of every registration of an address: each
// mail names its user name, and nobody's registration hides another's.
func (s *Service) resendWaiting(ctx context.Context, address string) error {
	items, err := s.Table.All(ctx, store.Query{PK: emailKey(address).PK, Prefix: waitingPrefix, Reverse: true}, 200)
	if err != nil {
		return err
	}
	var ops []store.Op
	for _, it := range items[:min(len(items), maxWaiting)] {
		c, err := claims.Of(it)
		if err != nil {
			return err
		}
		ops = append(ops, mail.Queue(s.Table.Now(), jobRegister, map[string]string{"pid": c.PID, "email": address}))
	}
	if len(ops) == 0 {
		return nil
	}
	return s.Table.Transact(ctx, ops...)
}

// maxWaiting bounds how many confirmations one wish for a mail sends. It is as many
// as an address can be registered a day.
const maxWaiting = 10

func (s *Service) resendAddress(ctx context.Context, p profile.Profile) (*mail.Message, error) {
	at := pendingKey(addressPID(p.UID))
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return nil, err
	}
	w, err := pendings.Of(items[0])
	if err != nil {
		return nil, err
	}
	if !items[0].Exists() || w.Email != p.Email {
		now := s.Table.Now()
		w = pending{PID: addressPID(p.UID), UID: p.UID, Email: p.Email, Seed: token.Seed(), Created: now.UnixMilli(), Mailed: now.UnixMilli()}
		if err := s.Table.Transact(ctx, pendings.Put(at, w, items[0].At()).Until(now.Add(verifyLife))); err != nil {
			return nil, err
		}
	}
	return s.confirmation(ctx, w)
}

// composeReset makes the right to reset, good from when the mail goes out. The
// newest replaces the one before; a repeated delivery has the same link.
func (s *Service) composeReset(ctx context.Context, j mail.Job) (*mail.Message, error) {
	p, a, err := s.owner(ctx, j.Args["email"])
	if err != nil || p.UID == 0 || p.Email != j.Args["email"] || a.Status != session.Active {
		return nil, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, err
	}
	at := resetKey(p.UID)
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return nil, err
	}
	t, err := tickets.Of(items[0])
	if err != nil {
		return nil, err
	}
	if t.Job != j.ID {
		t = ticket{Seed: token.Seed(), Job: j.ID, Email: p.Email, Epoch: a.Epoch}
		if err := s.Table.Transact(ctx, tickets.Put(at, t, items[0].At()).Until(s.Table.Now().Add(resetLife))); err != nil {
			return nil, err
		}
	}
	id := resetID(p.UID)
	_, secret, _ := strings.Cut(token.Mail(k, purposeReset, id, t.Seed), ".")
	return s.message(mail.KindReset, mail.Data{To: p.Email, Username: p.Username, Valid: resetLife,
		Link: s.page(PageReset) + "?uid=" + id + "&token=" + secret})
}

// composeChange asks a new address to confirm the change, or tells the owner of
// that address that somebody tried to take it.
func (s *Service) composeChange(ctx context.Context, j mail.Job) (*mail.Message, error) {
	uid := parseUID(j.Args["uid"])
	items, err := s.Table.Get(ctx, changeKey(uid))
	if err != nil {
		return nil, err
	}
	t, err := tickets.Of(items[0])
	if err != nil || t.Email != j.Args["email"] {
		return nil, err
	}
	other, _, err := s.owner(ctx, t.Email)
	if err != nil {
		return nil, err
	}
	if other.UID != 0 && other.UID != uid {
		return s.message(mail.KindEmailTaken, mail.Data{To: t.Email})
	}
	p, _, err := s.account(ctx, uid)
	if err != nil || p.UID == 0 {
		return nil, err
	}
	k, err := s.Secrets.Keys(ctx)
	if err != nil {
		return nil, err
	}
	return s.message(mail.KindEmailConfirm, mail.Data{To: t.Email, Username: p.Username, Valid: changeLife,
		Link: s.link(PageChange, token.Mail(k, purposeChange, linkID(uid, ""), t.Seed))})
}
