package web_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
)

// The page is no second way to guess a password.
func TestB8_KC9798_ZIT64102_OwnershipPasswordIsLimited(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	form := bob.get(engines).accept()
	o.accounts.Limits.Off = false
	for range 10 {
		bob.post(place, append(form, "password", "wrong")...).is(400).says("The password is not correct.")
	}
	p := bob.post(place, append(form, "password", phrase)...).is(429).says("Too many attempts. Try again in", "Decline")
	if p.Header["Retry-After"] == "" {
		t.Error("nothing says when to try again")
	}
	o.owns(boss, bob, "owner", "worker")
	bob.get(engines).is(200)
}

func TestLookingAtAnOrganizationChangesNothing(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	form := url.Values{}
	for pairs := bob.get(engines).accept("password", phrase); len(pairs) > 0; pairs = pairs[2:] {
		form.Set(pairs[0], pairs[1])
	}
	before := o.dump()
	for _, b := range []*browser{o.browser(), bob, boss} {
		for _, method := range []string{"HEAD", "GET"} {
			b.do(method, engines, "", nil)
			b.do(method, place+"?org=unknown", "", nil)
			b.do(method, place+"?"+form.Encode(), form.Encode(), map[string]string{"content-type": "application/x-www-form-urlencoded", "origin": base})
		}
	}
	// Nor does a form of another site.
	for _, from := range []map[string]string{{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": base, "sec-fetch-site": "cross-site"}} {
		from["content-type"] = "application/x-www-form-urlencoded"
		bob.do("POST", place, form.Encode(), from).is(403)
	}
	if o.dump() != before {
		t.Error("looking has changed something")
	}
}

func TestHostileNamesOnAnOrganizationPage(t *testing.T) {
	o, boss, bob := crew(t, `<script>alert(1)</script>”. Visit {{.}} %s "evil" & more`)
	o.offer(bob)
	shown := "“<bdi>&lt;script&gt;alert(1)&lt;/script&gt;”. Visit {{.}} %s &#34;evil&#34; &amp; more</bdi>”"
	bob.get(engines).is(200).says(shown).hides("<script", "%!")
	boss.get(engines).is(200).says(shown).hides("<script", "%!")
	bob.post(place, bob.get(engines).accept("password", `"><script>`)...).is(400).says(shown).hides("<script", "%!")
	bob.cookies["__Host-gh_flow"] = "notice+%3Cscript%3E"
	bob.get(engines).is(200).hides("<script")
	bob.follow(bob.post(place, bob.get(engines).accept("password", phrase)...), engines).is(200).says(shown).hides("<script", "%!")
}

func TestStoreThatDoesNotAnswerAboutOrganizations(t *testing.T) {
	o, _, bob := crew(t, "Engines")
	o.offer(bob)
	form := bob.get(engines).accept("password", phrase)
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
	bob.get(engines).is(503).says("We are busy").hides("Engines")
	bob.post(place, form...).is(503).says("We are busy").hides("Engines")
}

// The mail of an offer leads to the page, in a whole installation.
func TestOwnershipInAWorld(t *testing.T) {
	w := apptest.New(t, apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on"))
	w.Join("charles", "charles@example.com")
	team := w.Found(w.SignIn("charles"), "engines")
	team.Join("bobby", "worker")
	uid := w.SignIn("bobby").Get("/api/users/self").Is(200).Int("id")
	team.In(team.Owner).Post(team.Path("/ownership"), map[string]any{"user_id": uid}).Is(200)
	link, ok := strings.CutPrefix(w.Mail("bobby@example.org", "ownership-offer").Links[0], w.URL)
	if !ok || link != engines {
		t.Fatalf("the mail leads to %q", link)
	}
	c := w.Client().With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL).With("X-CSRFToken", "")
	if to := c.Get(link).Is(303).Header.Get("Location"); to != toEngines {
		t.Fatal(to)
	}
	c.Post(account.PageLogin, url.Values{"username": {"bobby"}, "password": {apptest.Password}, "next": {link}}.Encode()).Is(303)
	p := c.Get(link).Is(200).Has("The engines").Has("You are asked to become the owner")
	form := url.Values{"org": {"engines"}, "answer": {"accept"}, "once": {"n1"}, "password": {apptest.Password}}
	_, mark, _ := strings.Cut(p.Body, `name="offer" value="`)
	mark, _, _ = strings.Cut(mark, `"`)
	form.Set("offer", mark)
	c.Post(place, form.Encode()).Is(303)
	c.Get(link).Is(200).Has("You are the owner of this organization now.").Has("<bdi>bobby</bdi>")
	if a := w.Mail("charles@example.com", "ownership-changed"); !strings.HasSuffix(a.Links[0], engines) {
		t.Errorf("the former owner is led to %q", a.Links[0])
	}
	team.Owner.Get(team.Path("")).Is(200).Has(`"bobby"`)
}
