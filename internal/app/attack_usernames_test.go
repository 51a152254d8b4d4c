package app_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// TestA8_UserNamesAreToldAtALimitedRate tries out user names: they are public, but
// a network may ask for few of them.
func TestA8_UserNamesAreToldAtALimitedRate(t *testing.T) {
	w := apptest.New(t, behindProxy)
	operator(w, "victim01", true)
	try := func(ip string) *apptest.Answer {
		return from(w, ip).Post("/api/auth/register", apptest.Form("victim01", "fresh@example.com"))
	}
	propose := func(ip string) *apptest.Answer {
		return from(w, ip).Get("/api/auth/username?email=victim01@example.com")
	}
	for what, ask := range map[string]struct {
		do     func(ip string) *apptest.Answer
		burst  int
		status int
		every  time.Duration
	}{"registration": {try, 20, 400, 5 * time.Minute}, "proposal": {propose, 30, 200, 10 * time.Second}} {
		for i := range ask.burst {
			ask.do(fmt.Sprintf("10.1.1.%d", i)).Is(ask.status)
		}
		if wait := throttled(t, ask.do("10.1.1.200")); time.Duration(wait)*time.Second != ask.every {
			t.Errorf("%s: the next in %d s", what, wait)
		}
		w.Clock.Add(ask.every)
		ask.do("10.1.1.201").Is(ask.status)
		throttled(t, ask.do("10.1.1.202"))
		ask.do("10.1.2.1").Is(ask.status)
	}
	if len(w.Mails("fresh@example.com")) != 0 {
		t.Error("a refused registration was mailed")
	}
}

// TestA8_RenamingTellsAtALimitedRate tries out user names by taking them: an account
// may do that ten times an hour, whoever has them. What looks at no name does not
// count, and administrators may try any number.
func TestA8_RenamingTellsAtALimitedRate(t *testing.T) {
	w := apptest.New(t)
	operator(w, "victim01", true)
	uid, second, chief := operator(w, "curious1", true), operator(w, "curious2", true), operator(w, "chief001", true, "admin")
	c, other, admin := w.SignIn("curious1"), w.SignIn("curious2"), w.SignIn("chief001")
	try := func(c *apptest.Client, uid int64, name string) *apptest.Answer {
		return c.Patch(fmt.Sprint("/api/users/", uid), object{"username": name, "first_name": "Eve"})
	}
	taken := func(c *apptest.Client, uid int64) { try(c, uid, "victim01").Is(400).Has(`"username"`) }
	for range 12 {
		c.Patch(fmt.Sprint("/api/users/", uid), object{"first_name": "Ada"}).Is(200)
		try(c, uid, "curious1").Is(200) // their own
		try(c, uid, "no name").Is(400)
	}
	for range 9 {
		taken(c, uid)
	}
	try(c, uid, "curious3").Is(200)
	for _, name := range []string{"victim01", "nobody01"} {
		if wait := throttled(t, try(c, uid, name)); wait != 360 {
			t.Errorf("%s: the next in %d s", name, wait)
		}
	}
	c.Patch(fmt.Sprint("/api/users/", uid), object{"first_name": "Ada"}).Is(200)
	taken(other, second)
	w.Clock.Add(6 * time.Minute)
	taken(c, uid)
	throttled(t, try(c, uid, "nobody01"))
	for range 12 {
		taken(admin, chief)
		taken(admin, second)
	}
}
