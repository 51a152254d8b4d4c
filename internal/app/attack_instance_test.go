package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/gateway"
	"gatehouse/internal/mail/ses"
)

// TestO7_RepeatedAfterGivingUp gives up on a request whose write is still on its way,
// and repeats it with its key: it has happened once.
func TestO7_RepeatedAfterGivingUp(t *testing.T) {
	w, b := interrupted(t)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder").With("Idempotency-Key", "one")
	ctx, giveUp := context.WithCancel(t.Context())
	written := make(chan struct{})
	b.prefix, b.hook = "SLUG#", func() {
		b.hook = nil
		giveUp()
		time.Sleep(20 * time.Millisecond)
		time.AfterFunc(20*time.Millisecond, func() { close(written) })
	}
	req, err := http.NewRequestWithContext(ctx, "POST", w.URL+"/api/organizations", strings.NewReader(`{"slug":"acme"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]string{"Content-Type": "application/json", "Idempotency-Key": "one", "X-CSRFToken": c.Cookie("csrftoken"), "Cookie": "sessionid=" + c.Cookie("sessionid") + "; csrftoken=" + c.Cookie("csrftoken")} {
		req.Header.Set(name, v)
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Fatalf("answered %d", res.StatusCode)
	}
	<-written
	for end := time.Now().Add(5 * time.Second); !strings.Contains(c.Get("/api/organizations").Is(200).Body, `"acme"`); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what nobody waits for any more was not written")
		}
	}
	id := patient(func() *apptest.Answer { return c.Post("/api/organizations", object{"slug": "acme"}) }).Is(201).Int("id")
	c.Get("/api/organizations").Is(200).Has(`"count":1`).Has(fmt.Sprint(id))
	c.Post("/api/organizations", object{"slug": "other"}).Is(422)
}

// TestO8_CookiesStaySmall adds up every cookie that a browser can hold of this site:
// they leave most of what a gateway takes of headers to others.
func TestO8_CookiesStaySmall(t *testing.T) {
	w := apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_BASE_URL", "https://gatehouse.example"))
	operator(w, "holder01", true)
	held := map[string]int{}
	note := func(a *apptest.Answer) *apptest.Answer {
		for _, line := range a.Header["Set-Cookie"] {
			k, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			held[k.Name] = max(held[k.Name], len(k.Name)+len(k.Value)+len("=; "))
		}
		return a
	}
	c := w.Client()
	for range 3 {
		note(c.Post("/api/auth/login", object{"username": "holder01", "password": apptest.Password})).Is(200)
	}
	w.Client().Post("/api/auth/password/reset", object{"email": "holder01@example.com"}).Is(200)
	link := strings.TrimPrefix(w.Mail("holder01@example.com", "reset").Links[0], "https://gatehouse.example")
	note(c.Get(link)).Is(303)
	sum := 0
	for _, n := range held {
		sum += n
	}
	if len(held) < 4 || sum > 1024 {
		t.Errorf("%d bytes of cookies: %v", sum, held)
	}
}

// TestO9_RefusalsAreOurs: what a gateway would refuse in words of its own is answered
// by a function, with the headers of every answer: unknown paths and methods, and
// whoever has no good credential.
func TestO9_RefusalsAreOurs(t *testing.T) {
	w := apptest.New(t, limitsOff)
	for _, r := range [][2]string{{"GET", "/nothing"}, {"GET", "/api/nothing"}, {"PUT", "/api/users/self"}, {"GET", "/api/users/self/"}, {"DELETE", "/"}, {"OPTIONS", "/api/users/self"}, {"GET", "/api/users/self"}, {"PROPFIND", "/api/users"}} {
		for _, c := range []*apptest.Client{w.Client(), w.Client().With("Authorization", "Bearer nonsense"), w.Client().With("Authorization", "Bearer a.b.c")} {
			a := c.Do(r[0], r[1], nil)
			if a.Status >= 500 || a.Status == 200 && r[0] != "OPTIONS" || strings.Contains(a.Body, `"message"`) {
				t.Errorf("%v: %d %s", r, a.Status, a.Body)
			}
			for name, part := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"} {
				if !strings.Contains(a.Header.Get(name), part) {
					t.Errorf("%v: %d with %s %q", r, a.Status, name, a.Header.Get(name))
				}
			}
		}
	}
}

// TestO10_TwoTenantsOnOneInstance sends a thousand requests of two organizations
// through one instance at once: each sees its own, whatever the other does.
func TestO10_TwoTenantsOnOneInstance(t *testing.T) {
	w := apptest.New(t, limitsOff)
	type side struct {
		team *apptest.Team
		name string
	}
	var sides []side
	for _, slug := range []string{"acme", "beta"} {
		w.Join(slug+".owner", slug+".owner@example.org")
		team := w.Found(w.SignIn(slug+".owner"), slug)
		team.Join(slug+".member", "worker")
		sides = append(sides, side{team, slug})
	}
	paths := []string{"/api/memberships", "/api/users/self", "/api/users", "/api/invitations", "/api/organizations", "/api/auth/sessions", "/audit", "", "/nothing", "POST"}
	parallel(1000, func(i int) int {
		s, other := sides[i%2], sides[1-i%2]
		c, path := s.team.In(s.team.Owner), paths[i/2%len(paths)]
		var a *apptest.Answer
		switch path {
		case "POST":
			a = patient(func() *apptest.Answer {
				return c.Post("/api/invitations", object{"email": fmt.Sprintf("%s.guest%d@example.org", s.name, i), "role": "worker"})
			})
		case "", "/audit":
			a = patient(func() *apptest.Answer { return s.team.Owner.Get(s.team.Path(path)) })
		default:
			a = patient(func() *apptest.Answer { return c.Get(path) })
		}
		if a.Status >= 500 || path != "/nothing" && a.Status >= 400 {
			t.Errorf("%s %s: %d %s", s.name, path, a.Status, a.Body)
		}
		if text := a.Body + headerText(a.Header); strings.Contains(text, other.name) || strings.Contains(text, fmt.Sprint(other.team.ID)) {
			t.Errorf("%s %s has something of %s: %s", s.name, path, other.name, text)
		}
		return 0
	})
}

// TestO11_EventsOfOthers gives every function events that are not its own: only the
// clock's jobs, and what the gateway sends, make anything happen.
func TestO11_EventsOfOthers(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	w.Client().Get("/.well-known/jwks.json").Is(200)
	w.Drain()
	w.Sweep("audit")
	request, err := gateway.SampleEvent(gateway.Sample{Route: "DELETE /api/users/{id}", Method: "DELETE", Target: "/api/users/1", Header: http.Header{}, Authorizer: map[string]any{"kind": "session", "uid": 1}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(string(request))
	if err != nil {
		t.Fatal(err)
	}
	foreign := map[string]string{
		"empty": "", "null": "null", "text": `"rotate-keys"`, "queue": `{"Records":[{"eventSource":"aws:sqs","body":` + string(body) + `}]}`,
		"topic":   `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":` + string(body) + `}}]}`,
		"job":     `{"job":"delete-everything"}`,
		"direct":  `{"httpMethod":"DELETE","path":"/api/users/1","headers":{},"requestContext":{"authorizer":{"uid":1}}}`,
		"REST":    `{"version":"1.0","routeKey":"DELETE /api/users/{id}","requestContext":{"http":{"method":"DELETE","sourceIp":"1.2.3.4"}}}`,
		"console": `{"key1":"value1","key2":"value2"}`,
	}
	for name, f := range w.Functions {
		for what, event := range foreign {
			unchanged(t, w, func() {
				out, err := f.Invoke(t.Context(), []byte(event))
				if name != "outbox" && err == nil { // which any event wakes up, and none tells anything
					t.Errorf("%s took %s: %s", name, what, out)
				}
			})
		}
		if name == "outbox" || name == "sweep" || name == "authorizer" {
			unchanged(t, w, func() {
				if out, err := f.Invoke(t.Context(), request); name != "outbox" && err == nil {
					t.Errorf("%s took a request: %s", name, out)
				}
			})
		}
	}
}

// TestO12_FilesAndEnvironment asks for files of the instance, and for its metadata.
func TestO12_FilesAndEnvironment(t *testing.T) {
	t.Setenv("GATEHOUSE_CANARY", "canary-environment")
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	for _, path := range []string{"/proc/self/environ", "/tmp", "/tmp/", "/var/task/bootstrap", "/static/../../../../etc/passwd", "/static/..%2f..%2fgo.mod", "/static/%2e%2e%2fstyle.css", "/static/%2fetc%2fpasswd", "/static/....//style.css", "/static/.", "/static/",
		"/2018-06-01/runtime/invocation/next", "/latest/meta-data/iam/security-credentials/", "/v2/credentials/", "/.env", "/.aws/credentials", "/debug/pprof/", "/debug/vars", "/metrics", "/template.yaml", "/_dev/mail"} {
		for _, c := range []*apptest.Client{w.Client(), h.mine} {
			a := c.Get(path)
			if a.Status != 404 && a.Status != 401 && a.Status != 400 && a.Status != 405 || strings.Contains(a.Body, "root:") || strings.Contains(a.Body, "canary") || strings.Contains(a.Body, "module gatehouse") {
				t.Errorf("%s: %d %.200s", path, a.Status, a.Body)
			}
		}
	}
}

// TestK7_StrangersReportNothing posts what a mail carrier reports, as a stranger can,
// and gives the outbox reports that are not of its carrier: no delivery changes.
func TestK7_StrangersReportNothing(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	key := team.Invite("guest@example.org", "worker")
	m := w.Mail("guest@example.org", "invitation")
	delivery := func() string { return team.Owner.Get("/api/invitations/" + key + "/delivery").Is(200).String("state") }
	bounce := func(source, tag string) string {
		return fmt.Sprintf(`{"source":%q,"detail":{"eventType":"Bounce","mail":{"tags":{"gatehouse-id":[%q]},"destination":["guest@example.org"]},"bounce":{"bounceType":"Permanent"}}}`, source, tag)
	}
	sns := fmt.Sprintf(`{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:1:x","Message":%q,"Signature":"AAAA","SigningCertURL":"https://evil.example/cert.pem","SubscribeURL":"https://evil.example/"}`, bounce("aws.ses", m.Tag))
	before := delivery()
	for _, path := range []string{"/", "/api/mails", "/api/webhooks/ses", "/api/webhooks/sns", "/api/auth/register", "/api/users/self/export"} {
		for _, body := range []string{sns, bounce("aws.ses", m.Tag)} {
			unchanged(t, w, func() {
				if a := w.Client().With("X-Amz-Sns-Message-Type", "Notification").Do("POST", path, body); a.Status < 400 || a.Status >= 500 {
					t.Errorf("%s: %d %s", path, a.Status, a.Body)
				}
			})
		}
	}
	w.Parts.Report = ses.ParseEvent
	outbox, err := app.Outbox(w.Parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{bounce("evil.ses", m.Tag), sns, bounce("", m.Tag), bounce("aws.ses", "guest@example.org"), bounce("aws.ses", "1795419642996-3k9x0a1b2c3d4e5f6g7h8i9j0k")} {
		unchanged(t, w, func() {
			if _, err := outbox.Invoke(t.Context(), []byte(event)); err != nil {
				t.Error(err)
			}
		})
	}
	if after := delivery(); after != before || before != "sent" {
		t.Errorf("the delivery was %s and is %s", before, after)
	}
	team.Owner.Post("/api/invitations/"+key+"/resend", nil).Is(204)
	if n := len(w.Mails("guest@example.org")); n != 2 { // the address is not suppressed
		t.Errorf("%d mails", n)
	}
	if _, err := outbox.Invoke(t.Context(), []byte(bounce("aws.ses", w.Mail("guest@example.org", "invitation").Tag))); err != nil {
		t.Error(err)
	}
	if after := delivery(); after != "bounced" { // the carrier's own word counts
		t.Errorf("the delivery is %s", after)
	}
}
