package jwt_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/bound"
	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

// FuzzVerify mutates good tokens. Whatever is accepted must be one of them.
func FuzzVerify(f *testing.F) {
	const issuer = "https://idp.test"
	own := ownWorld(f)
	keys := []jwttest.Key{
		jwttest.NewKey(f, "EdDSA", "ed"), jwttest.NewKey(f, "ES256", "es"), jwttest.NewKey(f, "RS256", "rs"),
	}
	foreign := newForeign(f, own.clock, newStub(issuer, keys...).fetch,
		jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
	good := map[string]bool{own.mint(nil, nil): true}
	for _, k := range keys {
		good[k.Mint(nil, stubClaims(issuer, own.clock.now()))] = true
	}
	for token := range good {
		f.Add(token)
		f.Add(strings.Replace(token, ".", "..", 1))
	}
	f.Fuzz(func(t *testing.T, token string) {
		defer bound.Of(t)()
		_, err := foreign.Verify(context.Background(), token)
		for _, err := range []error{own.verify(token), err} {
			if err == nil && !good[token] {
				t.Errorf("accepted %q", token)
			}
			if err != nil && !errors.Is(err, jwt.ErrInvalid) {
				t.Errorf("%q: %v", token, err)
			}
		}
	})
}

// FuzzUnverifiedIssuer signs mutated headers and payloads, so that the fuzzer gets
// past the encoding. A token that is accepted must be readable in one way only.
func FuzzUnverifiedIssuer(f *testing.F) {
	key := jwttest.NewKey(f, "EdDSA", "k")
	f.Add([]byte(`{"alg":"EdDSA","kid":"k","typ":"at+jwt"}`), []byte(`{"iss":"https://gatehouse.test"}`), "")
	f.Add([]byte(`{"alg":"EdDSA","kid":"k"}`), []byte(`{"iss":"a","x":[[[{"iss":"b"}]]]}`), "a.b.c")
	f.Add([]byte(`{"\u0061lg":"EdDSA","kid":"k"}`), []byte(`{"iss":"\ud83d\ude00","iss":"b"}`), strings.Repeat(".", 9000))
	f.Fuzz(func(t *testing.T, header, payload []byte, raw string) {
		defer bound.Of(t)()
		if iss, ok := jwt.UnverifiedIssuer(raw); ok && (iss == "" || len(raw) > 8<<10) {
			t.Errorf("issuer %q of %q", iss, raw)
		}
		token := key.Compact(header, payload)
		iss, ok := jwt.UnverifiedIssuer(token)
		if !ok {
			return
		}
		if len(iss) > 512 || len(token) > 8<<10 || strings.ContainsAny(iss, "\x00\r\n") {
			t.Errorf("issuer %q", iss)
		}
		for _, variant := range []string{token + "=", token + "\n", " " + token, "." + token, token + ".", token[:len(token)-1] + "~"} {
			if _, ok := jwt.UnverifiedIssuer(variant); ok {
				t.Errorf("accepted %q", variant)
			}
		}
	})
}

func BenchmarkSign(b *testing.B) {
	key, claims := jwttest.NewKey(b, "EdDSA", "k1").SigningKey(), goodClaims(newClock().now())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jwt.Sign(key, ownIssuer, ownAudience, claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	worlds := map[string]func() *world{
		"own":     func() *world { return ownWorld(b) },
		"oidc":    func() *world { return foreignWorld(b, "oidc", jwttest.NewOIDC) },
		"cognito": func() *world { return foreignWorld(b, "cognito", jwttest.NewCognito) },
	}
	for name, start := range worlds {
		b.Run(name, func(b *testing.B) {
			w := start()
			token := w.mint(nil, nil)
			b.ReportAllocs()
			for b.Loop() {
				if err := w.verify(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRefuse(b *testing.B) {
	w := ownWorld(b)
	token := w.mint(nil, map[string]any{"exp": w.clock.now().Add(-time.Second).Unix()})
	b.ReportAllocs()
	for b.Loop() {
		_ = w.verify(token)
	}
}
