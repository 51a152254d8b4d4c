package password

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestPolicyCheck(t *testing.T) {
	const (
		short   = "This password is too short. It must contain at least 8 characters."
		common  = "This password is too common."
		numeric = "This password is entirely numeric."
		long    = "Password must be 256 characters or fewer."
		user    = "The password is too similar to the username."
	)
	anna := Person{Username: "annabelle", Email: "annabelle@example.com"}
	for _, c := range []struct {
		name, pw string
		min      int
		about    Person
		want     []string
	}{
		{"good", "tall-yellow-harbour", 0, anna, nil},
		{"seven", "xk7-qz2", 0, Person{}, []string{short}},
		{"eight", "xk7-qz2!", 0, Person{}, nil},
		{"empty", "", 0, anna, []string{short}},
		{"spaces count", "xk7-qz  ", 0, Person{}, nil},
		{"eight astral", "🂡🂢🂣🂤🂥🂦🂧🂨", 0, Person{}, nil},
		{"seven in NFC", norm.NFD.String("éüöäàêô"), 0, Person{}, []string{short}},
		{"256", strings.Repeat("🂡", 256), 0, Person{}, nil},
		{"257", strings.Repeat("x-", 128) + "y", 0, Person{}, []string{long}},
		{"256 in NFC", norm.NFD.String(strings.Repeat("é", 256)), 0, Person{}, nil},
		{"common", "PassWord1", 0, Person{}, []string{common}},
		{"common in spaces", " password1 ", 0, Person{}, []string{common}},
		{"context", "GateHouse2026", 0, Person{}, []string{common}},
		{"numeric", "9310482756023", 0, Person{}, []string{numeric}},
		{"numeric, Arabic", "٩٣١٠٤٨٢٧٥٦٠٢٣", 0, Person{}, []string{numeric}},
		{"numeric, full width", "９３１０４８２７５６０２３", 0, Person{}, []string{numeric}},
		{"common and numeric", "12345678", 0, Person{}, []string{common, numeric}},
		{"short and numeric", "7", 0, Person{}, []string{short, numeric}},
		{"similar and short", "annabel", 0, anna, []string{user, short}},
		{"long and numeric", strings.Repeat("9310482756", 26), 0, Person{}, []string{numeric, long}},
		{"fifteen", "xk7-qz2!-abcde", 15, Person{}, []string{"This password is too short. It must contain at least 15 characters."}},
		{"one", "", 1, Person{}, []string{"This password is too short. It must contain at least 1 character."}},
	} {
		if got := (Policy{MinLength: c.min}).Check(c.pw, c.about); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The expected attributes are what the validator of Django 5.2 answers.
func TestSimilarity(t *testing.T) {
	for _, c := range []struct{ pw, user, first, last, email, want string }{
		{"annabelle1", "annabelle", "", "", "", "username"},
		{"ellebanna!", "annabelle", "", "", "", "username"},
		{"abcdefg123", "abcdefgxyz", "", "", "", "username"},
		{"abcdef1234", "abcdefgxyz", "", "", "", ""},
		{"aaaaaaaaaa", "a", "", "", "", ""},
		{"Ivanova77x", "zzz", "", "IVANOVA", "", "last name"},
		{"blue-harbor-9", "zzz", "q", "w", "blue.harbor@example.com", ""},
		{"example.com", "zzz", "q", "w", "anna@example.com", "email address"},
		{"smithjohn", "jonathan", "John", "Smith", "x@y.zz", "last name"},
		{"unrelated-thing", "anna", "Anna", "Smith", "anna@example.com", ""},
		{"anna1", "anna", "", "", "", "username"},
		{"under_score", "under_score", "", "", "", "username"},
		{"under-only", "under_only", "", "", "", "username"},
		{"Петрова1", "петрова", "", "", "", "username"},
		{"josephine", "x", "", "josé-phine", "", "last name"},
		{"aabbccdd", "abcd", "", "", "", ""},
		{"abcdabcdab", "abcd", "", "", "", ""},
		{"longlonglonglonglong", "lo", "", "", "", ""},
		{"nnaa1234", "anna1234-team", "", "", "", "username"},
		{"tsmith99", "T", "Tomas", "Smith", "t.smith@corp.example", "last name"},
		{"annabelle1", "annabelle", "Annabelle", "Annabelle", "annabelle@example.com", "username"},
	} {
		got := similarAttribute(c.pw, Person{Username: c.user, FirstName: c.first, LastName: c.last, Email: c.email})
		if got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// quickRatio again, by deleting matches from a copy.
func TestQuickRatioIsTheMultisetIntersection(t *testing.T) {
	letters := rapid.SliceOfN(rapid.SampledFrom([]rune("abcé")), 0, 20)
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		rest, matches := slices.Clone(b), 0
		for _, r := range a {
			if i := slices.Index(rest, r); i >= 0 {
				rest = slices.Delete(rest, i, i+1)
				matches++
			}
		}
		want := 1.0
		if len(a)+len(b) > 0 {
			want = 2 * float64(matches) / float64(len(a)+len(b))
		}
		if got := quickRatio(a, b); math.Abs(got-want) > 0 || got != quickRatio(b, a) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestAnyOtherUnicodeIsAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.StringN(8, 256, -1).Filter(func(s string) bool {
			n := utf8.RuneCountInString(norm.NFC.String(s))
			return n >= 8 && n <= 256 && !isCommon(s) && !entirelyNumeric(s)
		}).Draw(t, "pw")
		if got := (Policy{}).Check(pw, Person{}); got != nil {
			t.Fatalf("%q is refused: %q", pw, got)
		}
	})
}

func TestCommonList(t *testing.T) {
	list := commonList()
	if len(list) < 10_000 || !slices.IsSorted(list) {
		t.Fatalf("%d entries, sorted: %v", len(list), slices.IsSorted(list))
	}
	for _, pw := range list {
		if utf8.RuneCountInString(pw) < 8 || pw != strings.ToLower(pw) || pw != strings.TrimSpace(pw) {
			t.Errorf("entry %q", pw)
		}
	}
	if len(commonGzip) > 200_000 {
		t.Errorf("%d bytes compressed", len(commonGzip))
	}
	for _, pw := range []string{list[0], list[len(list)-1], "trustno1", "cvat12345", "passwordpassword", "summer2026!", "aaaaaaaa"} {
		if !isCommon(pw) {
			t.Errorf("%q is missing", pw)
		}
	}
	if isCommon("tall-yellow-harbour") || isCommon("") {
		t.Error("found what is not there")
	}
}

func TestUnpackRefusesDamage(t *testing.T) {
	if _, err := unpack(commonGzip[:100]); err == nil {
		t.Error("a cut list is accepted")
	}
	if _, err := unpack(nil); err == nil {
		t.Error("no list is accepted")
	}
}
