package app_test

import (
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// lures are names that would make a mail say something else than we do.
var lures = []string{
	"Your account is locked visit evil.com", "https://evil.example/login", "<a href='https://evil.example'>Confirm</a>", "[here](https://evil.example)",
	"javascript:alert(1)", "{{.Link}} {{template `x`}}", "=?utf-8?q?spoof?=", "x “. Click www.evil.example now. “", strings.Repeat("a.b ", 16),
}

// TestK1_K3_K4_K6_InvitationMails invites on behalf of an organization, and as
// somebody, with such names: the subject is ours, the links are ours, nothing becomes a
// link, and there is one recipient. What has line breaks in it is refused.
func TestK1_K3_K4_K6_InvitationMails(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	plain := w.Found(c, "plain")
	plain.Invite("guest@example.org", "worker")
	want := w.Mail("guest@example.org", "invitation")
	if len(want.Links) == 0 || want.Subject == "" {
		t.Fatalf("%+v", want)
	}
	for i, lure := range lures {
		slug := "o" + string(rune('a'+i))
		id := c.Post("/api/organizations", object{"slug": slug, "name": lure}).Is(201).Int("id")
		team := w.Team(&apptest.Team{Slug: slug, ID: id, Owner: c})
		team.Invite("guest@example.org", "worker")
		m := w.Mail("guest@example.org", "invitation")
		if m.Subject != want.Subject || m.To != "guest@example.org" || m.From != want.From || len(m.Links) != len(want.Links) {
			t.Errorf("%q: %q from %q to %q with %q", lure, m.Subject, m.From, m.To, m.Links)
		}
		for _, l := range m.Links {
			if !strings.HasPrefix(l, w.URL+"/") {
				t.Errorf("%q: link to %s", lure, l)
			}
		}
		for _, part := range []string{"evil.com", "evil.example", "://evil", "javascript:alert"} {
			if strings.Contains(m.Text, part) || strings.Contains(m.HTML, part) {
				t.Errorf("%q: the mail has %q:\n%s", lure, part, m.Text)
			}
		}
		if strings.Count(m.HTML, "<a ") != strings.Count(want.HTML, "<a ") {
			t.Errorf("%q: other links:\n%s", lure, m.HTML)
		}
	}
	unchanged(t, w, func() {
		for _, name := range []string{"a\r\nBcc: victim@example.org", "a\nb", "a\x00b", strings.Repeat("x", 10_000)} {
			c.Post("/api/organizations", object{"slug": "evil", "name": name}).Is(400)
			c.Patch(plain.Path(""), object{"name": name}).Is(400)
		}
	})
}

// TestK2_OneRecipientEach names several people where there is to be one.
func TestK2_OneRecipientEach(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	before := len(w.Mails(""))
	unchanged(t, w, func() {
		for _, email := range []any{"a@example.org,b@example.org", "a@example.org;b@example.org", "a@example.org b@example.org", "a@example.org\nb@example.org", "a@example.org\r\nCc: b@example.org",
			"Founder <founder@example.org>", "<founder@example.org>", "\"founder@example.org\" <x@example.org>", "a@example.org(b@example.org)", "group:a@example.org;", "a@example.org%0ab@example.org",
			[]string{"a@example.org", "b@example.org"}, object{"a": "a@example.org"}} {
			team.In(team.Owner).Post("/api/invitations", object{"email": email, "role": "worker"}).Is(400)
			team.In(team.Owner).Post("/api/invitations/batch", object{"invitations": []object{{"email": email, "role": "worker"}}})
			team.Owner.Post("/api/auth/email", object{"email": email}).Is(400)
			w.Client().Post("/api/auth/password/reset", object{"email": email}).Is(400)
			w.Client().Post("/api/auth/verify-email/resend", object{"email": email}).Is(400)
			w.Client().Post("/api/auth/register", object{"username": "newbie01", "email": email, "password1": newPassword, "password2": newPassword}).Is(400)
		}
	})
	if n := len(w.Mails("")); n != before {
		t.Errorf("%d mails", n-before)
	}
}

// TestK8_NothingFollowsTheReader looks at every mail of a story: there is no picture,
// no foreign address, no way to unsubscribe that would hold a secret, and each secret
// stands in the links of its own mail alone.
func TestK8_NothingFollowsTheReader(t *testing.T) {
	w := apptest.New(t)
	story(w)
	all := w.Mails("")
	if len(all) < 10 {
		t.Fatalf("%d mails", len(all))
	}
	for i, m := range all {
		for _, part := range []string{"<img", "src=", "unsubscribe", "track", "utm_", "pixel", "url("} {
			if strings.Contains(strings.ToLower(m.HTML+m.Text), part) {
				t.Errorf("%s has %q", m.Kind, part)
			}
		}
		for _, l := range m.Links {
			if !strings.HasPrefix(l, w.URL+"/") {
				t.Errorf("%s leads to %s", m.Kind, l)
			}
			_, secret, ok := strings.Cut(l, "key=")
			if !ok || len(secret) < 30 {
				continue
			}
			for j, other := range all {
				if i != j && strings.Contains(other.Text+other.HTML, secret) && other.ID != m.ID {
					t.Errorf("the secret of %s is in %s too", m.Kind, other.Kind)
				}
			}
		}
	}
}
