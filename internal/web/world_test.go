package web_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// The pages, the mail and the API of a whole installation fit together.
func TestInvitationInAWorld(t *testing.T) {
	w := apptest.New(t)
	w.Join("charles", "charles@example.com")
	team := w.Found(w.SignIn("charles"), "engines")
	key := team.Invite("grace@example.org", "supervisor")
	link, ok := strings.CutPrefix(w.Mail("grace@example.org", "invitation").Links[0], w.URL)
	if !ok {
		t.Fatal("the mail leads elsewhere")
	}
	c := w.Client().With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL).With("X-CSRFToken", "")
	if to := c.Get(link).Is(303).Header.Get("Location"); to != page0 {
		t.Fatal(to)
	}
	c.Get(page0).Is(200).Has("The engines").Has("supervisor")
	c.Get("/auth/register?invited=yes").Is(200).Has("grace@example.org")
	form := url.Values{"invitation": {key}, "username": {"grace.hopper"}, "password1": {apptest.Password}, "password2": {apptest.Password}}
	c.Post("/auth/register", form.Encode()).Is(303)
	c.Get(page0).Is(200).Has("You are now a member of “The engines”")
	if team.Membership("grace.hopper") == 0 {
		t.Error("no member")
	}

	w.Join("bobby", "bob@example.org")
	key = team.Invite("bob@example.org", "worker")
	c.Post("/auth/logout", "").Is(303)
	c.Get("/auth/login?email=bob%40example.org&invitation=" + key).Is(200).Has("bob@example.org")
	form = url.Values{"username": {"bobby"}, "password": {apptest.Password}, "next": {page0}}
	c.Post("/auth/login", form.Encode()).Is(303)
	c.Get(page0).Is(200).Has("Accept")
	c.Post(page0, url.Values{"invitation": {key}, "answer": {"accept"}, "once": {"n1"}}.Encode()).Is(303)
	c.Get(page0).Is(200).Has("You are now a member of “The engines”")
}
