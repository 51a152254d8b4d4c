// Package secret owns the root secret and what is derived from it.
//
// An installation has one secret of 32 bytes, and during a rotation two. Every
// key in use is derived from it by HKDF for one purpose, so that a value made for
// one purpose means nothing for another. The package stores nothing and does no
// signing; it reads the root through a Loader, on first use, and keeps it.
package secret

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// Text is a string that never shows in logs, errors or JSON.
type Text string

const redacted = "[redacted]"

// String hides the value.
func (Text) String() string { return redacted }

// Format hides the value from every verb, also from those that do not fit.
func (Text) Format(f fmt.State, _ rune) { hide(f) }

func hide(f fmt.State) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON hides the value.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue hides the value.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// Reveal is the value itself.
func (t Text) Reveal() string { return string(t) }

// Keys are the live root keys; the first makes new values, all of them are
// tried on old ones.
type Keys struct {
	live []root
}

type root struct {
	id  string
	key []byte
	mu  *sync.Mutex
	sub map[string][]byte
}

// Format hides the keys from every verb.
func (Keys) Format(f fmt.State, _ rune) { hide(f) }

// LogValue hides the keys.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format is the text form of a root secret: "<id>:<base64 of 32 bytes>", one or
// two of them separated by a comma or a line break, the current one first.
const Format = "<id>:<base64 of 32 bytes>[,<id>:<base64>]"

// Parse reads the text form.
func Parse(text Text) (*Keys, error) {
	fields := strings.FieldsFunc(text.Reveal(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	if len(fields) < 1 || len(fields) > 2 {
		return nil, fmt.Errorf("root secret: %d keys found; expected 1 or 2 as %s", len(fields), Format)
	}
	var k Keys
	for n, f := range fields {
		id, b64, ok := strings.Cut(f, ":")
		key, err := base64.StdEncoding.DecodeString(b64)
		if !ok || id == "" || len(id) > 16 || err != nil || len(key) != 32 {
			return nil, fmt.Errorf("root secret: key %d is not of the form %s", n+1, Format)
		}
		k.live = append(k.live, root{id, key, new(sync.Mutex), map[string][]byte{}})
	}
	if len(k.live) == 2 && k.live[0].id == k.live[1].id {
		return nil, errors.New("root secret: both keys have the same id")
	}
	return &k, nil
}

// Generate makes a new root secret in its text form.
func Generate(id string) Text {
	var b [32]byte
	rand.Read(b[:])
	return Text(id + ":" + base64.StdEncoding.EncodeToString(b[:]))
}

func (r root) derive(purpose string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.sub[purpose]; ok {
		return k
	}
	k, err := hkdf.Key(sha256.New, r.key, nil, "gatehouse "+purpose, 32)
	if err != nil {
		panic(err) // 32 bytes are always possible
	}
	r.sub[purpose] = k
	return k
}

// CurrentID names the key that makes new values.
func (k *Keys) CurrentID() string { return k.live[0].id }

// Derive is the current key for a purpose.
func (k *Keys) Derive(purpose string) []byte { return k.live[0].derive(purpose) }

// All are the keys of every live root for a purpose, by id.
func (k *Keys) All(purpose string) map[string][]byte {
	m := make(map[string][]byte, len(k.live))
	for _, r := range k.live {
		m[r.id] = r.derive(purpose)
	}
	return m
}

// MAC authenticates parts for a purpose under the current key: 32 bytes. No two
// different lists of parts have the same input.
func (k *Keys) MAC(purpose string, parts ...string) []byte {
	return mac(k.live[0].derive(purpose), parts)
}

// MACs are the same under every live key, the current one first. A value that
// somebody presents is compared with all of them.
func (k *Keys) MACs(purpose string, parts ...string) [][]byte {
	var m [][]byte
	for _, r := range k.live {
		m = append(m, mac(r.derive(purpose), parts))
	}
	return m
}

func mac(key []byte, parts []string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// Seal encrypts b for a purpose; the answer carries the id of its key.
func (k *Keys) Seal(purpose string, b []byte) string {
	return k.live[0].id + ":" + base64.RawURLEncoding.EncodeToString(aead(k.live[0].derive(purpose)).Seal(nil, nil, b, []byte(purpose)))
}

// Open is the inverse of Seal. A key that is no longer live is an error.
func (k *Keys) Open(purpose, sealed string) ([]byte, error) {
	id, b64, _ := strings.Cut(sealed, ":")
	for _, r := range k.live {
		if r.id != id {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(b64)
		if err != nil {
			return nil, err
		}
		return aead(r.derive(purpose)).Open(nil, nil, raw, []byte(purpose))
	}
	return nil, fmt.Errorf("root key %q is not live", id)
}

func aead(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		panic(err)
	}
	return a
}

// Loader fetches the text form of the root secret from where it is kept.
type Loader func(ctx context.Context) (Text, error)

// Source gives the keys, loading them on first use. A failed load is tried again
// by the next caller: there is no default key.
type Source struct {
	load Loader
	mu   sync.Mutex
	keys *Keys
}

// Format hides the keys from every verb.
func (*Source) Format(f fmt.State, _ rune) { hide(f) }

// NewSource makes a source that loads with l.
func NewSource(l Loader) *Source { return &Source{load: l} }

// Static is a source of known keys.
func Static(k *Keys) *Source { return &Source{keys: k} }

// Keys are the live keys.
func (s *Source) Keys(ctx context.Context) (*Keys, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil {
		return s.keys, nil
	}
	text, err := s.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("root secret: %w", err)
	}
	k, err := Parse(text)
	if err != nil {
		return nil, err
	}
	s.keys = k
	return k, nil
}
