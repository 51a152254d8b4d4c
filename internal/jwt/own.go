package jwt

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
)

const (
	// maxLifetime bounds our own tokens. They live for minutes; a token for a
	// week is a mistake, wherever it was made.
	maxLifetime = 24 * time.Hour
	// ownKeyPunctuation is narrower than that of foreign issuers because our key
	// ids reach the store.
	ownKeyPunctuation = "-_"
	maxMethods        = 8
)

// SigningKey is a private key and the id under which its public half is found.
// The id consists of ASCII letters, digits, "-" and "_".
type SigningKey struct {
	ID      string
	Private ed25519.PrivateKey
}

// PublicKey is the public half of a SigningKey.
type PublicKey struct {
	ID  string
	Key ed25519.PublicKey
}

// Claims are what an access token says: who, in which session, since when. Never
// a role, an address or a name: those change while a token lives, and a token is
// readable by whoever holds it.
type Claims struct {
	Subject   string
	SessionID string
	AuthTime  time.Time
	IssuedAt  time.Time
	Expires   time.Time
	// ID is unique for each token (jti).
	ID string
	// AMR lists how the person proved who they are (RFC 8176).
	AMR []string
}

// Keys finds public keys. It is asked for every token, so it should answer from
// memory; an unknown id is not an error. The id is at most 128 letters, digits,
// "-" and "_", but otherwise whatever a stranger chose.
type Keys interface {
	Public(ctx context.Context, kid string) (ed25519.PublicKey, bool, error)
}

// Sign returns a token in compact form. Times are cut to whole seconds.
func Sign(key SigningKey, issuer, audience string, c Claims) (string, error) {
	if len(key.Private) != ed25519.PrivateKeySize || !isOwnKeyID(key.ID) {
		return "", errors.New("jwt: unusable signing key")
	}
	payload, err := appendPayload(make([]byte, 0, 384), issuer, audience, c)
	if err != nil {
		return "", err
	}
	// Reading back what is about to be signed keeps both sides of this file in
	// agreement: nothing is issued that Verify would refuse.
	members, err := parseObject(payload)
	if err != nil {
		return "", fmt.Errorf("jwt: claims cannot be signed: %w", err)
	}
	if _, err := readClaims(members, issuer, audience, c.IssuedAt); err != nil {
		return "", fmt.Errorf("jwt: claims cannot be signed: %w", err)
	}
	header := jws.NewHeaders()
	if err := errors.Join(header.Set(jws.TypeKey, ownType), header.Set(jws.KeyIDKey, key.ID)); err != nil {
		return "", fmt.Errorf("jwt: header: %w", err)
	}
	compact, err := jws.Sign(payload, jws.WithKey(jwa.EdDSA(), key.Private, jws.WithProtectedHeaders(header)))
	if err != nil {
		return "", fmt.Errorf("jwt: signing: %w", err)
	}
	if len(compact) > maxOwnSize {
		return "", errors.New("jwt: claims are too long for a token")
	}
	return string(compact), nil
}

// appendPayload writes the claims. All of them are always there: a reader then
// needs no rules for what a missing one means.
func appendPayload(b []byte, issuer, audience string, c Claims) ([]byte, error) {
	strs := [...]struct{ name, value string }{
		{`{"iss":`, issuer}, {`,"aud":`, audience}, {`,"sub":`, c.Subject},
		{`,"sid":`, c.SessionID}, {`,"jti":`, c.ID},
	}
	var err error
	for _, s := range strs {
		if b, err = jsontext.AppendQuote(append(b, s.name...), s.value); err != nil {
			return nil, fmt.Errorf("jwt: claims: %w", err)
		}
	}
	b = fmt.Appendf(b, `,"iat":%d,"exp":%d,"auth_time":%d,"amr":[`,
		c.IssuedAt.Unix(), c.Expires.Unix(), c.AuthTime.Unix())
	for i, method := range c.AMR {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = jsontext.AppendQuote(b, method); err != nil {
			return nil, fmt.Errorf("jwt: claims: %w", err)
		}
	}
	return append(b, "]}"...), nil
}

// Verifier accepts our own access tokens. All fields are required.
type Verifier struct {
	// Issuer and Audience are the exact values a token must carry.
	Issuer, Audience string
	Keys             Keys
	Now              func() time.Time
}

// Verify returns the claims of an acceptable token. Otherwise the error is an
// ErrInvalid, or an ErrUnavailable when the keys could not be read.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	t, err := parse(token, maxOwnSize)
	if err != nil {
		return Claims{}, err
	}
	if t.typ != ownType {
		return Claims{}, refuse("not an access token")
	}
	if t.alg != ownAlgorithm {
		return Claims{}, refuse("algorithm not allowed")
	}
	if !isOwnKeyID(t.kid) {
		return Claims{}, refuse("no key id of ours")
	}
	claims, err := readClaims(t.claims, v.Issuer, v.Audience, v.Now())
	if err != nil {
		return Claims{}, err
	}
	public, found, err := v.Keys.Public(ctx, t.kid)
	if err != nil {
		return Claims{}, unavailable("reading a signing key", err)
	}
	if !found {
		return Claims{}, refuse("unknown key")
	}
	if !usableEd25519(public) {
		return Claims{}, refuse("unusable key")
	}
	if err := verifySignature(token, t, public); err != nil {
		return Claims{}, err
	}
	return claims, nil
}

// verifySignature trusts the algorithm of t, which the caller has matched with
// the key, and nothing else of the token.
func verifySignature(compact string, t token, public any) error {
	alg, ok := jwa.LookupSignatureAlgorithm(t.alg)
	if !ok {
		return refuse("algorithm not allowed")
	}
	payload, err := jws.VerifyCompactFast(public, []byte(compact), alg)
	if err != nil {
		return refuse("wrong signature")
	}
	// Two parsers have read the token; they must have seen the same claims.
	if subtle.ConstantTimeCompare(payload, t.payload) != 1 {
		return refuse("ambiguous payload")
	}
	return nil
}

// readClaims checks everything a token of ours says.
func readClaims(o object, issuer, audience string, now time.Time) (Claims, error) {
	if iss, ok := o.text("iss", maxURL); !ok || iss != issuer {
		return Claims{}, refuse("wrong issuer")
	}
	// We write one string. An array, even of that string, is not from us.
	if aud, ok := o.text("aud", maxURL); !ok || aud != audience {
		return Claims{}, refuse("wrong audience")
	}
	var c Claims
	var ok [7]bool
	c.Subject, ok[0] = o.ascii("sub", maxKeyID)
	c.SessionID, ok[1] = o.ascii("sid", maxKeyID)
	c.ID, ok[2] = o.ascii("jti", maxKeyID)
	c.IssuedAt, ok[3] = o.time("iat")
	c.Expires, ok[4] = o.time("exp")
	c.AuthTime, ok[5] = o.time("auth_time")
	c.AMR, ok[6] = o.texts("amr", maxName)
	if ok != [7]bool{true, true, true, true, true, true, true} || len(c.AMR) > maxMethods {
		return Claims{}, refuse("missing or malformed claim")
	}
	if _, found := o["nbf"]; found {
		if nbf, ok := o.time("nbf"); !ok || nbf.After(now) {
			return Claims{}, refuse("not valid yet")
		}
	}
	switch {
	case !c.Expires.After(now):
		return Claims{}, refuse("expired")
	case c.IssuedAt.After(now.Add(clockSkew)):
		return Claims{}, refuse("issued in the future")
	case !c.Expires.After(c.IssuedAt) || c.Expires.Sub(c.IssuedAt) > maxLifetime:
		return Claims{}, refuse("impossible lifetime")
	case c.AuthTime.After(c.IssuedAt):
		return Claims{}, refuse("issued before the sign-in")
	}
	return c, nil
}

func isOwnKeyID(kid string) bool {
	return kid != "" && len(kid) <= maxKeyID && onlyAlphanumeric(kid, ownKeyPunctuation)
}
