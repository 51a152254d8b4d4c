package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"gatehouse/internal/bound"
)

func peppers(current string) Peppers {
	return Peppers{Current: current, Keys: map[string][]byte{
		"k1": bytes.Repeat([]byte("k"), 32),
		"k2": bytes.Repeat([]byte("q"), 32),
	}}
}

func newTest(t testing.TB, p Peppers) *Hasher {
	t.Helper()
	if err := errors.Join(ForTests().Validate(), p.Validate()); err != nil {
		t.Fatal(err)
	}
	return New(ForTests(), 2, p)
}

func mustHash(t rapid.TB, h *Hasher, pw string) string {
	t.Helper()
	stored, err := h.Hash(context.Background(), pw)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func verify(t rapid.TB, h *Hasher, stored, pw string) (ok, outdated bool) {
	t.Helper()
	ok, outdated, err := h.Verify(context.Background(), stored, pw)
	if err != nil {
		t.Fatalf("Verify(%q): %v", stored, err)
	}
	return ok, outdated
}

// The vectors come from Python: hashlib.pbkdf2_hmac, argon2-cffi and hmac.
func TestVerifyVectors(t *testing.T) {
	const horse, umlaut = "correct horse battery", "pässwörd-zehn"
	for _, c := range []struct{ name, stored, pw string }{
		{"pbkdf2", "pbkdf2_sha256$1000$Vk3yQe0cM1rZ7pLt9aXuBw$RMBBzxwxLa+hwj+SezNqoMyehzASoqLhreatdPOf6/I=", horse},
		{"pbkdf2 one iteration", "pbkdf2_sha256$1$seasalt2$bMTr98YkNqKazA3W/7YxlbWXw6X7xb1SUbXI+Jgz4I8=", umlaut},
		{"pbkdf2 of NFC, NFD typed", "pbkdf2_sha256$1$seasalt2$bMTr98YkNqKazA3W/7YxlbWXw6X7xb1SUbXI+Jgz4I8=", norm.NFD.String(umlaut)},
		{"pbkdf2 of NFD, NFD typed", "pbkdf2_sha256$2$seasalt2$zHjCQSR7Ngtt2JJtIJm/xnSBEB+kmUEYNOPJ9IBKIR4=", norm.NFD.String(umlaut)},
		{"pbkdf2 long", "pbkdf2_sha256$3$" + strings.Repeat("A", 128) + "$ZVeUBKCAajb25hwPE1h4M8tueAakYyjBeLqV4WJXffo=", strings.Repeat("x", 256)},
		{"argon2id", "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8", horse},
		{"argon2id peppered", "$argon2id$v=19$m=19456,t=2,p=1,kid=k1$AAECAwQFBgcICQoLDA0ODw$oQjFXkD7r9myoDX1hlRdOTlK98mhlZOkcx5WAgLd0+o", horse},
		{"argon2id of Django", "argon2$argon2id$v=19$m=1024,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$mf2Tuh1ZqGS7qM06kTX7LALV+NB9lEb/", umlaut},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newTest(t, peppers("k1"))
			if ok, outdated := verify(t, h, c.stored, c.pw); !ok || !outdated {
				t.Errorf("ok=%v outdated=%v, want both", ok, outdated)
			}
			if ok, _ := verify(t, h, c.stored, c.pw+"x"); ok {
				t.Error("a wrong password matches")
			}
		})
	}
}

func TestDefaultVectorIsCurrent(t *testing.T) {
	h := New(Default, 1, peppers("k1"))
	stored := "$argon2id$v=19$m=19456,t=2,p=1,kid=k1$AAECAwQFBgcICQoLDA0ODw$oQjFXkD7r9myoDX1hlRdOTlK98mhlZOkcx5WAgLd0+o"
	if ok, outdated := verify(t, h, stored, "correct horse battery"); !ok || outdated {
		t.Errorf("ok=%v outdated=%v", ok, outdated)
	}
}

func TestASVS11_2_2_Outdated(t *testing.T) {
	stronger := Params{MemoryKiB: 128, Time: 1, Threads: 1, insecure: true}
	stored := mustHash(t, newTest(t, peppers("k1")), "pw-of-someone")
	for _, c := range []struct {
		name string
		h    *Hasher
		want bool
	}{
		{"same", newTest(t, peppers("k1")), false},
		{"pepper rotated", newTest(t, peppers("k2")), true},
		{"parameters raised", New(stronger, 1, peppers("k1")), true},
	} {
		if ok, outdated := verify(t, c.h, stored, "pw-of-someone"); !ok || outdated != c.want {
			t.Errorf("%s: ok=%v outdated=%v", c.name, ok, outdated)
		}
	}
	plain := mustHash(t, newTest(t, Peppers{}), "pw-of-someone")
	if strings.Contains(plain, "kid=") {
		t.Errorf("kid without pepper: %s", plain)
	}
	if ok, outdated := verify(t, newTest(t, peppers("k1")), plain, "pw-of-someone"); !ok || !outdated {
		t.Errorf("unpeppered: ok=%v outdated=%v", ok, outdated)
	}
}

func TestUnknownPepperFailsClosed(t *testing.T) {
	stored := mustHash(t, newTest(t, peppers("k1")), "pw-of-someone")
	ok, _, err := newTest(t, Peppers{}).Verify(context.Background(), stored, "pw-of-someone")
	if ok || !errors.Is(err, ErrPepper) {
		t.Errorf("ok=%v err=%v", ok, err)
	}
}

func TestDummy(t *testing.T) {
	h := newTest(t, peppers("k1"))
	first := h.Dummy()
	if h.Dummy() != first || newTest(t, peppers("k1")).Dummy() == first {
		t.Error("the dummy is not one random string for each Hasher")
	}
	for _, stored := range []string{"", "!", "!l9FE8aXq", h.Dummy()} {
		if ok, outdated := verify(t, h, stored, ""); ok || outdated {
			t.Errorf("%q: ok=%v outdated=%v", stored, ok, outdated)
		}
		if got, want := h.Cost(stored), h.Cost(mustHash(t, h, "x")); got != want {
			t.Errorf("cost of %q is %q, want %q", stored, got, want)
		}
	}
}

func TestCost(t *testing.T) {
	h := New(Default, 1, Peppers{})
	for stored, want := range map[string]string{
		"":         "argon2id m=19456 t=2 p=1",
		"$2b$12$x": "unsupported",
		"pbkdf2_sha256$1000$Vk3yQe0cM1rZ7pLt9aXuBw$RMBBzxwxLa+hwj+SezNqoMyehzASoqLhreatdPOf6/I=": "pbkdf2_sha256 iterations=1000",
	} {
		if got := h.Cost(stored); got != want {
			t.Errorf("Cost(%q) = %q, want %q", stored, got, want)
		}
	}
}

func TestI8_NIST3_1_1_2b_NFCAndNFDPasswordsAreTheSame(t *testing.T) {
	h := newTest(t, peppers("k1"))
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.StringN(1, 40, -1).Draw(t, "pw") + "é"
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if ok, outdated := verify(t, h, mustHash(t, h, form.String(pw)), norm.NFD.String(pw)); !ok || outdated {
				t.Fatalf("%q: ok=%v outdated=%v", pw, ok, outdated)
			}
		}
	})
}

func TestASVS6_2_8_EveryCodePointCounts(t *testing.T) {
	h := newTest(t, peppers("k1"))
	for n := 8; n <= 256; n++ {
		start := strings.Repeat("é", n-1)
		stored := mustHash(t, h, start+"a")
		if ok, _ := verify(t, h, stored, start+"a"); !ok {
			t.Errorf("length %d does not verify", n)
		}
		if ok, _ := verify(t, h, stored, start+"b"); ok {
			t.Errorf("length %d: the last code point is ignored", n)
		}
	}
}

func TestASVS6_2_8_NeverTrimmed(t *testing.T) {
	h := newTest(t, Peppers{})
	stored := mustHash(t, h, " with spaces ")
	for _, pw := range []string{"with spaces", " with spaces", "with spaces "} {
		if ok, _ := verify(t, h, stored, pw); ok {
			t.Errorf("%q matches", pw)
		}
	}
}

func FuzzVerifyStored(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8", "pw")
	f.Add("$argon2id$v=19$m=64,t=1,p=1,kid=k1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8", "pw")
	f.Add("argon2$argon2id$v=19$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$mf2Tuh1ZqGS7qM06kTX7LALV+NB9lEb/", "pw")
	f.Add("pbkdf2_sha256$1$seasalt2$bMTr98YkNqKazA3W/7YxlbWXw6X7xb1SUbXI+Jgz4I8=", "pässwörd")
	f.Add("$argon2id$v=19$m=1073741824,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$AAAA", "")
	f.Add("!", "")
	h := newTest(f, peppers("k1"))
	f.Fuzz(func(t *testing.T, stored, pw string) {
		defer bound.Of(t)()
		rec, err := parse(stored)
		if err == nil && (!rec.withinBounds() || rec.String() != stored) {
			t.Fatalf("%q is accepted as %+v", stored, rec)
		}
		// What is within bounds may still take seconds, which tells nothing here.
		if rec.params.MemoryKiB > 256 || rec.iterations > 1000 {
			return
		}
		_, _, got := h.Verify(context.Background(), stored, pw)
		if err != nil && !unusable(stored) && !errors.Is(got, ErrUnsupported) {
			t.Fatalf("%q: %v", stored, got)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := New(Default, 1, peppers("k1"))
	for b.Loop() {
		if _, err := h.Hash(context.Background(), "correct horse battery"); err != nil {
			b.Fatal(err)
		}
	}
}
