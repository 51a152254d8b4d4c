package password

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestASVS6_2_1_LengthInCodePoints: passwords of 0 to 200 code points, of one and of many
// bytes each, are too short if and only if they have fewer than the least number.
func TestASVS6_2_1_LengthInCodePoints(t *testing.T) {
	for _, least := range []int{8, 15} {
		for _, alphabet := range []string{"qz7-x!", "éßñ-ж日", "🂡🂢🃏🀄"} {
			letters := []rune(alphabet)
			for n := range 201 {
				var b strings.Builder
				for i := range n {
					b.WriteRune(letters[i*i%len(letters)])
				}
				short := slices.ContainsFunc(Policy{MinLength: least}.Check(b.String(), Person{}), func(s string) bool { return strings.Contains(s, "too short") })
				if short != (n < least) {
					t.Errorf("%d code points of %q, at least %d: too short is %t", n, alphabet, least, short)
				}
			}
		}
	}
}

// TestASVS6_2_4_EveryCommonPasswordIsRefused, in any case and with spaces around it.
func TestASVS6_2_4_EveryCommonPasswordIsRefused(t *testing.T) {
	list := commonList()
	if len(list) < 3000 {
		t.Fatalf("%d entries", len(list))
	}
	for i, pw := range list {
		forms := []string{pw}
		if i%10 == 0 {
			forms = append(forms, strings.ToUpper(pw), " "+pw+" ")
		}
		for _, form := range forms {
			if utf8.RuneCountInString(strings.TrimSpace(form)) >= DefaultMinLength && !slices.Contains((Policy{}).Check(form, Person{}), textCommon) {
				t.Errorf("%q is accepted", form)
			}
		}
	}
}

// TestASVS6_2_11_ContextWords: the product in five spellings, and what is known of the
// person, in any case.
func TestASVS6_2_11_ContextWords(t *testing.T) {
	for _, pw := range []string{"gatehouse", "Gatehouse1", "GATEHOUSE123", "gatehouse2026", "gatehouse!", "cvat1234", "cvat12345", "CVAT2026"} {
		if got := (Policy{}).Check(pw, Person{}); got == nil {
			t.Errorf("%q is accepted", pw)
		}
	}
	p := Person{Username: "grace.hopper", FirstName: "Gracelyn", LastName: "Hopperton", Email: "ghopper99@navycompany.example"}
	for _, pw := range []string{"grace.hopper", "GRACE.HOPPER1", "hopper.grace", "Gracelyn1", "hopperton!", "ghopper99", "ghopper99x", "navycompany"} {
		if got := (Policy{}).Check(pw, p); got == nil {
			t.Errorf("%q is accepted", pw)
		}
	}
}

// TestASVS11_4_2_NIST3_1_1_2d_StoredForm: what is stored has a salt of its own, 16 bytes at
// least, and the parameters, which are at or above the floor; weaker ones are refused, and
// stored ones that are weaker are replaced at the next sign-in.
func TestASVS11_4_2_NIST3_1_1_2d_StoredForm(t *testing.T) {
	h := New(Default, 1, Peppers{})
	a, b := mustHash(t, h, "one and the same"), mustHash(t, h, "one and the same")
	if a == b || strings.Contains(a, "one") {
		t.Errorf("%s\n%s", a, b)
	}
	r, err := parse(a)
	if err != nil || r.params != Default || len(r.salt) < 16 || len(r.sum) < 32 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := Default.Validate(); err != nil || Default.MemoryKiB < 19*1024 || Default.Time < 2 {
		t.Errorf("the default is %v: %v", Default, err)
	}
	for _, weak := range []Params{{MemoryKiB: 18 * 1024, Time: 2, Threads: 1}, {MemoryKiB: 19 * 1024, Time: 1, Threads: 1}, {MemoryKiB: 8, Time: 10, Threads: 1}} {
		if weak.Validate() == nil {
			t.Errorf("%v is accepted", weak)
		}
	}
	raised := New(Params{MemoryKiB: 20 * 1024, Time: 2, Threads: 1}, 1, Peppers{})
	if ok, outdated := verify(t, raised, a, "one and the same"); !ok || !outdated {
		t.Errorf("raised: ok %t, outdated %t", ok, outdated)
	}
}

// TestASVS6_2_8_LastCodePoint: passwords that differ in one code point are different.
func TestASVS6_2_8_LastCodePoint(t *testing.T) {
	h := newTest(t, Peppers{})
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.StringMatching(`[a-zA-Z0-9 é日🂡]{8,256}`).Draw(t, "pw")
		at := rapid.IntRange(0, utf8.RuneCountInString(pw)-1).Draw(t, "at")
		r := []rune(pw)
		r[at] = map[bool]rune{true: 'b', false: 'a'}[r[at] == 'a']
		if ok, _ := verify(t, h, mustHash(t, h, pw), string(r)); ok {
			t.Fatalf("%q is taken for %q", string(r), pw)
		}
	})
}
