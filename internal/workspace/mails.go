package workspace

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
)

// Composes reports whether a job is one of this package.
func Composes(kind string) bool { return kind == mail.KindUnassigned }

// Compose makes the message of a job of this package.
func (s *Service) Compose(ctx context.Context, j mail.Job) (*mail.Message, error) {
	uid, _ := strconv.ParseInt(j.Args["uid"], 10, 64)
	items, err := s.Table.Get(ctx, session.AuthorityKey(uid), profile.Key(uid))
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
	m, err := mail.Render(j.Kind, s.Settings.Site, mail.Data{To: p.Email, Username: p.Username, When: time.UnixMilli(j.Created),
		Kind: j.Args["type"], Item: cmp.Or(j.Args["name"], j.Args["id"])})
	return &m, err
}
