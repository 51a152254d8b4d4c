package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxForeignLifetime is above what the large issuers can be set to (30 days).
const maxForeignLifetime = 31 * 24 * time.Hour

// Fetcher reads one JSON document. It must honour the context and must not follow
// redirects; package outbound makes a suitable one. Its answers may be used for
// longer than the call.
type Fetcher func(ctx context.Context, url string) ([]byte, error)

// Foreign accepts tokens of the configured foreign issuers. It is safe for
// concurrent use.
type Foreign struct {
	issuers map[string]*foreignIssuer
	now     func() time.Time
}

type foreignIssuer struct {
	Issuer
	fetch Fetcher
	cache keyCache
}

// ForeignClaims is what a foreign token says about its bearer. The identity is
// the pair of Issuer and Subject; everything else is information.
type ForeignClaims struct {
	Issuer  string
	Subject string
	// Email may be empty. EmailVerified is true only if the issuer vouches for it.
	Email         string
	EmailVerified bool
	IssuedAt      time.Time
	// AuthTime is zero if the token does not say.
	AuthTime time.Time
	Expires  time.Time
	// Username may be empty and is not unique across issuers.
	Username string
	// Provision is the setting of the issuer.
	Provision bool
}

// NewForeign prepares the issuers. Nothing is fetched before the first token.
func NewForeign(issuers []Issuer, fetch Fetcher, now func() time.Time) (*Foreign, error) {
	f := &Foreign{issuers: make(map[string]*foreignIssuer, len(issuers)), now: now}
	for _, configured := range issuers {
		if err := configured.Validate(); err != nil {
			return nil, err
		}
		if f.issuers[configured.URL] != nil {
			return nil, fmt.Errorf("issuer %q: url: expected each issuer once", configured.URL)
		}
		i := &foreignIssuer{Issuer: configured.withDefaults(), fetch: fetch}
		i.cache.load, i.cache.now = i.load, now
		f.issuers[configured.URL] = i
	}
	return f, nil
}

// Verify returns the claims of an acceptable token. Otherwise the error is an
// ErrInvalid, or an ErrUnavailable when the issuer's keys could not be fetched.
func (f *Foreign) Verify(ctx context.Context, token string) (ForeignClaims, error) {
	t, err := parse(token, maxForeignSize)
	if err != nil {
		return ForeignClaims{}, err
	}
	iss, _ := t.claims.text("iss", maxURL)
	issuer, found := f.issuers[iss]
	if !found {
		return ForeignClaims{}, refuse("unknown issuer")
	}
	if !slices.Contains(issuer.Algorithms, t.alg) {
		return ForeignClaims{}, refuse("algorithm not allowed")
	}
	if err := issuer.checkPurpose(t); err != nil {
		return ForeignClaims{}, err
	}
	claims, err := issuer.read(t.claims, f.now())
	if err != nil {
		return ForeignClaims{}, err
	}
	key, err := issuer.cache.key(ctx, t.kid)
	if err != nil {
		return ForeignClaims{}, err
	}
	if !slices.Contains(key.algorithms, t.alg) {
		return ForeignClaims{}, refuse("not the algorithm of the key")
	}
	if err := verifySignature(token, t, key.public); err != nil {
		return ForeignClaims{}, err
	}
	return claims, nil
}

// checkPurpose refuses tokens that are signed with the same keys for something
// else: logout tokens, security events, refresh tokens, and for Cognito, which
// marks them, ID tokens.
func (i *foreignIssuer) checkPurpose(t token) error {
	if t.typ != "" && t.typ != "jwt" && t.typ != ownType {
		return refuse("not an access token")
	}
	if _, found := t.claims["events"]; found {
		return refuse("a token about an event")
	}
	if kind, ok := t.claims.text("typ", maxName); ok {
		switch strings.ToLower(kind) {
		case "refresh", "offline", "logout":
			return refuse("not an access token")
		}
	}
	if i.Kind == Cognito {
		if use, _ := t.claims.text("token_use", maxName); use != "access" {
			return refuse("not an access token")
		}
	}
	return nil
}

// load fetches the keys: from the configured place, or from where the issuer's
// discovery document says, if that is the issuer's own host.
func (i *foreignIssuer) load(ctx context.Context) (keySet, error) {
	from := i.JWKSURL
	if from == "" {
		doc, err := i.fetch(ctx, strings.TrimSuffix(i.URL, "/")+discoveryPath)
		if err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
		if from, err = i.readDiscovery(doc); err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
	}
	doc, err := i.fetch(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	return parseKeySet(doc)
}

func (i *foreignIssuer) readDiscovery(doc []byte) (jwksURL string, err error) {
	if len(doc) > maxDocument {
		return "", errors.New("document too large")
	}
	o, err := parseObject(doc)
	if err != nil {
		return "", errors.New("malformed document")
	}
	if iss, _ := o.text("issuer", maxURL); iss != i.URL {
		return "", errors.New("document of another issuer")
	}
	at, _ := o.text("jwks_uri", maxURL)
	keys, err := checkURL(at, i.AllowLoopback)
	if err != nil {
		return "", errors.New("unusable jwks_uri")
	}
	own, err := checkURL(i.URL, i.AllowLoopback)
	if err != nil || keys.Scheme != own.Scheme || !strings.EqualFold(keys.Host, own.Host) {
		return "", errors.New("jwks_uri is not on the issuer's host; name it in jwks_url if that is right")
	}
	return at, nil
}
