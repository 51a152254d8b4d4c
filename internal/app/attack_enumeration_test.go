package app_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/token"
)

// TestA3_StateOnlyAfterTheRightPassword: that an address waits for its confirmation
// is told to whoever has the password, and to nobody else.
func TestA3_StateOnlyAfterTheRightPassword(t *testing.T) {
	for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
		for field, suffix := range map[string]string{"username": "", "email": "@example.com"} {
			w := apptest.New(t, behindProxy)
			people(w)
			ask := func(pw string) *apptest.Answer {
				return w.Client().Post(path, object{field: "unver01" + suffix, "password": pw}).Is(400)
			}
			ask("not the password").Says(`{"non_field_errors":["Unable to log in with provided credentials."]}`)
			ask(apptest.Password).Has(`"code":"email_not_verified"`)
			w.Client().With("Authorization", basic("unver01"+suffix, "not the password")).Get("/api/users/self").Is(401).Has("Invalid username/password.")
			w.Client().With("Authorization", basic("unver01"+suffix, apptest.Password)).Get("/api/users/self").Is(401).Has("E-mail is not verified.")
		}
	}
}

// TestA3_LockedAccountLooksLikeNobody guesses until the account is closed, and as
// often at a name that nobody has. Neither the right password nor a wrong one tells
// which is which.
func TestA3_LockedAccountLooksLikeNobody(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	names := []string{"victim01", "nobody01"}
	for i := range 100 {
		for _, n := range names {
			guess(from(w, fmt.Sprintf("10.1.%d.1", i)), n).Is(400)
		}
		w.Clock.Add(time.Minute)
	}
	for _, pw := range []string{"not the password", apptest.Password} {
		got := map[string]seen{}
		for i, n := range names {
			c := from(w, fmt.Sprintf("10.2.%d.1", i))
			got[n] = observe(w, false, names, func() *apptest.Answer {
				return c.Post("/api/auth/login", object{"username": n, "password": pw}).Is(429)
			})
		}
		same(t, got)
	}
}

// TestA3_A4_AccountWithoutPassword signs in to, and asks for a reset of, an account
// that another issuer's token made: it looks like nobody.
func TestA3_A4_AccountWithoutPassword(t *testing.T) {
	a := newAbroad(t, true)
	a.who(a.oidc.Mint(object{"email": "known01@example.com", "preferred_username": "known01"}))
	for _, req := range []struct {
		path string
		body func(name string) object
	}{
		{"/api/auth/login", func(n string) object { return object{"username": n, "password": "not the password"} }},
		{"/api/auth/token", func(n string) object {
			return object{"email": n + "@example.com", "password": "not the password"}
		}},
		{"/api/auth/password/reset", func(n string) object { return object{"email": n + "@example.com"} }},
		{"/api/auth/verify-email/resend", func(n string) object { return object{"email": n + "@example.com"} }},
	} {
		got := map[string]seen{}
		for _, n := range []string{"known01", "fresh01"} {
			got[n] = observe(a.World, false, []string{n}, func() *apptest.Answer { return a.Client().Post(req.path, req.body(n)) })
		}
		same(t, got)
	}
}

// ownValues are members of an answer that differ from one object to the next.
var ownValues = regexp.MustCompile(`("(?:key|id|url|created_date|sent_date)":)("[^"]*"|\d+)`)

// TestA6_InviteKnownAndUnknown invites people who have an account and people who
// have none. Nobody who reads the invitation learns which.
func TestA6_InviteKnownAndUnknown(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	owner, got, read := team.In(team.Owner), map[string]seen{}, map[string]seen{}
	w.Clock.Add(time.Second) // ids of one millisecond may be alike
	names := people(w)
	w.Clock.Add(time.Second)
	for _, n := range names {
		var key string
		s := observe(w, false, []string{n}, func() *apptest.Answer {
			a := owner.Post("/api/invitations", object{"email": n + "@example.com", "role": "worker"}).Is(201)
			key = a.String("key")
			a.Has(`"username":"` + n + `@example.com"`)
			return a
		})
		s.body = ownValues.ReplaceAllString(s.body, "$1…")
		got[n] = s
		w.Drain()
		s = observe(w, false, []string{n, key}, func() *apptest.Answer { return owner.Get("/api/invitations/" + key).Is(200) })
		s.body = ownValues.ReplaceAllString(s.body, "$1…")
		read[n] = s
	}
	same(t, got)
	same(t, read)
	list := owner.Get("/api/invitations?page_size=all").Is(200).Body + owner.Get("/api/memberships?page_size=all").Is(200).Body
	for _, n := range names {
		if u, err := w.Accounts.FindUser(w.Context(), n); err == nil && strings.Contains(list, fmt.Sprintf(`"id":%d,`, u)) {
			t.Errorf("the id of %s is told before they have accepted", n)
		}
		if !strings.Contains(list, n+"@example.com") || strings.Contains(list, `"username":"`+n+`"`) {
			t.Errorf("%s: %s", n, list)
		}
	}
}

// TestA9_ZIT23511_MailLimitsOfKnownAndUnknown asks for more mails than one may.
func TestA9_ZIT23511_MailLimitsOfKnownAndUnknown(t *testing.T) {
	for path, more := range map[string]object{"/api/auth/password/reset": nil, "/api/auth/verify-email/resend": nil, "/api/auth/register": apptest.Form("", "")} {
		w := apptest.New(t, behindProxy)
		names := people(w)
		answers := map[string][]string{}
		for i, n := range names {
			for k := range 6 {
				body := object{"email": strings.ToUpper(n[:1]) + n[1:] + "@Example.com"}
				if more != nil {
					body = apptest.Form(fmt.Sprintf("newbie%d%d", i, k), body["email"].(string))
				}
				a := from(w, fmt.Sprintf("10.3.%d.1", 10*i+k)).Post(path, body)
				answers[n] = append(answers[n], fmt.Sprint(a.Status, a.Header.Get("Retry-After")))
			}
		}
		for _, n := range names {
			if !slices.Equal(answers[n], answers["fresh01"]) {
				t.Errorf("%s: %s: %q\nnobody: %q", path, n, answers[n], answers["fresh01"])
			}
		}
		if last := answers["fresh01"][5]; !strings.HasPrefix(last, "429") {
			t.Errorf("%s: no limit was met: %s", path, last)
		}
	}
}

// TestA9_ZIT23511_NamesOfBuckets: whoever reads the table learns no name that was
// tried, neither as it is nor by hashing a guess at it.
func TestA9_ZIT23511_NamesOfBuckets(t *testing.T) {
	w := apptest.New(t)
	for _, n := range []string{"nobody01", "nobody01@example.com"} {
		guess(w.Client(), n).Is(400)
		w.Client().Post("/api/auth/password/reset", object{"email": "nobody01@example.com"}).Is(200)
	}
	w.Drain()
	dump := w.Dump()
	for _, n := range []string{"nobody01", "nobody01@example.com"} {
		for _, trace := range []string{n, token.Hash("nobody", n), token.Hash("limit", n)} {
			if i := strings.Index(dump, trace); i >= 0 {
				t.Errorf("%s is in the table: %.300s", n, dump[max(0, i-100):])
			}
		}
	}
}

// TestA10_MethodsDependOnTheDomain asks how people may sign in.
func TestA10_MethodsDependOnTheDomain(t *testing.T) {
	w := apptest.New(t, behindProxy)
	got := probe(w, true, func(c *apptest.Client, name string) *apptest.Answer {
		return c.Get("/api/auth/methods?identity=" + name + "@example.com").Is(200)
	})
	same(t, got)
	if s := got["known01"]; len(s.calls) != 0 || !strings.Contains(s.body, `"password":true`) {
		t.Errorf("%s after %q", s.body, s.calls)
	}
}

// TestA11_OrganizationsOfOthers asks for what belongs to an organization that one
// has nothing to do with, and for what there is not.
func TestA11_OrganizationsOfOthers(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	h := hold(w, "holder01")
	h.found()
	operator(w, "stranger", true)
	c := w.SignIn("stranger")
	for path, id := range map[string]string{"/api/organizations/": h.org, "/api/memberships/": h.waiting, "/api/invitations/": h.invitation} {
		missing := id[:len(id)-3] + map[bool]string{true: "000", false: "aaa"}[len(id) < 64]
		for _, what := range []string{"GET ", "PATCH ", "DELETE ", "GET /audit", "POST /ownership", "DELETE /ownership", "POST /ownership/accept", "GET /delivery", "POST /accept", "POST /decline", "POST /resend"} {
			method, rest, _ := strings.Cut(what, " ")
			var body any
			if method == "PATCH" || method == "POST" && rest == "/ownership" {
				body = map[string]object{"/api/organizations/": {"user_id": 1}, "/api/memberships/": {"role": "worker"}}[path]
				if method == "PATCH" && path == "/api/organizations/" {
					body = object{"name": "x"}
				}
			}
			got := map[string]seen{}
			for which, v := range map[string]string{"foreign": id, "missing": missing} {
				got[which] = observe(w, false, nil, func() *apptest.Answer { return c.Do(method, path+v+rest, body) })
			}
			if got["foreign"].status == 405 || strings.Contains(got["foreign"].header, "text/html") {
				continue // no such route
			}
			same(t, got)
			if s := got["foreign"]; s.status != 404 {
				t.Errorf("%s %s: %d %s", what, path, s.status, s.body)
			}
		}
	}
	c.With("X-Organization", "held").Get("/api/memberships").Is(404)
	c.With("X-Organization", "none").Get("/api/memberships").Is(404)
}
