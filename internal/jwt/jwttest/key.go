// Package jwttest is test support: keys that sign anything, also what no honest
// issuer would, and fake issuers with switches for every way to fail.
package jwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"testing"

	"gatehouse/internal/jwt"
)

// Key signs tokens of any content.
type Key struct {
	ID        string
	Algorithm string
	private   any
}

// NewKey makes a key for EdDSA, ES256, RS256 or PS256. RSA keys have 2048 bits.
func NewKey(t testing.TB, algorithm, id string) Key {
	t.Helper()
	return Key{ID: id, Algorithm: algorithm, private: newPrivate(t, algorithm)}
}

func newPrivate(t testing.TB, algorithm string) any {
	t.Helper()
	var private any
	var err error
	switch algorithm {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256", "PS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no keys for algorithm %q", algorithm)
	}
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// KeyOf wraps a private key: ed25519, ECDSA P-256, RSA, or a []byte for HS256.
func KeyOf(algorithm, id string, private any) Key {
	return Key{ID: id, Algorithm: algorithm, private: private}
}

// As returns the key under another algorithm and id.
func (k Key) As(algorithm, id string) Key {
	return Key{ID: id, Algorithm: algorithm, private: k.private}
}

// SigningKey returns an EdDSA key in the form package jwt signs with.
func (k Key) SigningKey() jwt.SigningKey {
	return jwt.SigningKey{ID: k.ID, Private: k.private.(ed25519.PrivateKey)}
}

// PublicKey returns the public half of an EdDSA key.
func (k Key) PublicKey() jwt.PublicKey {
	return jwt.PublicKey{ID: k.ID, Key: k.private.(ed25519.PrivateKey).Public().(ed25519.PublicKey)}
}

// Sign signs input as the key's algorithm says. It panics for an algorithm that
// does not fit the key, which is a mistake in a test.
func (k Key) Sign(input []byte) []byte {
	digest := sha256.Sum256(input)
	var sig []byte
	var err error
	switch private := k.private.(type) {
	case []byte:
		mac := hmac.New(sha256.New, private)
		mac.Write(input)
		return mac.Sum(nil)
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input)
	case *ecdsa.PrivateKey:
		r, s, signErr := ecdsa.Sign(rand.Reader, private, digest[:])
		if err = signErr; err == nil {
			sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case *rsa.PrivateKey:
		if k.Algorithm == "PS256" {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			sig, err = rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest[:], options)
		} else {
			sig, err = rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:])
		}
	}
	if err != nil {
		panic(err)
	}
	return sig
}

// Compact signs the given bytes as header and payload, whatever they are.
func (k Key) Compact(header, payload []byte) string {
	input := encode(header) + "." + encode(payload)
	return input + "." + encode(k.Sign([]byte(input)))
}

// Mint signs claims under a header with the key's alg and kid and the type
// at+jwt, changed by header. A nil value removes a member.
func (k Key) Mint(header, claims map[string]any) string {
	h := Change(map[string]any{"alg": k.Algorithm, "kid": k.ID, "typ": "at+jwt"}, header)
	return k.Compact(encodeJSON(h), encodeJSON(claims))
}

// Change returns base with changes laid over it. A nil value removes a member.
func Change(base, changes map[string]any) map[string]any {
	m := maps.Clone(base)
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

// JWK returns the public key as it appears in a key set.
func (k Key) JWK() map[string]any {
	m := map[string]any{"kid": k.ID, "use": "sig", "alg": k.Algorithm}
	switch private := k.private.(type) {
	case ed25519.PrivateKey:
		m["kty"], m["crv"] = "OKP", "Ed25519"
		m["x"] = encode(private.Public().(ed25519.PublicKey))
	case *ecdsa.PrivateKey:
		m["kty"], m["crv"] = "EC", "P-256"
		point, err := private.PublicKey.Bytes()
		if err != nil {
			panic(err)
		}
		m["x"], m["y"] = encode(point[1:33]), encode(point[33:])
	case *rsa.PrivateKey:
		m["kty"] = "RSA"
		m["n"] = encode(private.N.Bytes())
		m["e"] = encode(big.NewInt(int64(private.E)).Bytes())
	}
	return m
}

func encode(b []byte) string {
	return base64.RawURLEncoding.EncodeToString(b)
}

func encodeJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
