package ident

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/bound"
)

// TestJ13_HostileStringsAreFast reads texts that are made to be slow, as long as a body
// can be: what is too long for a name or an address is put away at once, and all is
// done in a millisecond.
func TestJ13_HostileStringsAreFast(t *testing.T) {
	const size, limit = 64 << 10, bound.Time / 50
	for _, part := range []string{"a", "a.", ".", "@", "a@", "-", "xn--", "a@xn--a.", "e\u0301", "\u0300", "\u0344", "\ufb03", "\u3164", "ß", "İ", "ΐ", "\u1100\u1161\u11a8", "漢ひ", "\xff", "\x00", "%", "\\\"", "(((", "aaaaaaaaaaaaaaaa!", "\u202e", "a\u200d", "１"} {
		for _, n := range []int{150, 253, 2_000, size} {
			text := strings.Repeat(part, n/len(part)+1)[:n]
			for name, read := range map[string]func(){
				"address": func() { _, _ = ParseEmail(text) }, "local part": func() { _, _ = ParseEmail(text + "@example.com") }, "domain": func() { _, _ = ParseEmail("a@" + text) },
				"user name": func() { _, _ = ParseUsername(text, 5, 150) }, "sign-in": func() { LoginKey(text) }, "name": func() { _, _ = Name(text, 150) },
			} {
				best := time.Hour
				for try := 0; try < 200 && best > limit; try++ {
					begin := time.Now()
					read()
					best = min(best, time.Since(begin))
				}
				if best > limit {
					t.Errorf("%s of %d bytes of %q: %v", name, n, part, best)
				}
			}
		}
	}
}
