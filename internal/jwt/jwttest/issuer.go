package jwttest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/outbound"
)

const (
	// Audience is accepted by the configuration a fake OIDC issuer hands out.
	Audience = "https://api.gatehouse.test"
	// ClientID is accepted by the configuration of a fake Cognito pool.
	ClientID = "1example23456789"
	// Subject is who the tokens are about unless told otherwise.
	Subject = "5c1e8d0a-0000-4000-8000-5f6b7c8d9e0f"

	poolPath = "/eu-west-1_Example"
)

// Failure is a way for a fake issuer to go wrong.
type Failure int

// The failures. None is an issuer that works.
const (
	None            Failure = iota
	Down                    // the connection breaks
	ServerError             // status 500
	Slow                    // no answer for as long as the client waits
	Drip                    // one byte at a time
	Huge                    // more than 256 KB
	WrongType               // content type text/html
	Compressed              // content encoding gzip
	Redirect                // to the same document elsewhere on the server
	Garbage                 // not JSON
	WrongIssuer             // discovery names another issuer
	KeysOnOtherHost         // discovery names another host for the keys
	NoKeysAddress           // discovery does not name the keys
	TooManyKeys             // 21 keys
)

// Issuer is a fake OIDC issuer or Cognito pool on the loopback interface.
type Issuer struct {
	server *httptest.Server
	kind   jwt.Kind
	path   string
	now    func() time.Time

	mu       sync.Mutex
	key      Key
	extra    []map[string]any
	failure  Failure
	requests []string
	rotated  int
}

// NewOIDC starts a generic issuer that signs with ES256.
func NewOIDC(t testing.TB, now func() time.Time) *Issuer {
	t.Helper()
	return start(t, &Issuer{kind: jwt.OIDC, now: now, key: NewKey(t, "ES256", "oidc-key-0")})
}

// NewCognito starts a user pool. Its key ids look like Cognito's.
func NewCognito(t testing.TB, now func() time.Time) *Issuer {
	t.Helper()
	key := NewKey(t, "RS256", "abcdefghijklmnopqrs/example+0=")
	return start(t, &Issuer{kind: jwt.Cognito, path: poolPath, now: now, key: key})
}

func start(t testing.TB, i *Issuer) *Issuer {
	i.server = httptest.NewServer(i)
	t.Cleanup(i.server.Close)
	return i
}

// URL is the value of iss.
func (i *Issuer) URL() string { return i.server.URL + i.path }

// Config is the configuration that accepts this issuer's tokens.
func (i *Issuer) Config() jwt.Issuer {
	c := jwt.Issuer{URL: i.URL(), Kind: i.kind, Audiences: []string{Audience}, AllowLoopback: true}
	if i.kind == jwt.Cognito {
		c.Audiences = []string{ClientID}
	}
	return c
}

// Key is the key that signs at present.
func (i *Issuer) Key() Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.key
}

// Rotate replaces the key by a new one of the same kind and returns the old.
func (i *Issuer) Rotate(t testing.TB) Key {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	old := i.key
	i.rotated++
	i.key = NewKey(t, old.Algorithm, "rotated-"+strconv.Itoa(i.rotated))
	return old
}

// Publish adds entries to the key set, as they are.
func (i *Issuer) Publish(jwks ...map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.extra = append(i.extra, jwks...)
}

// Fail switches to a failure, or with None back to normal.
func (i *Issuer) Fail(f Failure) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failure = f
}

// Requests lists the paths that were asked for so far.
func (i *Issuer) Requests() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.requests)
}

// Claims returns the claims of a good access token.
func (i *Issuer) Claims() map[string]any {
	now := i.now().Unix()
	c := map[string]any{
		"iss": i.URL(), "sub": Subject, "iat": now, "exp": now + 3600,
		"auth_time": now - 10, "jti": "0d4f5c5e",
	}
	if i.kind == jwt.Cognito {
		c["token_use"], c["client_id"], c["username"] = "access", ClientID, "ada"
		c["scope"], c["version"] = "openid", 2
		return c
	}
	c["aud"], c["preferred_username"] = Audience, "ada"
	c["email"], c["email_verified"] = "ada@example.com", true
	return c
}

// Mint returns a token with these changes to Claims. A nil value removes one.
func (i *Issuer) Mint(changes map[string]any) string {
	return i.MintWith(nil, changes)
}

// MintWith also changes the header, which has the type JWT, or none for Cognito.
func (i *Issuer) MintWith(header, changes map[string]any) string {
	typ := map[string]any{"typ": "JWT"}
	if i.kind == jwt.Cognito {
		typ["typ"] = nil
	}
	for name, value := range header {
		typ[name] = value
	}
	return i.Key().Mint(typ, Change(i.Claims(), changes))
}

// Fetcher returns a fetcher that may reach fake issuers, with the given timeout.
func Fetcher(timeout time.Duration) jwt.Fetcher {
	return outbound.JSON(outbound.Client(outbound.Options{AllowLoopback: true, Timeout: timeout}))
}

// OtherHost returns the URL of the server under another name.
func (i *Issuer) OtherHost() string {
	u, err := url.Parse(i.server.URL)
	if err != nil {
		panic(err)
	}
	return "http://localhost:" + u.Port()
}

// ServeHTTP implements http.Handler.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.requests = append(i.requests, r.URL.Path)
	failure := i.failure
	i.mu.Unlock()
	if i.fail(w, r, failure) {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/moved"), i.path) {
	case "/.well-known/openid-configuration":
		_, _ = w.Write(encodeJSON(i.discovery(failure)))
	case "/.well-known/jwks.json":
		_, _ = w.Write(encodeJSON(map[string]any{"keys": i.jwks(failure)}))
	default:
		http.NotFound(w, r)
	}
}
