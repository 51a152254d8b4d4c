package mail

import (
	htmltemplate "html/template"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/bound"
)

// What mail programs take for a link, generously.
var linkLike = regexp.MustCompile(`(?i)[\pL\pN][.。．｡․][\pL\pN]|[a-z]+:[/\\\pL\pN]|//|[^\s\pZ]@[^\s\pZ]`)

var hostile = []string{
	"https://evil.example/login",
	"Your account is locked visit evil.com",
	"www.evil.example",
	"mallory@evil.example",
	"[click](https://evil.example)",
	"<a href=\"https://evil.example\">Confirm</a>",
	"<script>alert(1)</script>",
	"<img src=//evil.example/x.png>",
	"javascript:alert(1)",
	"evil。com and evil．com and evil｡com",
	"{{.}} {{.Link}} {{template \"x\"}} ${Link} %s",
	"a\r\nBcc: victim@example.org\r\n\r\n> Click here: Link",
	"a\u2028b\u2029c\u0085d\x00e\x1b[31m",
	"\u202egnp.exe\u202c \u2066x\u2069 \u200fab",
	"e\u200bv\u2060i\u00adl.c\u200bom",
	"=?utf-8?q?spoof?= <x@y.z>",
	"=?utf-8?b?U3Vi?=\r\n =?utf-8?b?amVjdA==?=",
	"[Sign in](javascript:alert(1)) ![x](data:text/html,x)",
	"</li></ul><h1>Your account is locked</h1>",
	"Lab”. Your account is locked: visit evil.com, or write to it@evil.com. “",
	"{{.}}",
	"&lt;b&gt; &#x1f;&#10;> Label: Link",
	strings.Repeat("<", 500),
	strings.Repeat("a.", 250),
	strings.Repeat("\u202e", 5000) + "x",
	strings.Repeat("longname", 1300),
	strings.Repeat("e\u0301\u0327", 400),
	"\xff\xfe bad utf-8",
}

func TestK1_K3_K4_K6_ASVS1_3_11_HostileValues(t *testing.T) {
	for _, value := range hostile {
		site, data := full()
		data.Username, data.Device, data.Network = value, value, value
		data.Org, data.Slug, data.Inviter, data.Role = value, value, value, value
		data.Kind, data.Item = value, value
		for _, kind := range kinds() {
			clean, err := Render(kind, site, func() Data { _, d := full(); return d }())
			if err != nil {
				t.Fatal(err)
			}
			m, err := Render(kind, site, data)
			if err != nil {
				t.Fatalf("%s of %q: %v", kind, value, err)
			}
			if m.Subject != clean.Subject || !slices.Equal(m.Links, clean.Links) {
				t.Errorf("%s of %q: subject %q, links %q", kind, value, m.Subject, m.Links)
			}
			if strings.Count(m.Text, "\n") != strings.Count(clean.Text, "\n") {
				t.Errorf("%s of %q has other lines:\n%s", kind, value, m.Text)
			}
			if found := linkLike.FindString(withoutOurs(m, site)); found != "" {
				t.Errorf("%s of %q has %q in it:\n%s", kind, value, found, m.Text)
			}
			checkHTML(t, kind, m)
			if strings.Count(m.HTML, "<") != strings.Count(clean.HTML, "<") {
				t.Errorf("%s of %q has other tags:\n%s", kind, value, m.HTML)
			}
		}
	}
}

// withoutOurs is the text without the addresses that belong in it.
func withoutOurs(m Message, site Site) string {
	s := m.Text
	for _, ours := range append(slices.Clone(m.Links), site.BaseURL, site.Support) {
		s = strings.ReplaceAll(s, ours, "")
	}
	return s
}

// Both versions show what an owner chose exactly as tame makes it.
func TestK3_HostileOrganization(t *testing.T) {
	for _, value := range hostile {
		for _, kind := range []string{KindInvitation, KindOwnershipOffer, KindOwnershipChanged, KindMemberRemoved} {
			site, data := full()
			data.Org, data.Slug = value, value
			m, err := Render(kind, site, data)
			if err != nil {
				t.Fatalf("%s of %q: %v", kind, value, err)
			}
			for _, line := range []string{"Organization: “" + tame(value) + "”", "Short name: " + tame(value)} {
				if !strings.Contains(m.Text, "\n- "+line+"\n") {
					t.Errorf("%s of %q lacks %q:\n%s", kind, value, line, m.Text)
				}
				if !strings.Contains(m.HTML, "<li>"+htmltemplate.HTMLEscaper(line)+"</li>") {
					t.Errorf("%s of %q lacks %q:\n%s", kind, value, line, m.HTML)
				}
			}
		}
	}
}

func TestTame(t *testing.T) {
	for _, value := range hostile {
		got := tame(value)
		if found := linkLike.FindString(got); found != "" {
			t.Errorf("%q became %q with %q in it", value, got, found)
		}
		if n := utf8.RuneCountInString(strings.ReplaceAll(got, hairSpace, "")); n > maxShown || got == "" || !utf8.ValidString(got) {
			t.Errorf("%q became %d characters: %q", value, n, got)
		}
	}
	for in, want := range map[string]string{
		"ada":           "ada",
		"ada.lovelace":  "ada.\u200alovelace",
		"  a \t\n b  ":  "a b",
		"{{.}}":         "{{.\u200a}}",
		"a\u202eb":      "ab",
		"Ада Лавлейс":   "Ада Лавлейс",
		"\u200b\u3164 ": "",
		"trailing.":     "trailing.",
	} {
		if got := tame(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzTame(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer bound.Of(t)()
		got := tame(s)
		if linkLike.MatchString(got) || hasControls(got) || !utf8.ValidString(got) ||
			utf8.RuneCountInString(strings.ReplaceAll(got, hairSpace, "")) > maxShown {
			t.Errorf("%q became %q", s, got)
		}
	})
}
