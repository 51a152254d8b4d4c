package jwt_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

// TestFirstFetchFails goes through every failure of an issuer that was never
// reached: no decision, no storm of requests, and recovery after five seconds.
func TestFirstFetchFails(t *testing.T) {
	failures := map[string]jwttest.Failure{
		"down": jwttest.Down, "error": jwttest.ServerError, "slow": jwttest.Slow, "drip": jwttest.Drip,
		"huge": jwttest.Huge, "content type": jwttest.WrongType, "compressed": jwttest.Compressed,
		"redirect": jwttest.Redirect, "garbage": jwttest.Garbage, "issuer": jwttest.WrongIssuer,
		"other host": jwttest.KeysOnOtherHost, "no address": jwttest.NoKeysAddress, "too many keys": jwttest.TooManyKeys,
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			i := jwttest.NewOIDC(t, c.now)
			f := newForeign(t, c, jwttest.Fetcher(300*time.Millisecond), i.Config())
			i.Fail(failure)
			token := i.Mint(nil)
			for range 20 {
				_, err := f.Verify(context.Background(), token)
				wantUnavailable(t, err)
			}
			if n := len(i.Requests()); n > 2 {
				t.Errorf("%d requests: %v", n, i.Requests())
			}
			for _, path := range i.Requests() {
				if strings.HasPrefix(path, "/moved") {
					t.Error("redirect followed")
				}
			}
			i.Fail(jwttest.None)
			c.advance(5 * time.Second)
			if _, err := f.Verify(context.Background(), token); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSecondFailureWaitsAMinute(t *testing.T) {
	c := newClock()
	i := jwttest.NewOIDC(t, c.now)
	f := newForeign(t, c, jwttest.Fetcher(time.Second), i.Config())
	i.Fail(jwttest.ServerError)
	for range 125 { // tries at 0, 5, 65 and 125 seconds
		_, err := f.Verify(context.Background(), i.Mint(nil))
		wantUnavailable(t, err)
		c.advance(time.Second)
	}
	if n := len(i.Requests()); n != 3 {
		t.Errorf("%d requests", n)
	}
}

// TestKeysServeWhileIssuerIsDown follows an outage of more than a day.
func TestKeysServeWhileIssuerIsDown(t *testing.T) {
	for _, start := range []func(testing.TB, func() time.Time) *jwttest.Issuer{jwttest.NewOIDC, jwttest.NewCognito} {
		c := newClock()
		i := start(t, c.now)
		f := newForeign(t, c, jwttest.Fetcher(time.Second), i.Config())
		verify := func(changes map[string]any) error {
			_, err := f.Verify(context.Background(), i.Mint(changes))
			return err
		}
		if err := verify(nil); err != nil {
			t.Fatal(err)
		}
		used := len(i.Requests())
		i.Fail(jwttest.Down)
		for range 23 {
			c.advance(time.Hour)
			for range 5 {
				if err := verify(nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := len(i.Requests()) - used; n != 23 {
			t.Errorf("%d requests in 23 hours", n)
		}
		// A key that appeared meanwhile cannot be judged.
		_, err := f.Verify(context.Background(), i.MintWith(map[string]any{"kid": "new"}, nil))
		wantUnavailable(t, err)
		c.advance(time.Hour)
		wantUnavailable(t, verify(nil))
		i.Fail(jwttest.None)
		c.advance(time.Minute)
		if err := verify(nil); err != nil {
			t.Error(err)
		}
	}
}

// stub is a fetcher without a network.
type stub struct {
	calls atomic.Int64
	docs  map[string]string
	delay time.Duration
}

func (s *stub) fetch(ctx context.Context, url string) ([]byte, error) {
	s.calls.Add(1)
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	doc, found := s.docs[url]
	if !found {
		return nil, errors.New("not found: " + url)
	}
	return []byte(doc), nil
}

func newStub(issuer string, keys ...jwttest.Key) *stub {
	return &stub{docs: map[string]string{
		issuer + "/.well-known/openid-configuration": `{"issuer":"` + issuer + `","jwks_uri":"` + issuer + `/keys"}`,
		issuer + "/keys": keySetOf(keys...),
	}}
}

func stubClaims(issuer string, now time.Time) map[string]any {
	return map[string]any{"iss": issuer, "aud": "us", "sub": "s", "iat": now.Unix(), "exp": now.Unix() + 600}
}

func TestOneFetchForManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuer = "https://idp.test"
		clock, key := newClock(), jwttest.NewKey(t, "EdDSA", "k")
		s := newStub(issuer, key)
		s.delay = time.Second
		f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
		token := key.Mint(nil, stubClaims(issuer, clock.now()))
		var group sync.WaitGroup
		// The request that starts the fetch is cancelled; the others are served.
		cancelled, cancel := context.WithCancel(context.Background())
		group.Go(func() {
			_, err := f.Verify(cancelled, token)
			if !errors.Is(err, jwt.ErrUnavailable) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		for range 100 {
			group.Go(func() {
				if _, err := f.Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		group.Wait()
		if n := s.calls.Load(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestFetchTakesThreeSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuer = "https://idp.test"
		key := jwttest.NewKey(t, "EdDSA", "k")
		s := newStub(issuer, key)
		s.delay = 2 * time.Second // each of the two documents
		clock := newClock()
		f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
		begin := time.Now()
		_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims(issuer, clock.now())))
		wantUnavailable(t, err)
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestFetcherMayPanic(t *testing.T) {
	clock := newClock()
	fetch := func(context.Context, string) ([]byte, error) { panic("no") }
	f := newForeign(t, clock, fetch, jwt.Issuer{URL: "https://idp.test", Kind: jwt.OIDC, Audiences: []string{"us"}})
	key := jwttest.NewKey(t, "EdDSA", "k")
	_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims("https://idp.test", clock.now())))
	wantUnavailable(t, err)
}

func TestClockSetBack(t *testing.T) {
	const issuer = "https://idp.test"
	clock, key := newClock(), jwttest.NewKey(t, "EdDSA", "k")
	s := newStub(issuer, key)
	f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
	verify := func() error {
		_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims(issuer, clock.now())))
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	clock.advance(-24 * time.Hour)
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	if n := s.calls.Load(); n != 4 {
		t.Errorf("%d fetches", n)
	}
}

// TestSlowFetchIsNotRepeated moves the clock on while a fetch is under way.
func TestSlowFetchIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuer = "https://idp.test"
		clock, key := newClock(), jwttest.NewKey(t, "EdDSA", "k")
		s := newStub(issuer, key)
		s.delay = time.Second
		f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
		token := key.Mint(nil, stubClaims(issuer, clock.now()))
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				if _, err := f.Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			clock.advance(2 * time.Minute)
		}
		group.Wait()
		if n := s.calls.Load(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}
