package app_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
)

// ways are all that takes a password and gives something for it.
func ways(w *apptest.World) map[string]func(name, email, pw string) *apptest.Answer {
	return map[string]func(name, email, pw string) *apptest.Answer{
		"login by name": func(n, _, pw string) *apptest.Answer {
			return w.Client().Post("/api/auth/login", object{"username": n, "password": pw})
		},
		"login by address": func(_, e, pw string) *apptest.Answer {
			return w.Client().Post("/api/auth/login", object{"email": e, "password": pw})
		},
		"token by name": func(n, _, pw string) *apptest.Answer {
			return w.Client().Post("/api/auth/token", object{"username": n, "password": pw})
		},
		"token by address": func(_, e, pw string) *apptest.Answer {
			return w.Client().Post("/api/auth/token", object{"email": e, "password": pw})
		},
		"basic": func(n, _, pw string) *apptest.Answer {
			return w.Client().With("Authorization", basic(n, pw)).Get("/api/users/self")
		},
		"page": func(n, _, pw string) *apptest.Answer {
			return w.Client().With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL).Do("POST", "/auth/login", url.Values{"username": {n}, "password": {pw}}.Encode())
		},
	}
}

// entered reports whether an answer gave a credential or served a request.
func entered(a *apptest.Answer) bool {
	return a.Status < 300 && !strings.Contains(a.Header.Get("Content-Type"), "html") || a.Status == 303 || strings.Contains(strings.Join(a.Header["Set-Cookie"], ";"), "sessionid=")
}

// TestASVS6_3_4_EveryWayIsAsStrong: who may not sign in may not by any way, and who may
// can by every way.
func TestASVS6_3_4_EveryWayIsAsStrong(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "active01", true)
	operator(w, "block001", false)
	w.Client().Post("/api/auth/register", apptest.Form("unver001", "unver001@example.com")).Is(201)
	w.Join("leaver01", "leaver01@example.com")
	w.SignIn("leaver01").Post("/api/users/self/deletion", nil).Is(200)
	for way, sign := range ways(w) {
		for _, name := range []string{"block001", "unver001", "leaver01", "nobody01"} {
			if a := sign(name, name+"@example.com", apptest.Password); entered(a) {
				t.Errorf("%s lets %s in: %d %.200s", way, name, a.Status, a.Body)
			}
		}
		if a := sign("active01", "active01@example.com", apptest.Password); !entered(a) {
			t.Errorf("%s keeps active01 out: %d %.200s", way, a.Status, a.Body)
		}
		for _, pw := range []string{"", "not the password", "null"} {
			if a := sign("active01", "active01@example.com", pw); entered(a) {
				t.Errorf("%s takes %q", way, pw)
			}
		}
	}
}

// TestASVS6_3_2_ASVS13_2_3_NoDefaultAccounts tries usual pairs on a fresh installation.
func TestASVS6_3_2_ASVS13_2_3_NoDefaultAccounts(t *testing.T) {
	w := apptest.New(t, limitsOff)
	if d := w.Dump(); strings.TrimSpace(d) != "" {
		t.Errorf("a fresh store holds %s", d)
	}
	for _, name := range []string{"admin", "administrator", "root", "test", "guest", "user", "demo", "gatehouse", "cvat", "django", "operator", "support"} {
		for _, pw := range []string{"admin", "password", "root", "test", "guest", "gatehouse", "cvat", "changeme", "12345678", name, name + "123"} {
			for way, sign := range ways(w) {
				if a := sign(name, name+"@example.com", pw); entered(a) {
					t.Errorf("%s %s/%s: %d", way, name, pw, a.Status)
				}
			}
		}
	}
	if strings.Contains(w.Dump(), "authority") {
		t.Error("trying made an account")
	}
}

// TestASVS6_3_6_NIST3_1_3_1_MailIsNoAuthenticator follows every link of a mail: none of
// them signs anybody in.
func TestASVS6_3_6_NIST3_1_3_1_MailIsNoAuthenticator(t *testing.T) {
	w := apptest.New(t, limitsOff)
	quiet := func(a *apptest.Answer) {
		t.Helper()
		if strings.Contains(strings.Join(a.Header["Set-Cookie"], ";"), "sessionid=") || strings.Contains(a.Body, `"key"`) || strings.Contains(a.Body, "token") {
			t.Errorf("a mailed secret is answered with a credential: %s %v", a.Body, a.Header["Set-Cookie"])
		}
	}
	form := func(path string, v url.Values) *apptest.Answer {
		return w.Client().With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL).Do("POST", path, v.Encode())
	}
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	quiet(w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0])}).Is(200))
	w.Client().Post("/api/auth/register", apptest.Form("newbie02", "newbie02@example.com")).Is(201)
	link := w.Mail("newbie02@example.com", "confirm").Links[0]
	page := w.Client().Get(strings.TrimPrefix(link, w.URL)).Is(303)
	flow := w.Client().With("Cookie", cookieHeader(page)).With("Content-Type", "application/x-www-form-urlencoded").With("Origin", w.URL)
	done := flow.Do("POST", "/auth/verify", "")
	if strings.Contains(strings.Join(done.Header["Set-Cookie"], ";"), "sessionid=") {
		t.Error("the page of a confirmation signs in")
	}
	w.SignIn("newbie02")
	quiet(resetPassword(w, "newbie01@example.com", newPassword).Is(200))
	c := w.Client()
	c.Post("/api/auth/login", object{"username": "newbie01", "password": newPassword}).Is(200)
	c.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	quiet(w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(w, w.Mail("moved@example.com", "email-confirm").Links[0])}).Is(200))
	quiet(w.Client().Post("/api/auth/email/undo", object{"key": apptest.Key(w, w.Mail("newbie01@example.com", "email-changed").Links[0])}).Is(200))
	if a := form("/auth/login", url.Values{"username": {"newbie01"}, "password": {"moved@example.com"}}); entered(a) {
		t.Error("an address is taken for a password")
	}
}

// TestASVS6_4_1_NIST4_2_1_2_FirstSecrets: what is mailed has 256 random bits, ends within
// a day, is another one every time, and is no password.
func TestASVS6_4_1_NIST4_2_1_2_FirstSecrets(t *testing.T) {
	w := apptest.New(t, limitsOff)
	seen := map[string]bool{}
	check := func(secret string) {
		t.Helper()
		_, proof, ok := strings.Cut(secret, ".")
		raw, err := base64.RawURLEncoding.DecodeString(proof)
		if !ok || err != nil || len(raw) < 32 || seen[proof] {
			t.Errorf("secret %q: %d bytes, seen before: %t, %v", secret, len(raw), seen[proof], err)
		}
		seen[proof] = true
		for way, sign := range ways(w) {
			if a := sign("newbie01", "newbie01@example.com", secret); entered(a) {
				t.Errorf("%s takes the secret of a mail", way)
			}
		}
	}
	for i := range 3 {
		name := fmt.Sprintf("newbie%02d", i+1)
		w.Client().Post("/api/auth/register", apptest.Form(name, name+"@example.com")).Is(201)
		check(apptest.Key(w, w.Mail(name+"@example.com", "confirm").Links[0]))
	}
	key := apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0])
	w.Clock.Add(24 * time.Hour)
	w.Client().Post("/api/auth/verify-email", object{"key": key}).Is(400)
	operator(w, "holder01", true)
	for range 3 {
		f := askReset(w, "holder01@example.com")
		check(f["uid"].(string) + "." + f["token"].(string))
		w.Clock.Add(20 * time.Minute)
		confirmReset(w, f).Is(400)
	}
}

// TestASVS6_4_6_AdministratorsChooseNoPasswords sends one along with everything that
// changes somebody else.
func TestASVS6_4_6_AdministratorsChooseNoPasswords(t *testing.T) {
	w := apptest.New(t, limitsOff)
	admin := administrator(w)
	uid := operator(w, "victim01", true)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	team.Add(w.SignIn("victim01"), "victim01@example.com", "worker")
	member := team.Member("victim01")
	for _, c := range []*apptest.Client{admin, team.In(team.Owner)} {
		for _, name := range []string{"password", "password1", "new_password", "new_password1", "new_password2", "hash", "raw_password"} {
			c.Patch(fmt.Sprint("/api/users/", uid), object{name: newPassword})
			c.Patch(fmt.Sprint("/api/users/", uid), object{name: newPassword, "first_name": "Eve"})
			c.Patch(member, object{name: newPassword, "role": "worker"})
			c.Post("/api/invitations", object{name: newPassword, "email": "victim01@example.com", "role": "worker"})
			c.Post("/api/users", object{"username": "victim01", name: newPassword}).Is(405)
			c.Post("/api/auth/password/change", object{"id": uid, "user": "victim01", "old_password": "", "new_password1": newPassword, "new_password2": newPassword}).Is(400)
		}
	}
	w.SignIn("victim01")
	w.Client().Post("/api/auth/login", object{"username": "victim01", "password": newPassword}).Is(400)
	w.Client().Post("/api/auth/password/reset", object{"email": "victim01@example.com"}).Is(200) // what an administrator may do
	w.Mail("victim01@example.com", "reset")
}

// TestNIST4_2_3_EveryRecoveryIsTold resets a password: its owner gets a notice that says
// how to object.
func TestNIST4_2_3_EveryRecoveryIsTold(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	resetPassword(w, "holder01@example.com", newPassword).Is(200)
	m := w.Mail("holder01@example.com", "password-reset")
	if !strings.Contains(m.Text, "If this was not you") && !strings.Contains(m.Text, "was not you") && !strings.Contains(m.Text, "did not") {
		t.Errorf("the notice does not say what to do:\n%s", m.Text)
	}
	if strings.Contains(m.Text, newPassword) {
		t.Error("the notice holds the password")
	}
}

// TestASVS2_3_1_StepsInOrder tries the last step of each procedure first.
func TestASVS2_3_1_StepsInOrder(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	w.Client().Post("/api/auth/login", login("newbie01")).Is(400) // before the confirmation
	w.Client().Post("/api/auth/token", login("newbie01")).Is(400)
	operator(w, "holder01", true)
	operator(w, "another1", true)
	c, other := w.SignIn("holder01"), w.SignIn("another1")
	id := c.Get("/api/users/self").Int("id")
	before := w.Dump()
	confirmReset(w, object{"uid": fmt.Sprint(id), "token": strings.Repeat("a", 43), "new_password1": newPassword, "new_password2": newPassword}).Is(400)
	c.Post("/api/auth/email/confirm", object{"key": "x." + strings.Repeat("a", 43)}).Is(400)
	c.Do("DELETE", "/api/users/self/deletion", object{"key": "x." + strings.Repeat("a", 43)}).Is(400)
	if w.Dump() != before {
		t.Error("a step without the one before it changed the store")
	}
	team := w.Found(c, "acme")
	other.Post(team.Path("/ownership/accept"), nil).Is(404) // nothing was offered, and no member
	team.Add(other, "another1@example.com", "maintainer")
	other.Post(team.Path("/ownership/accept"), nil).Is(404)
	key := team.Invite("guest@example.org", "worker")
	other.Post("/api/invitations/"+key+"/accept", nil).Is(403) // somebody else's
	w.Client().Post("/api/invitations/"+key+"/accept", nil).Is(401)
	f := apptest.Form("guest001", "guest@example.org")
	f["invitation"], f["invitation_secret"] = key, "not the secret of the mail"
	w.Client().Post("/api/auth/register", f).Is(400)
	if s, _ := json.Marshal(team.In(c).Get("/api/memberships").JSON()["count"]); string(s) != "3" { // with the one invited
		t.Errorf("%s memberships", s)
	}
}
