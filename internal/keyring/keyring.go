// Package keyring owns the keys that access tokens are signed with.
//
// A key is published before it signs, so that whoever caches the key set knows it
// by then, and stays published after it signs, so that its last token can be
// verified to its end:
//
//	made ──Publish──▶ signs ──Sign──▶ only verifies ──Keep──▶ gone
//
// Private keys are kept encrypted under the root secret and are opened in memory:
// signing calls nobody.
package keyring

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"gatehouse/internal/jwt"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// The stages of a key's life, and how long a process may go on with what it read.
const (
	Publish = 24 * time.Hour
	Sign    = 30 * 24 * time.Hour
	Keep    = 24 * time.Hour

	cacheFor   = 5 * time.Minute
	missEvery  = 10 * time.Second
	maxKeys    = 20
	keyPurpose = "signing key"
)

// Key is a signing key as it is kept.
type Key struct {
	ID      string `json:"id"`
	Public  string `json:"public"`  // base64url
	Private string `json:"private"` // sealed
	Made    int64  `json:"made"`    // Unix seconds, as all here
	From    int64  `json:"from"`    // signs from
	Until   int64  `json:"until"`   // signs until
	Gone    int64  `json:"gone"`    // verifies until
}

var keys = store.Kind[Key]{Name: "signing-key", Schema: 1}

const partition = "KEYS"

// turn is whose turn it was to make a key: whoever makes one has read it before the
// keys, and writes it along, so that of two at a time one makes the next.
type turn struct {
	Newest string `json:"newest"`
}

var (
	turns  = store.Kind[turn]{Name: "signing-turn", Schema: 1}
	turnAt = store.Key{PK: "KEYTURN", SK: "T"}
)

// Ring reads the keys and remembers them for a while.
type Ring struct {
	Table   *store.Table
	Secrets *secret.Source

	mu      sync.Mutex
	read    time.Time
	missed  time.Time
	list    []Key // by From, oldest first
	private map[string]ed25519.PrivateKey
}

// Rotate makes the next key when the time has come, or at once if now is true,
// and removes those that are gone. It may be run at any time, by several at once: one
// makes it, and the others make none.
func (r *Ring) Rotate(ctx context.Context, atOnce bool) (made string, err error) {
	was, list, err := r.fresh(ctx)
	if err != nil {
		return "", err
	}
	now := r.Table.Now()
	var last Key
	for _, k := range list {
		if k.From >= last.From {
			last = k
		}
	}
	from := now.Add(Publish)
	if len(list) == 0 || last.Until <= now.Unix() {
		from = now // nobody knows any key yet, so there is nobody to wait for
	}
	due := time.Unix(last.Until, 0).Add(-Publish - time.Hour)
	if len(list) > 0 && !atOnce && now.Before(due) {
		return "", nil
	}
	if len(list) >= maxKeys {
		return "", fmt.Errorf("keyring: %d keys are live already; wait until the oldest is gone", len(list))
	}
	return r.make(ctx, was, from)
}

// fresh reads the keys, and before them the turn, which holds for them.
func (r *Ring) fresh(ctx context.Context) (was store.Item, list []Key, err error) {
	items, err := r.Table.Get(ctx, turnAt)
	if err != nil {
		return was, nil, err
	}
	list, err = r.load(ctx)
	return items[0], list, err
}

// make makes a key if nobody has made one since the turn was read; "" if somebody has.
func (r *Ring) make(ctx context.Context, was store.Item, from time.Time) (string, error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	root, err := r.Secrets.Keys(ctx)
	if err != nil {
		return "", err
	}
	k := Key{ID: token.ID(), Public: base64.RawURLEncoding.EncodeToString(pub), Private: root.Seal(keyPurpose, priv.Seed()),
		Made: r.Table.Now().Unix(), From: from.Unix(), Until: from.Add(Sign).Unix(), Gone: from.Add(Sign + Keep).Unix()}
	err = r.Table.Transact(ctx, keys.Put(store.Key{PK: partition, SK: k.ID}, k, store.Absent).Until(time.Unix(k.Gone, 0)),
		turns.Put(turnAt, turn{k.ID}, was.At()))
	r.forget() // also of a write whose answer was lost: the key may be there
	if _, lost := store.Conflict(err); lost {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return k.ID, nil
}

func (r *Ring) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = time.Time{}
}

func (r *Ring) load(ctx context.Context) ([]Key, error) {
	items, err := r.Table.All(ctx, store.Query{PK: partition}, 100)
	if err != nil {
		return nil, err
	}
	list := make([]Key, 0, len(items))
	for _, it := range items {
		k, err := keys.Of(it)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].From < list[b].From })
	return list, nil
}

// current gives the keys, read at most cacheFor ago. A store that does not answer
// is forgiven as long as there is something to go on with.
func (r *Ring) current(ctx context.Context) ([]Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Table.Now()
	if !r.read.IsZero() && now.Sub(r.read) < cacheFor {
		return r.list, nil
	}
	list, err := r.load(ctx)
	if err != nil {
		if len(r.list) > 0 && now.Sub(r.read) < time.Hour {
			return r.list, nil
		}
		return nil, err
	}
	r.list, r.read = list, now
	return list, nil
}

// Public implements jwt.Keys. An unknown id makes it read again, but not oftener
// than every ten seconds, whoever asks.
func (r *Ring) Public(ctx context.Context, id string) (ed25519.PublicKey, bool, error) {
	list, err := r.current(ctx)
	if err != nil {
		return nil, false, err
	}
	if k, ok := r.find(list, id); ok {
		return k, true, nil
	}
	r.mu.Lock()
	now := r.Table.Now()
	again := now.Sub(r.missed) >= missEvery
	if again {
		r.missed, r.read = now, time.Time{}
	}
	r.mu.Unlock()
	if !again {
		return nil, false, nil
	}
	if list, err = r.current(ctx); err != nil {
		return nil, false, err
	}
	k, ok := r.find(list, id)
	return k, ok, nil
}

func (r *Ring) find(list []Key, id string) (ed25519.PublicKey, bool) {
	now := r.Table.Now().Unix()
	for _, k := range list {
		if k.ID == id && now < k.Gone {
			b, err := base64.RawURLEncoding.DecodeString(k.Public)
			return b, err == nil && len(b) == ed25519.PublicKeySize
		}
	}
	return nil, false
}

// Published are the keys for the key set document, newest first.
func (r *Ring) Published(ctx context.Context) ([]jwt.PublicKey, error) {
	list, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []jwt.PublicKey
	for i := len(list) - 1; i >= 0; i-- {
		if k, ok := r.find(list, list[i].ID); ok {
			out = append(out, jwt.PublicKey{ID: list[i].ID, Key: k})
		}
	}
	return out, nil
}

// Signer is the key to sign with now. The first call of an installation makes it.
func (r *Ring) Signer(ctx context.Context) (jwt.SigningKey, error) {
	for range 3 {
		list, err := r.current(ctx)
		if err != nil {
			return jwt.SigningKey{}, err
		}
		now := r.Table.Now()
		if k, ok := signing(list, now); ok {
			return r.open(ctx, k)
		}
		was, list, err := r.fresh(ctx)
		if err != nil {
			return jwt.SigningKey{}, err
		}
		if k, ok := signing(list, now); ok {
			return r.open(ctx, k)
		}
		if _, err := r.make(ctx, was, now); err != nil {
			return jwt.SigningKey{}, err
		}
	}
	return jwt.SigningKey{}, fmt.Errorf("keyring: no key signs now")
}

// signing is the newest key that signs at a time.
func signing(list []Key, now time.Time) (Key, bool) {
	for _, k := range slices.Backward(list) {
		if k.From <= now.Unix() && now.Unix() < k.Until {
			return k, true
		}
	}
	return Key{}, false
}

func (r *Ring) open(ctx context.Context, k Key) (jwt.SigningKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.private[k.ID]; ok {
		return jwt.SigningKey{ID: k.ID, Private: p}, nil
	}
	root, err := r.Secrets.Keys(ctx)
	if err != nil {
		return jwt.SigningKey{}, err
	}
	seed, err := root.Open(keyPurpose, k.Private)
	if err != nil || len(seed) != ed25519.SeedSize {
		return jwt.SigningKey{}, fmt.Errorf("keyring: key %s: %w", k.ID, err)
	}
	if r.private == nil {
		r.private = map[string]ed25519.PrivateKey{}
	}
	r.private[k.ID] = ed25519.NewKeyFromSeed(seed)
	return jwt.SigningKey{ID: k.ID, Private: r.private[k.ID]}, nil
}
