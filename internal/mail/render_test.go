package mail

import (
	"errors"
	"flag"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	xhtml "golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files")

const base = "https://gatehouse.example"

func full() (Site, Data) {
	return Site{Name: "Gatehouse", BaseURL: base, Support: "help@gatehouse.example"}, Data{
		To: "ada@example.org", Username: "ada", Device: "Firefox on Linux", Network: "203.0.113.0/24",
		When: time.Date(2026, 11, 23, 8, 40, 42, 0, time.FixedZone("CET", 3600)), Valid: 20 * time.Minute,
		Link: base + "/reset?t=abc.d-e_f&next=%2F", Reset: base + "/auth/password/reset",
		Org: "Analytical Engines & Co", Slug: "engines", Inviter: "charles", Role: "worker", Kind: "task", Item: "Streets of Turin",
	}
}

func kinds() (all []string) {
	for k := range letters() {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestEveryKindHasATemplate(t *testing.T) {
	consts := []string{KindConfirm, KindExists, KindReset, KindPasswordChanged, KindPasswordReset, KindNewDevice, KindEmailConfirm,
		KindEmailChanged, KindEmailTaken, KindDeletion, KindDeletionCancelled, KindRefreshReuse, KindInvitation, KindOwnershipOffer, KindOwnershipChanged, KindMemberRemoved, KindUnassigned}
	for _, k := range consts {
		if !slices.Contains(kinds(), k) {
			t.Errorf("no template for %q", k)
		}
	}
}

// The texts as people get them are in testdata, to be read in reviews.
func TestGolden(t *testing.T) {
	site, data := full()
	for _, kind := range kinds() {
		m, err := Render(kind, site, data)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", "golden", kind+".txt")
		got := "To: " + m.To + "\nSubject: " + m.Subject + "\nLinks: " + strings.Join(m.Links, " ") + "\n\n" + m.Text
		golden(t, name, got)
		if slices.Contains([]string{KindConfirm, KindNewDevice, KindInvitation}, kind) {
			golden(t, strings.TrimSuffix(name, ".txt")+".html", m.HTML)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got {
		t.Errorf("%s differs (%v); run the test with -update and read the change:\n%s", name, err, got)
	}
}

func TestK8_EveryMessage(t *testing.T) {
	site, data := full()
	for _, kind := range kinds() {
		m, err := Render(kind, site, data)
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != kind || m.To != data.To || !strings.HasPrefix(m.Subject, "[Gatehouse] ") {
			t.Errorf("%s: %q to %q: %q", kind, m.Kind, m.To, m.Subject)
		}
		if len(m.Links) == 0 && kind != KindMemberRemoved && kind != KindUnassigned { // what they tell of is nothing to be opened any more
			t.Errorf("%s has no link", kind)
		}
		for _, l := range m.Links {
			if !strings.Contains(m.Text, "\n"+l+"\n") || !strings.Contains(m.HTML, html.EscapeString(l)) {
				t.Errorf("%s does not show %s", kind, l)
			}
		}
		if strings.Contains(m.Text, "{{") || strings.Contains(m.HTML, "{{") || strings.Contains(m.Text, "<no value>") {
			t.Errorf("%s shows its template:\n%s", kind, m.Text)
		}
		checkHTML(t, kind, m)
	}
}

// checkHTML walks the tree: nothing remote, nothing active, all links known.
func checkHTML(t *testing.T, kind string, m Message) {
	t.Helper()
	doc, err := xhtml.Parse(strings.NewReader(m.HTML))
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"html", "head", "meta", "title", "body", "div", "p", "h1", "a", "br", "ul", "li", "span"}
	for n := range doc.Descendants() {
		if n.Type != xhtml.ElementNode {
			continue
		}
		if !slices.Contains(allowed, n.Data) {
			t.Errorf("%s has a <%s>", kind, n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "href" && a.Val != base && !slices.Contains(m.Links, a.Val):
				t.Errorf("%s links to %q", kind, a.Val)
			case a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url("):
				t.Errorf("%s has %s=%q", kind, a.Key, a.Val)
			}
		}
		if n.Data == "html" && !slices.Contains(n.Attr, xhtml.Attribute{Key: "lang", Val: "en"}) {
			t.Errorf("%s does not say its language", kind)
		}
	}
}

func TestK1_K2_Refused(t *testing.T) {
	for name, change := range map[string]func(*string, *Site, *Data){
		"unknown kind":            func(k *string, _ *Site, _ *Data) { *k = "../layout" },
		"no recipient":            func(_ *string, _ *Site, d *Data) { d.To = "" },
		"two recipients":          func(_ *string, _ *Site, d *Data) { d.To = "a@example.org,b@example.org" },
		"two recipients, spaced":  func(_ *string, _ *Site, d *Data) { d.To = "a@example.org b@example.org" },
		"display name":            func(_ *string, _ *Site, d *Data) { d.To = "Bank <a@example.org>" },
		"angle brackets":          func(_ *string, _ *Site, d *Data) { d.To = "<a@example.org>" },
		"recipient with a header": func(_ *string, _ *Site, d *Data) { d.To = "a@example.org\r\nBcc: b@example.org" },
		"comment in recipient":    func(_ *string, _ *Site, d *Data) { d.To = "a@example.org(b@example.org)" },
		"group":                   func(_ *string, _ *Site, d *Data) { d.To = "all:a@example.org;" },
		"foreign link":            func(_ *string, _ *Site, d *Data) { d.Link = "https://evil.example/" },
		"prefix of the host":      func(_ *string, _ *Site, d *Data) { d.Link = base + ".evil.example/" },
		"user info":               func(_ *string, _ *Site, d *Data) { d.Link = base + "@evil.example/" },
		"the base alone":          func(_ *string, _ *Site, d *Data) { d.Link = base },
		"another port":            func(_ *string, _ *Site, d *Data) { d.Link = base + ":8443/" },
		"another scheme":          func(_ *string, _ *Site, d *Data) { d.Link = "http://gatehouse.example/x" },
		"javascript":              func(_ *string, _ *Site, d *Data) { d.Link = "javascript:alert(1)" },
		"line end in link":        func(_ *string, _ *Site, d *Data) { d.Link += "\r\nx" },
		"space in link":           func(_ *string, _ *Site, d *Data) { d.Link += " x" },
		"markup in link":          func(_ *string, _ *Site, d *Data) { d.Link += "\"><b>" },
		"template in link":        func(_ *string, _ *Site, d *Data) { d.Link += "{{.}}" },
		"foreign second link":     func(k *string, _ *Site, d *Data) { *k, d.Reset = KindExists, "https://evil.example/" },
		"no link":                 func(_ *string, _ *Site, d *Data) { d.Link = "" },
		"no user name":            func(_ *string, _ *Site, d *Data) { d.Username = "\u200b" },
		"no validity":             func(_ *string, _ *Site, d *Data) { d.Valid = 0 },
		"no time":                 func(k *string, _ *Site, d *Data) { *k, d.When = KindDeletion, time.Time{} },
		"no organization":         func(k *string, _ *Site, d *Data) { *k, d.Org = KindInvitation, "\u2066\u2069" },
		"no short name":           func(k *string, _ *Site, d *Data) { *k, d.Slug = KindMemberRemoved, "" },
		"no role":                 func(k *string, _ *Site, d *Data) { *k, d.Role = KindInvitation, "" },
		"no owner who offers":     func(k *string, _ *Site, d *Data) { *k, d.Inviter = KindOwnershipOffer, "" },
		"no site":                 func(_ *string, s *Site, _ *Data) { s.Name = "" },
		"line end in site":        func(_ *string, s *Site, _ *Data) { s.Name = "Gate\r\nBcc: x@example.org" },
		"line end in support":     func(_ *string, s *Site, _ *Data) { s.Support = "a\nb" },
		"no base":                 func(_ *string, s *Site, _ *Data) { s.BaseURL = "" },
		"base of another scheme":  func(_ *string, s *Site, _ *Data) { s.BaseURL = "javascript://gatehouse.example" },
	} {
		t.Run(name, func(t *testing.T) {
			kind := KindConfirm
			site, data := full()
			change(&kind, &site, &data)
			m, err := Render(kind, site, data)
			if !errors.Is(err, ErrRender) || m.Text != "" {
				t.Errorf("%v, %+v", err, m)
			}
			if err != nil && strings.Contains(err.Error(), "abc.d-e_f") {
				t.Errorf("the error tells the secret of the link: %v", err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	site, data := full()
	site.BaseURL += "/" // as people write it
	site.Support, data.Device, data.Network = "", "", "\n"
	m, err := Render(KindNewDevice, site, data)
	if err != nil || !strings.Contains(m.Text, "- Device: unknown\n- Network: unknown\n") || strings.Contains(m.Text, "Questions") {
		t.Errorf("%v:\n%s", err, m.Text)
	}
}

func TestInviterIsGone(t *testing.T) {
	site, data := full()
	for _, gone := range []string{"", "\u202e\u200b"} {
		data.Inviter = gone
		m, err := Render(KindInvitation, site, data)
		if err != nil || !strings.Contains(m.Text, "\nYou have been invited to join an organization at Gatehouse:\n") || strings.Contains(m.Text, "“”") {
			t.Errorf("%q: %v:\n%s", gone, err, m.Text)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 20 * time.Minute: "20 minutes", time.Hour: "1 hour", 90 * time.Minute: "90 minutes",
		24 * time.Hour: "24 hours", 7 * 24 * time.Hour: "7 days", 48 * time.Hour: "2 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
