package app_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestASVS4_1_3_ForwardingHeadersCountForNothing sends what proxies say of a client:
// neither answers nor limits nor the log go by it.
func TestASVS4_1_3_ForwardingHeadersCountForNothing(t *testing.T) {
	forged := map[string]string{"X-Forwarded-For": "198.51.100.%d", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "1",
		"Forwarded": "for=198.51.100.%d;host=evil.example", "X-Real-Ip": "198.51.100.%d", "X-Client-Ip": "198.51.100.%d", "True-Client-Ip": "198.51.100.%d",
		"Cf-Connecting-Ip": "198.51.100.%d", "X-Original-Url": "/api/mails", "X-Rewrite-Url": "/api/mails", "X-Org-Id": "1", "X-User": "chief01", "X-Amzn-Requestid": "198.51.100.9"}
	w := apptest.New(t)
	w.Join("holder01", "holder01@example.com")
	access, _ := tokens(w, "holder01")
	plain := bearer(w, access).Get("/api/users/self").Is(200)
	for name, value := range forged {
		if strings.Contains(value, "%d") {
			value = fmt.Sprintf(value, 9)
		}
		a := bearer(w, access).With(name, value).Get("/api/users/self").Is(200).Says(plain.Body)
		if strings.Contains(headerText(a.Header), "evil") || strings.Contains(headerText(a.Header), "198.51") {
			t.Errorf("%s is answered", name)
		}
	}
	evaluated := 0
	for i := range 130 {
		c := w.Client()
		for name, value := range forged {
			if strings.Contains(value, "%d") {
				value = fmt.Sprintf(value, i)
			}
			c = c.With(name, value)
		}
		if guess(c, fmt.Sprintf("victim%03d", i)).Status == 400 {
			evaluated++
		}
	}
	if evaluated != 100 {
		t.Errorf("%d guesses evaluated from one network that called itself many", evaluated)
	}
	if log := w.Logged.String(); strings.Contains(log, "198.51.") || strings.Contains(log, "evil.example") || !strings.Contains(log, `"network":"127.0.0.0/24"`) {
		t.Error("the log believes the client")
	}
}

// TestASVS4_1_4_ASVS13_4_4_OtherMethodsAreRefused asks every path by every method that
// it does not have. A header that names another method counts for nothing.
func TestASVS4_1_4_ASVS13_4_4_OtherMethodsAreRefused(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "chief00")
	h.admin().Patch(fmt.Sprint("/api/users/", h.uid), object{"groups": []string{"admin"}}).Is(200)
	allowed := map[string][]string{}
	for _, r := range routes(t, "/", "GET", "POST", "PATCH", "DELETE", "PUT") {
		method, path, _ := strings.Cut(r, " ")
		allowed[filled(path, fmt.Sprint(h.uid))] = append(allowed[filled(path, fmt.Sprint(h.uid))], method)
	}
	before := w.Dump()
	for path, methods := range allowed {
		for _, m := range []string{"TRACE", "PUT", "GET", "POST", "PATCH", "DELETE", "HEAD", "FOO", "PROPFIND", "LINK"} {
			if slices.Contains(methods, m) || path == "/api/users/self" || path == "/api/users/self/deletion" {
				continue
			}
			c := h.mine
			if strings.HasPrefix(path, "/auth/") {
				c = c.With("Origin", w.URL)
			}
			a := c.With("X-HTTP-Method-Override", methods[0]).With("X-Method-Override", methods[0]).Do(m, path+"?_method="+methods[0], nil)
			name := path[strings.LastIndex(path, "/")+1:]
			if slices.Contains([]string{"self", "batch", "count"}, name) && (a.Status == 404 || a.Status == 405) {
				continue // the word stands where the path of another route has a variable
			}
			if a.Status != http.StatusMethodNotAllowed || !strings.Contains(a.Header.Get("Allow"), methods[0]) {
				t.Errorf("%s %s: %d, Allow %q", m, path, a.Status, a.Header.Get("Allow"))
			}
		}
	}
	h.mine.Do("TRACE", "/api/users/self", nil).Is(405)
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestASVS4_1_2_NoRedirectToHTTPS: whoever calls the API in the clear is not led on.
func TestASVS4_1_2_NoRedirectToHTTPS(t *testing.T) {
	w := apptest.New(t, limitsOff, behindTLS)
	for _, r := range routes(t, "/api/", "GET", "POST", "PATCH", "DELETE") {
		method, path, _ := strings.Cut(r, " ")
		a := w.Client().With("X-Forwarded-Proto", "http").Do(method, filled(path, "1"), nil)
		if a.Status/100 == 3 || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d to %s", r, a.Status, a.Header.Get("Location"))
		}
	}
}

// TestASVS3_4_2_NoOriginIsAllowed: there is no CORS at all, also for origins that may
// send the session cookie.
func TestASVS3_4_2_NoOriginIsAllowed(t *testing.T) {
	w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_TRUSTED_ORIGINS", "https://front.example"))
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	host := strings.TrimPrefix(w.URL, "http://")
	origins := []string{"null", "https://evil.example", "https://front.example.evil.example", "https://evilfront.example", "http://front.example", "https://front.example:444",
		"https://front.example.", "https://FRONT.example", "https://a.front.example", "https://front.example@evil.example", "https://fr\u00f6nt.example", "https://xn--frnt-5qa.example",
		"file://", "chrome-extension://x", "https://localhost", "http://localhost:1", "http://" + host + ".evil.example", "https://" + host, "*", "https://front.example https://evil.example",
		"https://front.example", w.URL}
	for _, origin := range origins {
		for _, m := range []string{"GET", "POST", "OPTIONS"} {
			a := c.With("Origin", origin).With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "authorization").Do(m, "/api/users/self", nil)
			for k := range a.Header {
				if strings.HasPrefix(k, "Access-Control-") {
					t.Errorf("%s from %s: %s", m, origin, k)
				}
			}
			if !strings.Contains(a.Header.Get("Vary"), "Origin") {
				t.Errorf("%s from %s: Vary %q", m, origin, a.Header.Get("Vary"))
			}
		}
	}
}

// TestASVS1_2_4_InputIsNoKey puts what separates the parts of a key into everything
// that finds a row: it stands at the end of a key, behind one fixed word, or nowhere.
func TestASVS1_2_4_InputIsNoKey(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("holder01", "holder01@example.com")
	c := w.SignIn("holder01")
	for _, evil := range []string{"q#zz", "q/zz", "q\x00zz", "#AB", "q' OR '1'='1", `q" zz`, "q%zz", "q_zz*"} {
		w.Recorder.Reset()
		for _, m := range []map[string]any{
			{"username": evil, "password": evil}, {"email": evil + "@example.com", "password": evil}, {"key": evil}, {"key": evil + ".x"}, {"uid": evil, "token": evil, "new_password1": newPassword, "new_password2": newPassword},
			{"refresh_token": evil}, {"slug": evil}, {"email": evil + "@example.com", "role": "worker"}, {"name": evil},
		} {
			for _, p := range []string{"/api/auth/login", "/api/auth/token", "/api/auth/token/refresh", "/api/auth/verify-email", "/api/auth/password/reset", "/api/auth/password/reset/confirm", "/api/auth/email/confirm", "/api/organizations", "/api/invitations"} {
				if a := c.With("X-Organization", strings.ReplaceAll(evil, "\x00", "")).Post(p, m); a.Status >= 500 {
					t.Errorf("%q to %s: %d", evil, p, a.Status)
				}
			}
		}
		escaped := strings.NewReplacer("%", "%25", "#", "%23", "/", "%2f", "\x00", "%00", " ", "%20", `"`, "%22").Replace(evil)
		for _, p := range []string{"/api/users/", "/api/invitations/", "/api/memberships/", "/api/organizations/", "/api/auth/sessions/", "/api/auth/access_tokens/", "/api/users/self?org=", "/api/users/self?org_id="} {
			c.Do("GET", p+escaped, nil)
			c.Do("DELETE", p+escaped, nil)
		}
		calls := w.Recorder.Calls()
		if len(calls) < 20 {
			t.Fatalf("%q: %d calls", evil, len(calls))
		}
		for _, call := range calls {
			for _, k := range call.Keys {
				for _, part := range []string{k.PK, k.SK} {
					before, after, found := strings.Cut(part, evil)
					if found && (!fixedWord.MatchString(before) || after != "" && after != "@example.com") {
						t.Errorf("%q stands in the key %q %q", evil, k.PK, k.SK)
					}
				}
			}
		}
	}
}

var fixedWord = regexp.MustCompile(`^[A-Z]+#$`)
