package keyring_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/keyring"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
)

type world struct {
	now   time.Time
	db    *sqlite.DB
	table *store.Table
	ring  *keyring.Ring
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlite.OpenScratch(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), db: db}
	w.table = store.New(db, w.clock)
	w.ring = w.process(t)
	return w
}

func (w *world) clock() time.Time { return w.now }

// process is a ring as another process would have it: it remembers nothing.
func (w *world) process(t *testing.T) *keyring.Ring {
	t.Helper()
	k, err := secret.Parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	return &keyring.Ring{Table: w.table, Secrets: secret.Static(k)}
}

func (w *world) sign(t *testing.T, r *keyring.Ring) string {
	t.Helper()
	key, err := r.Signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tok, err := jwt.Sign(key, "https://id.example", "https://id.example", jwt.Claims{Subject: "7", SessionID: "s", AuthTime: w.now, IssuedAt: w.now, Expires: w.now.Add(5 * time.Minute), ID: "j", AMR: []string{"pwd"}})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func (w *world) verify(ctx context.Context, r *keyring.Ring, tok string) error {
	v := jwt.Verifier{Issuer: "https://id.example", Audience: "https://id.example", Keys: r, Now: func() time.Time { return w.now }}
	_, err := v.Verify(ctx, tok)
	return err
}

// TestASVS11_2_2_Rotation walks through four months, an hour at a time, with a process that
// rotates, one that signs and one that verifies: no token is ever refused, every
// key was published a day before it signed, and keys go away.
func TestASVS11_2_2_Rotation(t *testing.T) {
	w := newWorld(t)
	signer, verifier := w.process(t), w.process(t)
	published := map[string]time.Time{}
	signed := map[string]bool{}
	for range 4 * 30 * 24 {
		if _, err := w.ring.Rotate(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		keys, err := verifier.Published(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) > 4 {
			t.Fatalf("%d keys are published", len(keys))
		}
		for _, k := range keys {
			if _, ok := published[k.ID]; !ok {
				published[k.ID] = w.now
			}
		}
		if err := w.verify(t.Context(), verifier, w.sign(t, signer)); err != nil {
			t.Fatalf("%v: %v", w.now, err)
		}
		key, _ := signer.Signer(t.Context())
		if !signed[key.ID] && len(signed) > 0 && w.now.Sub(published[key.ID]) < keyring.Publish-time.Hour {
			t.Errorf("key %s signs %v after it was published", key.ID, w.now.Sub(published[key.ID]))
		}
		signed[key.ID] = true
		w.now = w.now.Add(time.Hour)
	}
	if len(signed) < 4 || len(signed) > 6 {
		t.Errorf("%d keys signed in four months", len(signed))
	}
}

// TestNewKey is found by a process that read the keys before it was made, but an
// unknown key id does not make it read at every request.
func TestNewKey(t *testing.T) {
	w := newWorld(t)
	other := w.process(t)
	if _, err := other.Published(t.Context()); err != nil {
		t.Fatal(err)
	}
	tok := w.sign(t, w.ring)
	if err := w.verify(t.Context(), other, tok); err != nil {
		t.Errorf("a key made meanwhile: %v", err)
	}
}

func TestForgottenRoot(t *testing.T) {
	w := newWorld(t)
	w.sign(t, w.ring)
	k, err := secret.Parse(secret.Generate("k9"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := &keyring.Ring{Table: w.table, Secrets: secret.Static(k)}
	if _, err := stranger.Signer(t.Context()); err == nil {
		t.Error("a key was opened without its root secret")
	}
}

func TestRetired(t *testing.T) {
	w := newWorld(t)
	tok := w.sign(t, w.ring)
	kid := func() bool {
		_, ok, err := w.process(t).Public(t.Context(), jwtKid(t, tok))
		return ok && err == nil
	}
	w.now = w.now.Add(keyring.Sign + keyring.Keep - time.Minute)
	if !kid() {
		t.Error("the key is gone before its time")
	}
	w.now = w.now.Add(2 * time.Minute)
	if kid() {
		t.Error("a retired key still verifies")
	}
	if err := w.verify(t.Context(), w.process(t), tok); !errors.Is(err, jwt.ErrInvalid) {
		t.Errorf("token of a retired key: %v", err)
	}
}

// jwtKid reads the key id of a token's header.
func jwtKid(t *testing.T, tok string) string {
	t.Helper()
	head, _, _ := strings.Cut(tok, ".")
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var h struct {
		Kid string `json:"kid"`
	}
	if err := json.Unmarshal(b, &h); err != nil {
		t.Fatal(err)
	}
	return h.Kid
}
