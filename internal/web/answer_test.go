package web_test

import (
	"testing"

	"gatehouse/internal/account"
)

// A button belongs to the invitation that it was shown with.
func TestAnswerToAnotherInvitation(t *testing.T) {
	o, bob, first, link := hire(t, "Engines")
	boss := o.browser()
	boss.signIn("charles").is(303)
	rival := o.found(boss, "rival", "Rival Engines")
	second, other := rival.invite("bob@example.org")
	bob.signIn("bobby").is(303)
	bob.get(link).is(303)
	accept := bob.get(page0).is(200).says("“<bdi>Engines</bdi>”").hidden("Accept")
	bob.get(other).is(303)
	bob.follow(bob.post(page0, accept...), page0).is(200).says("“<bdi>Rival Engines</bdi>”", "Accept")
	if o.kept(first).Accepted != 0 || rival.kept(second).Accepted != 0 {
		t.Error("the wrong invitation was accepted")
	}
}

func TestLookingAtAnInvitationSpendsNothing(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	bob.signIn("bobby").is(303)
	before := o.dump()
	for range 3 {
		for _, b := range []*browser{o.browser(), bob} {
			for _, method := range []string{"HEAD", "GET"} {
				b.do(method, link, "", nil).leads(page0)
				b.do(method, page0, "", nil).is(200)
				b.do(method, "/auth/register?invited=yes", "", nil)
				b.do(method, "/auth/login?invitation="+key, "", nil)
			}
		}
	}
	if o.dump() != before {
		t.Error("looking has changed something")
	}
	bob.post(page0, bob.get(page0).hidden("Accept")...).leads(page0)
}

func TestUnconfirmedAddressIsInvited(t *testing.T) {
	s := newSite(t, func(a *account.Service) { a.Settings.Verification = account.VerifyOptional })
	boss, bob := s.browser(), s.browser()
	boss.post("/auth/register", person("charles", "charles@example.com")...).is(303)
	bob.post("/auth/register", person("bobby", "bob@example.org")...).is(303)
	_, link := s.found(boss, "engines", "Engines").invite("bob@example.org")
	bob.get(link).is(303)
	bob.get(page0).is(200).says("which you have not confirmed yet", `action="/auth/verify/resend"`).hides("Accept")
	bob.get(s.mailed("confirm", "bob@example.org")).is(303)
	bob.post("/auth/verify").is(303)
	bob.get(link).is(303)
	bob.get(page0).is(200).says("Accept")
}

func TestNoSeat(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	bob.signIn("bobby").is(303)
	bob.get(link).is(303)
	accept := bob.get(page0).hidden("Accept")
	o.limit(1)
	bob.post(page0, accept...).is(400).says("seat", `role="alert"`, "Accept", "Decline")
	if o.kept(key).Accepted != 0 {
		t.Error("accepted")
	}
	o.limit(5)
	bob.follow(bob.post(page0, bob.get(page0).hidden("Accept")...), page0).says("You are now a member")
}

// K5 again: what a form says leads nowhere but to the invitation.
func TestASVS3_7_2_SignOutLeadsToNoOtherSite(t *testing.T) {
	s := newSite(t)
	s.browser().join("ada.byron", "ada@example.com")
	for _, next := range append(hostile(), "", "/", "/auth/account", page0+"/", page0+"?invitation=x", "/auth/invitation/../x", " "+page0) {
		b := s.browser()
		b.signIn("ada.byron").is(303)
		b.post("/auth/logout", "next", next).leads("/auth/login")
	}
	for _, next := range []string{"/" + page0, "https://evil.example" + page0, "/\\evil.example" + page0, "//evil.example" + page0} {
		s.browser().post("/auth/login", "username", "ada.byron", "password", phrase, "next", next).leads("/auth/account")
	}
}

func TestStoreThatDoesNotAnswerAboutInvitations(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	bob.signIn("bobby").is(303)
	bob.get(link).is(303)
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []page{bob.get(page0), bob.get("/auth/register?invited=yes"), bob.post("/auth/register", "invitation", key), bob.post(page0, "invitation", key, "answer", "accept")} {
		p.is(503).says("We are busy").hides("Engines")
	}
}
