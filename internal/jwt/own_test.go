package jwt_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"pgregory.net/rapid"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

func goodClaims(now time.Time) jwt.Claims {
	return jwt.Claims{
		Subject: "1234567890123456", SessionID: "q1w2e3r4t5y6u7i8o9p0aA", ID: "AAECAwQFBgcICQoLDA0ODw",
		AuthTime: now.Add(-time.Hour), IssuedAt: now, Expires: now.Add(5 * time.Minute), AMR: []string{"pwd", "otp"},
	}
}

func TestSignIsVerified(t *testing.T) {
	key := jwttest.NewKey(t, "EdDSA", "key_1")
	keys := &ring{keys: map[string]ed25519.PublicKey{"key_1": key.PublicKey().Key}}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ -~]{1,128}`)
		now := time.Unix(rapid.Int64Range(946684800+86400, 4102444800-2*86400).Draw(t, "now"), 0).UTC()
		c := jwt.Claims{
			Subject: name.Draw(t, "sub"), SessionID: name.Draw(t, "sid"), ID: name.Draw(t, "jti"),
			IssuedAt: now, Expires: now.Add(time.Duration(rapid.IntRange(1, 86400).Draw(t, "life")) * time.Second),
			AuthTime: now.Add(-time.Duration(rapid.IntRange(0, 86400).Draw(t, "age")) * time.Second),
			AMR:      rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,8}`), 0, 8).Draw(t, "amr"),
		}
		issuer := rapid.StringMatching(`https://[a-z]{1,40}\.test(/["\\<&é]{0,5})?`).Draw(t, "iss")
		token, err := jwt.Sign(key.SigningKey(), issuer, ownAudience, c)
		if err != nil {
			t.Fatal(err)
		}
		v := jwt.Verifier{Issuer: issuer, Audience: ownAudience, Keys: keys, Now: func() time.Time { return now }}
		got, err := v.Verify(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.AMR) == 0 {
			c.AMR = nil
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("got %+v, want %+v", got, c)
		}
		if iss, ok := jwt.UnverifiedIssuer(token); !ok || iss != issuer {
			t.Fatalf("issuer is %q", iss)
		}
	})
}

func TestSignedToken(t *testing.T) {
	key, now := jwttest.NewKey(t, "EdDSA", "2026-03-01-abcdef"), newClock().now()
	issuer := "https://accounts.a-rather-long-name.example.com/gatehouse"
	token, err := jwt.Sign(key.SigningKey(), issuer, issuer+"/api", goodClaims(now))
	if err != nil {
		t.Fatal(err)
	}
	if len(token) >= 600 {
		t.Errorf("token has %d bytes", len(token))
	}
	head, body, _ := parts(token)
	names := func(part string) []string {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	if got := strings.Join(names(head), " "); got != "alg kid typ" {
		t.Errorf("header has %s", got)
	}
	if got := strings.Join(names(body), " "); got != "amr aud auth_time exp iat iss jti sid sub" {
		t.Errorf("payload has %s", got)
	}
	// Another implementation verifies it with the published document.
	set, err := jwk.Parse(jwt.JWKS([]jwt.PublicKey{jwttest.NewKey(t, "EdDSA", "other").PublicKey(), key.PublicKey()}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify([]byte(token), jws.WithKeySet(set)); err != nil {
		t.Error(err)
	}
}

func TestSignRefuses(t *testing.T) {
	key, now := jwttest.NewKey(t, "EdDSA", "k1").SigningKey(), newClock().now()
	for what, change := range map[string]func(*jwt.SigningKey, *jwt.Claims){
		"no key":                 func(k *jwt.SigningKey, _ *jwt.Claims) { k.Private = nil },
		"no key id":              func(k *jwt.SigningKey, _ *jwt.Claims) { k.ID = "" },
		"odd key id":             func(k *jwt.SigningKey, _ *jwt.Claims) { k.ID = "a/b" },
		"no subject":             func(_ *jwt.SigningKey, c *jwt.Claims) { c.Subject = "" },
		"long subject":           func(_ *jwt.SigningKey, c *jwt.Claims) { c.Subject = strings.Repeat("x", 129) },
		"control character":      func(_ *jwt.SigningKey, c *jwt.Claims) { c.Subject = "a\nb" },
		"not UTF-8":              func(_ *jwt.SigningKey, c *jwt.Claims) { c.ID = "\xff" },
		"no session":             func(_ *jwt.SigningKey, c *jwt.Claims) { c.SessionID = "" },
		"no id":                  func(_ *jwt.SigningKey, c *jwt.Claims) { c.ID = "" },
		"no times":               func(_ *jwt.SigningKey, c *jwt.Claims) { c.IssuedAt = time.Time{} },
		"no sign-in":             func(_ *jwt.SigningKey, c *jwt.Claims) { c.AuthTime = time.Time{} },
		"sign-in later":          func(_ *jwt.SigningKey, c *jwt.Claims) { c.AuthTime = c.IssuedAt.Add(time.Second) },
		"expired":                func(_ *jwt.SigningKey, c *jwt.Claims) { c.Expires = c.IssuedAt },
		"lives for days":         func(_ *jwt.SigningKey, c *jwt.Claims) { c.Expires = c.IssuedAt.Add(25 * time.Hour) },
		"many methods":           func(_ *jwt.SigningKey, c *jwt.Claims) { c.AMR = slices.Repeat([]string{"pwd"}, 9) },
		"method that is not one": func(_ *jwt.SigningKey, c *jwt.Claims) { c.AMR = []string{""} },
	} {
		k, c := key, goodClaims(now)
		change(&k, &c)
		if token, err := jwt.Sign(k, ownIssuer, ownAudience, c); err == nil {
			t.Errorf("%s: signed %s", what, token)
		}
	}
	if _, err := jwt.Sign(key, "", ownAudience, goodClaims(now)); err == nil {
		t.Error("signed without issuer")
	}
	if _, err := jwt.Sign(key, ownIssuer, "", goodClaims(now)); err == nil {
		t.Error("signed without audience")
	}
}

func TestOwnClaimsAreRequired(t *testing.T) {
	w := ownWorld(t)
	for _, claim := range []string{"iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "amr"} {
		for _, value := range []any{nil, json.RawMessage("null"), map[string]any{}, ""} {
			w.refuses(t, claim, w.mint(nil, map[string]any{claim: value}))
		}
	}
	now := w.clock.now().Unix()
	w.refuses(t, "issued before the sign-in", w.mint(nil, map[string]any{"auth_time": now + 1}))
	w.refuses(t, "a day and more", w.mint(nil, map[string]any{"exp": now + 86401}))
}

// TestEveryByteCounts replaces, removes and doubles every character of a token.
func TestEveryByteCounts(t *testing.T) {
	const others = "Aa0-_.~+/= \n\x00é"
	eachWorld(t, func(t *testing.T, w *world) {
		token := w.mint(nil, nil)
		for i := range len(token) {
			w.refuses(t, "removed", token[:i]+token[i+1:])
			w.refuses(t, "cut", token[:i])
			// Doubling a character is the same token for no value of it.
			w.refuses(t, "doubled", token[:i+1]+token[i:])
			for _, other := range others {
				if string(other) != token[i:i+1] {
					w.refuses(t, "replaced", token[:i]+string(other)+token[i+1:])
				}
			}
		}
	})
}

func TestDocuments(t *testing.T) {
	a, b := jwttest.NewKey(t, "EdDSA", "a").PublicKey(), jwttest.NewKey(t, "EdDSA", "b").PublicKey()
	doc := jwt.JWKS([]jwt.PublicKey{b, {ID: "short", Key: a.Key[:31]}, {ID: `"`, Key: a.Key}, {ID: "zero", Key: make([]byte, 32)}, a})
	x := func(k jwt.PublicKey) string { return base64.RawURLEncoding.EncodeToString(k.Key) }
	want := `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"b","x":"` + x(b) +
		`"},{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"a","x":"` + x(a) + `"}]}`
	if string(doc) != want {
		t.Errorf("got %s", doc)
	}
	if got := string(jwt.JWKS(nil)); got != `{"keys":[]}` {
		t.Errorf("no keys: %s", got)
	}
	for _, issuer := range []string{"https://gatehouse.test", "https://gatehouse.test/", `https://x/"\<é`} {
		var m map[string]any
		if err := json.Unmarshal(jwt.Discovery(issuer), &m); err != nil {
			t.Fatal(err)
		}
		if m["issuer"] != issuer || m["jwks_uri"] != strings.TrimSuffix(issuer, "/")+"/.well-known/jwks.json" {
			t.Errorf("got %v", m)
		}
	}
}
