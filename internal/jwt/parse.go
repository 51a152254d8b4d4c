package jwt

import (
	"encoding/base64"
	"strings"
)

const (
	maxKeyID = 128
	// keyIDPunctuation covers the identifiers of the large issuers: base64 in
	// both alphabets, URNs and addresses.
	keyIDPunctuation = "-_.~+/=:@"
)

// token is a token that is well formed; nothing it says is verified yet.
type token struct {
	alg, kid string
	// typ is in lower case and without the prefix "application/".
	typ     string
	payload []byte
	claims  object
}

// forbiddenHeaders are parameters that bring keys or addresses, change how the
// signature is computed, or announce encryption, compression or nesting. None is
// ever needed here, and each has been an attack.
var forbiddenHeaders = [...]string{
	"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty",
}

// UnverifiedIssuer reads the issuer a token claims to be from, in order to choose
// who verifies it. It reports false for anything that no verifier would accept by
// its form. The issuer it returns is not proven in any way.
func UnverifiedIssuer(token string) (string, bool) {
	t, err := parse(token, maxForeignSize)
	if err != nil {
		return "", false
	}
	return t.claims.text("iss", maxURL)
}

// parse reads the compact form strictly. The size is checked before anything
// else, so a huge token costs nothing.
func parse(compact string, limit int) (token, error) {
	if len(compact) > limit {
		return token{}, refuse("too large")
	}
	head, body, signature, err := split(compact)
	if err != nil {
		return token{}, err
	}
	header, err := parseObject(head)
	if err != nil {
		return token{}, err
	}
	t, err := readHeader(header)
	if err != nil {
		return token{}, err
	}
	if len(signature) == 0 {
		return token{}, refuse("no signature")
	}
	t.payload = body
	t.claims, err = parseObject(body)
	return t, err
}

// split cuts and decodes the three parts.
func split(compact string) (head, body, signature []byte, err error) {
	var parts [3]string
	rest := compact
	for i := range parts {
		var more bool
		parts[i], rest, more = strings.Cut(rest, ".")
		if more != (i < 2) {
			return nil, nil, nil, refuse("not three parts")
		}
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = decode(part); err != nil {
			return nil, nil, nil, err
		}
	}
	return decoded[0], decoded[1], decoded[2], nil
}

// decode accepts exactly one spelling of every value, so that a token cannot be
// varied without breaking it.
func decode(part string) ([]byte, error) {
	// The decoder skips line breaks, even when it is strict.
	if strings.ContainsAny(part, "\r\n") {
		return nil, refuse("line break")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, refuse("not canonical base64url")
	}
	return raw, nil
}

func readHeader(header object) (token, error) {
	for _, name := range forbiddenHeaders {
		if _, found := header[name]; found {
			return token{}, refuse("header parameter " + name)
		}
	}
	alg, ok := header.text("alg", maxName)
	if !ok {
		return token{}, refuse("no algorithm")
	}
	kid, ok := header.text("kid", maxKeyID)
	if !ok || !onlyAlphanumeric(kid, keyIDPunctuation) {
		return token{}, refuse("no usable key id")
	}
	typ := ""
	if _, found := header["typ"]; found {
		if typ, ok = header.text("typ", maxName); !ok {
			return token{}, refuse("malformed type")
		}
	}
	return token{alg: alg, kid: kid, typ: mediaType(typ)}, nil
}

// mediaType brings a typ parameter to its short form (RFC 7515, 4.1.9). Only
// ASCII is folded: other letters that fold to ASCII must not match.
func mediaType(typ string) string {
	lower := []byte(typ)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return strings.TrimPrefix(string(lower), "application/")
}

// onlyAlphanumeric reports whether s consists of ASCII letters, digits and the
// given punctuation.
func onlyAlphanumeric(s, punctuation string) bool {
	for i := range len(s) {
		b := s[i]
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte(punctuation, b) >= 0:
		default:
			return false
		}
	}
	return true
}
