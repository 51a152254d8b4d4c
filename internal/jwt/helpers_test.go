package jwt_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

const (
	ownIssuer   = "https://gatehouse.test"
	ownAudience = "https://gatehouse.test/api"
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// ring is a key store that counts how often it is asked.
type ring struct {
	keys  map[string]ed25519.PublicKey
	err   error
	asked int
}

func (r *ring) Public(_ context.Context, kid string) (ed25519.PublicKey, bool, error) {
	r.asked++
	key, found := r.keys[kid]
	return key, found, r.err
}

// world is one verifier together with somebody who can sign for it.
type world struct {
	name   string
	key    jwttest.Key
	header map[string]any
	claims map[string]any
	clock  *clock
	ring   *ring           // own tokens only
	issuer *jwttest.Issuer // foreign tokens only
	verify func(token string) error
}

func (w *world) mint(header, claims map[string]any) string {
	return w.key.Mint(jwttest.Change(w.header, header), jwttest.Change(w.claims, claims))
}

// lookups counts what a token made the verifier do outside of itself.
func (w *world) lookups() int {
	if w.ring != nil {
		return w.ring.asked
	}
	return len(w.issuer.Requests())
}

func ownWorld(t testing.TB) *world {
	key := jwttest.NewKey(t, "EdDSA", "k1")
	w := &world{name: "own", key: key, clock: newClock(), header: map[string]any{}}
	w.ring = &ring{keys: map[string]ed25519.PublicKey{"k1": key.PublicKey().Key}}
	now := w.clock.now().Unix()
	w.claims = map[string]any{
		"iss": ownIssuer, "aud": ownAudience, "sub": "1234567890123", "sid": "c2Vzc2lvbg",
		"iat": now, "exp": now + 300, "auth_time": now - 60, "jti": "anRp", "amr": []string{"pwd"},
	}
	v := &jwt.Verifier{Issuer: ownIssuer, Audience: ownAudience, Keys: w.ring, Now: w.clock.now}
	w.verify = func(token string) error {
		_, err := v.Verify(context.Background(), token)
		return err
	}
	return w
}

func foreignWorld(t testing.TB, name string, start func(testing.TB, func() time.Time) *jwttest.Issuer) *world {
	w := &world{name: name, clock: newClock(), header: map[string]any{"typ": "JWT"}}
	w.issuer = start(t, w.clock.now)
	w.key, w.claims = w.issuer.Key(), w.issuer.Claims()
	f := newForeign(t, w.clock, jwttest.Fetcher(time.Second), w.issuer.Config())
	w.verify = func(token string) error {
		_, err := f.Verify(context.Background(), token)
		return err
	}
	return w
}

func newForeign(t testing.TB, c *clock, fetch jwt.Fetcher, issuers ...jwt.Issuer) *jwt.Foreign {
	t.Helper()
	f, err := jwt.NewForeign(issuers, fetch, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// eachWorld runs a test against all kinds of verifiers, after each has shown that
// it accepts a good token.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	for _, w := range []*world{
		ownWorld(t),
		foreignWorld(t, "oidc", jwttest.NewOIDC),
		foreignWorld(t, "cognito", jwttest.NewCognito),
	} {
		t.Run(w.name, func(t *testing.T) {
			w.accepts(t, "good token", w.mint(nil, nil))
			test(t, w)
		})
	}
}

func (w *world) accepts(t *testing.T, what, token string) {
	t.Helper()
	if err := w.verify(token); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func (w *world) refuses(t *testing.T, what, token string) {
	t.Helper()
	if err := w.verify(token); !errors.Is(err, jwt.ErrInvalid) || errors.Is(err, jwt.ErrUnavailable) {
		t.Errorf("%s: got %v, want ErrInvalid", what, err)
	}
}

// parts splits a token for tests that put it together differently.
func parts(token string) (header, payload, signature string) {
	p := strings.Split(token, ".")
	return p[0], p[1], p[2]
}

func wantInvalid(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, jwt.ErrInvalid) {
		t.Fatalf("got %v, want ErrInvalid", err)
	}
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, jwt.ErrUnavailable) || errors.Is(err, jwt.ErrInvalid) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
}
