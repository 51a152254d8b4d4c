package web_test

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/web"
)

const (
	place     = "/auth/organization"
	engines   = place + "?org=engines"
	toEngines = "/auth/login?next=%2Fauth%2Forganization%3Forg%3Dengines"
	noPlace   = "There is no such organization"
)

// crew is an organization of charles in which bob is a member; both have signed in.
func crew(t *testing.T, name string) (o *office, boss, bob *browser) {
	o, bob, _, link := hire(t, name)
	boss = o.browser()
	boss.signIn("charles").is(303)
	bob.signIn("bobby").is(303)
	bob.get(link).is(303)
	bob.post(page0, bob.get(page0).hidden("Accept")...).leads(page0)
	return o, boss, bob
}

// offer offers the organization to whoever has signed in with a browser.
func (o *office) offer(b *browser) {
	o.Helper()
	_, err := api.AttemptJudged(o.meta(), o.gate, &api.Request{ID: "r3", Method: "POST"}, &o.owner, "", org.OfferRequest{ID: o.id, User: o.caller(b).UID}, o.orgs.OfferOwnership)
	if err != nil {
		o.Fatal(err)
	}
}

// owns fails the test unless these are the roles of the two.
func (o *office) owns(boss, bob *browser, bossRole, bobRole string) {
	o.Helper()
	if a, b := o.role(o.caller(boss).UID), o.role(o.caller(bob).UID); a != bossRole || b != bobRole {
		o.Fatalf("charles is %q, bob is %q; want %q, %q", a, b, bossRole, bobRole)
	}
}

func (p page) accept(more ...string) []string {
	p.Helper()
	return append(p.hidden("Accept and become the owner"), more...)
}

func TestOrganizationPage(t *testing.T) {
	o, boss, bob := crew(t, "Analytical Engines")
	for _, b := range []*browser{boss, bob} {
		b.get(engines).is(200).says("<h1>The organization “Analytical Engines”</h1>", "“<bdi>engines</bdi>”", "<bdi>charles</bdi>").hides("Accept", "Decline", "Take the offer back", "<form")
	}
	boss.get(engines).says("<dd>owner</dd>")
	bob.get(engines).says("<dd>worker</dd>")
	o.offer(bob)
	bob.get(engines).is(200).says("You are asked to become the owner", "If you accept, you become the owner, and “charles” becomes a maintainer.", "30 Nov 2026, 07:40 UTC", `type="password"`, "Decline").hides("Take the offer back")
	boss.get(engines).is(200).says("You have asked “bobby” to become the owner", "Take the offer back").hides(`type="password"`, "Decline")
	// A member whom it does not concern sees nothing of it.
	ada := o.browser()
	ada.join("adabyron", "ada@example.com")
	ada.signIn("adabyron").is(303)
	_, link := o.invite("ada@example.com")
	ada.get(link).is(303)
	ada.post(page0, ada.get(page0).hidden("Accept")...).leads(page0)
	ada.get(engines).is(200).says("Analytical Engines").hides("asked", "bobby", "<form")
	offer := bob.get(engines).accept("password", phrase)
	ada.post(place, offer...).leads(engines)
	boss.post(place, offer...).leads(engines)
	o.owns(boss, bob, "owner", "worker")
	o.turn(7*24*time.Hour + time.Second)
	bob.signIn("bobby").is(303)
	boss.signIn("charles").is(303)
	bob.get(engines).is(200).hides("asked", "<form")
	boss.get(engines).is(200).hides("asked", "<form")
	bob.post(place, offer...).leads(engines)
	o.owns(boss, bob, "owner", "worker")
}

func TestOrganizationOfStrangers(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	ada := o.browser()
	ada.join("adabyron", "ada@example.com")
	ada.signIn("adabyron").is(303)
	o.invite("ada@example.com")
	offer := bob.get(engines).accept("password", phrase)
	first := string(ada.get(engines).is(404).says(noPlace, "You are signed in as “adabyron”").hides("engines", "Engines", "charles", "bobby").Body)
	odd := url.QueryEscape(`"><script>`)
	for _, target := range []string{place, place + "?org=", place + "?org=unknown", place + "?org=ENGINES", place + "?org=" + odd, place + "?org=engines%20", place + "?org=engines%0a",
		place + "?org=" + strings.Repeat("x", 17), place + "?org=" + strings.Repeat("x", 5000), place + "?slug=engines"} {
		if got := string(ada.get(target).is(404).Body); got != first {
			t.Errorf("%s has another page", target)
		}
	}
	for _, form := range [][]string{offer, {"org", "unknown", "answer", "accept"}, {}} {
		if got := string(ada.post(place, form...).is(404).Body); got != first {
			t.Errorf("%v has another page", form)
		}
	}
	o.owns(boss, bob, "owner", "worker")

	// Whoever has not signed in learns nothing either, and is led nowhere else.
	b := o.browser()
	for target, want := range map[string]string{
		engines: toEngines, place + "?org=unknown": strings.Replace(toEngines, "engines", "unknown", 1), place: "/auth/login?next=%2Fauth%2Forganization",
		place + "?org=" + odd: "/auth/login?next=%2Fauth%2Forganization", place + "?org=" + strings.Repeat("x", 17): "/auth/login?next=%2Fauth%2Forganization",
		engines + "&next=//evil.example": toEngines,
	} {
		b.get(target).leads(want)
	}
	for _, slug := range hostile() {
		b.get(place + "?" + url.Values{"org": {slug}}.Encode()).leads("/auth/login?next=%2Fauth%2Forganization")
		b.post(place, "org", slug, "answer", "accept").leads("/auth/login?next=%2Fauth%2Forganization")
	}
	b.post(place, offer...).leads(toEngines)
	b.get(toEngines).is(200).says(`name="next" value="/auth/organization?org=engines"`)
	b.post("/auth/login", "username", "bobby", "password", phrase, "next", engines).leads(engines)
	b.get(engines).is(200).says("You are asked to become the owner")
}

func TestOwnershipAccepted(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	o.turn(time.Hour) // the password of the sign-in is no longer enough
	form := bob.get(engines).is(200).accept()
	before := o.dump()
	bob.post(place, form...).is(400).says(`href="#password"`, "Fill this in.", "Accept and become the owner")
	if o.dump() != before {
		t.Error("without a password something has changed")
	}
	bob.post(place, append(form, "password", "wrong")...).is(400).says("The password is not correct.", `aria-invalid="true"`, "Decline").hides(`value="wrong"`)
	bob.post(place, append(form, "password", strings.Repeat("x", 300))...).is(400).says("Use at most 256 characters.")
	o.owns(boss, bob, "owner", "worker")
	old := maps.Clone(bob.cookies)
	bob.follow(bob.post(place, append(form, "password", phrase)...), engines).is(200).
		says("You are the owner of this organization now.", "<dd>owner</dd>", "<bdi>bobby</bdi>").hides("<form")
	o.owns(boss, bob, "maintainer", "owner")
	boss.get(engines).is(200).says("<dd>maintainer</dd>", "<bdi>bobby</bdi>").hides("<form")
	if old["sessionid"] != bob.cookies["sessionid"] {
		t.Error("the session is another one")
	}

	// The second click of a double click.
	bob.post(place, append(form, "password", phrase)...).leads(engines)
	o.owns(boss, bob, "maintainer", "owner")
}

func TestOwnershipAcceptedTwiceAtOnce(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	form := bob.get(engines).accept("password", phrase)
	var wg sync.WaitGroup
	for range 4 {
		b := o.browser()
		b.cookies = maps.Clone(bob.cookies)
		wg.Go(func() {
			p := b.post(place, form...)
			if to := p.Header["Location"]; p.Status != 303 || to != engines {
				t.Errorf("%d to %q: %s", p.Status, to, p.Body)
			}
		})
	}
	wg.Wait()
	o.owns(boss, bob, "maintainer", "owner")
	if n := strings.Count(o.dump(), `"ownership.accept"`); n != 1 {
		t.Errorf("accepted %d times", n)
	}
}

// Somebody else changed the organization between the reads and the write.
func TestOwnershipAcceptedAgainstAnother(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	n := 0
	o.serve(web.Invitations{}, func(ctx context.Context, who session.Caller, in org.OwnershipRequest, proof []store.Op) (org.View, error) {
		if n++; n <= 2 {
			o.limit(int64(4 + n))
		}
		return o.orgs.TakeOver(ctx, who, in, proof)
	})
	bob.follow(bob.post(place, bob.get(engines).accept("password", phrase)...), engines).is(200).says("You are the owner of this organization now.")
	o.owns(boss, bob, "maintainer", "owner")

	// Taken back after the password was checked.
	o.owner = o.caller(bob)
	o.offer(boss)
	n = 0
	o.serve(web.Invitations{}, func(ctx context.Context, who session.Caller, in org.OwnershipRequest, proof []store.Op) (org.View, error) {
		if n++; n == 1 {
			bob.post(place, bob.get(engines).hidden("Take the offer back")...).leads(engines)
		}
		return o.orgs.TakeOver(ctx, who, in, proof)
	})
	form := boss.get(engines).accept("password", phrase)
	boss.follow(boss.post(place, form...), engines).is(200).says("<dd>maintainer</dd>").hides("You are the owner", "<form")

	// Another offer stands since then: the button belongs to the one that it was shown with.
	o.offer(boss)
	n = 0
	o.serve(web.Invitations{}, func(ctx context.Context, who session.Caller, in org.OwnershipRequest, proof []store.Op) (org.View, error) {
		if n++; n == 1 {
			o.turn(time.Second)
			o.offer(boss)
		}
		return o.orgs.TakeOver(ctx, who, in, proof)
	})
	form = boss.get(engines).accept("password", phrase)
	boss.follow(boss.post(place, form...), engines).is(200).says("<dd>maintainer</dd>", "Accept and become the owner").hides("You are the owner")

	// It changes faster than anybody can answer.
	o.turn(time.Minute)
	o.offer(boss)
	o.serve(web.Invitations{}, func(ctx context.Context, who session.Caller, in org.OwnershipRequest, proof []store.Op) (org.View, error) {
		n++
		o.limit(int64(4 + n))
		return o.orgs.TakeOver(ctx, who, in, proof)
	})
	boss.post(place, boss.get(engines).accept("password", phrase)...).is(503).says("Accept and become the owner")
	boss.get(engines).is(200).says("<dd>maintainer</dd>", "Decline")
}

func TestOwnershipDeclinedAndTakenBack(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	decline := bob.get(engines).hidden("Decline")
	withdraw := boss.get(engines).hidden("Take the offer back")
	for _, form := range [][]string{{"org", "engines"}, {"org", "engines", "answer", "decline"}, {"org", "engines", "answer", "accept", "password", phrase}, {"org", "engines", "offer", decline[3], "answer", "other"}} {
		bob.post(place, form...).leads(engines)
	}
	bob.post(place, withdraw...).leads(engines)
	boss.post(place, decline...).leads(engines)
	bob.get(engines).says("You are asked")
	bob.follow(bob.post(place, decline...), engines).is(200).says("You have declined.").hides("<form")
	boss.get(engines).is(200).hides("<form")
	bob.post(place, decline...).leads(engines)
	boss.post(place, withdraw...).leads(engines)

	o.turn(time.Minute)
	o.offer(bob)
	bob.post(place, decline...).leads(engines)
	boss.post(place, withdraw...).leads(engines)
	bob.get(engines).says("You are asked") // those buttons were of the offer before
	accept := bob.get(engines).accept("password", phrase)
	withdraw = boss.get(engines).hidden("Take the offer back")
	boss.follow(boss.post(place, withdraw...), engines).is(200).says("You have taken the offer back.").hides("<form")
	boss.post(place, withdraw...).leads(engines)
	bob.post(place, accept...).leads(engines)
	o.owns(boss, bob, "owner", "worker")
}

func TestOwnershipThatIsFixed(t *testing.T) {
	o, boss, bob := crew(t, "Engines")
	o.offer(bob)
	accept, withdraw := bob.get(engines).accept("password", phrase), boss.get(engines).hidden("Take the offer back")
	o.orgs.Settings.Transfer = false
	o.serve(web.Invitations{})
	bob.get(engines).is(200).says("Engines").hides("asked", "<form")
	boss.get(engines).is(200).says("Engines").hides("asked", "bobby", "<form")
	bob.post(place, accept...).leads(engines)
	boss.post(place, withdraw...).leads(engines)
	o.owns(boss, bob, "owner", "worker")
}
