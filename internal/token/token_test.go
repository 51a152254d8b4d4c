package token

import (
	"strings"
	"testing"

	"gatehouse/internal/bound"
	"gatehouse/internal/secret"
)

func keysFor(t testing.TB, texts ...string) *secret.Keys {
	t.Helper()
	k, err := secret.Parse(secret.Text(strings.Join(texts, ",")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	k1 = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	k2 = "k2:HxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRo="
)

func TestForms(t *testing.T) {
	k := keysFor(t, k1)
	cookie, sid := NewSession(1 << 52)
	uid, got, ok := ParseSession(cookie)
	if !ok || uid != 1<<52 || got != sid || strings.Contains(cookie, sid) {
		t.Errorf("session %q: %d %q %t", cookie, uid, got, ok)
	}
	if key := Key(k, 7, 1); !IsKey(key) || key == Key(k, 7, 2) || key == Key(k, 8, 1) {
		t.Errorf("token key %q", key)
	}
	prefix := PATPrefix()
	pat := PAT(k, prefix, Seed())
	if p, ok := ParsePAT(pat); len(pat) != 41 || p != prefix || !ok {
		t.Errorf("access token of %d characters: %q %t", len(pat), p, ok)
	}
	if c := CSRF(k, sid); len(c) != 32 || !ValidCSRF(k, sid, c) || ValidCSRF(k, "other", c) {
		t.Errorf("csrf %q", c)
	}
}

// TestASVS9_2_2_Purposes presents every secret where another is expected (ASVS 9.2.2).
func TestASVS9_2_2_Purposes(t *testing.T) {
	k := keysFor(t, k1)
	seed := Seed()
	purposes := []string{"verify", "reset", "change", "undo", "deletion"}
	for _, made := range purposes {
		value := Mail(k, made, "abc", seed)
		for _, asked := range purposes {
			if ValidMail(k, asked, "abc", seed, value) != (made == asked) {
				t.Errorf("a link for %s serves %s", made, asked)
			}
		}
		if ValidMail(k, made, "abd", seed, value) || ValidMail(k, made, "abc", Seed(), value) || ValidMail(k, made, "abc", "", Mail(k, made, "abc", "")) {
			t.Errorf("%s: another row, another seed or none is accepted", made)
		}
	}
	_, sid := NewSession(7)
	for gen := range int64(4) {
		r := Refresh(k, 7, sid, seed, gen+1)
		if !ValidRefresh(k, 7, sid, seed, gen+1, r) || ValidRefresh(k, 7, sid, seed, gen+2, r) || ValidRefresh(k, 8, sid, seed, gen+1, r) {
			t.Errorf("refresh generation %d", gen+1)
		}
	}
	d := Device(k, 7, ID())
	if _, ok := ValidDevice(k, 7, d); !ok {
		t.Error("device cookie refused")
	}
	if _, ok := ValidDevice(k, 8, d); ok {
		t.Error("a device cookie serves another account")
	}
}

// TestRotation keeps old values good while the old root is live, and no longer.
func TestRotation(t *testing.T) {
	before, during, after := keysFor(t, k1), keysFor(t, k2, k1), keysFor(t, k2)
	seed := Seed()
	value := Mail(before, "reset", "abc", seed)
	if !ValidMail(during, "reset", "abc", seed, value) || ValidMail(after, "reset", "abc", seed, value) {
		t.Error("mail secrets do not follow the rotation")
	}
	hashes := KeyHashes(during, 7, 1)
	if len(hashes) != 2 || hashes[1] != KeyHash(Key(before, 7, 1)) || hashes[0] != KeyHash(Key(after, 7, 1)) {
		t.Error("token keys do not follow the rotation")
	}
	if before.Derive("x") == nil || string(before.Derive("x")) == string(before.Derive("y")) {
		t.Error("purposes share a key")
	}
}

func FuzzParse(f *testing.F) {
	k := keysFor(f, k1)
	cookie, sid := NewSession(7)
	f.Add(cookie)
	f.Add(Key(k, 7, 1))
	f.Add(PAT(k, PATPrefix(), Seed()))
	f.Add(Refresh(k, 7, sid, Seed(), 3))
	f.Add(Mail(k, "reset", "abc", Seed()))
	f.Add(Device(k, 7, ID()))
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		if uid, id, ok := ParseSession(s); ok && (uid <= 0 || len(id) != 32 || len(s) != cookieLen) {
			t.Errorf("session %q", s)
		}
		if p, ok := ParsePAT(s); ok && (len(p) != 8 || len(s) != 41) {
			t.Errorf("access token %q", s)
		}
		if uid, id, gen, ok := ParseRefresh(s); ok && (uid <= 0 || len(id) != 32 || gen <= 0) {
			t.Errorf("refresh %q", s)
		}
		if id, ok := ParseMail(s); ok && (id == "" || len(id) > 40) {
			t.Errorf("mail %q", s)
		}
		// A seed that the fuzzer does not know: nothing it makes up may be good.
		seed := Seed()
		if ValidMail(k, "reset", "abc", seed, s) || ValidRefresh(k, 7, sid, seed, 1, s) || ValidCSRF(k, ID(), s) {
			t.Errorf("%q is accepted", s)
		}
	})
}
