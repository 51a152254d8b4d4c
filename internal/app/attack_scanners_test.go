package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestC6_InvitationSecretIsNoOtherLink shows the secret of an invitation where other
// links are asked for, and theirs where it is.
func TestC6_InvitationSecretIsNoOtherLink(t *testing.T) {
	w := apptest.New(t, limitsOff)
	links := mailLinks(w)
	q, _ := url.Parse(links["invitation"])
	before := w.Dump()
	for _, values := range q.Query() {
		for _, kind := range []string{"confirm", "email-confirm", "email-changed", "deletion", "reset"} {
			u, _ := url.Parse(links[kind])
			changed := u.Query()
			for _, name := range []string{"key", "token"} {
				if changed.Has(name) {
					changed.Set(name, values[0])
				}
			}
			use(w, kind, u.Path+"?"+changed.Encode()).Is(400)
		}
	}
	for kind, link := range links {
		f := apptest.Form("guest001", "invited@example.com")
		f["invitation"], f["invitation_secret"] = q.Query().Get("key"), secretIn(w, link)
		if f["invitation"] == "" {
			f["invitation"] = q.Query().Get("invitation")
		}
		if kind != "invitation" {
			w.Client().Post("/api/auth/register", f).Is(400)
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
	use(w, "invitation", links["invitation"]).Is(200)
}

// TestC7_EveryLinkSurvivesScanners opens each link as programs do that look into
// mails, and follows where it leads. Then it still does what it is for.
func TestC7_EveryLinkSurvivesScanners(t *testing.T) {
	w := apptest.New(t, limitsOff)
	links := mailLinks(w)
	before := w.Dump()
	for kind, link := range links {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for _, header := range []string{"Purpose", "Sec-Purpose", "User-Agent"} {
				c := w.Client().With(header, "prefetch")
				if to := c.Do(method, link, nil).Header.Get("Location"); to != "" {
					c.Do(method, strings.TrimPrefix(to, w.URL), nil)
				}
			}
		}
		if w.Dump() != before {
			t.Fatalf("%s: looking at the link changed the store", kind)
		}
	}
	for kind, link := range links {
		if a := use(w, kind, link); a.Status != 200 {
			t.Errorf("%s: %d %s", kind, a.Status, a.Body)
		}
	}
}

// TestC8_SecretsLeaveTheAddress opens each link: the secret goes from the address
// into a cookie that scripts cannot read, before anything could send a Referer, and
// is in no log.
func TestC8_SecretsLeaveTheAddress(t *testing.T) {
	w := apptest.New(t, limitsOff)
	for kind, link := range mailLinks(w) {
		secret := secretIn(w, link)
		c := w.Client()
		a := c.Get(link).Is(303)
		to := a.Header.Get("Location")
		if u, err := url.Parse(to); err != nil || u.RawQuery != "" || u.Fragment != "" || strings.Contains(to+a.Body, secret) {
			t.Errorf("%s leads to %s", kind, to)
		}
		held := strings.Join(a.Header["Set-Cookie"], "\n")
		if !strings.Contains(held, "HttpOnly") || !strings.Contains(held, "Max-Age=900") || !strings.Contains(held, "SameSite=Lax") {
			t.Errorf("%s: cookie %s", kind, held)
		}
		shown := c.Get(strings.TrimPrefix(to, w.URL))
		for _, x := range []*apptest.Answer{a, shown} {
			if x.Header.Get("Referrer-Policy") != "no-referrer" || x.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: headers %s", kind, headerText(x.Header))
			}
		}
		if strings.Contains(shown.Body, secret) || shown.Status != 200 && shown.Status != 303 {
			t.Errorf("%s: the page is %d, and has the secret: %v", kind, shown.Status, strings.Contains(shown.Body, secret))
		}
		if strings.Contains(w.Logged.String(), secret) {
			t.Errorf("%s: the secret was logged", kind)
		}
	}
	if len(w.Logged.String()) < 1000 {
		t.Error("nothing was logged")
	}
}
