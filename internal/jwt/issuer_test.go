package jwt_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/jwt/jwttest"
)

// goodIssuers are accepted; the tests spoil one setting at a time.
func goodIssuers() (oidc, pool, local jwt.Issuer) {
	oidc = jwt.Issuer{URL: "https://idp.test/realms/a/", Kind: jwt.OIDC, Audiences: []string{"us"}}
	pool = jwt.Issuer{URL: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC", Kind: jwt.Cognito, Audiences: []string{"x"}}
	local = jwt.Issuer{URL: "http://localhost:8080", Kind: jwt.OIDC, Audiences: []string{"us"}, AllowLoopback: true}
	return oidc, pool, local
}

func wantProblem(t *testing.T, i jwt.Issuer, setting string) {
	t.Helper()
	err := i.Validate()
	if err == nil || !strings.Contains(err.Error(), ": "+setting+": expected ") {
		t.Errorf("%s of %+v: %v", setting, i, err)
	}
	if _, err := jwt.NewForeign([]jwt.Issuer{i}, nil, time.Now); err == nil {
		t.Error("accepted by NewForeign")
	}
}

func TestIssuerURLs(t *testing.T) {
	oidc, pool, local := goodIssuers()
	for _, good := range []jwt.Issuer{oidc, pool, local} {
		if err := good.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, url := range []string{
		"", "idp.test", "http://idp.test", "http://localhost", "https://", "https://:443", "https://user:pass@idp.test",
		"https://idp.test?x=1", "https://idp.test?", "https://idp.test#", "https://idp.test/\n", "ftp://idp.test",
		"https://idp.test/" + strings.Repeat("x", 512),
	} {
		oidc.URL = url
		wantProblem(t, oidc, "url")
	}
	for _, url := range []string{"http://idp.test", "http://127.0.0.1.idp.test", "http://10.0.0.1"} {
		local.URL = url
		wantProblem(t, local, "url")
	}
	for _, url := range []string{
		"https://cognito-idp.eu-west-1.amazonaws.com", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/",
		"https://pool.auth.eu-west-1.amazoncognito.com/x",
	} {
		pool.URL = url
		wantProblem(t, pool, "url")
	}
}

func TestIssuerSettings(t *testing.T) {
	for _, test := range []struct {
		setting string
		change  func(*jwt.Issuer)
	}{
		{"kind", func(i *jwt.Issuer) { i.Kind = "" }},
		{"audiences", func(i *jwt.Issuer) { i.Audiences = nil }},
		{"audiences", func(i *jwt.Issuer) { i.Audiences = []string{"us", ""} }},
		{"audiences", func(i *jwt.Issuer) { i.Audiences = []string{"us "} }},
		{"algorithms", func(i *jwt.Issuer) { i.Algorithms = []string{"HS256"} }},
		{"algorithms", func(i *jwt.Issuer) { i.Algorithms = []string{"none"} }},
		{"jwks_url", func(i *jwt.Issuer) { i.JWKSURL = "http://keys.test" }},
		{"leeway", func(i *jwt.Issuer) { i.Leeway = -1 }},
		{"leeway", func(i *jwt.Issuer) { i.Leeway = time.Hour }},
	} {
		i, _, _ := goodIssuers()
		test.change(&i)
		wantProblem(t, i, test.setting)
	}
	oidc, _, _ := goodIssuers()
	if _, err := jwt.NewForeign([]jwt.Issuer{oidc, oidc}, nil, time.Now); err == nil {
		t.Error("one issuer twice")
	}
}

func TestAlgorithmsAreRestricted(t *testing.T) {
	c := newClock()
	i := jwttest.NewOIDC(t, c.now)
	config := i.Config()
	config.Algorithms = []string{"RS256"}
	f := newForeign(t, c, jwttest.Fetcher(time.Second), config)
	_, err := f.Verify(context.Background(), i.Mint(nil)) // ES256
	wantInvalid(t, err)
	if n := len(i.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestCognitoMeansRS256(t *testing.T) {
	w := foreignWorld(t, "cognito", jwttest.NewCognito)
	key := jwttest.NewKey(t, "EdDSA", "ed")
	w.issuer.Publish(key.JWK())
	w.refuses(t, "a key of another algorithm", key.Mint(w.header, w.claims))
	w.accepts(t, "the pool's own", w.mint(nil, nil))
}

// TestConfiguredKeysAddress allows the other host that discovery may not name.
func TestConfiguredKeysAddress(t *testing.T) {
	c := newClock()
	i := jwttest.NewOIDC(t, c.now)
	config := i.Config()
	config.JWKSURL = i.OtherHost() + "/.well-known/jwks.json"
	config.Leeway = 5 * time.Second
	f := newForeign(t, c, jwttest.Fetcher(time.Second), config)
	if _, err := f.Verify(context.Background(), i.Mint(nil)); err != nil {
		t.Fatal(err)
	}
	if got := i.Requests(); len(got) != 1 {
		t.Errorf("requests %v", got)
	}
	now := c.now().Unix()
	_, err := f.Verify(context.Background(), i.Mint(map[string]any{"iat": now - 600, "exp": now - 5}))
	wantInvalid(t, err)
}

func TestASVS13_2_4_DiscoveryMustStayOnHost(t *testing.T) {
	const issuer = "https://idp.test"
	key := jwttest.NewKey(t, "EdDSA", "k")
	for _, uri := range []string{
		"https://evil.test/keys", "https://idp.test.evil.test/keys", "https://idp.test:444/keys", "http://idp.test/keys",
		"https://idp.test@evil.test/keys", "//idp.test/keys", "/keys", "file:///keys", "http://127.0.0.1/keys", "https://idp.test/keys#",
	} {
		clock, s := newClock(), newStub(issuer, key)
		s.docs[uri] = keySetOf(key)
		s.docs[issuer+"/.well-known/openid-configuration"] = `{"issuer":"` + issuer + `","jwks_uri":"` + uri + `"}`
		f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}, AllowLoopback: true})
		_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims(issuer, clock.now())))
		wantUnavailable(t, err)
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%s: %d fetches", uri, n)
		}
	}
}

func TestDiscoveryMustKeepScheme(t *testing.T) {
	const issuer = "https://localhost"
	clock, key := newClock(), jwttest.NewKey(t, "EdDSA", "k")
	s := newStub(issuer, key)
	s.docs["http://localhost/keys"] = keySetOf(key)
	s.docs[issuer+"/.well-known/openid-configuration"] = `{"issuer":"` + issuer + `","jwks_uri":"http://localhost/keys"}`
	f := newForeign(t, clock, s.fetch, jwt.Issuer{URL: issuer, Kind: jwt.OIDC, Audiences: []string{"us"}, AllowLoopback: true})
	_, err := f.Verify(context.Background(), key.Mint(nil, stubClaims(issuer, clock.now())))
	wantUnavailable(t, err)
}
