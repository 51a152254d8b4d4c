// Package password turns passwords into stored hashes, verifies them, and
// judges whether a new password is acceptable.
//
// It owns the work factor and its bounds, the pepper, the number of hashes
// that run at once, the forms of stored hash that are understood (its own and
// those imported from Django), the rules for new passwords and the list of
// common ones. It does not store anything, does not know accounts, and does
// not limit how often somebody may guess.
package password

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Hasher makes and verifies stored hashes. It is safe for concurrent use.
type Hasher struct {
	params  Params
	peppers Peppers
	slots   *slots
	invalid error // of the configuration; every use fails with it
	dummy   func() string
}

// New returns a Hasher that makes hashes with p and the current pepper, and
// runs at most slots hashes at the same time (at least one). It never fails:
// with parameters or peppers that do not pass their Validate, every Hash and
// Verify returns that error, so callers should validate at start.
func New(p Params, slots int, peppers Peppers) *Hasher {
	h := &Hasher{peppers: peppers.clone(), slots: newSlots(slots)}
	h.invalid = errors.Join(p.Validate(), h.peppers.Validate())
	p.insecure = false // so that it compares equal to what is parsed from a hash
	h.params = p
	h.dummy = sync.OnceValue(func() string {
		rec := h.newRecord()
		rec.sum = random(sumBytes)
		return rec.String()
	})
	return h
}

// Hash returns the stored form of pw, normalised to NFC, with a fresh salt:
//
//	$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>[,kid=<pepper key>]$<salt>$<sum>
//
// with salt and sum in base64 without padding. It does not apply a Policy.
// The error is ErrBusy, or that of an invalid configuration.
func (h *Hasher) Hash(ctx context.Context, pw string) (string, error) {
	if h.invalid != nil {
		return "", h.invalid
	}
	rec := h.newRecord()
	var err error
	rec.sum, err = h.derive(ctx, rec, sumBytes, norm.NFC.String(pw))
	if err != nil {
		return "", err
	}
	return rec.String(), nil
}

// Verify reports whether pw is the password of a stored hash, and if so
// whether the hash is outdated: made by Django, or with another work factor or
// pepper than new ones. The caller then stores a new Hash of pw.
//
// An empty hash and Django's unusable "!..." are verified against Dummy, so
// that they take the time of a real one, and never match. The error is
// ErrUnsupported, ErrPepper or ErrBusy, or that of an invalid configuration.
func (h *Hasher) Verify(ctx context.Context, stored, pw string) (ok, outdated bool, err error) {
	if h.invalid != nil {
		return false, false, h.invalid
	}
	usable := !unusable(stored)
	if !usable {
		stored = h.Dummy()
	}
	rec, err := parse(stored)
	if err != nil {
		return false, false, err
	}
	for _, candidate := range candidates(rec, pw) {
		sum, err := h.derive(ctx, rec, len(rec.sum), candidate)
		if err != nil {
			return false, false, err
		}
		if hmac.Equal(sum, rec.sum) && usable {
			return true, !h.current(rec), nil
		}
	}
	return false, false, nil
}

// Dummy returns a hash with the current parameters that no password matches,
// for doing equal work where there is no account. It is the same string for
// the life of the Hasher; making it runs no hash.
func (h *Hasher) Dummy() string { return h.dummy() }

// Cost returns the work that Verify does for a stored hash, as in
// "argon2id m=19456 t=2 p=1" or "pbkdf2_sha256 iterations=600000", and
// "unsupported" where it does none.
func (h *Hasher) Cost(stored string) string {
	if unusable(stored) {
		stored = h.Dummy()
	}
	rec, err := parse(stored)
	if err != nil {
		return "unsupported"
	}
	return rec.cost()
}

func (h *Hasher) newRecord() record {
	return record{alg: argon2id, params: h.params, keyID: h.peppers.Current, salt: random(saltBytes)}
}

// current reports whether a new hash would be made in the same way.
func (h *Hasher) current(r record) bool {
	return r.alg == argon2id && !r.django && r.params == h.params && r.keyID == h.peppers.Current &&
		len(r.salt) == saltBytes && len(r.sum) == sumBytes
}

// derive computes the sum that pw has under the salt and parameters of rec,
// which must be within bounds.
func (h *Hasher) derive(ctx context.Context, rec record, size int, pw string) ([]byte, error) {
	pepper, known := h.peppers.Keys[rec.keyID]
	if rec.keyID != "" && !known {
		return nil, fmt.Errorf("%w: %q is not known", ErrPepper, rec.keyID)
	}
	release, err := h.slots.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if rec.alg == pbkdf2SHA256 {
		return pbkdf2.Key(sha256.New, pw, rec.salt, rec.iterations, size)
	}
	sum := argon2.IDKey([]byte(pw), rec.salt, rec.params.Time, rec.params.MemoryKiB, rec.params.Threads, uint32(size))
	if rec.keyID == "" {
		return sum, nil
	}
	mac := hmac.New(sha256.New, pepper)
	mac.Write(sum)
	return mac.Sum(nil), nil
}

// candidates lists the spellings of pw to try. Django hashes what was typed,
// so an imported hash may hold a form that is not NFC; ours never does.
func candidates(rec record, pw string) []string {
	nfc := norm.NFC.String(pw)
	if rec.django && nfc != pw {
		return []string{pw, nfc}
	}
	return []string{nfc}
}

func unusable(stored string) bool { return stored == "" || strings.HasPrefix(stored, "!") }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the program instead
	return b
}
