package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
)

// TestEdge walks through what no route serves.
func TestEdge(t *testing.T) {
	w := apptest.New(t)
	c := w.Client()
	c.Get("/api/server/about").Is(200).Has(`"version":"2.73.0+gatehouse.`)
	c.Get("/api/server/health").Is(200).Says(`{"status":"ok"}`)
	c.Get("/api/server/health/").Is(200).Says(`{"status":"ok"}`)
	c.Get("/api/server/health?deep=1").Is(200)
	if a := c.Get("/api/nothing").Is(404); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("404 is %s", a.Header.Get("Content-Type"))
	}
	c.Get("/api/users/").Is(404)
	c.Get("/api//users").Is(404)
	c.Do("PUT", "/api/users/7", nil).Is(401)
	c.Do("TRACE", "/api/auth/login", nil).Is(405)
	if a := c.Do("PUT", "/api/auth/login", nil).Is(405).Says(`{"detail":"Method \"PUT\" not allowed."}`); a.Header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("Allow: %s", a.Header.Get("Allow"))
	}
	c.Do("OPTIONS", "/api/users", nil).Is(401)
	if a := c.Do("OPTIONS", "/api/auth/login", nil).Is(200); a.Header.Get("Allow") != "POST, OPTIONS" || a.Body != "" {
		t.Errorf("OPTIONS: %s %q", a.Header.Get("Allow"), a.Body)
	}
	if a := c.Get("/api/auth/account-confirm-email/abc.def/").Is(303); a.Header.Get("Location") != "/auth/verify?key=abc.def" {
		t.Errorf("confirm-email leads to %s", a.Header.Get("Location"))
	}
	if a := c.Get("/api/auth/account-confirm-email/abc.def").Is(301); a.Header.Get("Location") != "/api/auth/account-confirm-email/abc.def/" {
		t.Errorf("without the slash it leads to %s", a.Header.Get("Location"))
	}
	w.Join("somebody", "somebody@x.test")
	s := w.SignIn("somebody")
	s.Do("PUT", "/api/users/7", nil).Is(405)
	s.Patch("/api/users/self", map[string]any{}).Is(405)
	s.Get("/api/users/abc").Is(404).Says(`{"detail":"Not found."}`)
	s.Get("/api/users/7").Is(404).Says(`{"detail":"No User matches the given query."}`)
}

// TestMediaTypes serves the name of our JSON that a client asks for.
func TestMediaTypes(t *testing.T) {
	w := apptest.New(t)
	for accept, want := range map[string]string{"application/vnd.cvat+json": "application/vnd.cvat+json", "application/json": "application/json", "*/*": "application/json"} {
		if got := w.Client().With("Accept", accept).Get("/api/server/about").Is(200).Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %s", accept, got)
		}
	}
	w.Client().With("Accept", "text/csv").Get("/api/server/about").Is(406).Says(`{"detail":"Could not satisfy the request Accept header."}`)
}

func TestDocuments(t *testing.T) {
	w := apptest.New(t)
	w.Join("somebody", "somebody@x.test")
	w.Client().Post("/api/auth/token", login("somebody")).Is(200)
	d := w.Client().Get("/.well-known/openid-configuration").Is(200)
	if d.String("issuer") != w.URL || d.String("jwks_uri") != w.URL+"/.well-known/jwks.json" {
		t.Errorf("discovery: %s", d.Body)
	}
	w.Client().Get("/.well-known/jwks.json").Is(200).Has(`"crv":"Ed25519"`)
}

// TestForms asks what a registration form needs to know.
func TestForms(t *testing.T) {
	w := apptest.New(t, apptest.Env("GATEHOUSE_AGREEMENTS", `[{"name":"terms","url":"https://x.test/terms","required":true,"text":"I accept."},{"name":"news","url":"","required":false,"text":"Write to me."}]`))
	c := w.Client()
	c.Get("/api/auth/agreements").Is(200).Has(`"name":"terms","url":"https://x.test/terms","required":true`)
	c.Get("/api/auth/methods?identity=ada@x.test").Is(200).Says(`{"password":true,"sso":null,"social":[]}`)
	c.Get("/api/auth/username?email=ada.byron@x.test").Is(200).Says(`{"username":"ada.byron"}`)
	form := apptest.Form("ada.byron", "ada.byron@x.test")
	c.Post("/api/auth/register", form).Is(400).Says(`{"confirmations":["Agreement terms must be accepted."]}`)
	form["confirmations"] = []map[string]any{{"name": "terms", "value": true}}
	c.Post("/api/auth/register", form).Is(201)
	c.Get("/api/auth/username?email=ada.byron@other.test").Is(200).Says(`{"username":"ada.byron2"}`)
	c.Get("/api/auth/username?email=nonsense").Is(400).Says(`{"email":["Enter a valid email address."]}`)
	c.Post("/api/auth/register", map[string]any{}).Is(400).Says(`{"username":["This field is required."],"email":["This field is required."],"password1":["This field is required."],"password2":["This field is required."]}`)
	weak := apptest.Form("grace", "grace@x.test")
	weak["password1"], weak["password2"] = "12345678", "87654321"
	c.Post("/api/auth/register", weak).Is(400).Has(`"password1":["This password is too common.","This password is entirely numeric."]`).Has("The two password fields didn't match.")
}

// TestProfile changes what people may change of themselves, and nothing else.
func TestProfile(t *testing.T) {
	w := apptest.New(t)
	w.Join("somebody", "somebody@x.test")
	w.Join("another1", "another@x.test")
	c := w.SignIn("somebody")
	self := fmt.Sprintf("/api/users/%.0f", c.Get("/api/users/self").Is(200).JSON()["id"].(float64))
	c.Patch(self, map[string]any{"first_name": "Grace", "last_name": "Hopper"}).Is(200).Has(`"first_name":"Grace","last_name":"Hopper"`)
	c.Patch(self, map[string]any{"username": "Another1"}).Is(400).Says(`{"username":["A user with that username already exists."]}`)
	c.Patch(self, map[string]any{"username": "renamed"}).Is(200)
	w.Client().Post("/api/auth/login", login("somebody")).Is(400)
	w.SignIn("renamed")
	w.Join("somebody", "third@x.test") // the old name is free again
	for field, value := range map[string]any{"email": "new@x.test", "groups": []string{"admin"}, "is_active": true, "is_staff": true, "is_superuser": true} {
		c.Patch(self, map[string]any{field: value}).Is(403)
	}
	c.Patch(self, map[string]any{"id": 7}).Is(403).Says(`{"detail":"Attempted to update an unknown field"}`)
	c.Get("/api/users/self/export").Is(200).Has(`"email":"somebody@x.test"`).Has(`"action":"user.update"`)
	c.Get("/api/users/self/audit?page_size=1").Is(200).Has(`"next":"`)
	c.Get("/api/users/self/audit?page_size=0").Is(400).Has("page_size")
	c.Get("/api/users/self/audit?cursor=forged").Is(400).Has("cursor")
	c.Get("/api/users?search=another").Is(200).Has(`"count":0`)
}

// TestAdministrator lists, searches and changes people, and looks at their mail.
func TestAdministrator(t *testing.T) {
	w := apptest.New(t)
	admin := administrator(w)
	for n := range 12 {
		w.Join(fmt.Sprintf("person%02d", n), fmt.Sprintf("person%02d@x.test", n))
		w.Clock.Add(3600e9)
	}
	first := admin.Get("/api/users?sort=username&search=person").Is(200)
	var page struct {
		Count   int
		Next    string
		Results []map[string]any
	}
	if err := json.Unmarshal([]byte(first.Body), &page); err != nil {
		t.Fatal(err)
	}
	if page.Count != 12 || len(page.Results) != 10 || page.Next != w.URL+"/api/users?page=2&search=person&sort=username" || page.Results[0]["email"] != "person00@x.test" {
		t.Errorf("first page: %s", first.Body)
	}
	id := page.Results[0]["id"].(float64)
	user := fmt.Sprintf("/api/users/%.0f", id)
	admin.Patch(user, map[string]any{"groups": []string{"worker"}}).Is(200).Has(`"groups":["worker"]`)
	admin.Patch(user, map[string]any{"groups": []string{"nope"}}).Is(400).Says(`{"groups":["Object with name=nope does not exist."]}`)
	admin.Patch(user, map[string]any{"email": "person01@x.test"}).Is(400).Has("email")
	admin.Patch(user, map[string]any{"is_active": false}).Is(200).Has(`"is_active":false`)
	admin.Get("/api/users?is_active=false").Is(200).Has(`"count":1`)
	w.SignIn("person01").Get("/api/mails").Is(403)

	admin.Get("/api/mails?to=person01@x.test").Is(200).Has(`"state":"sent"`).Has(`"kind":"confirm"`)
	w.FailMail(apptest.ErrDown)
	w.Client().Post("/api/auth/password/reset", map[string]any{"email": "person01@x.test"}).Is(200)
	w.Drain()
	admin.Get("/api/mails?state=queued").Is(200).Has(`"kind":"reset"`).Has("the carrier is down")
	w.FailMail(nil)
	w.Clock.Add(60e9)
	m := w.Mail("person01@x.test", "reset")
	if err := mail.Record(t.Context(), w.Parts.Table, mail.Report{Tag: m.Tag, State: mail.Bounced, Cause: "no such mailbox"}); err != nil {
		t.Fatal(err)
	}
	admin.Get("/api/mails?to=person01@x.test&state=bounced").Is(200).Has("no such mailbox")
}
