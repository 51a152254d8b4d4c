package app_test

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
)

// mailLinks are the links of every kind that a mail may have, each good at this
// moment, as paths with their queries. What confirms a change, undoes one and takes
// a deletion back belongs to an account each.
func mailLinks(w *apptest.World) map[string]string {
	w.Helper()
	for _, n := range []string{"asking01", "moved001", "leaver01", "forgot01", "founder1"} {
		operator(w, n, true)
	}
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	w.SignIn("asking01").Post("/api/auth/email", object{"email": "asked@example.com"}).Is(200)
	moveTo(w, w.SignIn("moved001"), "elsewhere@example.com")
	w.SignIn("leaver01").Post("/api/users/self/deletion", nil).Is(200)
	w.Client().Post("/api/auth/password/reset", object{"email": "forgot01@example.com"}).Is(200)
	w.Found(w.SignIn("founder1"), "acme").Invite("invited@example.com", "worker")
	links := map[string]string{}
	for kind, to := range map[string]string{"confirm": "newbie01@example.com", "email-confirm": "asked@example.com", "email-changed": "moved001@example.com",
		"deletion": "leaver01@example.com", "reset": "forgot01@example.com", "invitation": "invited@example.com"} {
		for _, l := range w.Mail(to, kind).Links {
			if path := strings.TrimPrefix(l, w.URL); strings.Contains(path, "?") && links[kind] == "" {
				links[kind] = path
			}
		}
		if links[kind] == "" {
			w.Fatalf("no link in the mail %s", kind)
		}
	}
	return links
}

// secretIn is what a link proves its reader with.
func secretIn(w *apptest.World, link string) string {
	w.Helper()
	u, err := url.Parse(link)
	if err != nil {
		w.Fatal(err)
	}
	q := u.Query()
	for _, name := range []string{"key", "token", "t"} {
		if v := q.Get(name); len(v) > 20 {
			return v
		}
	}
	w.Fatalf("no secret in %s", link)
	return ""
}

// use does at the API what a link is for.
func use(w *apptest.World, kind, link string) *apptest.Answer {
	w.Helper()
	u, _ := url.Parse(link)
	q := u.Query()
	switch kind {
	case "confirm":
		return w.Client().Post("/api/auth/verify-email", withKey(q.Get("key")))
	case "email-confirm":
		return w.Client().Post("/api/auth/email/confirm", withKey(q.Get("key")))
	case "email-changed":
		return w.Client().Post("/api/auth/email/undo", withKey(q.Get("key")))
	case "deletion":
		return w.Client().Do("DELETE", "/api/users/self/deletion", withKey(q.Get("key")))
	case "reset":
		return setByReset(w, q.Get("uid"), q.Get("token"), otherPassword)
	}
	f := apptest.Form("guest001", "invited@example.com")
	f["invitation"], f["invitation_secret"] = q.Get("invitation"), secretIn(w, link)
	if q.Get("key") != "" {
		f["invitation"] = q.Get("key")
	}
	a := w.Client().Post("/api/auth/register", f)
	if a.Status == 201 {
		a.Status = 200
	}
	return a
}

// TestC1_ZIT2wmj_HostOfTheRequest asks for every mail under another host name, and
// by a request line that has one.
func TestC1_ZIT2wmj_HostOfTheRequest(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	c := w.SignIn("victim01")
	w.Found(c, "acme")
	cookie := "sessionid=" + c.Cookie("sessionid") + "; csrftoken=" + c.Cookie("csrftoken")
	requests := 0
	for i, host := range []string{"evil.example", "evil.example:80", "evil.example\r\nX-Forwarded-Host: evil.example"} {
		for _, target := range []string{"", "http://evil.example", "http://user@evil.example"} {
			n := fmt.Sprintf("%d%d", i, len(target))
			for path, body := range map[string]string{
				"/api/auth/password/reset":      `{"email":"victim01@example.com"}`,
				"/api/auth/register":            `{"username":"newbie` + n + `","email":"newbie` + n + `@example.com","password1":"` + newPassword + `","password2":"` + newPassword + `"}`,
				"/api/auth/verify-email/resend": `{"email":"newbie` + n + `@example.com"}`,
				"/api/auth/email":               `{"email":"moved` + n + `@example.com"}`,
				"/api/invitations?org=acme":     `{"email":"guest` + n + `@example.com","role":"worker"}`,
			} {
				conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "POST %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nCookie: %s\r\nX-CSRFToken: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
					target, path, host, cookie, c.Cookie("csrftoken"), len(body), body)
				res, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				conn.Close()
				if res.StatusCode > 201 && target == "" {
					t.Errorf("%s as %s: %d", path, host, res.StatusCode)
				}
				requests++
			}
		}
	}
	mails := w.Mails("")
	kinds := map[string]bool{}
	for _, m := range mails {
		kinds[m.Kind] = true
		for _, l := range m.Links {
			if !strings.HasPrefix(l, w.URL+"/") {
				t.Errorf("%s: link %s", m.Kind, l)
			}
		}
		if strings.Contains(m.Text+m.HTML+m.Subject, "evil") {
			t.Errorf("%s: the host is in the mail", m.Kind)
		}
	}
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, []string{"confirm", "email-confirm", "invitation", "reset"}) {
		t.Errorf("%d requests made mails %v", requests, got)
	}
}

// TestC3_EveryLinkOnce uses each link sixteen times at once, and then once more.
func TestC3_EveryLinkOnce(t *testing.T) {
	w := apptest.New(t, limitsOff)
	for kind, link := range mailLinks(w) {
		got := parallel(16, func(int) int { return patient(func() *apptest.Answer { return use(w, kind, link) }).Status })
		if got[200] != 1 || got[400] != 15 {
			t.Errorf("%s: answers %v", kind, got)
		}
		use(w, kind, link).Is(400)
	}
}

// TestC9_NewAddressCountsAfterItsProof asks for another address, with a session that
// somebody stole: nothing changes before the new address has confirmed.
func TestC9_NewAddressCountsAfterItsProof(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	thief := w.SignIn("victim01")
	w.Clock.Add(5*time.Minute + time.Second)
	before := w.Dump()
	thief.Post("/api/auth/email", object{"email": "evil@example.com"}).Is(403).Has("reauth_required")
	if w.Dump() != before {
		t.Error("a refused change was stored")
	}
	thief.Post("/api/auth/reauthenticate", object{"password": apptest.Password}).Is(200)
	thief.Post("/api/auth/email", object{"email": "evil@example.com"}).Is(200)
	key := apptest.Key(w, w.Mail("evil@example.com", "email-confirm").Links[0])
	thief.Get("/api/users/self").Is(200).Has(`"email":"victim01@example.com"`)
	w.Client().Post("/api/auth/login", object{"email": "evil@example.com", "password": apptest.Password}).Is(400)
	w.Client().Post("/api/auth/password/reset", object{"email": "evil@example.com"}).Is(200)
	for _, m := range w.Mails("evil@example.com") {
		if m.Kind == "reset" {
			t.Error("an address that was not confirmed got a link to reset the password")
		}
	}
	w.SignIn("victim01@example.com")
	w.Client().Post("/api/auth/email/confirm", withKey(key)).Is(200)
	undo := w.Mail("victim01@example.com", "email-changed")
	w.Clock.Add(7*24*time.Hour - time.Second)
	w.Client().Post("/api/auth/email/undo", withKey(apptest.Key(w, undo.Links[0]))).Is(200)
	thief.Get("/api/users/self").Is(401)
}

// TestIDOfTheInviter has somebody who registers by an invitation draw the id of
// whoever sent it: that is a lost race, after which another is drawn, and no error.
func TestIDOfTheInviter(t *testing.T) {
	w := apptest.New(t, limitsOff)
	uid := operator(w, "founder1", true)
	key := w.Found(w.SignIn("founder1"), "acme").Invite("invited@example.com", "worker")
	_, err := w.Parts.Invites().Join(w.Context(), key, "", profile.Profile{UID: uid, Username: "guest001", Email: "invited@example.com", Verified: true})
	if _, lost := store.Conflict(err); !lost {
		t.Errorf("%v", err)
	}
}
