package functions_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/gateway"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

var update = flag.Bool("update", false, "write events/ anew")

const folder = "../events"

// sampleCookie has the form of a session cookie. Nobody's session is behind it.
const sampleCookie = "02eu5fwj3hh637eaqin6o40i0nlejhnq8nmv6"

// sampleTime is that of gateway.SampleEvent.
var sampleTime = time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC)

const sampleID = "3k9x0a1b2c3d4e5f6g7h8i9j0k"

// samples makes every file of events/, one for each function and each of its
// triggers, as AWS would send it.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	nobody := session.Ticket{Kind: session.CredNone}.Context()
	uid, sid, ok := token.ParseSession(sampleCookie)
	if !ok {
		t.Fatal("the sample cookie is none")
	}
	somebody := session.Ticket{Kind: session.CredCookie, UID: uid, SID: sid}.Context()
	header := func(pairs ...string) http.Header {
		h := http.Header{"User-Agent": {"curl/8.5.0"}, "Accept": {"application/json"}}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	body := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	out := map[string][]byte{}
	add := func(name string, event []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = event
	}
	event := func(name string, s gateway.Sample) {
		t.Helper()
		e, err := gateway.SampleEvent(s)
		add(name, e, err)
	}
	event("signup.json", gateway.Sample{Route: "POST /api/auth/register", Method: "POST", Target: "/api/auth/register",
		Header: header("Content-Type", "application/json"), Body: body(apptest.Form("ada.byron", "ada@example.com")), Authorizer: nobody})
	event("login.json", gateway.Sample{Route: "POST /api/auth/login", Method: "POST", Target: "/api/auth/login",
		Header: header("Content-Type", "application/json"), Body: body(map[string]string{"username": "ada.byron", "password": apptest.Password}), Authorizer: nobody})
	self := gateway.Sample{Route: "GET /api/users/self", Method: "GET", Target: "/api/users/self", Header: header("Cookie", "sessionid="+sampleCookie)}
	e, err := gateway.SampleAuthorizerEvent(self)
	add("authorizer.json", e, err)
	self.Authorizer = somebody
	event("account.json", self)
	event("organizations.json", gateway.Sample{Route: "GET /api/organizations", Method: "GET", Target: "/api/organizations?page=1", Header: header("Cookie", "sessionid="+sampleCookie, "X-Organization", "acme"), Authorizer: somebody})
	event("invitations.json", gateway.Sample{Route: "GET /api/invitations/count", Method: "GET", Target: "/api/invitations/count", Header: header("Cookie", "sessionid="+sampleCookie), Authorizer: somebody})
	event("workspace.json", gateway.Sample{Route: "GET /api/jobs", Method: "GET", Target: "/api/jobs?page=1", Header: header("Cookie", "sessionid="+sampleCookie, "X-Organization", "acme"), Authorizer: somebody})
	token := session.Ticket{Kind: session.CredJWT, UID: uid, SID: sid}.Context()
	event("permissions.json", gateway.Sample{Route: "POST /api/permissions/check", Method: "POST", Target: "/api/permissions/check", Header: header("Content-Type", "application/json"),
		Body: body(map[string]any{"checks": []map[string]any{{"scope": "organizations:create"}}, "explain": true}), Authorizer: token})
	event("pages.json", gateway.Sample{Route: "GET /auth/login", Method: "GET", Target: "/auth/login", Header: header("Accept", "text/html")})
	event("edge.json", gateway.Sample{Route: "GET /api/server/about", Method: "GET", Target: "/api/server/about", Header: header(), Authorizer: nobody})
	add("outbox.json", []byte("{}\n"), nil)
	add("outbox-stream.json", streamEvent, nil)
	// The report of a bounce is the one that the reader of such reports is tested with.
	report, err := os.ReadFile("../internal/mail/ses/testdata/events/bounce-permanent.json")
	if err != nil {
		t.Fatal(err)
	}
	add("outbox-bounce.json", bytes.Replace(report, []byte("1795419642996-"+sampleID), []byte(mail.Tag(sampleTime.UnixMilli(), sampleID)), 1), nil)
	add("sweep.json", []byte(`{"job":"rotate-keys"}`+"\n"), nil)
	return out
}

// streamEvent is what a stream of keys sends when a mail has been queued: "Using AWS
// Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide.
var streamEvent = fmt.Appendf(nil, `{
  "Records": [
    {
      "eventID": "c81e728d9d4c2f636f067f89cc14862c",
      "eventName": "INSERT",
      "eventVersion": "1.1",
      "eventSource": "aws:dynamodb",
      "awsRegion": "us-east-1",
      "dynamodb": {
        "ApproximateCreationDateTime": %d,
        "Keys": {
          "pk": { "S": %q },
          "sk": { "S": %q }
        },
        "SequenceNumber": "4421584500000000017450439091",
        "SizeBytes": 58,
        "StreamViewType": "KEYS_ONLY"
      },
      "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/gatehouse-dev/stream/2026-01-02T15:00:00.000"
    }
  ]
}
`, sampleTime.Unix(), mail.OutboxPrefix+"0", store.TimeText(sampleTime)+"#"+sampleID)

// sample reads a file of events/.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSamplesAreCurrent compares events/ with what the gateway would send now.
func TestSamplesAreCurrent(t *testing.T) {
	want := samples(t)
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, b := range want {
			if err := os.WriteFile(filepath.Join(folder, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if want[f.Name()] == nil {
			t.Errorf("events/%s is tested by nothing", f.Name())
		}
	}
	for name, b := range want {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("events/%s is not current (%v): run go test ./functions -run TestSamplesAreCurrent -update", name, err)
		}
		if !json.Valid(b) {
			t.Errorf("events/%s is no JSON", name)
		}
	}
}

// TestSamplesWithoutTable sends the samples that need no table.
func TestSamplesWithoutTable(t *testing.T) {
	send(t, start(t, "edge", nil), sample(t, "edge.json")).is(t, 200, `"name":"Example Labs"`)
	send(t, start(t, "pages", nil), sample(t, "pages.json")).is(t, 200, "<form", "Sign in to Example Labs")
	authorized(t, start(t, "authorizer", nil).Invoke)
}

// authorized sends the authorizer's sample; what it answers is what the sample of
// the account function says that it did.
func authorized(t *testing.T, invoke invoker) {
	t.Helper()
	got := ask(t, invoke, sample(t, "authorizer.json"))
	var e struct {
		RequestContext struct {
			Authorizer struct{ Lambda map[string]any }
		}
	}
	if err := json.Unmarshal(sample(t, "account.json"), &e); err != nil {
		t.Fatal(err)
	}
	if want := e.RequestContext.Authorizer.Lambda; !reflect.DeepEqual(got, want) || len(want) == 0 {
		t.Errorf("the authorizer says %v, the sample %v", got, want)
	}
}

// ask is the context that an authorizer answers with.
func ask(t *testing.T, invoke invoker, event []byte) map[string]any {
	t.Helper()
	out, err := invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		IsAuthorized bool           `json:"isAuthorized"`
		Context      map[string]any `json:"context"`
	}
	if err := json.Unmarshal(out, &a); err != nil || !a.IsAuthorized {
		t.Fatalf("%v: %s", err, out)
	}
	return a.Context
}

// TestSamples sends every sample to its function, in an order that makes sense.
func TestSamples(t *testing.T) {
	c := newCloud(t)
	invoke := func(function, name string) string { t.Helper(); return c.invoke(function, string(sample(t, name))) }

	if made := invoke("sweep", "sweep.json"); !strings.HasPrefix(made, `{"made":"`) || made == `{"made":""}` {
		t.Errorf("sweep: %s, want a first key", made)
	}
	if made := invoke("sweep", "sweep.json"); made != `{"made":""}` {
		t.Errorf("sweep: %s, want none so soon", made)
	}
	send(t, c.functions["edge"], sample(t, "edge.json")).is(t, 200, `"name":"Example Labs"`)
	send(t, c.functions["pages"], sample(t, "pages.json")).is(t, 200, "<form")

	send(t, c.functions["signup"], sample(t, "signup.json")).is(t, 201, `"username":"ada.byron"`, `"email_verification_required":true`)
	send(t, c.functions["login"], sample(t, "login.json")).is(t, 400)
	if done := invoke("outbox", "outbox-stream.json"); !strings.HasPrefix(done, `{"done":1,`) {
		t.Errorf("outbox: %s after one registration", done)
	}
	m, q := c.mail("ada@example.com", "/auth/verify")
	send(t, c.functions["signup"], request(t, "POST /api/auth/verify-email", "POST", "/api/auth/verify-email", `{"key":"`+q.Get("key")+`"}`)).is(t, 200)
	r := send(t, c.functions["login"], sample(t, "login.json")).is(t, 200, `"key":"`)

	authorized(t, c.functions["authorizer"].Invoke)
	for _, name := range []string{"account", "organizations", "invitations", "workspace", "permissions"} {
		send(t, c.functions[name], sample(t, name+".json")).is(t, 401) // nobody's session
	}
	var cookie string
	for _, line := range r.Cookies {
		if strings.HasPrefix(line, "sessionid=") {
			cookie, _, _ = strings.Cut(line, ";")
		}
	}
	// The same events with a session that there is.
	real := func(name string) []byte {
		return bytes.ReplaceAll(sample(t, name), []byte("sessionid="+sampleCookie), []byte(cookie))
	}
	self := gateway.Sample{Route: "GET /api/users/self", Method: "GET", Target: "/api/users/self", Header: http.Header{"Cookie": {cookie}},
		Authorizer: ask(t, c.functions["authorizer"].Invoke, real("authorizer.json"))}
	e, err := gateway.SampleEvent(self)
	if err != nil {
		t.Fatal(err)
	}
	send(t, c.functions["account"], e).is(t, 200, `"username":"ada.byron"`)

	c.client().Post("/api/auth/password/reset", map[string]any{"email": "ada@example.com"}).Is(200)
	if done := invoke("outbox", "outbox.json"); strings.HasPrefix(done, `{"done":0,`) {
		t.Errorf("outbox: %s after a mail was asked for", done)
	}
	// A bounce of a mail that nobody knows any more is taken note of; one of a mail
	// that was sent stands in the list of the administrators.
	if out := invoke("outbox", "outbox-bounce.json"); out != "{}" {
		t.Errorf("bounce: %s", out)
	}
	tag := []byte(m.EmailTags[0].Value)
	bounce := bytes.Replace(sample(t, "outbox-bounce.json"), []byte(mail.Tag(sampleTime.UnixMilli(), sampleID)), tag, 1)
	if out := c.invoke("outbox", string(bounce)); out != "{}" {
		t.Errorf("bounce: %s", out)
	}
	if state := c.delivery(string(tag)); state != mail.Bounced {
		t.Errorf("the delivery is %q after the bounce, want %q", state, mail.Bounced)
	}
}
