package invite

import (
	"context"
	"net/url"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// Resend mails an invitation again, with a new secret and for its whole life anew;
// the secret of the mail before is worth nothing from then on. A seat that was
// freed when it expired is taken again.
func (s *Service) Resend(ctx context.Context, who session.Caller, in KeyRequest) (struct{}, error) {
	again := api.Prior(ctx, &made{})
	if !again {
		k, err := s.Secrets.Keys(ctx)
		if err != nil {
			return struct{}{}, fault.Unavailable(err)
		}
		// Before anything is judged: refused calls count, and those for no invitation.
		if err := s.Limits.Take(ctx, bucket(k, "invite-resend", who.UID, rateResend)); err != nil {
			return struct{}{}, err
		}
	}
	f, err := s.find(ctx, who, "resend")
	if again {
		return struct{}{}, nil
	}
	if err == nil && f.inv.Accepted == 0 {
		k, lost := s.Secrets.Keys(ctx)
		if lost != nil {
			return struct{}{}, fault.Unavailable(lost)
		}
		if err := s.Limits.Take(ctx, addressBucket(k, f.inv.Email)); err != nil {
			return struct{}{}, err
		}
	}
	// Tried again here and not by whoever calls: that would count as another call.
	for n := range attempts {
		if n > 0 {
			var near, next []store.Item
			var lost error
			if who, near, next, lost = s.afresh(ctx, who, in); lost != nil {
				return struct{}{}, lost
			}
			f, err = s.judge(ctx, who, "resend", near, next)
		}
		if err == nil {
			err = s.resend(ctx, who, f)
		}
		if _, lost := store.Conflict(err); !lost {
			return struct{}{}, err
		}
	}
	return struct{}{}, fault.Unavailable(err)
}

func (s *Service) resend(ctx context.Context, who session.Caller, f subject) error {
	if f.inv.Accepted != 0 {
		return said("already_accepted", "This invitation is already accepted.")
	}
	i, now := f.inv, api.From(ctx).Now
	ops, err := s.adopt(ctx, who, f, &i)
	if err != nil {
		return err
	}
	job := invitationMail(now, i.Key)
	s.send(&i, job, now)
	if !f.inv.Seated {
		ops = append(ops, s.seated(f.View.State).Seat(1))
	}
	if was := org.DueInvitationKey(f.inv); was != org.DueInvitationKey(i) {
		ops = append(ops, store.Delete(was, store.Always))
	}
	ops = append(ops,
		org.Invitations.Put(f.at.Key, i, f.at.At()),
		org.DueInvitations.Put(org.DueInvitationKey(i), tenant.Open{Key: i.Key}, store.Always),
		job.Op(), f.Same(),
		org.Audited(ctx, "invitation.resend", who.UID, f.View.ID, audit.Event{Object: org.ObjectOf(i)}))
	ops = slices.Concat(ops, org.ByAuthority(who, &f.View), api.Done(ctx, made{i.Key}))
	return s.commit(ctx, f.View.State, ops, s.exhausted(f.View.State))
}

// adopt makes the caller the one who invites, if whoever did may not any more:
// otherwise a mail would go out that nobody can follow.
func (s *Service) adopt(ctx context.Context, who session.Caller, f subject, i *org.Invitation) ([]store.Op, error) {
	good, err := s.stands(f.inv, f.sender)
	if err != nil || good {
		return nil, err
	}
	if err := mayInvite(ctx, who, &f.View, i.Role); err != nil {
		return nil, err
	}
	i.Inviter = who.UID
	return org.Resent(f.inv, *i), nil
}

// Delivery is what became of the newest mail of an invitation.
type Delivery struct {
	State   string   `json:"state"` // as mail has them; "unknown" if none was sent, or too long ago
	Updated api.Time `json:"updated_date"`
	Error   string   `json:"error"`
	Link    *string  `json:"link"` // to accept it; null if nobody can
}

// Delivery tells those who may send the invitation again whether its mail arrived.
// Its link may be passed on by hand: it proves nothing.
func (s *Service) Delivery(ctx context.Context, who session.Caller, _ KeyRequest) (Delivery, error) {
	f, err := s.find(ctx, who, "resend")
	if err != nil {
		return Delivery{}, err
	}
	m, err := mail.StateOf(ctx, s.Table, f.inv.Mail)
	if err != nil {
		return Delivery{}, err
	}
	d := Delivery{State: m.State, Error: m.Error}
	if d.State == "" {
		d.State = "unknown"
	}
	if at := max(m.Updated, m.Created); at != 0 {
		d.Updated = api.Time(time.UnixMilli(at))
	}
	if f.inv.Open(api.From(ctx).Now) {
		link := s.Settings.Site.BaseURL + pageLogin + "?" + url.Values{"email": {f.inv.Email}, "invitation": {f.inv.Key}}.Encode()
		d.Link = &link
	}
	return d, nil
}
