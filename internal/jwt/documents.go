package jwt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	discoveryPath = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks.json"
)

// JWKS returns the key set document for the given keys, in their order. Keys that
// could not verify anything are left out.
func JWKS(keys []PublicKey) []byte {
	b := []byte(`{"keys":[`)
	first := true
	for _, k := range keys {
		if !isOwnKeyID(k.ID) || !usableEd25519(k.Key) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"`...)
		b = append(b, k.ID...)
		b = append(b, `","x":"`...)
		b = base64.RawURLEncoding.AppendEncode(b, k.Key)
		b = append(b, `"}`...)
	}
	return append(b, "]}"...)
}

// Discovery returns the openid-configuration document of our own issuer. It lists
// what is true and nothing more: there is no authorization endpoint, because this
// system lets nobody else sign people in.
func Discovery(issuer string) []byte {
	quote := func(b []byte, s string) []byte {
		// An error means that s was not UTF-8; its quoted form is valid still.
		b, _ = jsontext.AppendQuote(b, s)
		return b
	}
	b := quote([]byte(`{"issuer":`), issuer)
	b = quote(append(b, `,"jwks_uri":`...), strings.TrimSuffix(issuer, "/")+jwksPath)
	return append(b, `,"subject_types_supported":["public"]`+
		`,"id_token_signing_alg_values_supported":["EdDSA"]`+
		`,"claims_supported":["iss","aud","sub","sid","iat","exp","jti","auth_time","amr"]}`...)
}

// usableEd25519 refuses keys of the wrong length, on which verification would
// panic, and the points of small order, for which one signature fits many
// messages. The sign bit does not matter to the order.
func usableEd25519(key ed25519.PublicKey) bool {
	if len(key) != ed25519.PublicKeySize {
		return false
	}
	y := [ed25519.PublicKeySize]byte(key)
	y[31] &= 0x7f
	switch hex.EncodeToString(y[:]) {
	case "0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		// p-1, and p and p+1 as other spellings of 0 and 1.
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f":
		return false
	}
	return true
}
