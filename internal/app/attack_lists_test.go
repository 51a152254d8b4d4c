package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestG17_GO20264801_Cursors uses the cursor of an audit log where it was not made,
// changed, too late, and in place of it what is none.
func TestG17_GO20264801_Cursors(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	w.Join("mallory", "mallory@example.org")
	owner, mallory := w.SignIn("founder"), w.SignIn("mallory")
	acme, beta := w.Found(owner, "acme"), w.Found(mallory, "beta")
	for i := range 3 {
		acme.Invite(fmt.Sprintf("guest%d@example.org", i), "worker")
		beta.Invite(fmt.Sprintf("guest%d@example.org", i), "worker")
		owner.Post("/api/auth/access_tokens", object{"name": fmt.Sprint("robot", i)}).Is(201)
		mallory.Post("/api/auth/access_tokens", object{"name": fmt.Sprint("robot", i)}).Is(201)
	}
	first := func(c *apptest.Client, path string) string {
		return c.Get(path + "?page_size=1").Is(200).String("next")
	}
	at := func(c *apptest.Client, path, cursor string) *apptest.Answer {
		return c.Get(path + "?page_size=1&cursor=" + url.QueryEscape(cursor))
	}
	ofAcme, ofFounder := first(owner, acme.Path("/audit")), first(owner, "/api/users/self/audit")
	at(owner, acme.Path("/audit"), ofAcme).Is(200)
	bad := func(c *apptest.Client, path, cursor string) {
		t.Helper()
		if a := at(c, path, cursor); a.Status != 400 || strings.Contains(a.Body, "acme") || len(a.Body) > 300 {
			t.Errorf("%s with %.60q: %d %.300s", path, cursor, a.Status, a.Body)
		}
	}
	bad(mallory, beta.Path("/audit"), ofAcme)
	bad(mallory, "/api/users/self/audit", ofFounder)
	bad(owner, "/api/users/self/audit", ofAcme)
	bad(owner, acme.Path("/audit"), ofFounder)
	bad(owner, acme.Path("/audit")+"?action=membership.role&x=", ofAcme)
	for i := 0; i < len(ofAcme); i += 7 {
		bad(owner, acme.Path("/audit"), ofAcme[:i]+string('A'+(ofAcme[i]+1)%26)+ofAcme[i+1:])
	}
	for _, text := range []string{"1' OR '1'='1", "'; DROP TABLE items;--", "{\"SK\":\"~\"}", "eyJTSyI6In4ifQ", "..", "\x00", strings.Repeat("A", 5000), ofAcme + "A", ofAcme + "\n", " " + ofAcme} {
		bad(owner, acme.Path("/audit"), text)
	}
	w.Clock.Add(time.Hour)
	bad(owner, acme.Path("/audit"), ofAcme)
}

// hidden are fields that rows have, or that similar systems have, and no list shows
// or may be asked about.
var hidden = []string{"password", "hash", "email", "epoch", "groups", "is_superuser", "secret", "seed", "token", "csrf", "owner__password", "user.email", "pat_epoch", "seats", "inviter", "$where", "owner[email]"}

// TestG18_HiddenFields filters, sorts, searches and expands lists by what they do not
// show. A filter by such a field is refused; a parameter that is none changes nothing.
func TestG18_HiddenFields(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	names := []string{"zoe001", "adam01", "mila01"} // not in the order of their ids
	for _, n := range names {
		team.Join(n, "worker")
		team.Owner.Post("/api/auth/access_tokens", object{"name": n}).Is(201)
		w.Found(w.SignIn(n), n)
	}
	team.Invite("guest@example.org", "worker")
	member := team.In(w.SignIn("adam01"))
	for _, path := range []string{"/api/users", "/api/memberships", "/api/invitations", "/api/organizations", "/api/auth/access_tokens"} {
		for who, c := range map[string]*apptest.Client{"owner": team.In(team.Owner), "member": member} {
			if path == "/api/auth/access_tokens" {
				c = c.With("X-Organization", "")
			}
			plain := rowsOf(t, c.Get(path).Is(200))
			for _, field := range hidden {
				q := url.Values{"filter": {fmt.Sprintf(`{"==":[{"var":%q},"x"]}`, field)}}.Encode()
				if a := c.Get(path + "?" + q); a.Status != 400 || strings.Contains(a.Body, "argon2") {
					t.Errorf("%s, %s filters by %s: %d %.200s", who, path, field, a.Status, a.Body)
				}
				for _, q := range []string{"sort=" + url.QueryEscape(field), "sort=-" + url.QueryEscape(field), url.QueryEscape(field) + "=x", "expand=" + url.QueryEscape(field), "fields=" + url.QueryEscape(field), "include=" + url.QueryEscape(field), "search_fields=" + url.QueryEscape(field)} {
					if a := c.Get(path + "?" + q); a.Status != 400 && !slices.Equal(rowsOf(t, a.Is(200)), plain) {
						t.Errorf("%s, %s?%s: %.200s", who, path, q, a.Body)
					}
				}
			}
		}
	}
	for _, text := range []string{"mila01@example.org", "example.org", "$argon2id", "active"} {
		member.Get("/api/users?search=" + url.QueryEscape(text)).Is(200).Has(`"count":0`)
	}
}

// rowsOf are the results of a list, each as text, in their order.
func rowsOf(t *testing.T, a *apptest.Answer) (rows []string) {
	t.Helper()
	for _, v := range a.JSON()["results"].([]any) {
		rows = append(rows, fmt.Sprint(v))
	}
	return rows
}

// TestJ12_Queries repeats, brackets and nests the parameters that routes read.
func TestJ12_Queries(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	team := w.Found(c, "acme")
	unchanged(t, w, func() {
		for _, path := range []string{"/api/users", "/api/memberships", "/api/invitations", "/api/organizations", "/api/auth/access_tokens"} {
			for _, q := range []string{"org=acme&org=beta", fmt.Sprintf("org_id=%d&org_id=%d", team.ID, team.ID), "page=1&page=1", "sort=id&sort=-id", "filter=&filter=", "page_size=1&page%5fsize=2"} {
				c.Get(path + "?" + q).Is(400)
			}
			plain := rowsOf(t, c.Get(path).Is(200))
			for _, q := range []string{"org[]=beta", "org.id=5", "search[]=zzz", "search[$ne]=zzz", "page_size[]=0", "filter[owner]=x", "a.b=c", "[]=1", "=1", "&&", "ORG=beta", "Org=beta"} {
				if a := c.Get(path + "?" + q); a.Status != 400 && !slices.Equal(rowsOf(t, a.Is(200)), plain) {
					t.Errorf("%s?%s: %.200s", path, q, a.Body)
				}
			}
		}
	})
}
