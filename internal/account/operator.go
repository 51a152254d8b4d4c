package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/ident"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// Roles are the global groups.
var Roles = []string{"admin", "user", "worker"}

// NewUser is an account that the operator makes, or brings along from a CVAT
// installation with the hash that Django kept.
type NewUser struct {
	Username string   `json:"username"`
	Email    string   `json:"email"`
	First    string   `json:"first_name"`
	Last     string   `json:"last_name"`
	Groups   []string `json:"groups"`
	Active   *bool    `json:"is_active"`
	Joined   string   `json:"date_joined"`
	Hash     string   `json:"password"` // Django's form
	Password string   `json:"-"`        // or the password itself
}

// ErrTaken says that an account could not be made because its name or address
// belongs to another.
var ErrTaken = errors.New("that user name or e-mail address is taken")

// CreateUser makes an account with a confirmed address, for the operator.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (int64, error) {
	p, err := s.operatorProfile(n)
	if err != nil {
		return 0, err
	}
	hash := n.Hash
	if n.Password != "" {
		if bad := s.Policy.Check(n.Password, person(p)); len(bad) > 0 {
			return 0, errors.New(strings.Join(bad, " "))
		}
		if hash, err = s.Hasher.Hash(ctx, n.Password); err != nil {
			return 0, err
		}
	} else if hash != "" && s.Hasher.Cost(hash) == "unsupported" {
		return 0, errors.New("password: this form of hash is not supported; expected pbkdf2_sha256$… as Django keeps it")
	}
	for range 5 {
		err := s.createUser(ctx, n, p, hash)
		if _, lost := store.Conflict(err); !lost {
			return p.UID, err
		}
		p.UID = store.NewID(s.Table.Now())
	}
	return 0, store.ErrUnavailable
}

func (s *Service) createUser(ctx context.Context, n NewUser, p profile.Profile, hash string) error {
	items, err := s.Table.Get(ctx, usernameKey(fold(p.Username)), emailKey(p.Email))
	if err != nil {
		return err
	}
	if items[0].Exists() || items[1].Exists() {
		return ErrTaken
	}
	now := s.Table.Now()
	ops := newAccount(now, p, hash, n.Groups, items[0].At(), items[1].At())
	a := session.Authority{Status: session.Active, Epoch: 1, PATEpoch: 1, Groups: n.Groups}
	a.Staff = slices.Contains(n.Groups, "admin")
	a.Super = a.Staff
	if n.Active != nil && !*n.Active {
		a.Status = session.Disabled
		ops[3] = roster.Put(rosterKey(p.UID), row(p, false), store.Always)
	}
	ops[0] = session.Authorities.Put(session.AuthorityKey(p.UID), a, store.Absent)
	return s.Table.Transact(ctx, append(ops, operatorRow(now, "account.create", p.UID, nil))...)
}

func (s *Service) operatorProfile(n NewUser) (profile.Profile, error) {
	u, err := ident.ParseOperatorUsername(n.Username, 1, 150)
	if err != nil {
		return profile.Profile{}, fmt.Errorf("username %q: %w", n.Username, err)
	}
	e, err := ident.ParseEmail(n.Email)
	if err != nil {
		return profile.Profile{}, fmt.Errorf("email %q: %w", n.Email, err)
	}
	for _, g := range n.Groups {
		if !slices.Contains(Roles, g) {
			return profile.Profile{}, fmt.Errorf("role %q: expected %s", g, strings.Join(Roles, ", "))
		}
	}
	p := profile.Profile{UID: store.NewID(s.Table.Now()), Username: u.String(), Email: e.String(), Verified: true}
	if p.First, err = ident.Name(n.First, 150); err != nil {
		return p, fmt.Errorf("first_name %q: %w", n.First, err)
	}
	if p.Last, err = ident.Name(n.Last, 150); err != nil {
		return p, fmt.Errorf("last_name %q: %w", n.Last, err)
	}
	if n.Joined != "" {
		t, err := time.Parse(time.RFC3339, n.Joined)
		if err != nil {
			return p, fmt.Errorf("date_joined %q: expected a date and time as in 2026-11-23T07:40:42Z", n.Joined)
		}
		p.Joined = t.UnixMilli()
	}
	return p, nil
}

func operatorRow(now time.Time, action string, target int64, detail map[string]string) store.Op {
	return audit.Row(now, audit.Event{Action: action, Target: target, Agent: "operator", Detail: detail})
}

// FindUser finds an account by user name or address, for the operator.
func (s *Service) FindUser(ctx context.Context, name string) (int64, error) {
	key, isEmail := ident.LoginKey(name)
	at := usernameKey(key)
	if isEmail {
		at = emailKey(key)
	}
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return 0, err
	}
	c, err := claims.Of(items[0])
	if err == nil && c.UID == 0 {
		err = fmt.Errorf("there is no account %q", name)
	}
	return c.UID, err
}

// SetRole gives an account one global role in place of those it has.
func (s *Service) SetRole(ctx context.Context, uid int64, role string) error {
	if !slices.Contains(Roles, role) {
		return fmt.Errorf("role %q: expected %s", role, strings.Join(Roles, ", "))
	}
	return s.editAuthority(ctx, uid, "user.role", map[string]string{"role": role}, func(a *session.Authority) {
		a.Groups = []string{role}
		a.Staff = role == "admin"
		a.Super = a.Staff
	})
}

// EndSessions ends every session, the token key and, if tokens is set, all access
// tokens of an account.
func (s *Service) EndSessions(ctx context.Context, uid int64, tokens bool) error {
	return s.editAuthority(ctx, uid, "session.end_all", nil, func(a *session.Authority) {
		endEverything(a, s.Table.Now())
		if tokens {
			a.PATEpoch++
		}
	})
}

func (s *Service) editAuthority(ctx context.Context, uid int64, action string, detail map[string]string, edit func(*session.Authority)) error {
	for range 5 {
		items, err := s.Table.Get(ctx, session.AuthorityKey(uid))
		if err != nil {
			return err
		}
		a, err := session.Authorities.Of(items[0])
		if err != nil {
			return err
		}
		if !items[0].Exists() || a.Status == session.Erased {
			return errors.New("there is no such account")
		}
		edit(&a)
		err = s.Table.Transact(ctx, session.Authorities.Put(items[0].Key, a, items[0].At()), operatorRow(s.Table.Now(), action, uid, detail))
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
	return store.ErrUnavailable
}

// LinkIdentity lets the tokens of a foreign subject act for an account.
func (s *Service) LinkIdentity(ctx context.Context, uid int64, issuer, subject string) error {
	if issuer == "" || subject == "" || len(subject) > 255 {
		return errors.New("expected an issuer, and a subject of 1 to 255 characters")
	}
	err := s.Table.Transact(ctx,
		store.Check(session.AuthorityKey(uid), store.Present),
		identities.Put(identityKey(issuer, subject), identity{uid, issuer, subject}, store.Absent),
		identities.Put(linkedKey(uid, issuer, subject), identity{uid, issuer, subject}, store.Always),
		operatorRow(s.Table.Now(), "identity.link", uid, map[string]string{"issuer": issuer}))
	if _, lost := store.Conflict(err); lost {
		return errors.New("that subject is linked to an account already")
	}
	return err
}
