package account_test

import (
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/session"
)

// world is an organization, acme, of an owner, a maintainer and a worker, with
// somebody invited; and people outside.
type world struct {
	*site
	owner, maintainer, worker, stranger, admin int64
}

const waiting = 77

func newWorld(t *testing.T) *world {
	w := &world{site: newSite(t)}
	w.owner, w.maintainer, w.worker, w.stranger = w.user("owner"), w.user("maintainer"), w.user("worker"), w.user("stranger")
	w.admin = w.user("admin", "admin")
	w.org(5, "acme", w.owner, map[int64]string{w.owner: "owner", w.maintainer: "maintainer", w.worker: "worker"})
	w.people[5] = []account.Person{{UID: w.owner, Username: "owner", Active: true}, {UID: w.maintainer, Username: "maintainer", Active: true},
		{UID: w.worker, Username: "worker", First: "Ada", Active: true}, {UID: waiting, Username: "new@example.com", Active: true}}
	return w
}

func TestUsersOfAnOrganization(t *testing.T) {
	w := newWorld(t)
	const list = "GET /api/users?org=acme&sort=username"
	for uid, want := range map[int64]string{w.owner: "maintainer new@example.com owner worker", w.maintainer: "maintainer new@example.com owner worker",
		w.worker: "maintainer owner worker", w.admin: "maintainer new@example.com owner worker"} {
		if got := w.as(uid, list, "").names(); got != want {
			t.Errorf("%d sees %q, want %q", uid, got, want)
		}
	}
	w.as(w.admin, "GET /api/users?org=acme&search=new", "").is(200, `"count":1`, `"id":77`)
	w.as(w.stranger, list, "").is(404, "acme organization does not exist.")
	w.as(w.worker, "GET /api/users?org=acme&org_id=5", "").is(400, "You cannot specify")
	w.as(w.worker, "GET /api/users/self", "", "x-organization", "nope").is(404, "nope organization does not exist.")
	w.as(w.worker, "GET /api/users?page=x&org=acme", "").is(404)
}

func TestUsersWithoutAnOrganization(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		who        int64
		line, want string
	}{
		{w.worker, "GET /api/users", "worker"},
		{w.worker, "GET /api/users?org=", ""},
		{w.stranger, "GET /api/users?org=", "stranger"},
		{w.admin, "GET /api/users?sort=username", "admin maintainer owner stranger worker"},
		{w.admin, "GET /api/users?sort=username&org=", "admin stranger"},
		{w.admin, "GET /api/users?search=work&org_id=", ""},
		{w.admin, "GET /api/users?search=stran&org=&page_size=1", "stranger"},
	} {
		if got := w.as(c.who, c.line, "").names(); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
	w.as(w.admin, "GET /api/users?org=&page_size=1", "").is(200, `"count":2`, `"next":"https://gatehouse.example/api/users?org=&page=2`)
	w.as(w.admin, "GET /api/users?org=&page=3&page_size=1", "").is(404)
	w.as(w.stranger, `GET /api/users?filter={"x":1}`, "").is(400)
}

func TestUserInAnOrganization(t *testing.T) {
	w := newWorld(t)
	const in = "?org=acme"
	full, basic := `"is_superuser"`, `"username":"worker"`
	w.as(w.worker, "GET "+path(w.worker)+in, "").is(200, full)
	if b := w.as(w.owner, "GET "+path(w.worker)+in, "").is(200, basic).Body; strings.Contains(string(b), full) {
		t.Errorf("a member sees all of another: %s", b)
	}
	w.as(w.worker, "GET "+path(waiting)+in, "").is(404)
	w.as(w.maintainer, "GET "+path(waiting)+in, "").is(200, "new@example.com")
	w.as(w.admin, "GET "+path(waiting)+in, "").is(200, "new@example.com")
	w.as(w.admin, "GET "+path(waiting), "").is(404)
	w.as(w.worker, "GET "+path(w.stranger)+in, "").is(404, "No User matches the given query.")
	w.as(w.worker, "GET "+path(12345)+in, "").is(404, "No User matches the given query.")
	w.as(w.worker, "GET "+path(w.owner), "").is(404)
	w.as(w.admin, "GET "+path(w.stranger)+in, "").is(200)
	for _, method := range []string{"PATCH ", "DELETE "} {
		w.as(w.owner, method+path(w.worker)+in, `{"first_name":"Eve"}`).is(403, `"code":"permission_denied"`, `"organization_role":"owner"`)
		w.as(w.owner, method+path(waiting)+in, `{"first_name":"Eve"}`).is(403)
		w.as(w.owner, method+path(w.stranger)+in, `{"first_name":"Eve"}`).is(404)
		w.as(w.admin, method+path(waiting)+in, `{"first_name":"Eve"}`).is(404)
		w.as(w.stranger, method+path(w.worker), `{"first_name":"Eve"}`).is(404)
	}
	if w.status(w.worker) != session.Active {
		t.Error("the account is gone")
	}
}

func TestPatchIsJudgedBeforeItsForm(t *testing.T) {
	w := newWorld(t)
	const bad = `{"username":"","email":7}`
	w.as(w.stranger, "PATCH "+path(w.worker), bad).is(404)
	w.as(w.worker, "PATCH "+path(w.worker), bad).is(403, `"scope":"users:update:email"`, `{"group":"admin"}`)
	w.as(w.worker, "PATCH "+path(w.worker), `{"username":""}`).is(400, `"username":[`)
	w.as(w.worker, "PATCH "+path(w.worker), `{"groups":"x","nope":1}`).is(403, "Attempted to update an unknown field")
	w.as(w.admin, "PATCH "+path(w.worker), `{"nope":1}`).is(403, "Attempted to update an unknown field")
	w.as(w.stranger, "PATCH "+path(w.worker), `{"nope":1}`).is(404)
	w.as(w.worker, "PATCH "+path(w.worker), `{}`).is(200, `"username":"worker"`)
	w.as(w.worker, "PATCH "+path(w.worker), `{"username":"worker.two"}`).is(200, `"username":"worker.two"`)
}

func TestTokensOnlyLook(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"false", "true"} {
		pat := w.pat(w.worker, `{"name":"robot","read_only":`+kind+`}`)
		other := w.pat(w.stranger, `{"name":"robot"}`)
		for _, line := range []string{"GET /api/users", "GET /api/users/self", "GET " + path(w.worker), "GET " + path(w.owner) + "?org=acme",
			"GET /api/auth/access_tokens", "GET /api/auth/access_tokens/self", "GET " + pat.path} {
			w.call(pat.ticket, line, "").is(200)
		}
		for _, line := range []string{"PATCH " + path(w.worker), "DELETE " + path(w.worker), "POST /api/auth/access_tokens", "PATCH " + pat.path, "DELETE " + pat.path,
			"POST /api/users/self/deletion", "DELETE /api/auth/sessions", "POST /api/auth/email"} {
			w.call(pat.ticket, line, `{"name":"x"}`).is(403)
		}
		for _, method := range []string{"GET ", "PATCH ", "DELETE "} {
			w.call(pat.ticket, method+other.path, `{"name":"x"}`, "x-organization", "acme").is(404)
			w.as(w.worker, method+other.path+"0", `{"name":7}`).is(404)
			w.as(w.worker, method+other.path, `{"name":7}`, "x-organization", "acme").is(404)
		}
		w.as(w.admin, "GET "+pat.path, "").is(200, `"username":"worker"`)
		w.as(w.admin, "PATCH "+pat.path, `{"name":"renamed"}`).is(200, `"name":"renamed"`, `"username":"worker"`)
		w.as(w.worker, "PATCH "+pat.path, `{"name":""}`).is(400, `"name":[`)
		w.as(w.worker, "DELETE "+pat.path, "").is(204)
		w.as(w.worker, "GET "+pat.path, "").is(404)
	}
	w.as(w.worker, "GET /api/auth/access_tokens/self", "").is(401)
}

func TestTokensNeedAGroup(t *testing.T) {
	w := newWorld(t)
	pat := w.pat(w.worker, `{"name":"robot"}`)
	w.as(w.admin, "PATCH "+path(w.worker), `{"groups":[]}`).is(200)
	for _, line := range []string{"GET /api/auth/access_tokens", "POST /api/auth/access_tokens", "GET " + pat.path, "PATCH " + pat.path, "DELETE " + pat.path} {
		w.as(w.worker, line, `{"name":7}`).is(403, `"would_allow":[{"group":"worker"}]`)
	}
	w.as(w.worker, "GET /api/users/self", "").is(200)
	w.as(w.worker, "PATCH "+path(w.worker), `{"first_name":"Eve"}`).is(200)
	w.as(w.worker, "GET /api/users/self/export", "").is(200, `"access_tokens":[{`)
}

// pat is an access token that was made.
type pat struct {
	ticket session.Ticket
	path   string
}

func (w *world) pat(uid int64, body string) pat {
	w.Helper()
	b := string(w.as(uid, "POST /api/auth/access_tokens", body).is(201).Body)
	part := func(after, until string) string {
		_, rest, _ := strings.Cut(b, after)
		v, _, _ := strings.Cut(rest, until)
		return v
	}
	t, err := session.Find(w.Context(), w.accounts.Table, session.CredPAT, part(`"value":"`, `"`))
	if err != nil || t.Code != session.OK {
		w.Fatalf("%q %v", t.Code, err)
	}
	return pat{t, "/api/auth/access_tokens/" + part(`"id":`, ",")}
}
