package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrPageToken says that a page token is forged, too old, or of another query.
var ErrPageToken = errors.New("store: bad page token")

const (
	pageTokenLife = time.Hour
	maxToken      = 32 * maxKey // three keys, escaped as JSON, in base64
)

// Pages makes page tokens: opaque, and bound to the query, and to whom, each was
// made for. A token is a hint where to go on: it grants nothing.
type Pages struct {
	aead cipher.AEAD
	now  func() time.Time
}

// NewPages makes tokens under a key, by a clock.
func NewPages(key []byte, now func() time.Time) Pages {
	sum := sha256.Sum256(append([]byte("page token "), key...))
	b, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // the key has the right size
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		panic(err)
	}
	return Pages{a, now}
}

type sealed struct {
	Place
	Until int64 // Unix seconds
}

// PageToken makes the text that a client sends back to go on after p. scope says
// who asks; the token is good for the same query and scope, for an hour.
func (t Pages) PageToken(q Query, scope string, p Place) string {
	if p == (Place{}) {
		return ""
	}
	b, _ := json.Marshal(sealed{p, t.now().Add(pageTokenLife).Unix()})
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nil, nil, b, binding(q, scope)))
}

// ReadPageToken is the inverse of PageToken; "" is the start. It answers with
// ErrPageToken when the token was not made for this query and scope.
func (t Pages) ReadPageToken(q Query, scope, token string) (Place, error) {
	if token == "" {
		return Place{}, nil
	}
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // which base64 would skip
		return Place{}, ErrPageToken
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return Place{}, ErrPageToken
	}
	b, err := t.aead.Open(nil, nil, raw, binding(q, scope))
	if err != nil {
		return Place{}, ErrPageToken
	}
	var s sealed
	if err := json.Unmarshal(b, &s); err != nil || t.now().Unix() >= s.Until {
		return Place{}, ErrPageToken
	}
	return s.Place, nil
}

func binding(q Query, scope string) []byte {
	return fmt.Appendf(nil, "%q %q %q %q %q %t %q", q.Index, q.PK, q.Prefix, q.From, q.To, q.Reverse, scope)
}
