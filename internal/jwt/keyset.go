package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

const (
	maxDocument = 256 << 10
	maxKeys     = 20

	minModulusBits = 2048
	// maxModulusBits keeps one verification in the range of a millisecond.
	maxModulusBits = 8192
	// minExponent is the smallest one NIST allows, and what everybody uses.
	minExponent = 65537
)

// foreignKey is a public key with the algorithms it may verify.
type foreignKey struct {
	algorithms []string
	public     any
}

// parseKeySet reads a key set. Keys we have no use for are skipped, because an
// issuer may publish others beside ours; a document that is malformed or out of
// bounds is an error as a whole.
func parseKeySet(doc []byte) (map[string]foreignKey, error) {
	if len(doc) > maxDocument {
		return nil, errors.New("key set too large")
	}
	set, err := parseObject(doc)
	if err != nil {
		return nil, errors.New("key set is malformed")
	}
	raw, ok := list(set["keys"], maxKeys)
	if !ok {
		return nil, fmt.Errorf("key set is not an array of at most %d keys", maxKeys)
	}
	keys := make(map[string]foreignKey, len(raw))
	ids := make(map[string]int, len(raw))
	for _, r := range raw {
		kid, key, ok := parseKey(r)
		if !ok {
			continue
		}
		keys[kid] = key
		ids[kid]++
	}
	for kid, n := range ids {
		// Of two keys with one name neither can be chosen.
		if n > 1 {
			delete(keys, kid)
		}
	}
	return keys, nil
}

func parseKey(raw jsontext.Value) (string, foreignKey, bool) {
	o, err := parseObject(raw)
	if err != nil {
		return "", foreignKey{}, false
	}
	kid, ok := o.text("kid", maxKeyID)
	if !ok || !onlyAlphanumeric(kid, keyIDPunctuation) || !forSignatures(o) {
		return "", foreignKey{}, false
	}
	public, algorithms := importKey(raw)
	if o.has("alg") {
		only, _ := o.text("alg", maxName)
		algorithms = slices.DeleteFunc(algorithms, func(alg string) bool { return alg != only })
	}
	return kid, foreignKey{algorithms: algorithms, public: public}, len(algorithms) > 0
}

// forSignatures honours what the issuer says a key is for.
func forSignatures(o object) bool {
	if o.has("use") {
		if use, _ := o.text("use", maxName); use != "sig" {
			return false
		}
	}
	if o.has("key_ops") {
		ops, _ := o.texts("key_ops", maxName)
		return slices.Contains(ops, "verify")
	}
	return true
}

// importKey returns the key and the algorithms its type is good for: none, when
// the key is of another type or too weak. Symmetric keys are of another type, and
// so are private ones: what is published can be used by everybody.
func importKey(raw []byte) (public any, algorithms []string) {
	parsed, err := jwk.ParseKey(raw)
	if err != nil {
		return nil, nil
	}
	if err := jwk.Export(parsed, &public); err != nil {
		return nil, nil
	}
	switch k := public.(type) {
	case ed25519.PublicKey:
		if usableEd25519(k) {
			return k, []string{"EdDSA"}
		}
	case *ecdsa.PublicKey:
		// ECDH fails for a point that is not on the curve.
		if _, err := k.ECDH(); err == nil && k.Curve == elliptic.P256() {
			return k, []string{"ES256"}
		}
	case *rsa.PublicKey:
		if usableRSA(k) {
			return k, []string{"RS256", "PS256"}
		}
	}
	return nil, nil
}

func usableRSA(k *rsa.PublicKey) bool {
	bits := k.N.BitLen()
	return bits >= minModulusBits && bits <= maxModulusBits && k.N.Bit(0) == 1 &&
		k.E >= minExponent && k.E <= math.MaxInt32 && k.E%2 == 1
}
