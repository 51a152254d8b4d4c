package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// forgeries are headers that a request with the session cookie must not come with.
func forgeries(w *apptest.World, other string) map[string][]string {
	token := strings.Repeat("a", 32)
	return map[string][]string{
		"no token":                   {"X-CSRFToken", ""},
		"wrong token":                {"X-CSRFToken", token},
		"short token":                {"X-CSRFToken", "x"},
		"token of another session":   {"X-CSRFToken", other},
		"E2 foreign origin":          {"Origin", "https://evil.example"},
		"E2 origin of a subdomain":   {"Origin", strings.Replace(w.URL, "://", "://app.", 1)},
		"E2 origin with a suffix":    {"Origin", w.URL + ".evil.example"},
		"E2 origin of another port":  {"Origin", "http://127.0.0.1:1"},
		"E2 origin of https":         {"Origin", strings.Replace(w.URL, "http:", "https:", 1)},
		"E4 origin null":             {"Origin", "null"},
		"E2 origin with credentials": {"Origin", strings.Replace(w.URL, "://", "://evil@", 1)},
		"E1 another site":            {"Sec-Fetch-Site", "cross-site"},
		"E2 sibling":                 {"Sec-Fetch-Site", "same-site"},
	}
}

func TestE1_E2_E3_E4_ASVS3_5_1_ASVS3_5_2_EveryChangeNeedsTheToken(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	h.found()
	before := w.Dump()
	for _, c := range changes(h) {
		method, path, _ := strings.Cut(c.route, " ")
		if c.target != "" {
			path = c.target
		}
		for name, f := range forgeries(w, h.other.Cookie("csrftoken")) {
			a := h.mine.With(f[0], f[1]).Do(method, path, c.body)
			if a.Status != 403 || !strings.Contains(a.Body, `"detail":"CSRF Failed: `) {
				t.Errorf("%s, %s: %d %s", c.route, name, a.Status, a.Body)
			}
		}
		a := w.Client().With("Cookie", "sessionid="+h.mine.Cookie("sessionid")).With("X-CSRFToken", h.mine.Cookie("csrftoken")).Do(method, path, c.body)
		if a.Status != 403 {
			t.Errorf("%s without the csrftoken cookie: %d", c.route, a.Status)
		}
	}
	if w.Dump() != before {
		t.Error("a forged request changed the store")
	}
}

func TestE2_E3_OwnOrigins(t *testing.T) {
	w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_TRUSTED_ORIGINS", "https://front.example"))
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	for _, origin := range []string{w.URL, strings.Replace(w.URL, "127.0.0.1", "localhost", 1), "https://front.example"} {
		c.With("Origin", origin).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
	}
	for _, origin := range []string{"https://front.example.evil.example", "http://front.example", "https://FRONT.example.", "https://front.example:444"} {
		c.With("Origin", origin).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(403)
	}
	c.With("Sec-Fetch-Site", "same-origin").Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
}

// TestD10_HeaderDecides sends a cookie and a header: the cookie is not read, so
// neither its CSRF token nor its owner count.
func TestD10_HeaderDecides(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	operator(w, "holder02", true)
	c := w.SignIn("holder02").With("X-CSRFToken", "").With("Origin", "https://evil.example")
	for _, name := range []string{"jwt", "token", "basic"} {
		a := c.With("Authorization", h.headers[name]).Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
		a.Has(`"username":"holder01"`)
	}
}

func TestE5_SignInOverALiveSession(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	operator(w, "attack01", true)
	c := w.SignIn("holder01")
	before := w.Dump()
	sign := object{"username": "attack01", "password": apptest.Password}
	for _, path := range []string{"/api/auth/login", "/api/auth/token", "/api/auth/logout"} {
		c.With("X-CSRFToken", "").Post(path, sign).Is(403)
		c.With("Origin", "https://evil.example").Post(path, sign).Is(403)
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
	if got := c.Get("/api/users/self").String("username"); got != "holder01" {
		t.Errorf("signed in as %s", got)
	}
	c.Post("/api/auth/login", sign).Is(200)
}

func TestE1_E2_E4_ASVS3_5_1_FormsFromOtherSites(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	before := w.Dump()
	for _, route := range routes(t, "/auth/", "POST") {
		path := strings.TrimPrefix(route, "POST ")
		send := func(body string, header ...string) *apptest.Answer {
			f := c.With("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i < len(header); i += 2 {
				f = f.With(header[i], header[i+1])
			}
			return f.Do("POST", path, body)
		}
		for _, h := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {"X-Other", "x"},
			{"Origin", w.URL, "Sec-Fetch-Site", "cross-site"}} {
			if a := send("username=holder01&password=x", h...); a.Status != 403 {
				t.Errorf("%s with %v: %d", path, h, a.Status)
			}
		}
		own := []string{"Origin", w.URL}
		for body, status := range map[string]int{"x=" + strings.Repeat("x", 64<<10): 413, "x=%zz": 400, "x=%ff": 400, "x=\xff": 400} {
			if a := send(body, own...); a.Status != status && path != "/auth/logout" && path != "/auth/sessions/end-others" {
				t.Errorf("%s %.20q: %d", path, body, a.Status)
			} else if a.Status >= 500 {
				t.Errorf("%s %.20q: %d", path, body, a.Status)
			}
			c = w.SignIn("holder01")
			before = w.Dump()
		}
		for _, media := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x"} {
			if a := send("{}", "Origin", w.URL, "Content-Type", media); a.Status != 415 && path != "/auth/logout" && path != "/auth/sessions/end-others" {
				t.Errorf("%s as %s: %d", path, media, a.Status)
			}
			c = w.SignIn("holder01")
			before = w.Dump()
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestE9_ASVS3_5_3_ReadingChangesNothing asks for everything that can be asked for.
func TestE9_ASVS3_5_3_ReadingChangesNothing(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "chief00")
	h.admin().Patch(fmt.Sprint("/api/users/", h.uid), object{"groups": []string{"admin"}}).Is(200)
	h.mine.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	w.Client().Post("/api/auth/password/reset", object{"email": "chief00@example.com"}).Is(200)
	w.Drain()
	var links []string
	for _, m := range w.Mails("") {
		for _, l := range m.Links {
			links = append(links, strings.TrimPrefix(l, w.URL))
		}
	}
	for _, r := range routes(t, "/", "GET") {
		path := strings.TrimPrefix(r, "GET ")
		id := fmt.Sprint(h.uid)
		if strings.Contains(path, "access_tokens") {
			id = h.tokenID
		}
		links = append(links, strings.NewReplacer("{id}", id, "{file}", "style.css").Replace(path))
	}
	for _, c := range changes(h) {
		_, path, _ := strings.Cut(c.route, " ")
		links = append(links, strings.NewReplacer("{id}", h.session).Replace(path))
	}
	w.Client().Get("/.well-known/jwks.json").Is(200)                                  // makes the first key
	w.Client().With("Authorization", h.headers["pat"]).Get("/api/users/self").Is(200) // notes the first use
	before := w.Dump()
	for _, path := range links {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for _, c := range []*apptest.Client{h.mine, w.Client(), w.Client().With("Authorization", h.headers["pat"]), w.Client().With("Authorization", h.headers["token"])} {
				if a := c.Do(method, path, nil); a.Status >= 500 {
					t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
				}
			}
		}
		if w.Dump() != before {
			t.Fatalf("reading %s changed the store", path)
		}
	}
	w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0])}).Is(200)
}

func TestE7_NoCrossOriginAnswers(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	c := w.SignIn("holder01").With("Origin", "https://evil.example")
	for _, method := range []string{"GET", "OPTIONS"} {
		a := c.With("Access-Control-Request-Method", "POST").Do(method, "/api/users/self", nil)
		for k := range a.Header {
			if strings.HasPrefix(k, "Access-Control-") {
				t.Errorf("%s: %s", method, k)
			}
		}
	}
}
