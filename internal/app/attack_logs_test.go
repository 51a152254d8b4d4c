package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// TestN2_PasswordInTheWrongField types a password, and a secret with the form of an
// address, into the fields of names: the log knows them by a hash alone.
func TestN2_PasswordInTheWrongField(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	for _, canary := range []string{"Canary hunter2 horse", "canary-hunter2@secret.example", "canary4711x"} {
		for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
			for _, field := range []string{"username", "email"} {
				for range 12 { // past the limit as well
					if a := w.Client().Post(path, object{field: canary, "password": canary}); a.Status != 400 && a.Status != 429 || strings.Contains(a.Body, canary) {
						t.Errorf("%d %s", a.Status, a.Body)
					}
				}
			}
		}
		w.Client().With("Authorization", basic(canary, canary)).Get("/api/users/self") // refused, or too many
		if dump := strings.ToLower(w.Dump()); strings.Contains(dump, strings.ToLower(canary)) {
			t.Errorf("%q is in the store", canary)
		}
		w.Client().Post("/api/auth/password/reset", object{"email": canary})
		w.Client().Post("/api/auth/verify-email/resend", object{"email": canary})
		w.Drain()
		if log := strings.ToLower(w.Logged.String()); strings.Contains(log, strings.ToLower(canary)) {
			t.Errorf("%q is in the log", canary)
		}
	}
	if !strings.Contains(w.Logged.String(), "/api/auth/login") {
		t.Error("nothing was logged of it")
	}
}

// spoken is a driver whose errors talk.
type spoken struct {
	store.Driver
	left int // calls that go well
	err  error
}

func (s *spoken) fails() bool { s.left--; return s.err != nil && s.left < 0 }

func (s *spoken) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if s.fails() {
		return nil, s.err
	}
	return s.Driver.Get(ctx, keys)
}

func (s *spoken) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if s.fails() {
		return store.Page{}, s.err
	}
	return s.Driver.Query(ctx, q)
}

func (s *spoken) Transact(ctx context.Context, tx store.Tx) error {
	if s.fails() {
		return s.err
	}
	return s.Driver.Transact(ctx, tx)
}

// TestN6_O12_ErrorsFromBelowStayThere fails at each of the first calls that every
// route makes of the store, with an error that tells of tables, accounts and files: no
// answer has a word of it, nor of the environment.
func TestN6_O12_ErrorsFromBelowStayThere(t *testing.T) {
	const told = "canary-4711 AccessDeniedException arn:aws:dynamodb:eu-central-1:123456789012:table/gatehouse /tmp/secret.db AKIDEXAMPLE"
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-environment")
	s := &spoken{}
	w := apptest.New(t, limitsOff, transferOn, apptest.Driver(func(d store.Driver) store.Driver { s.Driver = d; return s }))
	h := hold(w, "holder01")
	team := h.found()
	key := w.Client().With("Authorization", h.headers["token"])
	all := changes(h)
	for _, r := range routes(t, "/", "GET") {
		all = append(all, change{route: r})
	}
	hits := 0
	for _, c := range all {
		method, path, _ := strings.Cut(c.route, " ")
		if c.target != "" {
			path = c.target
		}
		path = strings.NewReplacer("{id}", fmt.Sprint(team.ID), "{key}", h.invitation, "{file}", "style.css").Replace(path)
		for n := range 5 {
			for _, below := range []error{errors.New(told), fmt.Errorf("%s: %w", told, store.ErrUnavailable)} {
				s.left, s.err = n, below
				a := team.In(key).Do(method, path, map[bool]any{true: c.body}[c.body != ""])
				if s.left < 0 {
					hits++
				}
				s.err = nil
				if s := a.Body + headerText(a.Header); strings.Contains(s, "canary") || strings.Contains(s, "arn:") || strings.Contains(s, "/tmp") || strings.Contains(s, "goroutine") {
					t.Errorf("%s, call %d: %s", c.route, n, s)
				}
			}
		}
	}
	if hits < 3*len(all) {
		t.Errorf("only %d of %d requests met a failure", hits, 10*len(all))
	}
	w.FailMail(errors.New(told))
	team.Invite("mailed@example.com", "worker")
	w.Drain()
	for _, c := range []*apptest.Client{key, w.Client().With("Authorization", h.headers["pat"])} {
		for _, path := range []string{"/api/invitations/" + h.invitation + "/delivery", "/api/users/self/audit"} {
			if a := c.Get(path); strings.Contains(a.Body, "canary") {
				t.Errorf("%s tells what the carrier said: %s", path, a.Body)
			}
		}
	}
}

// TestN8_AuditLogsKeepToTheirOrganization lets somebody who is in two organizations be
// busy in one, and with their own account: the log of the other knows nothing of it.
func TestN8_AuditLogsKeepToTheirOrganization(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	w.Join("rival01", "rival@example.org")
	acme, beta := w.Found(w.SignIn("founder"), "acme"), w.Found(w.SignIn("rival01"), "beta")
	c := acme.Join("member", "maintainer")
	beta.Add(c, "member@example.org", "maintainer")
	before := acme.Owner.Get(acme.Path("/audit?page_size=100")).Is(200).Body
	beta.In(c).Post("/api/invitations", object{"email": "canary@example.org", "role": "worker"}).Is(201)
	at := beta.Join("canary01", "worker").Get("/api/users/self").Int("id")
	c.Patch(beta.Member("canary01"), object{"role": "supervisor"}).Is(200)
	c.Patch(beta.Path(""), object{"name": "Canary Labs"}).Is(200)
	c.Delete(beta.Member("canary01")).Is(204)
	c.Post("/api/auth/email", object{"email": "canary-moved@example.org"}).Is(200)
	c.Post("/api/auth/access_tokens", object{"name": "canary token"}).Is(201)
	c.Patch(fmt.Sprint("/api/users/", c.Get("/api/users/self").Int("id")), object{"last_name": "Canary"}).Is(200)
	beta.Owner.Delete(beta.Path("")).Is(204)
	w.Drain()
	w.Sweep("organizations")
	w.Sweep("audit")
	if after := acme.Owner.Get(acme.Path("/audit?page_size=100")).Is(200).Body; after != before {
		t.Errorf("the log changed from\n%s\nto\n%s", before, after)
	}
	for _, secret := range []string{"canary", "beta", fmt.Sprint(at), fmt.Sprint(beta.ID), "@example.org\",\"password"} {
		if strings.Contains(strings.ToLower(before), secret) {
			t.Errorf("%s in the log of acme", secret)
		}
	}
	if own := c.Get("/api/users/self/audit?page_size=100").Is(200).Body; strings.Contains(own, "canary01") {
		t.Errorf("one's own log has others' data: %s", own)
	}
}
