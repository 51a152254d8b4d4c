package jwt_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

func keySetOf(keys ...jwttest.Key) string {
	var jwks []map[string]any
	for _, k := range keys {
		jwks = append(jwks, k.JWK())
	}
	return keySetOfJWKs(jwks...)
}

func keySetOfJWKs(jwks ...map[string]any) string {
	doc, err := json.Marshal(map[string]any{"keys": jwks})
	if err != nil {
		panic(err)
	}
	return string(doc)
}

func TestForeignClaims(t *testing.T) {
	c := newClock()
	for _, start := range []func(testing.TB, func() time.Time) *jwttest.Issuer{jwttest.NewOIDC, jwttest.NewCognito} {
		i := start(t, c.now)
		config := i.Config()
		config.Provision = true
		f := newForeign(t, c, jwttest.Fetcher(time.Second), config)
		got, err := f.Verify(context.Background(), i.Mint(nil))
		if err != nil {
			t.Fatal(err)
		}
		want := jwt.ForeignClaims{
			Issuer: i.URL(), Subject: jwttest.Subject, Username: "ada", Provision: true,
			IssuedAt: c.now(), AuthTime: c.now().Add(-10 * time.Second), Expires: c.now().Add(time.Hour),
		}
		if config.Kind == jwt.OIDC {
			want.Email, want.EmailVerified = "ada@example.com", true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestForeignOptionalClaims(t *testing.T) {
	c := newClock()
	i := jwttest.NewOIDC(t, c.now)
	f := newForeign(t, c, jwttest.Fetcher(time.Second), i.Config())
	get := func(changes map[string]any) jwt.ForeignClaims {
		t.Helper()
		got, err := f.Verify(context.Background(), i.Mint(changes))
		if err != nil {
			t.Error(err)
		}
		return got
	}
	null := json.RawMessage("null")
	for _, v := range []any{nil, null, false, "true", 1, []bool{true}} {
		if get(map[string]any{"email_verified": v}).EmailVerified {
			t.Errorf("%v counts as verified", v)
		}
	}
	for _, v := range []any{nil, null, ""} {
		if got := get(map[string]any{"email": v, "preferred_username": v}); got.Email != "" || got.EmailVerified || got.Username != "" {
			t.Errorf("got %+v", got)
		}
	}
	if got := get(map[string]any{"auth_time": nil}); !got.AuthTime.IsZero() {
		t.Errorf("got %v", got.AuthTime)
	}
	for what, changes := range map[string]map[string]any{
		"email": {"email": 1}, "email list": {"email": []string{"a@b"}}, "email with line break": {"email": "a@b\nBcc: c@d"},
		"long email": {"email": strings.Repeat("a", 255)}, "user name": {"preferred_username": true},
		"no sub": {"sub": nil}, "empty sub": {"sub": ""}, "long sub": {"sub": strings.Repeat("s", 256)}, "number": {"sub": 1},
		"sub with NUL": {"sub": "a\x00"}, "sub not ASCII": {"sub": "ä"}, "auth_time": {"auth_time": "1"},
		"sign-in in the future": {"auth_time": c.now().Unix() + 61},
	} {
		if _, err := f.Verify(context.Background(), i.Mint(changes)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

const keySetIssuer = "https://idp.test"

// verifyWithKeySet has an issuer publish doc and verifies a token of key.
func verifyWithKeySet(t *testing.T, key jwttest.Key, doc string) error {
	clock, s := newClock(), newStub(keySetIssuer)
	s.docs[keySetIssuer+"/keys"] = doc
	f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: keySetIssuer, Kind: jwt.OIDC, Audiences: []string{"us"}})
	_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims(keySetIssuer, clock.now())))
	return err
}

func published(k jwttest.Key, changes map[string]any) string {
	return keySetOfJWKs(jwttest.Change(k.JWK(), changes))
}

func TestUsableKeySets(t *testing.T) {
	ed, es, rs := jwttest.NewKey(t, "EdDSA", "k"), jwttest.NewKey(t, "ES256", "k"), jwttest.NewKey(t, "RS256", "k")
	ps := rs.As("PS256", "k")
	noAlg := map[string]any{"alg": nil, "use": nil}
	for _, test := range []struct {
		what string
		key  jwttest.Key
		doc  string
	}{
		{"EdDSA", ed, keySetOf(ed)},
		{"ES256", es, keySetOf(es)},
		{"RS256", rs, keySetOf(rs)},
		{"PS256", ps, keySetOf(ps)},
		{"EdDSA without alg", ed, published(ed, noAlg)},
		{"RS256 without alg", rs, published(rs, noAlg)},
		{"PS256 without alg", ps, published(rs, noAlg)},
		{"key for verifying", rs, published(rs, map[string]any{"key_ops": []string{"verify"}})},
		{"beside unusable ones", ed, keySetOfJWKs(ed.JWK(), map[string]any{"kty": "???"}, map[string]any{})},
		{"an unknown member", ed, strings.Replace(keySetOf(ed), "{", `{"next":null,`, 1)},
	} {
		if err := verifyWithKeySet(t, test.key, test.doc); err != nil {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

func TestUnusableKeys(t *testing.T) {
	ed, es, rs := jwttest.NewKey(t, "EdDSA", "k"), jwttest.NewKey(t, "ES256", "k"), jwttest.NewKey(t, "RS256", "k")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak, other := jwttest.KeyOf("RS256", "k", small), jwttest.NewKey(t, "EdDSA", "k")
	for what, test := range map[string]struct {
		key jwttest.Key
		doc string
	}{
		"PS256 with a key for RS256": {rs.As("PS256", "k"), keySetOf(rs)},
		"key for RS384":              {rs, published(rs, map[string]any{"alg": "RS384"})},
		"alg is not a string":        {rs, published(rs, map[string]any{"alg": 1})},
		"key for encryption":         {rs, published(rs, map[string]any{"use": "enc"})},
		"key for signing":            {rs, published(rs, map[string]any{"key_ops": []string{"sign"}})},
		"published private key":      {ed, published(ed, map[string]any{"d": ed.JWK()["x"]})},
		"published private EC key":   {es, published(es, map[string]any{"d": es.JWK()["x"]})},
		"published private RSA key":  {rs, published(rs, map[string]any{"d": "AQAB"})},
		"no kid":                     {ed, published(ed, map[string]any{"kid": nil})},
		"1024 bits":                  {weak, keySetOf(weak)},
		"point not on the curve":     {es, published(es, map[string]any{"y": es.JWK()["x"]})},
		"short point":                {ed, published(ed, map[string]any{"x": "AAAA"})},
		"symmetric":                  {ed, keySetOfJWKs(map[string]any{"kty": "oct", "k": "AAAA", "kid": "k", "alg": "EdDSA"})},
		"first of two of one name":   {ed, keySetOf(ed, other)},
		"second of two of one name":  {ed, keySetOf(other, ed)},
		"no keys":                    {ed, `{"keys":[]}`},
	} {
		if err := verifyWithKeySet(t, test.key, test.doc); !errors.Is(err, jwt.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMalformedKeySetsDecideNothing(t *testing.T) {
	key := jwttest.NewKey(t, "EdDSA", "k")
	for _, doc := range []string{
		"", "[]", "{}", `{"keys":null}`, `{"keys":{}}`, `{"keys":[]`, `{"keys":[],"keys":[]}`, `{"keys":[]} {}`,
		`{"keys":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`, keySetOf(key) + strings.Repeat(" ", 256<<10),
	} {
		wantUnavailable(t, verifyWithKeySet(t, key, doc))
	}
}
