package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"

	"golang.org/x/text/unicode/norm"
)

// looksLike are spellings that some database, or some mailer, takes for
// mike.kass@example.org.
var looksLike = []string{"mıke.kass@example.org", "mİke.kass@example.org", "MIKE.\u212aASS@example.org", "mike.kaſſ@example.org", "mike.kaß@example.org",
	"ｍike.kass@example.org", "mike．kass@example.org", "mi\u0308ke.kass@example.org", "m\u0456ke.kass@example.org", "mike.kass\u200b@example.org", "mike.kass\u00ad@example.org"}

// TestI2_DJANGO19844_MailGoesToTheStoredAddress asks for a reset, a confirmation and
// an invitation for addresses that look like that of an account: no mail is sent to
// what was typed, and none of the account's secrets goes anywhere else.
func TestI2_DJANGO19844_MailGoesToTheStoredAddress(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("mike-kass", "mike.kass@example.org")
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	before := len(w.Mails(""))
	unchanged(t, w, func() {
		for _, email := range looksLike {
			for path, body := range map[string]object{
				"/api/auth/password/reset": {"email": email}, "/api/auth/verify-email/resend": {"email": email}, "/api/auth/register": apptest.Form("newbie01", email),
				"/api/auth/login": {"email": email, "password": apptest.Password}, "/api/auth/token": {"email": email, "password": apptest.Password},
			} {
				if a := w.Client().Post(path, body); a.Status != 400 {
					t.Errorf("%s of %q: %d %s", path, email, a.Status, a.Body)
				}
			}
			team.In(team.Owner).Post("/api/invitations", object{"email": email, "role": "worker"}).Is(400)
			team.Owner.Post("/api/auth/email", object{"email": email}).Is(400)
		}
	})
	if n := len(w.Mails("")); n != before {
		t.Errorf("%d mails", n-before)
	}
	for i, same := range []string{"MIKE.KASS@EXAMPLE.ORG.", "mike.kass@ｅｘａｍｐｌｅ.org", "mike.kass@exam\u200bple.org"} { // other spellings of the domain
		w.Client().Post("/api/auth/password/reset", object{"email": same}).Is(200)
		all := w.Mails("")
		if len(all) != before+i+1 || all[before+i].To != "mike.kass@example.org" {
			t.Errorf("the mail for %q went to %q", same, all[len(all)-1].To)
		}
	}
}

// TestI3_AUTHJS7rqj_TwoAtSigns puts an address of the attacker's beside, or inside,
// that of the victim: nothing is mailed to either.
func TestI3_AUTHJS7rqj_TwoAtSigns(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("victim01", "victim@example.org")
	before := len(w.Mails(""))
	unchanged(t, w, func() {
		for _, email := range []string{"victim@example.org\uFE6Bevil.test", "victim@example.org\uFF20evil.test", "victim\uFF20example.org@evil.test", "victim@example.org@evil.test",
			`"victim@example.org"@evil.test`, `victim@example.org,evil@evil.test`, "victim@example.org evil@evil.test", "victim@example.org;evil@evil.test", "<victim@example.org>evil@evil.test",
			"victim@example.org\r\nBcc: evil@evil.test", "victim@example.org\x00@evil.test", "victim%40example.org@"} {
			w.Client().Post("/api/auth/password/reset", object{"email": email}).Is(400)
			w.Client().Post("/api/auth/register", apptest.Form("newbie01", email)).Is(400).Has(`"email":[`)
			w.Client().Post("/api/auth/login", object{"email": email, "password": apptest.Password}).Is(400)
		}
	})
	if n := len(w.Mails("")); n != before {
		t.Errorf("%d mails", n-before)
	}
}

// TestI5_NamesAndAddressesNeverMeet tries to be called like somebody's address.
func TestI5_NamesAndAddressesNeverMeet(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("victim01", "victim@example.org")
	w.Join("mallory", "mallory@example.org")
	c := w.SignIn("mallory")
	own := fmt.Sprint("/api/users/", c.Get("/api/users/self").Int("id"))
	unchanged(t, w, func() {
		for _, name := range []string{"victim@example.org", "VICTIM@example.org", "victim\uFF20example.org", "victim\uFE6Bexample.org", "@victim01"} {
			w.Client().Post("/api/auth/register", apptest.Form(name, "newbie@example.org")).Is(400).Has(`"username":[`)
			c.Patch(own, object{"username": name}).Is(400)
		}
	})
	for field, name := range map[string]string{"username": "victim@example.org", "email": "victim01"} { // whatever the field is called
		c := w.Client()
		c.Post("/api/auth/login", object{field: name, "password": apptest.Password}).Is(200)
		c.Get("/api/users/self").Is(200).Has(`"username":"victim01"`)
	}
}

// TestI8_NFCAndNFDPasswords signs in with the other Unicode form of a password, and
// of a user name.
func TestI8_NFCAndNFDPasswords(t *testing.T) {
	w := apptest.New(t, limitsOff)
	word := norm.NFC.String("Übergrößenträger Ångström")
	f := apptest.Form(norm.NFC.String("josérené"), "jose@example.org")
	f["password1"], f["password2"] = word, word
	w.Client().Post("/api/auth/register", f).Is(201)
	w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, w.Mail("jose@example.org", "confirm").Links[0])}).Is(200)
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		w.Client().Post("/api/auth/login", object{"username": form.String("josérené"), "password": form.String(word)}).Is(200)
		w.Client().Post("/api/auth/login", object{"username": form.String("JOSÉRENÉ"), "password": form.String(word)}).Is(200)
	}
	w.Client().Post("/api/auth/login", object{"username": "josérené", "password": "Ubergroßentrager Angstrom"}).Is(400)
}

// TestI9_NamesOfPeople registers with first and last names that are none.
func TestI9_NamesOfPeople(t *testing.T) {
	w := apptest.New(t, limitsOff)
	unchanged(t, w, func() {
		for _, name := range []string{"a\x00b", "a\r\nb", "a\x1b[31m", "\u202egnp", strings.Repeat("x", 151), strings.Repeat("x", 50_000)} {
			f := apptest.Form("newbie01", "newbie@example.org")
			f["first_name"] = name
			w.Client().Post("/api/auth/register", f).Is(400).Has(`"first_name":[`)
		}
		for _, name := range []string{" newbie\u00a0x", "new bie", "new\tbie", "newbie\u200b"} {
			w.Client().Post("/api/auth/register", apptest.Form(name, "newbie@example.org")).Is(400).Has(`"username":[`)
		}
	})
}

// TestI11_NothingIsInherited erases somebody and lets another register with their
// address: it is another person, who has nothing of the first, and neither has anybody
// the name.
func TestI11_NothingIsInherited(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "chief01", true, "admin")
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	c := team.Join("leaver", "maintainer")
	old, known := c.Get("/api/users/self").Int("id"), credentials(w, "leaver")
	_, refresh := tokens(w, "leaver")
	w.SignIn("chief01").Delete(fmt.Sprint("/api/users/", old)).Is(204)
	for range 2 { // before what is left has been removed, and after
		w.Client().Post("/api/auth/register", apptest.Form("leaver", "third@example.org")).Is(400).Has("already exists")
		w.Client().Post("/api/auth/register", apptest.Form("LEAVER", "third@example.org")).Is(400).Has("already exists")
		w.Sweep("erase")
	}
	w.Join("heir-one", "leaver@example.org")
	heir := w.SignIn("heir-one")
	if heir.Get("/api/users/self").Int("id") == old {
		t.Error("the heir is the same person")
	}
	heir.Get("/api/memberships").Is(200).Has(`"count":0`)
	heir.Get("/api/organizations").Is(200).Has(`"count":0`)
	heir.Get("/api/invitations").Is(200).Has(`"count":0`)
	heir.Get("/api/auth/access_tokens").Is(200).Has(`"count":0`)
	heir.Get(team.Path("")).Is(404)
	if a := heir.Get("/api/users/self/audit").Is(200); strings.Contains(a.Body, fmt.Sprint(old)) {
		t.Error(a.Body)
	}
	for kind, k := range known {
		if a := k.Get("/api/users/self"); a.Status != 401 {
			t.Errorf("%s: %d %s", kind, a.Status, a.Body)
		}
	}
	renew(w, refresh).Is(401)
	sound(t, w)
}
