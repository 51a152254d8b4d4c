package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/invite"
)

const (
	page0   = "/auth/invitation"
	toEnter = "/auth/login?next=%2Fauth%2Finvitation"
	dead    = "This invitation is no longer valid"
)

// hire is an organization of charles, and bob with an account and an invitation.
func hire(t *testing.T, name string) (o *office, bob *browser, key, link string) {
	s := newSite(t)
	boss := s.browser()
	boss.join("charles", "charles@example.com")
	boss.signIn("charles").is(303)
	bob = s.browser()
	bob.join("bobby", "bob@example.org")
	o = s.found(boss, "engines", name)
	key, link = o.invite("bob@example.org")
	return o, bob, key, link
}

// hidden are the hidden inputs of the form with a button, as pairs.
func (p page) hidden(button string) (pairs []string) {
	p.Helper()
	for form := range strings.SplitSeq(string(p.Body), "<form ") {
		if strings.Contains(form, ">"+button+"</button>") {
			for _, m := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]+)"`).FindAllStringSubmatch(form, -1) {
				pairs = append(pairs, m[1], m[2])
			}
			return pairs
		}
	}
	p.Fatalf("no form with %q: %s", button, p.Body)
	return nil
}

func secretOf(t *testing.T, link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Path != invite.Page || u.Query().Get("t") == "" {
		t.Fatalf("%q %v", link, err)
	}
	return u.Query().Get("t")
}

func TestInvitedWithoutAccount(t *testing.T) {
	o, _, _, _ := hire(t, "Analytical Engines")
	key, link := o.invite("grace@example.org")
	b := o.browser()
	if p := b.get(link); p.leads(page0) == "" || len(p.Body) > 0 {
		t.Fatal("the secret stays in the address")
	}
	b.get(page0).is(200).says("“<bdi>Analytical Engines</bdi>”", "“<bdi>engines</bdi>”", "worker", "“charles” invites you", "30 Nov 2026, 07:40 UTC",
		`href="`+toEnter+`"`, `href="/auth/register?invited=yes"`).hides(secretOf(t, link), "Accept", "grace@example.org")
	p := b.get("/auth/register?invited=yes").is(200).says(`value="grace@example.org"`, "readonly", "“Analytical Engines”", `value="grace"`).hides(secretOf(t, link), `href="/auth/register"`)
	form := person("grace.hopper", "mallory@example.com", p.hidden("Create account")...)
	b.follow(b.post("/auth/register", form...), page0).is(200).says("You are now a member of “Analytical Engines”")
	b.get("/auth/account").is(200).says("grace.hopper", "grace@example.org").hides("mallory")
	if who := o.caller(b); o.role(who.UID) != "worker" || o.kept(key).UID != who.UID {
		t.Error("no member")
	}
	b.get(page0).is(200).says("You are now a member")
	b.post("/auth/register", form...).leads(page0)
	o.browser().get(page0).is(400).says(dead)
	again := o.browser()
	again.get(link).is(303)
	again.get(page0).is(400).says(dead).hides("Analytical")
	again.post("/auth/register", form...).leads(page0)
}

func TestInvitedRegistrationWithMistakes(t *testing.T) {
	o, _, _, _ := hire(t, "Engines")
	_, link := o.invite("grace@example.org")
	b := o.browser()
	b.get(link).is(303)
	form := b.get("/auth/register?invited=yes").is(200).hidden("Create account")
	b.post("/auth/register", append([]string{"username", "x", "password1", "short", "password2", "other"}, form...)...).is(400).
		says(`value="grace@example.org"`, "readonly", `href="#username"`).hides("short")
	again := b.post("/auth/register", person("bobby", "", form...)...).is(400).says("already exists", `name="invitation"`).hidden("Create account")

	// Without the secret, or with that of another, the form makes no account.
	for _, flow := range []string{"", "invitation+" + form[3], "invitation+" + form[3] + "+x", "invitation+x+y", "notice+x"} {
		other := o.browser()
		other.cookies["__Host-gh_flow"] = flow
		other.post("/auth/register", person("eve.eve", "eve@example.org", form...)...).leads(page0)
		other.get(page0).is(400).says(dead)
	}
	// Somebody else got the address in the meantime.
	o.browser().join("other.one", "grace@example.org")
	b.post("/auth/register", person("grace.hopper", "", again...)...).is(400).says("already registered", "readonly", `href="`+toEnter+`"`)
	o.turn(8 * 24 * time.Hour)
	b.post("/auth/register", person("grace.hopper", "", again...)...).leads(page0)
	b.get(page0).is(400).says(dead)
	b.get("/auth/register?invited=yes").leads(page0)
}

func TestInvitedAccepts(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	bob.get(link).leads(page0)
	bob.get(page0).is(200).says("Sign in")
	bob.get(toEnter).is(200).says(`name="next" value="/auth/invitation"`)
	bob.post("/auth/login", "username", "bobby", "password", phrase, "next", page0).leads(page0)
	p := bob.get(page0).is(200).says("“charles” invites you").hides("You are signed in as", secretOf(t, link))
	accept, decline := p.hidden("Accept"), p.hidden("Decline")
	bob.post(page0, "answer", "accept").leads(page0)
	bob.post(page0, "invitation", key).leads(page0)
	bob.post(page0, "invitation", key, "answer", "other").leads(page0)
	flow := bob.cookies["__Host-gh_flow"]
	bob.follow(bob.post(page0, accept...), page0).is(200).says("You are now a member of “Engines”", "worker")
	if o.role(o.caller(bob).UID) != "worker" {
		t.Fatal("no member")
	}
	bob.cookies["__Host-gh_flow"] = flow
	bob.follow(bob.post(page0, accept...), page0).says("You are now a member")
	bob.cookies["__Host-gh_flow"] = flow
	bob.follow(bob.post(page0, decline...), page0).says("You are now a member")
	if o.role(o.caller(bob).UID) != "worker" {
		t.Error("a button of an old page made a member leave")
	}
	bob.get(link).is(303)
	bob.get(page0).is(200).says("You are now a member")
}

func TestInvitedDeclines(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	bob.signIn("bobby").is(303)
	bob.get(link).is(303)
	decline := bob.get(page0).is(200).hidden("Decline")
	flow := bob.cookies["__Host-gh_flow"]
	bob.follow(bob.post(page0, decline...), page0).is(200).says("You have declined").hides("Engines")
	if o.kept(key).Key != "" || o.role(o.caller(bob).UID) != "" {
		t.Error("the invitation is left")
	}
	bob.cookies["__Host-gh_flow"] = flow
	bob.follow(bob.post(page0, decline...), page0).says("You have declined")
	bob.get(link).is(303)
	bob.get(page0).is(400).says(dead)
}

func TestInvitedAsSomebodyElse(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	ada := o.browser()
	ada.join("adabyron", "ada@example.com")
	ada.signIn("adabyron").is(303)
	ada.get(link).is(303)
	p := ada.get(page0).is(200).says("You are signed in as “adabyron”. This invitation is for b…@example.org.").hides("bob@example.org", "Accept", "Decline")
	before := o.kept(key)
	ada.post(page0, "invitation", key, "answer", "accept").is(200).says("You are signed in as “adabyron”.")
	ada.get(link).is(303)
	ada.post(page0, "invitation", key, "answer", "decline").is(200)
	if o.role(o.caller(ada).UID) != "" || o.kept(key) != before {
		t.Error("somebody else has answered")
	}
	ada.get("/auth/register?invited=yes").leads(page0)
	ada.follow(ada.post("/auth/logout", p.hidden("Sign out and continue")...), page0).is(200).says("Create an account").hides("adabyron")
	ada.post("/auth/login", "username", "bobby", "password", phrase, "next", page0).leads(page0)
	ada.get(page0).is(200).says("Accept")

	// Who holds the key alone learns nothing.
	eve := o.browser()
	eve.join("eve.eve", "eve@example.com")
	eve.signIn("eve.eve").is(303)
	eve.get("/auth/login?email=bob%40example.org&invitation=" + key).leads(page0)
	eve.get(page0).is(400).says(dead, "You are signed in as “eve.eve”").hides("Engines", "charles", "b…@")
	eve.post(page0, "invitation", key, "answer", "accept").is(400).says(dead).hides("Engines")
	bob.get(page0 + "?invitation=" + key).leads(page0)
	bob.get(page0).is(400).says(dead).hides("Engines")
}

func TestCopiedLink(t *testing.T) {
	o, bob, key, link := hire(t, "Engines")
	copied := "/auth/login?email=bob%40example.org&invitation=" + key
	bob.get(copied).is(200).says(`value="bob@example.org"`, `name="next" value="/auth/invitation"`)
	bob.post("/auth/login", "username", "bob@example.org", "next", page0).is(200).says(`name="password"`)
	bob.post("/auth/login", "username", "bob@example.org", "password", phrase, "next", page0).leads(page0)
	bob.get(page0).is(200).says("Engines", "Accept")
	bob.get(copied).leads(page0)
	b := o.browser()
	b.get(link).is(303)
	flow := b.cookies["__Host-gh_flow"]
	if b.get(copied).is(200); b.cookies["__Host-gh_flow"] != flow {
		t.Error("the copied link took the secret away")
	}
	for _, address := range []string{"nonsense", `"><script>`, "a@b", "", strings.Repeat("x", 5000) + "@example.org"} {
		o.browser().get("/auth/login?" + url.Values{"email": {address}, "invitation": {key}}.Encode()).is(200).says(`name="username" value=""`)
	}
	for _, k := range []string{"", "x y", "\r\nSet-Cookie: a=b", strings.Repeat("x", 5000), "ключ"} {
		b := o.browser()
		b.get("/auth/login?" + url.Values{"invitation": {k}}.Encode()).is(200)
		if b.cookies["__Host-gh_flow"] != "invitation+-" {
			t.Errorf("%q became %q", k, b.cookies["__Host-gh_flow"])
		}
		b.get(page0).is(400).says(dead)
	}
}

// Nobody learns why an invitation is no good, nor of one that there is.
func TestDeadInvitations(t *testing.T) {
	o, bob, _, _ := hire(t, "Engines")
	ada := o.browser()
	ada.join("adabyron", "ada@example.com")
	ada.signIn("adabyron").is(303)
	gone, goneLink := o.invite("gone@example.org")
	o.withdraw(gone)
	open, openLink := o.invite("open@example.org")
	_, oldLink := o.invite("old@example.org")
	links := []string{page0, page0 + "?t=x", goneLink, page0 + "?invitation=" + open, page0 + "?invitation=" + open + "&t=" + secretOf(t, goneLink),
		page0 + "?invitation=" + strings.Repeat("x", 64) + "&t=" + secretOf(t, openLink), page0 + "?invitation=" + open + "&t=" + strings.Repeat("x", 5000)}
	for _, b := range []func() *browser{o.browser, func() *browser { ada.cookies["__Host-gh_flow"] = ""; return ada }} {
		first := ""
		for _, link := range links {
			b := b()
			b.get(link)
			p := b.get(page0).is(400).says(dead).hides("Engines", "charles", "example.org")
			if first == "" {
				first = string(p.Body)
			} else if first != string(p.Body) {
				t.Errorf("%s has another page", link)
			}
		}
	}
	b := o.browser()
	b.get(oldLink).is(303)
	b.get(page0).is(200)
	o.turn(7*24*time.Hour + time.Second)
	b.get(page0).is(400).says(dead)
	bob.signIn("bobby").is(303)
	bob.get(page0).is(400).says(dead)
}

func TestK3_HostileOrganizationName(t *testing.T) {
	evil := `<script>alert(1)</script>”. Visit {{.}} %s "evil" & more`
	o, bob, _, link := hire(t, evil)
	shown := "&lt;script&gt;alert(1)&lt;/script&gt;”. Visit {{.}} %s &#34;evil&#34; &amp; more"
	bob.get(link).is(303)
	bob.get(page0).is(200).says("“<bdi>" + shown + "</bdi>”").hides("<script")
	_, mailed := o.invite("grace@example.org")
	b := o.browser()
	b.get(mailed).is(303)
	b.get("/auth/register?invited=yes").is(200).says("“" + shown + "”").hides("<script")
	bob.post("/auth/login", "username", "bobby", "password", phrase, "next", page0).leads(page0)
	bob.follow(bob.post(page0, bob.get(page0).hidden("Accept")...), page0).is(200).says("a member of “"+shown+"”").hides("<script", "%!")
}
