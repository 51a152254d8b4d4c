package org

import (
	"context"
	"strconv"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// What a queued mail is about. What it says is decided when it is sent.
const (
	jobOffer    = "ownership-offer"   // org, uid: to whom
	jobNewOwner = "ownership-changed" // org, uid: of the former owner
	jobRemoved  = "member-removed"    // org, slug, name, uid

	PageOrg   = "/auth/organization" // the page of an organization
	pageReset = "/auth/password/reset"
)

// Composes reports whether a job is one of this package.
func Composes(kind string) bool {
	return kind == jobOffer || kind == jobNewOwner || kind == jobRemoved
}

// Compose makes the message of a job of this package.
func (s *Service) Compose(ctx context.Context, j mail.Job) (*mail.Message, error) {
	org, _ := strconv.ParseInt(j.Args["org"], 10, 64)
	uid, _ := strconv.ParseInt(j.Args["uid"], 10, 64)
	items, err := s.Table.Get(ctx, session.AuthorityKey(uid), profile.Key(uid), tenant.Key(org), descriptionKey(org), tenant.OfferKey(org))
	if err != nil {
		return nil, err
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		return nil, err
	}
	p, err := profile.Profiles.Of(items[1])
	if err != nil || p.Email == "" || a.Status != session.Active {
		return nil, err
	}
	base := s.Settings.Site.BaseURL
	d := mail.Data{To: p.Email, Username: p.Username, When: time.UnixMilli(j.Created), Org: j.Args["name"], Slug: j.Args["slug"], Link: base + PageOrg, Reset: base + pageReset}
	if j.Kind != jobRemoved {
		ok, err := s.describe(ctx, &d, items[2:])
		if err != nil || !ok && j.Kind == jobOffer || d.Slug == "" {
			return nil, err
		}
	}
	if j.Kind == jobOffer {
		o, err := tenant.Offers.Of(items[4])
		if err != nil || o.To != uid {
			return nil, err // taken back meanwhile
		}
		d.Valid = offerLife
	}
	m, err := mail.Render(j.Kind, s.Settings.Site, d)
	return &m, err
}

// describe fills in what a mail says of an organization; ok is false if it is gone.
func (s *Service) describe(ctx context.Context, d *mail.Data, items []store.Item) (ok bool, err error) {
	st, err := tenant.States.Of(items[0])
	if err != nil {
		return false, err
	}
	about, err := descriptions.Of(items[1])
	if err != nil {
		return false, err
	}
	d.Slug, d.Org = st.Slug, Title(st, about.Name)
	d.Link += "?org=" + st.Slug
	owner, err := s.profile(ctx, st.Owner)
	d.Inviter = owner.Username
	return st.State == tenant.Active, err
}

// Title is how an organization is called: by its name, or its short name.
func Title(st tenant.State, name string) string {
	if name == "" {
		return st.Slug
	}
	return name
}

// Named reads the title of an organization.
func (s *Service) Named(ctx context.Context, st tenant.State) (string, error) {
	items, err := s.Table.Get(ctx, descriptionKey(st.ID))
	if err != nil {
		return "", err
	}
	d, err := descriptions.Of(items[0])
	return Title(st, d.Name), err
}

func removedMail(now time.Time, f subject, name string) store.Op {
	return mail.Queue(now, jobRemoved, map[string]string{"org": idText(f.View.ID), "slug": f.Slug, "name": name, "uid": idText(f.member.UID)})
}
