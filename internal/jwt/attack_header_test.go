package jwt_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

// The tests TestF1 to TestF15 follow the list of attacks on tokens.

func TestF1_ASVS9_1_2_AlgorithmNone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, alg := range []string{"none", "None", "nOnE", "NONE", "", " none", "null"} {
			token := w.mint(map[string]any{"alg": alg}, nil)
			head, body, sig := parts(token)
			w.refuses(t, alg+" unsigned", head+"."+body+".")
			w.refuses(t, alg+" signed", head+"."+body+"."+sig)
		}
		w.refuses(t, "no alg", w.key.Mint(map[string]any{"alg": nil}, w.claims))
		w.refuses(t, "alg not a string", w.mint(map[string]any{"alg": []string{w.key.Algorithm}}, nil))
	})
}

func TestF2_ASVS9_1_2_HMACWithPublicKey(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		secrets := [][]byte{{}, []byte("secret")}
		jwk := w.key.JWK()
		for _, name := range []string{"x", "y", "n", "e"} {
			if s, ok := jwk[name].(string); ok {
				raw, err := base64.RawURLEncoding.DecodeString(s)
				if err != nil {
					t.Fatal(err)
				}
				secrets = append(secrets, raw, []byte(s))
			}
		}
		if w.ring != nil {
			der, err := x509.MarshalPKIXPublicKey(w.key.PublicKey().Key)
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		}
		for _, secret := range secrets {
			for _, alg := range []string{"HS256", "HS384", "hs256", w.key.Algorithm} {
				forged := jwttest.KeyOf(alg, w.key.ID, secret)
				w.refuses(t, alg, forged.Mint(w.header, w.claims))
			}
		}
	})
}

func TestF3_ASVS9_1_2_AlgorithmOfAnotherKey(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "RS512", "ES384", "ES256K", "Ed25519", "RS1"} {
			if alg == w.key.Algorithm {
				continue
			}
			w.refuses(t, "good key as "+alg, w.key.As(alg, w.key.ID).Mint(w.header, w.claims))
		}
		for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
			other := jwttest.NewKey(t, alg, w.key.ID)
			w.refuses(t, "other key of "+alg, other.Mint(w.header, w.claims))
		}
	})
}

func TestF4_ASVS9_1_1_EmptyOrTruncatedSignature(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		head, body, sig := parts(w.mint(nil, nil))
		w.refuses(t, "empty", head+"."+body+".")
		w.refuses(t, "missing", head+"."+body)
		raw, err := base64.RawURLEncoding.DecodeString(sig)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(raw) {
			short := base64.RawURLEncoding.EncodeToString(raw[:n])
			w.refuses(t, "truncated", head+"."+body+"."+short)
		}
		long := base64.RawURLEncoding.EncodeToString(append(raw, 0))
		w.refuses(t, "extended", head+"."+body+"."+long)
		w.refuses(t, "zeros", head+"."+body+"."+strings.Repeat("A", len(sig)))
	})
}

func TestF5_KeyID(t *testing.T) {
	hostile := []string{
		"", " ", "../../../../etc/passwd", "/dev/null", "' OR '1'='1", "1; DROP TABLE keys", `"`, "\\", "k1\x00",
		"k1\n", "K1", "https://evil.example/jwks.json", "file:///etc/passwd", "ключ", "$(id)", "k1 ", "retired",
		strings.Repeat("k", 129), strings.Repeat("k", 3000),
	}
	eachWorld(t, func(t *testing.T, w *world) {
		for _, kid := range hostile {
			w.refuses(t, kid, w.mint(map[string]any{"kid": kid}, nil))
		}
		for _, kid := range []string{"a b", "a'b", "a\\b", "é", strings.Repeat("k", 129)} {
			if _, ok := jwt.UnverifiedIssuer(w.mint(map[string]any{"kid": kid}, nil)); ok {
				t.Errorf("key id %q has a good form", kid)
			}
		}
		w.refuses(t, "number", w.mint(map[string]any{"kid": 1}, nil))
		w.refuses(t, "list", w.mint(map[string]any{"kid": []string{w.key.ID}}, nil))
		w.refuses(t, "none", w.key.Mint(map[string]any{"kid": nil}, w.claims))
	})
	t.Run("only plain ids reach the store", func(t *testing.T) {
		w := ownWorld(t)
		for _, kid := range hostile {
			_ = w.verify(w.mint(map[string]any{"kid": kid}, nil))
		}
		if w.ring.asked != 2 { // "K1" and "retired"
			t.Errorf("the store was asked %d times", w.ring.asked)
		}
	})
	t.Run("key of another tenant", func(t *testing.T) {
		c := newClock()
		a, b := jwttest.NewOIDC(t, c.now), jwttest.NewOIDC(t, c.now)
		f := newForeign(t, c, jwttest.Fetcher(time.Second), a.Config(), b.Config())
		for _, i := range []*jwttest.Issuer{a, b} {
			if _, err := f.Verify(context.Background(), i.Mint(nil)); err != nil {
				t.Fatal(err)
			}
		}
		b.Rotate(t) // now the two issuers have keys with different names
		c.advance(2 * time.Minute)
		for _, token := range []string{b.Mint(map[string]any{"iss": a.URL()}), a.Mint(map[string]any{"iss": b.URL()})} {
			_, err := f.Verify(context.Background(), token)
			wantInvalid(t, err)
		}
	})
}

func TestF6_ASVS9_1_3_HeadersThatBringKeys(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		thief := jwttest.NewKey(t, "EdDSA", w.key.ID)
		before := w.lookups()
		for name, value := range map[string]any{
			"jku": "http://127.0.0.1:1/jwks.json", "x5u": "http://127.0.0.1:1/cert.pem", "jwk": thief.JWK(),
			"x5c": []string{"MIIB"}, "crit": []string{"exp"}, "b64": false, "zip": "DEF", "enc": "A128GCM", "cty": "JWT",
		} {
			header := jwttest.Change(w.header, map[string]any{name: value})
			w.refuses(t, name, w.mint(header, nil))
			w.refuses(t, name+" of a thief", thief.Mint(header, w.claims))
			raw := `{"alg":"` + w.key.Algorithm + `","kid":"` + w.key.ID + `","typ":"at+jwt","` + name + `":null}`
			w.refuses(t, name+" null", w.key.Compact([]byte(raw), payloadOf(t, w)))
		}
		if w.lookups() != before {
			t.Errorf("%d lookups for refused headers", w.lookups()-before)
		}
	})
}

func payloadOf(t *testing.T, w *world) []byte {
	t.Helper()
	_, body, _ := parts(w.mint(nil, nil))
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestF9_KC7fpj_ASVS9_2_2_TypeConfusion(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, typ := range []any{
			"logout+jwt", "application/logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "refresh+jwt", "state+jwt",
			"oauth-authz-req+jwt", "id+jwt", "at+jwt ", "text/at+jwt", "application/application/at+jwt", "", 1, []string{"at+jwt"},
		} {
			w.refuses(t, "typ", w.mint(map[string]any{"typ": typ}, nil))
		}
		for _, typ := range []string{"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"} {
			w.accepts(t, typ, w.mint(map[string]any{"typ": typ}, nil))
		}
	})
	t.Run("own", func(t *testing.T) {
		w := ownWorld(t)
		w.refuses(t, "JWT", w.mint(map[string]any{"typ": "JWT"}, nil))
		w.refuses(t, "no typ", w.key.Mint(map[string]any{"typ": nil}, w.claims))
		// U+212A folds to k and U+017F to s; neither may count as ASCII.
		w.refuses(t, "folding", w.mint(map[string]any{"typ": "application/at+\u017fjwt"}, nil))
	})
	for _, start := range []func(testing.TB, func() time.Time) *jwttest.Issuer{jwttest.NewOIDC, jwttest.NewCognito} {
		w := foreignWorld(t, "foreign", start)
		w.accepts(t, "no typ", w.key.Mint(map[string]any{"typ": nil}, w.claims))
		events := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
		w.refuses(t, "logout token", w.mint(nil, map[string]any{"events": events}))
		w.refuses(t, "logout token without types", w.key.Mint(map[string]any{"typ": nil}, jwttest.Change(w.claims, map[string]any{"events": events})))
		for _, typ := range []string{"Refresh", "Offline", "Logout"} {
			w.refuses(t, typ, w.mint(nil, map[string]any{"typ": typ}))
		}
		w.accepts(t, "Bearer", w.mint(nil, map[string]any{"typ": "Bearer"}))
	}
	t.Run("own token at a foreign verifier", func(t *testing.T) {
		own, w := ownWorld(t), foreignWorld(t, "oidc", jwttest.NewOIDC)
		w.refuses(t, "own token", own.mint(nil, nil))
		own.refuses(t, "foreign token", w.mint(nil, nil))
	})
}

func TestF14_Rotation(t *testing.T) {
	t.Run("own", func(t *testing.T) {
		w := ownWorld(t)
		next := jwttest.NewKey(t, "EdDSA", "k2")
		w.ring.keys["k2"] = next.PublicKey().Key
		w.accepts(t, "previous key in the overlap", w.mint(nil, nil))
		w.accepts(t, "next key", next.Mint(nil, w.claims))
		delete(w.ring.keys, "k1")
		w.refuses(t, "previous key after the overlap", w.mint(nil, nil))
		w.refuses(t, "next key under the previous name", next.As("EdDSA", "k1").Mint(nil, w.claims))
		w.ring.err = errors.New("table is gone")
		wantUnavailable(t, w.verify(next.Mint(nil, w.claims)))
		w.ring.err = nil
		w.ring.keys["k2"] = ed25519.PublicKey("short")
		w.refuses(t, "unusable key", next.Mint(nil, w.claims))
	})
	t.Run("foreign", func(t *testing.T) {
		w := foreignWorld(t, "oidc", jwttest.NewOIDC)
		w.accepts(t, "first", w.issuer.Mint(nil))
		old := w.issuer.Rotate(t)
		w.issuer.Publish(old.JWK())
		w.clock.advance(time.Minute)
		w.accepts(t, "new key at once", w.issuer.Mint(nil))
		w.accepts(t, "old key in the overlap", old.Mint(w.header, w.claims))
	})
	t.Run("withdrawn foreign key", func(t *testing.T) {
		w := foreignWorld(t, "oidc", jwttest.NewOIDC)
		w.accepts(t, "first", w.issuer.Mint(nil))
		old := w.issuer.Rotate(t)
		w.clock.advance(time.Hour)
		claims := jwttest.Change(w.issuer.Claims(), nil)
		w.refuses(t, "old key after the refresh", old.Mint(w.header, claims))
		w.accepts(t, "new key", w.issuer.Mint(nil))
	})
}

func TestF14_UnknownKeyIDsCauseNoFetches(t *testing.T) {
	w := foreignWorld(t, "oidc", jwttest.NewOIDC)
	w.accepts(t, "first", w.issuer.Mint(nil))
	for i := range 300 {
		w.clock.advance(time.Second) // five minutes in all
		kid := strings.Repeat("x", 1+i%128)
		w.refuses(t, "unknown", w.issuer.MintWith(map[string]any{"kid": kid}, nil))
	}
	if n := len(w.issuer.Requests()); n > 2*6 {
		t.Errorf("%d requests in five minutes", n)
	}
}

func TestVerifyReportsNothingOfTheToken(t *testing.T) {
	w := ownWorld(t)
	const marker = "canary"
	for _, token := range []string{
		marker, w.mint(map[string]any{"kid": marker}, nil), w.mint(map[string]any{"typ": marker}, nil),
		w.mint(map[string]any{"alg": marker}, nil), w.mint(nil, map[string]any{"iss": marker, "sub": marker}),
	} {
		if err := w.verify(token); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("error is %v", err)
		}
	}
	if _, found := jwt.UnverifiedIssuer(marker); found {
		t.Error("issuer found in no token")
	}
}
