package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt/jwttest"
)

// TestL5_ZIT67494_FetchErrorsTellNothing sends a token of an issuer that fails in every
// way a fetch can: the answer is one and the same, and nothing that was fetched is in
// it, nor in the log.
func TestL5_ZIT67494_FetchErrorsTellNothing(t *testing.T) {
	answers := map[string][]string{}
	for name, f := range map[string]jwttest.Failure{
		"down": jwttest.Down, "500": jwttest.ServerError, "silent": jwttest.Slow, "huge": jwttest.Huge, "HTML": jwttest.WrongType, "compressed": jwttest.Compressed,
		"redirect": jwttest.Redirect, "no JSON": jwttest.Garbage, "other issuer": jwttest.WrongIssuer, "keys elsewhere": jwttest.KeysOnOtherHost, "no keys": jwttest.NoKeysAddress, "too many keys": jwttest.TooManyKeys,
	} {
		a := newAbroad(t, false)
		a.link(operator(a.World, "holder01", true), a.oidc)
		a.oidc.Fail(f)
		r := bearer(a.World, a.oidc.Mint(nil)).Get("/api/users/self")
		for _, part := range []string{"127.0.0.1", "localhost", "well-known", "dial", "connection", "redirect", "timeout", "status", "discovery", a.oidc.URL()} {
			if strings.Contains(strings.ToLower(r.Body), part) {
				t.Errorf("%s: the answer tells %q: %s", name, part, r.Body)
			}
		}
		if log := a.Logged.String(); strings.Contains(log, "<html") || strings.Contains(log, `"keys"`) {
			t.Errorf("%s: the log has what was fetched", name)
		}
		shown := http.StatusText(r.Status) + r.Body
		answers[shown] = append(answers[shown], name)
	}
	if len(answers) != 1 {
		t.Errorf("answers %q", answers)
	}
}

// TestL6_OnlyIssuersAreAsked signs in, registers and calls with addresses of a server
// in everything that somebody can send: it is never called, and of the issuers only
// what a token of theirs needs.
func TestL6_OnlyIssuersAreAsked(t *testing.T) {
	called := 0
	spy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ }))
	defer spy.Close()
	a := newAbroad(t, true)
	for _, token := range []string{
		a.oidc.MintWith(object{"jku": spy.URL, "x5u": spy.URL}, nil), a.oidc.Mint(object{"iss": spy.URL}), a.oidc.Mint(object{"picture": spy.URL, "profile": spy.URL, "_claim_sources": object{"x": object{"endpoint": spy.URL}}}),
		a.oidc.MintWith(object{"kid": spy.URL}, nil), a.oidc.Mint(object{"iss": a.oidc.URL() + "@" + strings.TrimPrefix(spy.URL, "http://")}),
	} {
		bearer(a.World, token).Get("/api/users/self")
	}
	c := a.Client().With("Host", spy.URL).With("X-Forwarded-Host", spy.URL).With("Referer", spy.URL).With("Origin", spy.URL).With("X-Original-Url", spy.URL)
	operator(a.World, "holder01", true)
	for path, body := range map[string]object{
		"/api/auth/register": {"username": "newbie01", "email": "newbie01@example.com", "password1": newPassword, "password2": newPassword, "first_name": spy.URL, "website": spy.URL, "callback": spy.URL},
		"/api/auth/login":    {"username": "holder01", "password": newPassword, "next": spy.URL, "redirect_uri": spy.URL, "metadata_url": spy.URL, "server_url": spy.URL},
		"/api/organizations": {"slug": "acme", "contact": object{"website": spy.URL, "logo": spy.URL}},
	} {
		c.Post(path, body)
		a.SignIn("holder01").Post(path, body)
	}
	for _, path := range []string{"/api/auth/methods?identity=" + spy.URL, "/auth/login?next=" + spy.URL, "/api/users?url=" + spy.URL, "/" + spy.URL, "/api/server/about?url=" + spy.URL} {
		c.Get(path)
	}
	a.Drain()
	if called != 0 {
		t.Errorf("%d requests to an address that somebody sent", called)
	}
	if n := len(a.oidc.Requests()); n == 0 || n > 6 {
		t.Errorf("the issuer was asked %d times", n)
	}
	if n := len(a.cognito.Requests()); n != 0 {
		t.Errorf("the other issuer was asked %d times", n)
	}
}

// TestN1_ClaimsOfForeignTokens puts a secret into every claim and header of tokens that
// are accepted and refused: none is in the log or in an answer but the user's own.
func TestN1_ClaimsOfForeignTokens(t *testing.T) {
	const canary = "canary-claim-4711"
	a := newAbroad(t, true)
	now := a.Clock.Now().Unix()
	claims := object{"nonce": canary, "scope": canary, "azp": canary, "given_name": canary, "custom": object{canary: canary}, "jti": canary}
	var bodies strings.Builder
	for _, token := range []string{
		a.oidc.Mint(claims), a.oidc.Mint(object{"sub": canary, "aud": canary}), a.oidc.Mint(object{"sub": canary, "exp": now - 9999}), a.oidc.MintWith(object{"kid": canary}, claims),
		a.oidc.MintWith(object{"alg": canary}, claims), a.oidc.Mint(object{"iss": "https://" + canary}), a.oidc.Mint(object{"sub": nil, "x": canary}), a.oidc.Mint(claims) + canary,
	} {
		for _, path := range []string{"/api/users/self", "/api/users/1", "/api/organizations"} {
			bodies.WriteString(bearer(a.World, token).Get(path).Body)
		}
		a.Clock.Add(time.Second)
	}
	for where, text := range map[string]string{"log": a.Logged.String(), "answers": bodies.String(), "store": a.Dump()} {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("in the %s: %s", where, text[max(0, i-200):i])
		}
	}
}
