package app_test

import (
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestN1_ASVS16_2_5_SecretsStayOutOfLogsAndErrors tells the story of an account, with
// mistakes, and looks for everything secret in the log and in every refusal.
func TestN1_ASVS16_2_5_SecretsStayOutOfLogsAndErrors(t *testing.T) {
	w := apptest.New(t, limitsOff)
	secrets := map[string]string{"password": apptest.Password, "new password": newPassword, "typed in vain": "canary-wrong-password-4711"}
	var refused strings.Builder
	note := func(a *apptest.Answer) {
		if a.Status >= 400 {
			refused.WriteString(a.Body + headerText(a.Header) + "\n")
		}
	}
	h := hold(w, "holder01")
	for name, v := range h.headers {
		_, secrets[name], _ = strings.Cut(v, " ")
	}
	secrets["cookie"], secrets["csrf"], secrets["refresh"] = h.mine.Cookie("sessionid"), h.mine.Cookie("csrftoken"), h.refresh
	secrets["device"] = h.mine.Cookie("gh_device")
	secrets["own mail key"] = "canary-key." + strings.Repeat("k", 43)
	w.Client().Post("/api/auth/register", apptest.Form("newbie01", "newbie01@example.com")).Is(201)
	h.mine.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
	w.Client().Post("/api/auth/password/reset", object{"email": "holder01@example.com"}).Is(200)
	for _, m := range w.Mails("") {
		for _, l := range m.Links {
			for _, name := range []string{"key=", "token="} {
				if _, v, ok := strings.Cut(l, name); ok {
					v, _, _ = strings.Cut(v, "&")
					secrets["mail "+m.Kind] = v
					note(w.Client().Get(strings.TrimPrefix(l, w.URL)))
				}
			}
		}
	}
	wrong := secrets["typed in vain"]
	for _, c := range []*apptest.Client{w.Client(), h.mine} {
		for _, r := range changes(h) {
			method, path, _ := strings.Cut(r.route, " ")
			if r.target != "" {
				path = r.target
			}
			for name, v := range secrets {
				body := strings.NewReplacer("not the password", wrong, "abc.def", v, `"abc"`, `"`+v+`"`, newPassword, v).Replace(r.body)
				if method == "DELETE" && r.body == "" || strings.HasSuffix(path, "/deletion") || strings.HasSuffix(path, "/logout") || strings.HasSuffix(path, "/revoke") || strings.HasSuffix(path, "/register") {
					continue
				}
				if name == "refresh" || name == "mail reset" || strings.HasPrefix(name, "mail") {
					body = strings.Replace(body, v, v+"x", 1)
				}
				note(c.Do(method, path, body))
				note(c.Do(method, path, body+"}"))
				note(c.Do(method, path+"?token="+v+"&token=2", body))
			}
		}
	}
	for name, v := range secrets {
		note(w.Client().With("Authorization", "Bearer "+v+"x").Get("/api/users/self"))
		note(w.Client().With("Authorization", "Token "+v).With("Accept", "text/html").Get("/api/users/self"))
		note(w.Client().With("Authorization", "Basic "+v).Get("/api/users/" + name))
		note(w.Client().With("Cookie", "sessionid="+v+"x").Get("/api/users/self"))
		note(w.Client().With("X-Request-Id", v).With("User-Agent", v).Get("/api/users/self"))
	}
	note(w.Client().With("Authorization", basic("holder01", wrong)).Get("/api/users/self"))
	w.FailMail(apptest.ErrDown)
	h.other.Post("/api/auth/email", object{"email": "again@example.com"})
	w.Drain()
	w.FailMail(nil)
	log, bodies := w.Logged.String(), refused.String()
	if len(log) < 10000 || len(bodies) < 10000 {
		t.Fatalf("%d bytes of log, %d of refusals", len(log), len(bodies))
	}
	for name, v := range secrets {
		if len(v) < 10 {
			t.Fatalf("%s is %q", name, v)
		}
		if i := strings.Index(log, v); i >= 0 {
			t.Errorf("%s in the log: %s", name, log[max(0, i-200):i])
		}
		if i := strings.Index(bodies, v); i >= 0 {
			t.Errorf("%s in a refusal: %s", name, bodies[max(0, i-200):i])
		}
	}
	dump := w.Dump()
	for name, v := range secrets {
		if strings.Contains(dump, v) {
			t.Errorf("%s is kept in the store", name)
		}
	}
}

func TestN3_ASVS16_4_1_LogLinesAreWhole(t *testing.T) {
	w := apptest.New(t, limitsOff)
	for _, v := range []string{"a\tb", `","level":"ERROR`, "\u2028x", strings.Repeat("x", 3000)} {
		w.Client().With("User-Agent", v).Post("/api/auth/login", object{"username": v, "password": v})
		w.Client().Get("/api/users/%0a%7b%22level%22%3a%22ERROR%22%7d?x=" + strings.Repeat("y", 100))
	}
	for line := range strings.Lines(w.Logged.String()) {
		if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}\n") || strings.Contains(line, `"level":"ERROR"`) || len(line) > 2000 {
			t.Errorf("%.300s", line)
		}
	}
}
