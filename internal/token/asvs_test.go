package token

import (
	"math"
	"strings"
	"testing"
)

// TestASVS7_2_3_ASVS11_5_1_Entropy makes many secrets of each kind: all of one length, no two
// alike, and with 128 random bits at least by their alphabet and length.
func TestASVS7_2_3_ASVS11_5_1_Entropy(t *testing.T) {
	k := keysFor(t, k1)
	for name, c := range map[string]struct {
		make     func() string
		alphabet int
		length   int
	}{
		"session":      {func() string { s, _ := NewSession(7); return s[uidLen:] }, len(lower), 26},
		"id":           {ID, len(lower), 26},
		"seed":         {Seed, 64, 43},
		"access token": {func() string { return PAT(k, PATPrefix(), Seed())[9:] }, len(alnum), 32},
		"mail":         {func() string { _, s, _ := strings.Cut(Mail(k, "reset", "abc", Seed()), "."); return s }, 64, 43},
		"csrf":         {func() string { _, sid := NewSession(7); return CSRF(k, sid) }, len(alnum), 32},
	} {
		seen := map[string]bool{}
		used := make([]map[byte]bool, c.length)
		for i := range used {
			used[i] = map[byte]bool{}
		}
		for range 20_000 {
			s := c.make()
			if len(s) != c.length || seen[s] {
				t.Fatalf("%s: %q, seen before: %t", name, s, seen[s])
			}
			seen[s] = true
			for i := range s {
				used[i][s[i]] = true
			}
		}
		bits := 0.0
		for _, u := range used {
			bits += math.Log2(float64(len(u)))
		}
		if bits < 128 || len(used[0]) != c.alphabet {
			t.Errorf("%s: %.0f bits, %d of %d characters come first", name, bits, len(used[0]), c.alphabet)
		}
	}
	count := map[byte]int{}
	const n = 360_000
	for _, c := range []byte(random(lower, n)) {
		count[c]++
	}
	for c, got := range count {
		if got < n/36*94/100 || got > n/36*106/100 { // six standard deviations
			t.Errorf("%c came %d times of %d", c, got, n/36)
		}
	}
}
