package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
)

func TestFromRegistrationToSignOut(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.get("/").leads("/auth/login")
	b.get("/auth/account").leads("/auth/login?next=%2Fauth%2Faccount")
	b.get("/auth/register").is(200).says(`name="email"`).hides(`name="password1"`)
	b.post("/auth/register", "email", "ada@example.com").is(200).says(`value="ada@example.com"`, `name="password1"`, "I accept the terms of use.")
	b.follow(b.post("/auth/register", person("ada.byron", "ada@example.com")...), "/auth/verify").is(200).says("Check your mail", "ada@example.com")
	link := s.mailed("confirm", "ada@example.com")
	if p := b.get(link); p.leads("/auth/verify") == "" || len(p.Body) > 0 || b.cookies["__Host-gh_flow"] == "" {
		t.Fatal("the secret of the link is not in the flow cookie")
	}
	b.get("/auth/verify").is(200).says("Confirm my address").hides(strings.TrimPrefix(link, "/auth/verify?key="))
	b.follow(b.post("/auth/verify"), "/auth/login").is(200).says("Your e-mail address is confirmed.")
	if b.cookies["__Host-gh_flow"] != "" {
		t.Error("the flow cookie is left")
	}
	b.post("/auth/login", "username", "ada.byron").is(200).says(`value="ada.byron"`, "readonly", `name="password"`, "Forgotten your password?")
	b.follow(b.signIn("ada.byron"), "/auth/account").is(200).says("Ada Byron", "ada@example.com", "Firefox on Linux", "203.0.113.0/24", "This one")
	b.get("/").leads("/auth/account")
	b.get("/auth/login").leads("/auth/account")
	b.follow(b.post("/auth/logout"), "/auth/login").is(200).says("You have signed out.")
	if b.cookies["sessionid"] != "" || b.cookies["csrftoken"] != "" {
		t.Error("cookies of the session are left")
	}
	b.get("/auth/account").is(303)
}

func TestUserNameIsProposed(t *testing.T) {
	b := newSite(t).browser()
	b.post("/auth/register", "email", "grace.hopper@example.com").is(200).says(`value="grace.hopper"`)
	b.post("/auth/register", person("", "grace.hopper@example.com")...).is(200).says(`value="grace.hopper"`, `value="Ada"`)
	b.post("/auth/register", "email", "nonsense").is(400).says(`aria-invalid="true"`, `value="nonsense"`)
	b.post("/auth/register", "email", "").is(400).says("Enter your e-mail address.")
}

func TestRegistrationWithMistakes(t *testing.T) {
	b := newSite(t).browser()
	p := b.post("/auth/register", "email", "ada@example.com", "username", "ab", "first_name", "A<b>da", "last_name", "", "password1", "short", "password2", "unlike", "agree", "news")
	p.is(400).says(`role="alert"`, `href="#username"`, `href="#password1"`, `aria-describedby="username-hint username-error"`, `value="A&lt;b&gt;da"`, "Error: ").
		hides("short", "unlike", "A<b>")
	p = b.post("/auth/register", "email", "ada@example.com", "username", "ada.byron", "password1", phrase, "password2", phrase+"x", "agree", "news")
	p.is(400).says("The two passwords are not the same.", "Agreement terms must be accepted.", `aria-describedby="agreements-error"`, `value="news" checked`)
	b.join("ada.byron", "ada@example.com")
	b.post("/auth/register", person("ada.byron", "other@example.com")...).is(400).says("A user with that username already exists.")
	b.do("POST", "/auth/register", "email=%ff", map[string]string{"content-type": "application/x-www-form-urlencoded", "origin": base}).is(400)
	b.do("POST", "/auth/register", "{}", map[string]string{"content-type": "application/json", "origin": base}).is(415)
}

func TestDoubleClickRegistersOnce(t *testing.T) {
	b := newSite(t).browser()
	form := person("ada.byron", "ada@example.com", "once", "N1")
	b.post("/auth/register", form...).leads("/auth/verify")
	b.post("/auth/register", form...).leads("/auth/verify")
	b.get(b.mailed("confirm", "ada@example.com"))
	flow := b.cookies["__Host-gh_flow"]
	b.post("/auth/verify", "once", "N2").leads("/auth/login")
	b.cookies["__Host-gh_flow"] = flow
	b.post("/auth/verify", "once", "N2").leads("/auth/login")
	b.cookies["__Host-gh_flow"] = flow
	b.post("/auth/verify", "once", "N3").is(400)
}

func TestWithoutMandatoryVerificationRegistrationSignsIn(t *testing.T) {
	for _, mode := range []string{account.VerifyNone, account.VerifyOptional} {
		b := newSite(t, func(s *account.Service) { s.Settings.Verification = mode }).browser()
		b.follow(b.post("/auth/register", person("ada.byron", "ada@example.com")...), "/auth/account").is(200).says("Your account is ready.")
		b.get("/auth/account").hides("Your account is ready.")
		if mode == account.VerifyOptional {
			b.get(b.mailed("confirm", "ada@example.com"))
			b.post("/auth/verify").leads("/auth/login")
			b.get("/auth/login").leads("/auth/account")
			b.get("/auth/account").says("Your e-mail address is confirmed.")
		}
		b.post("/auth/register", person("ada.other", "ada@example.com")...).is(400).says("already registered")
	}
}

func TestSignInWithMistakes(t *testing.T) {
	s := newSite(t, limited)
	b := s.browser()
	b.join("ada.byron", "ada@example.com")
	b.post("/auth/login", "username", " ").is(400).says("Enter your user name")
	b.post("/auth/login", "username", "ada.byron", "password", "").is(400).says("Enter your password.")
	wrong := b.post("/auth/login", "username", "ada.byron", "password", "not the one").is(400).says("Unable to log in with provided credentials.", `value="ada.byron"`).hides("not the one")
	nobody := b.post("/auth/login", "username", "nobody.here", "password", "not the one").is(400)
	if strings.ReplaceAll(string(wrong.Body), "ada.byron", "nobody.here") != string(nobody.Body) {
		t.Error("the page tells whether there is such an account")
	}
	b.post("/auth/login", "username", strings.Repeat("x", 300)).is(400)
	for range 12 {
		wrong = b.post("/auth/login", "username", "ada.byron", "password", "not the one")
	}
	wrong.is(429).says("Too many attempts. Try again in 60 seconds.", "Forgotten your password?")
	if wrong.Header["Retry-After"] != "60" {
		t.Errorf("Retry-After %q", wrong.Header["Retry-After"])
	}
}

func TestUnverifiedSignIn(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.post("/auth/register", person("ada.byron", "ada@example.com")...).is(303)
	b.signIn("ada.byron").is(400).says("Confirm your address first", `action="/auth/verify/resend"`).hides("sessionid")
	b.signIn("ada@example.com").is(400).says(`value="ada@example.com"`)
	b.follow(b.post("/auth/verify/resend", "email", "ada@example.com"), "/auth/verify").is(200).says("a new link is on its way", "ada@example.com")
	b.post("/auth/verify/resend", "email", "no address").is(400).says(`aria-invalid="true"`, "no address")
	b.get(b.mailed("confirm", "ada@example.com"))
	b.post("/auth/verify").leads("/auth/login")
	b.signIn("ada@example.com").leads("/auth/account")
}

func TestReset(t *testing.T) {
	s := newSite(t)
	b, other := s.browser(), s.browser()
	b.join("ada.byron", "ada@example.com")
	other.signIn("ada.byron").leads("/auth/account")
	known := b.follow(b.post("/auth/password/reset", "email", "ada@example.com"), "/auth/password/reset").is(200)
	unknown := b.follow(b.post("/auth/password/reset", "email", "eve@example.com"), "/auth/password/reset").is(200)
	if strings.ReplaceAll(string(known.Body), "ada@", "eve@") != string(unknown.Body) {
		t.Error("the page tells whether there is such an account")
	}
	link := b.mailed("reset", "ada@example.com")
	for range 10 {
		b.do("HEAD", link, "", nil).leads("/auth/password/reset/confirm")
		b.get("/auth/password/reset/confirm").is(200).says(`name="new_password1"`)
	}
	b.post("/auth/password/reset/confirm", "new_password1", "short", "new_password2", "short").is(400).says("Use at least 8 characters.")
	b.post("/auth/password/reset/confirm", "new_password1", "violet hammer 93 delta", "new_password2", "else").is(400)
	b.post("/auth/password/reset/confirm", "new_password1", "violet hammer 93 delta", "new_password2", "other hammer 93 delta").is(400).says("The two passwords are not the same.").hides("violet")
	b.follow(b.post("/auth/password/reset/confirm", "new_password1", "violet hammer 93 delta", "new_password2", "violet hammer 93 delta"), "/auth/login").says("Your new password is saved.")
	other.get("/auth/account").is(303)
	b.signIn("ada.byron").is(400)
	b.post("/auth/login", "username", "ada.byron", "password", "violet hammer 93 delta").leads("/auth/account")
	b.get(link).is(303)
	b.post("/auth/password/reset/confirm", "new_password1", phrase, "new_password2", phrase).is(400).says("This link does not work", `action="/auth/password/reset"`)
	b.get("/auth/password/reset/confirm").is(400)
	b.get("/auth/password/reset/confirm?uid=" + strings.Repeat("x", 5000)).leads("/auth/password/reset/confirm")
	b.post("/auth/password/reset", "email", "").is(400).says("Fill this in.")
}

func TestLookingAtALinkSpendsNothing(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.post("/auth/register", person("ada.byron", "ada@example.com")...).is(303)
	link := b.mailed("confirm", "ada@example.com")
	for range 10 {
		s.browser().get(link).leads("/auth/verify")
		s.browser().do("HEAD", link, "", nil).leads("/auth/verify")
		b.get(link).leads("/auth/verify")
		b.get("/auth/verify").is(200)
	}
	b.post("/auth/verify").leads("/auth/login")
	b.get(link).leads("/auth/verify")
	b.post("/auth/verify").is(400).says("This link does not work", `action="/auth/verify/resend"`)
	s.browser().post("/auth/verify").is(400)
	b.get("/auth/verify?key=" + strings.Repeat("x", 5000)).leads("/auth/verify")
	b.post("/auth/verify").is(400)
}

// A link of one kind opens no page of another kind.
func TestLinksDoNotMix(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.post("/auth/register", person("ada.byron", "ada@example.com")...).is(303)
	b.get(b.mailed("confirm", "ada@example.com")).is(303)
	for _, path := range []string{"/auth/email/confirm", "/auth/email/undo", "/auth/deletion/cancel", "/auth/password/reset/confirm"} {
		kept := b.cookies["__Host-gh_flow"]
		b.get(path).is(400).says("This link does not work")
		b.cookies["__Host-gh_flow"] = kept
		b.post(path, "new_password1", phrase, "new_password2", phrase).is(400)
		b.cookies["__Host-gh_flow"] = kept
	}
	b.post("/auth/verify").leads("/auth/login")
}

func TestOldLinks(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.post("/auth/register", person("ada.byron", "ada@example.com")...).is(303)
	b.get(b.mailed("confirm", "ada@example.com")).is(303)
	s.turn(24*time.Hour + time.Second)
	b.post("/auth/verify").is(400).says("too old")
}

func TestChangeOfAddressAndDeletion(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.join("ada.byron", "ada@example.com")
	b.signIn("ada.byron").is(303)
	who := s.caller(b)
	if _, err := s.accounts.ChangeEmail(s.meta(), who, account.EmailRequest{Email: "new@example.com"}); err != nil {
		t.Fatal(err)
	}
	b.get(s.mailed("email-confirm", "new@example.com")).leads("/auth/email/confirm")
	b.get("/auth/email/confirm").is(200).says("Use this address")
	b.follow(b.post("/auth/email/confirm"), "/auth/account").says("Your e-mail address is changed.", "new@example.com")
	b.get(s.mailed("email-changed", "ada@example.com")).leads("/auth/email/undo")
	b.get("/auth/email/undo").is(200).says("Restore my address")
	b.follow(b.post("/auth/email/undo"), "/auth/login").says("Your old e-mail address is back")
	b.get("/auth/account").is(303)
	b.get(s.mailed("reset", "ada@example.com")).is(303)
	b.post("/auth/password/reset/confirm", "new_password1", phrase, "new_password2", phrase).is(303)
	b.signIn("ada@example.com").leads("/auth/account")
	if _, err := s.accounts.AskDeletion(s.meta(), s.caller(b), struct{}{}); err != nil {
		t.Fatal(err)
	}
	b.signIn("ada@example.com").is(400)
	b.get(s.mailed("deletion", "ada@example.com")).leads("/auth/deletion/cancel")
	b.get("/auth/deletion/cancel").is(200).says("Keep my account")
	b.follow(b.post("/auth/deletion/cancel"), "/auth/login").says("Your account is active again.")
	b.signIn("ada@example.com").leads("/auth/account")
}

func TestSessions(t *testing.T) {
	s := newSite(t)
	b, phone, third := s.browser(), s.browser(), s.browser()
	b.join("ada.byron", "ada@example.com")
	phone.header["user-agent"] = "Mozilla/5.0 (iPhone) <script>Safari/605"
	for _, x := range []*browser{b, phone, third} {
		x.signIn("ada.byron").leads("/auth/account")
	}
	p := b.get("/auth/account").is(200).says("Safari on iPhone", "Scripts with your token key", "Sign out everywhere else").hides("<script")
	id := regexp.MustCompile(`(?s)Safari on iPhone.*?name="id" value="([^"]+)"`).FindStringSubmatch(string(p.Body))
	if id == nil {
		t.Fatalf("no button to end the session: %s", p.Body)
	}
	b.follow(b.post("/auth/sessions/end", "id", id[1]), "/auth/account").says("The session has ended.").hides("Safari on iPhone")
	b.post("/auth/sessions/end", "id", "nothing").leads("/auth/account")
	phone.get("/auth/account").is(303)
	third.get("/auth/account").is(200)
	b.follow(b.post("/auth/sessions/end-others"), "/auth/account").is(200).says("signed out everywhere else.").hides("Sign out everywhere else")
	third.get("/auth/account").is(303)
	third.post("/auth/sessions/end-others").is(303)
	third.post("/auth/logout").leads("/auth/login")

	old := b.cookies["sessionid"]
	b.signIn("ada.byron").leads("/auth/account")
	again := s.browser()
	again.cookies["sessionid"] = old
	again.get("/auth/account").is(303)
}
