package ident

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"gatehouse/internal/bound"
)

func emails() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		local := rapid.StringMatching("[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-zA-Z0-9+]{1,10})?").Draw(t, "local")
		domain := rapid.SampledFrom([]string{"example.com", "Bücher.DE", "xn--bcher-kva.de", "例え.テスト", "a.b.c.example.", "faß.de"}).Draw(t, "domain")
		return local + "@" + domain
	})
}

func usernames() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9._+-]{1,30}x`),
		rapid.StringMatching(`[\p{Latin}0-9._+-]{1,30}x`),
		rapid.StringMatching(`[\p{Cyrillic}0-9]{1,20}ж`),
		rapid.StringMatching(`[\p{Greek}._]{1,20}ω`),
		rapid.StringMatching(`[\p{Han}\p{Hiragana}\p{Katakana}]{1,20}`),
	).Filter(func(s string) bool {
		_, err := parseUsername(s, 1, 150)
		return err == nil
	})
}

func TestEmailKeyIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkEmail(t, emails().Draw(t, "email"), true) })
}

// checkEmail checks what must hold of any input.
func checkEmail(t rapid.TB, s string, wantValid bool) {
	e, err := ParseEmail(s)
	if err != nil {
		if wantValid || err != ErrEmail {
			t.Fatalf("ParseEmail(%q): %v", s, err)
		}
		return
	}
	again, err := ParseEmail(e.String())
	if err != nil || again != e || again.Key() != e.Key() {
		t.Fatalf("%q: %q is read as %q, %v", s, e, again, err)
	}
	local, domain, _ := strings.Cut(s, "@")
	if upper, err := ParseEmail(strings.ToUpper(local) + "@" + domain); err != nil || upper != e {
		t.Fatalf("%q: upper case is read as %q, %v", s, upper, err)
	}
	key := e.Key()
	if len(key) > 254 || key != strings.ToLower(key) || strings.Count(key, "@") != 1 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Fatalf("%q: key %q", s, key)
	}
	if _, err := ParseUsername(key, 1, 1000); err == nil {
		t.Fatalf("%q: key %q is a user name", s, key)
	}
	if got, isEmail := LoginKey(s); got != key || !isEmail {
		t.Fatalf("%q: key %q to sign in", s, got)
	}
	if u, err := ParseUsername(Propose(e), 5, 150); err != nil || u.String() != Propose(e) {
		t.Fatalf("%q: proposal %q: %v", s, Propose(e), err)
	}
}

func TestUsernameKeyIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkUsername(t, usernames().Draw(t, "name")) })
}

func TestEveryLetterHasOneKeyInEveryCase(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		// The big scripts without case would only take time.
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Tangut) {
			checkUsername(t, string(r))
		}
	}
}

// checkUsername checks what must hold of any input.
func checkUsername(t rapid.TB, s string) {
	u, err := parseUsername(s, 1, 150)
	if err != nil {
		return
	}
	for what, variant := range map[string]string{
		"string": u.String(), "key": u.Key(), "upper": strings.ToUpper(s), "lower": strings.ToLower(s), "title": strings.ToTitle(s),
		"NFD": norm.NFD.String(s), "NFKC": norm.NFKC.String(s),
	} {
		// Folding can lengthen a name, as in ß.
		v, err := parseUsername(variant, 1, 1000)
		if err != nil || v.Key() != u.Key() {
			t.Fatalf("%q: key %q, %s %q: key %q, %v", s, u.Key(), what, variant, v.Key(), err)
		}
	}
	if strings.ContainsAny(u.Key(), "@!/%\\ \x00") {
		t.Fatalf("%q: key %q", s, u.Key())
	}
	if key, isEmail := LoginKey(s); key != u.Key() || isEmail {
		t.Fatalf("%q: key %q to sign in", s, key)
	}
}

func TestVariedProposalsAreLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, err := ParseEmail(emails().Draw(t, "email"))
		if err != nil {
			t.Fatal(err)
		}
		name := Vary(Propose(e), rapid.IntRange(0, 20).Draw(t, "n"))
		if _, err := ParseUsername(name, 5, 150); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
	})
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"bob@example.com", "Bob+x@Bücher.de.", "bob@xn--bcher-kva.de", `"b"@x.com`, "bob@[::1]", "bob\uFF20x.com", "b@xn--a.com", "ſ@x.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		checkEmail(t, s, false)
	})
}

func FuzzUsername(f *testing.F) {
	for _, s := range []string{"anna", "İbrahim", "mıke", "straße", "ΐos", "ｶﾞｰﾙ", "p\u0430ypal", "محمد٣", "\uFB03", "ǰ", "ᾳ", "Ꮟ0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		checkUsername(t, s)
		if name, err := Name(s, 50); err == nil {
			if again, err := Name(name, 50); err != nil || again != name {
				t.Fatalf("name %q is read again as %q, %v", name, again, err)
			}
		}
	})
}

func FuzzLoginKey(f *testing.F) {
	for _, s := range []string{"", "anna", "Bob@Example.com", "@", "!x", "a b", "\xff", "..", "ADMIN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		key, isEmail := LoginKey(s)
		if again, _ := LoginKey(s); again != key || len(key) > 4*3*150 || key == "" {
			t.Fatalf("%q: keys %q and %q", s, key, again)
		}
		if isEmail != strings.Contains(s, "@") {
			t.Fatalf("%q: isEmail = %v", s, isEmail)
		}
		if key == impossibleKey(s) {
			if _, err := ParseEmail(key); err == nil {
				t.Fatalf("%q: %q is an address", s, key)
			}
			if _, err := parseUsername(key, 1, 1000); err == nil {
				t.Fatalf("%q: %q is a user name", s, key)
			}
			return
		}
		if again, kind := LoginKey(key); len([]rune(key)) <= 150 && (again != key || kind != isEmail) {
			t.Fatalf("%q: %q is read again as %q", s, key, again)
		}
	})
}
