// Package token makes and reads the texts that people and programs present: the
// session cookie, the legacy token key, personal access tokens, refresh tokens,
// the secrets in mail links, the CSRF and the device cookie.
//
// Everything here is a pure function of its input, the root keys and crypto/rand.
// What a text means is decided elsewhere, by reading the row that it names: no
// text is good by itself. Rows hold hashes, or seeds that are useless without the
// root secret, so neither the table alone nor the root secret alone forges one.
package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"

	"gatehouse/internal/secret"
)

const (
	lower = "0123456789abcdefghijklmnopqrstuvwxyz"
	alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	uidLen    = 11 // digits of base 36 that hold 53 bits
	cookieLen = uidLen + 26
)

// Random is text of n characters of an alphabet of at most 64, each equally likely.
func random(alphabet string, n int) string {
	out := make([]byte, 0, n)
	var b [64]byte
	for len(out) < n {
		rand.Read(b[:])
		for _, c := range b {
			if c &= 63; int(c) < len(alphabet) && len(out) < n {
				out = append(out, alphabet[c])
			}
		}
	}
	return string(out)
}

// ID is a random name of 130 bits for a row: 26 characters of 0-9a-z.
func ID() string { return random(lower, 26) }

// Seed is 32 random bytes in base64url: what a row keeps so that a secret can be
// derived with the root key.
func Seed() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash is how a text is found or compared without being kept: SHA-256 in hex
// over its purpose and itself.
func Hash(purpose, text string) string {
	sum := sha256.Sum256([]byte(purpose + "\x00" + text))
	return hex.EncodeToString(sum[:])
}

func uidText(uid int64) string {
	s := strconv.FormatInt(uid, 36)
	return strings.Repeat("0", max(0, uidLen-len(s))) + s
}

// parseUID reads a user id in base 36; only its canonical form counts.
func parseUID(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 36, 64)
	return n, err == nil && n > 0 && uidText(n) == s
}

// NewSession makes the value of a session cookie and the id of its session. The
// value is the user's id and 134 random bits, so one read finds the session; the
// id is a hash, so whoever reads the table, or a list of sessions, has no cookie.
func NewSession(uid int64) (cookie, sid string) {
	cookie = uidText(uid) + random(lower, 26)
	return cookie, sessionID(cookie)
}

// NextSession makes the session that takes the place of another, always the same
// one: a repeated request can be answered again. Without the root key nobody gets
// from one to the other.
func NextSession(k *secret.Keys, uid int64, sid string) (cookie, next string) {
	cookie = uidText(uid) + text36(k.MAC("next session", strconv.FormatInt(uid, 10), sid), 26)
	return cookie, sessionID(cookie)
}

func sessionID(cookie string) string { return Hash("session", cookie)[:32] }

// ParseSession reads a session cookie. ok says only that it has the right form.
func ParseSession(cookie string) (uid int64, sid string, ok bool) {
	if len(cookie) != cookieLen || strings.Trim(cookie, lower) != "" {
		return 0, "", false
	}
	uid, ok = parseUID(cookie[:uidLen])
	return uid, sessionID(cookie), ok
}

// Key is the legacy token of a user: 40 hex digits, derived, never kept.
func Key(k *secret.Keys, uid, generation int64) string {
	return keys(k, uid, generation)[0]
}

func keys(k *secret.Keys, uid, generation int64) []string {
	var out []string
	for _, m := range k.MACs("token key", strconv.FormatInt(uid, 10), strconv.FormatInt(generation, 10)) {
		out = append(out, hex.EncodeToString(m[:20]))
	}
	return out
}

// KeyHashes are the hashes of a user's token key under every live root key.
func KeyHashes(k *secret.Keys, uid, generation int64) []string {
	var out []string
	for _, key := range keys(k, uid, generation) {
		out = append(out, KeyHash(key))
	}
	return out
}

// KeyHash is what a token key is found by.
func KeyHash(key string) string { return Hash("token key", key) }

// IsKey reports whether s has the form of a token key.
func IsKey(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == ""
}

// PAT is a personal access token: 8 characters that name its row, a dot, and 32
// that prove it, derived from the row's seed so that a repeated request can be
// answered with the same token.
func PAT(k *secret.Keys, prefix, seed string) string {
	return prefix + "." + text62(k.MAC("access token", prefix, seed), 32)
}

// PATPrefix is a new random prefix.
func PATPrefix() string { return random(alnum, 8) }

// ParsePAT splits a personal access token.
func ParsePAT(s string) (prefix string, ok bool) {
	return s[:min(8, len(s))], len(s) == 41 && s[8] == '.' && strings.Trim(s[:8]+s[9:], alnum) == ""
}

// text62 spells the first bytes of a MAC with n letters and digits. 32 of them
// hold 190 bits.
func text62(mac []byte, n int) string { return spell(mac, alnum, n) }

// text36 spells them with digits and small letters; 26 of them hold 134 bits.
func text36(mac []byte, n int) string { return spell(mac, lower, n) }

func spell(mac []byte, alphabet string, n int) string {
	v, base, digit := new(big.Int).SetBytes(mac), big.NewInt(int64(len(alphabet))), new(big.Int)
	out := make([]byte, n)
	for i := range out {
		v.DivMod(v, base, digit)
		out[i] = alphabet[digit.Int64()]
	}
	return string(out)
}

// CSRF is the value of the csrftoken cookie that goes with a session.
func CSRF(k *secret.Keys, sid string) string { return text62(k.MAC("csrf", sid), 32) }

// ValidCSRF compares a presented value with that of the session.
func ValidCSRF(k *secret.Keys, sid, value string) bool {
	ok := false
	for _, m := range k.MACs("csrf", sid) {
		ok = Equal(text62(m, 32), value) || ok
	}
	return ok
}

// Equal compares in constant time.
func Equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// Mail is the secret of a mail link: the id of the row it is about and proof of
// having got the mail. purpose keeps a link of one kind from serving another.
func Mail(k *secret.Keys, purpose, id, seed string) string {
	return id + "." + base64.RawURLEncoding.EncodeToString(k.MAC("mail "+purpose, id, seed))
}

// ParseMail is the id in a mail secret. ok says only that it has the right form.
func ParseMail(s string) (id string, ok bool) {
	id, mac, found := strings.Cut(s, ".")
	return id, found && id != "" && len(id) <= 40 && len(mac) == 43 && strings.Trim(id, lower) == ""
}

// ValidMail compares a presented secret with that of a row.
func ValidMail(k *secret.Keys, purpose, id, seed, value string) bool {
	ok := false
	for _, m := range k.MACs("mail "+purpose, id, seed) {
		ok = Equal(id+"."+base64.RawURLEncoding.EncodeToString(m), value) || ok
	}
	return ok && seed != ""
}

// Device is the value of the cookie that marks a browser on which somebody has
// signed in. It grants nothing but a rate limit of its own.
func Device(k *secret.Keys, uid int64, nonce string) string {
	return nonce + "." + base64.RawURLEncoding.EncodeToString(k.MAC("device", strconv.FormatInt(uid, 10), nonce))
}

// ValidDevice reads a device cookie; ok if it was made for this user.
func ValidDevice(k *secret.Keys, uid int64, value string) (nonce string, ok bool) {
	nonce, mac, _ := strings.Cut(value, ".")
	if len(nonce) != 26 || len(mac) != 43 || strings.Trim(nonce, lower) != "" {
		return "", false
	}
	for _, m := range k.MACs("device", strconv.FormatInt(uid, 10), nonce) {
		ok = Equal(base64.RawURLEncoding.EncodeToString(m), mac) || ok
	}
	if !ok {
		return "", false
	}
	return nonce, true
}
