package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestE5_SignInFromAnotherSite has another site sign a browser in to the attacker's
// account, where nobody has signed in yet. The form of the page refuses it, and the
// API takes only what a browser does not send to another site unasked.
func TestE5_SignInFromAnotherSite(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "attack01", true)
	before := w.Dump()
	for _, h := range [][2]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		c := w.Client().With(h[0], h[1])
		c.With("Content-Type", "application/x-www-form-urlencoded").Do("POST", "/auth/login", "username=attack01&password="+apptest.Password).Is(403)
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
			for _, path := range []string{"/api/auth/login", "/api/auth/token"} {
				c.With("Content-Type", media).Do("POST", path, `{"username":"attack01","password":"`+apptest.Password+`"}`).Is(415)
			}
		}
		if c.Cookie("sessionid") != "" {
			t.Errorf("%v: signed in", h)
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestE6_TossedCookies sends what a sibling domain can plant beside a browser's own
// cookies.
func TestE6_TossedCookies(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "victim01", true)
	operator(w, "attack01", true)
	own, evil := w.SignIn("victim01"), w.SignIn("attack01")
	mine, planted := "sessionid="+own.Cookie("sessionid"), "sessionid="+evil.Cookie("sessionid")
	csrf, token := "csrftoken="+own.Cookie("csrftoken"), "csrftoken="+evil.Cookie("csrftoken")
	before := w.Dump()
	send := func(cookies ...string) *apptest.Client {
		return w.Client().With("Cookie", strings.Join(cookies, "; "))
	}
	for _, c := range [][]string{{mine, planted}, {planted, mine}, {mine, mine}, {mine, "sessionid="}, {"sessionid=x", mine}} {
		send(c...).Get("/api/users/self").Is(401)
		send(append(c, csrf)...).With("X-CSRFToken", own.Cookie("csrftoken")).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(401)
	}
	for _, c := range [][]string{{mine, token}, {mine, csrf, token}, {mine, token, csrf}, {mine, csrf, csrf}} {
		send(c...).With("X-CSRFToken", evil.Cookie("csrftoken")).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(403)
	}
	send(mine, csrf, token).With("X-CSRFToken", own.Cookie("csrftoken")).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(403)
	if w.Dump() != before {
		t.Error("the store changed")
	}
	own.Get("/api/users/self").Is(200)
}

// TestE6_HostPrefix: where people come by https our own cookies are bound to the
// host, and those that a sibling domain could have planted do not count.
func TestE6_HostPrefix(t *testing.T) {
	w := apptest.New(t, apptest.Env("GATEHOUSE_BASE_URL", "https://gatehouse.example"))
	operator(w, "victim01", true)
	set := strings.Join(w.Client().Post("/api/auth/login", object{"username": "victim01", "password": apptest.Password}).Is(200).Header["Set-Cookie"], "\n")
	_, device, _ := strings.Cut(set, "__Host-gh_device=")
	device, _, _ = strings.Cut(device, ";")
	if device == "" || strings.Count(set, "Secure") != 3 || strings.Contains(set, "Domain") {
		t.Fatalf("cookies %s", set)
	}
	for range 10 {
		guess(w.Client(), "victim01").Is(400)
	}
	for _, name := range []string{"gh_device", "__host-gh_device", "__HOST-gh_device", "__Host-GH_DEVICE", "__Host-gh_device ", "\u2000__Host-gh_device", "\u00a0__Host-gh_device", "\u3000__Host-gh_device", "\u0085__Host-gh_device"} {
		if a := guess(w.Client().With("Cookie", name+"="+device), "victim01"); a.Status != 429 {
			t.Errorf("a cookie named %q counts: %d", name, a.Status)
		}
	}
	throttled(t, guess(w.Client().With("Cookie", "__Host-gh_device="+device+"; __Host-gh_device="+device), "victim01"))
	guess(w.Client().With("Cookie", "__Host-gh_device="+device), "victim01").Is(400)
	page := func(cookie string) string {
		return w.Client().With("Cookie", cookie+"="+"notice%20reset.done").Get("/auth/login").Is(200).Body
	}
	if page("gh_flow") != page("other") || page("__host-gh_flow") != page("other") {
		t.Error("a planted cookie changes a page")
	}
	if page("__Host-gh_flow") == page("other") {
		t.Error("the flow cookie is not read")
	}
}

// TestE7_NoOriginIsAnswered asks from every origin that a careless check takes for a
// friend: no answer lets another origin read it, with or without credentials.
func TestE7_NoOriginIsAnswered(t *testing.T) {
	w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_TRUSTED_ORIGINS", "https://front.example"))
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	host := strings.TrimPrefix(w.URL, "http://")
	for _, origin := range []string{"https://evil.example", "https://evil-front.example", "https://front.example.evil.example", "https://front.example:444", "http://front.example",
		"https://front.example", "https://FRONT.example", "https://fr\u043ent.example", "https://xn--frnt-gva.example", "null", "*", "file://", w.URL, "http://evil" + host, "https://" + host, ""} {
		for _, path := range []string{"/api/users/self", "/api/auth/login", "/api/server/about", "/.well-known/jwks.json", "/auth/login", "/no/such/path", "/api/auth/token"} {
			for _, method := range []string{"GET", "OPTIONS", "POST"} {
				f := c.With("Origin", origin).With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "x-csrftoken,authorization")
				for name := range f.Do(method, path, nil).Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s from %s: %s", method, path, origin, name)
					}
				}
			}
		}
	}
}

// TestE8_PreflightTellsNothing asks for every route as a browser does before a call
// from another origin. The answer names methods at most, and nothing is done.
func TestE8_PreflightTellsNothing(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	before := w.Dump()
	for _, r := range routes(t, "/", "GET", "POST", "PATCH", "DELETE") {
		_, path, _ := strings.Cut(r, " ")
		want := 401
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			if isOpen(t, method+" "+path) {
				want = 200
			}
		}
		path = strings.NewReplacer("{id}", h.tokenID, "{key}", "x", "{file}", "style.css").Replace(path)
		ask := func(c *apptest.Client) *apptest.Answer {
			return c.With("Origin", "https://evil.example").With("Access-Control-Request-Method", "POST").Do("OPTIONS", path, nil)
		}
		a, known := ask(w.Client()), ask(h.mine)
		switch {
		case known.Status != 200 || known.Body != "":
			t.Errorf("%s: %d %s", path, known.Status, known.Body)
		case a.Status != want || a.Status == 200 && a.Body != "":
			t.Errorf("%s without credentials: %d %s, want %d", path, a.Status, a.Body, want)
		case a.Status == 401 && a.Header.Get("Allow") != "":
			t.Errorf("%s: the methods of a private route are told", path)
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestE10_NothingRunsAsAScript reads every route with the parameters that make
// scripts of answers elsewhere.
func TestE10_NothingRunsAsAScript(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	h.found()
	read := 0
	for _, r := range routes(t, "/", "GET") {
		_, path, _ := strings.Cut(r, " ")
		id := map[bool]string{true: h.tokenID, false: h.org}[strings.Contains(path, "tokens")]
		path = strings.NewReplacer("{id}", id, "{key}", h.invitation, "{file}", "style.css").Replace(path)
		for _, c := range []*apptest.Client{h.mine, w.Client()} {
			for _, accept := range []string{"", "application/javascript, */*"} {
				a := c.With("Accept", accept).Get(path + "?callback=evilFn&jsonp=evilFn&format=jsonp")
				media := a.Header.Get("Content-Type")
				if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
					t.Errorf("%s: %s", path, headerText(a.Header))
				}
				if strings.Contains(media, "javascript") || strings.Contains(a.Body, "evilFn") {
					t.Errorf("%s: %s %.200s", path, media, a.Body)
				}
				if a.Status == 200 && strings.Contains(media, "json") {
					read++
					// The agreements are for everybody, and a list in the baseline.
					if path != "/api/auth/agreements" && !strings.HasPrefix(a.Body, "{") || !json.Valid([]byte(a.Body)) {
						t.Errorf("%s: %.100s", path, a.Body)
					}
				}
			}
		}
	}
	if read < 30 {
		t.Errorf("no more than %d answers were read", read)
	}
}
