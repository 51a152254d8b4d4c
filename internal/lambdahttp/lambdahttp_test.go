package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"gatehouse/internal/api"
	"gatehouse/internal/bound"
)

type handlerFunc func(ctx context.Context, r *api.Request) *api.Response

func (f handlerFunc) Serve(ctx context.Context, r *api.Request) *api.Response { return f(ctx, r) }

const noteRoute = "POST /api/organizations/{id}/notes/{name}"

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// changed is a golden event with a change made to it.
func changed(t testing.TB, name string, change func(map[string]any)) []byte {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal(golden(t, name), &e); err != nil {
		t.Fatal(err)
	}
	change(e)
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve gives the event to a handler on the golden event's route.
func serve(t testing.TB, payload []byte, h handlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := New(api.Routes{noteRoute: h}).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("Invoke: %v", err)
	}
	var reply events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &reply); err != nil {
		t.Fatalf("reply %s: %v", out, err)
	}
	return reply
}

func ok(context.Context, *api.Request) *api.Response { return &api.Response{Status: 200} }

func TestRequestOfGoldenEvent(t *testing.T) {
	var got *api.Request
	serve(t, golden(t, "request.json"), func(ctx context.Context, r *api.Request) *api.Response {
		got = r
		return ok(ctx, r)
	})
	want := &api.Request{
		ID: "JKJaXmPLvHcESHA=", Method: "POST", Route: noteRoute,
		Path: "/api/organizations/7/notes/a b", RawQuery: "tag=x&tag=y%2Cz&empty=",
		Query:  url.Values{"tag": {"x", "y,z"}, "empty": {""}},
		Params: map[string]string{"id": "7", "name": "a b"},
		Header: map[string]string{
			"accept": "application/json,text/html", "authorization": "Token 0123456789abcdef",
			"content-type": "application/x-www-form-urlencoded", "host": "api.example.com",
			"x-forwarded-for": "198.51.100.9, 203.0.113.7",
		},
		Cookies:    []api.Cookie{{Name: "sessionid", Value: "one"}, {Name: "theme", Value: "a=b"}, {Name: "sessionid", Value: "two"}},
		Body:       []byte("name=a%20b"),
		SourceIP:   "203.0.113.7",
		Authorizer: map[string]any{"kind": "session", "uid": 1099511627777.0, "roles": []any{"a"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("request\n got %+v\nwant %+v", got, want)
	}
}

func TestHeaderNamesAreLowered(t *testing.T) {
	payload := changed(t, "request.json", func(e map[string]any) {
		e["headers"] = map[string]string{"X-Organization": "acme", "ACCEPT": "b", "accept": "a", "Cookie": "sessionid=three"}
	})
	serve(t, payload, func(ctx context.Context, r *api.Request) *api.Response {
		want := map[string]string{"x-organization": "acme", "accept": "a,b"}
		if !reflect.DeepEqual(r.Header, want) {
			t.Errorf("Header = %v, want %v", r.Header, want)
		}
		return ok(ctx, r)
	})
}

func TestReply(t *testing.T) {
	binary := []byte{0xff, 0x00, 0xfe}
	for name, tc := range map[string]struct {
		body    []byte
		text    string
		encoded bool
	}{
		"none":   {nil, "", false},
		"text":   {[]byte("<p>é & \u2028"), "<p>é & \u2028", false},
		"binary": {binary, base64.StdEncoding.EncodeToString(binary), true},
	} {
		t.Run(name, func(t *testing.T) {
			reply := serve(t, golden(t, "request.json"), func(context.Context, *api.Request) *api.Response {
				return &api.Response{Status: 201, Header: map[string]string{"X-A": "b"}, Cookies: []string{"a=1; Path=/", "b=2"}, Body: tc.body}
			})
			if reply.StatusCode != 201 || reply.Headers["X-A"] != "b" || !reflect.DeepEqual(reply.Cookies, []string{"a=1; Path=/", "b=2"}) {
				t.Errorf("reply = %+v", reply)
			}
			if reply.Body != tc.text || reply.IsBase64Encoded != tc.encoded {
				t.Errorf("body = %q, %v, want %q, %v", reply.Body, reply.IsBase64Encoded, tc.text, tc.encoded)
			}
		})
	}
}

func TestReplyKeepsHTML(t *testing.T) {
	h := handlerFunc(func(context.Context, *api.Request) *api.Response {
		return &api.Response{Status: 200, Body: []byte("<p>&</p>")}
	})
	out, err := New(api.Routes{noteRoute: h}).Invoke(t.Context(), golden(t, "request.json"))
	if err != nil || !bytes.Contains(out, []byte("<p>&</p>")) {
		t.Errorf("reply = %s, %v", out, err)
	}
}

func TestUnknownRoute(t *testing.T) {
	out, err := New(api.Routes{}).Invoke(t.Context(), golden(t, "request.json"))
	if err != nil || !bytes.Contains(out, []byte(`"statusCode":404`)) || !bytes.Contains(out, []byte(`{\"detail\":\"Not found.\"}`)) {
		t.Errorf("reply = %s, %v", out, err)
	}
}

func TestO4_BadRequests(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"body is no base64":   func(e map[string]any) { e["body"] = "=" },
		"query escape":        func(e map[string]any) { e["rawQueryString"] = "a=%zz" },
		"query semicolon":     func(e map[string]any) { e["rawQueryString"] = "a=1;b=2" },
		"authorization twice": func(e map[string]any) { e["headers"] = map[string]string{"authorization": "Token a,Token b"} },
		"host twice":          func(e map[string]any) { e["headers"] = map[string]string{"host": "a.example,b.example"} },
	} {
		t.Run(name, func(t *testing.T) {
			reply := serve(t, changed(t, "request.json", change), func(ctx context.Context, r *api.Request) *api.Response {
				t.Error("the handler was called")
				return ok(ctx, r)
			})
			if reply.StatusCode != 400 || !strings.HasPrefix(reply.Body, `{"detail":"`) || reply.Headers["Cache-Control"] != "no-store" {
				t.Errorf("reply = %+v", reply)
			}
		})
	}
}

// O5: what is base64 inside stays so.
func TestO5_BodyIsDecodedOnce(t *testing.T) {
	once := base64.StdEncoding.EncodeToString([]byte("x"))
	payload := changed(t, "request.json", func(e map[string]any) {
		e["body"] = base64.StdEncoding.EncodeToString([]byte(once))
	})
	serve(t, payload, func(ctx context.Context, r *api.Request) *api.Response {
		if string(r.Body) != once {
			t.Errorf("Body = %q, want %q", r.Body, once)
		}
		return ok(ctx, r)
	})
}

func TestN4_ASVS16_5_1_ASVS16_5_4_PanicIsA500WithoutSecrets(t *testing.T) {
	const secret = "hunter2"
	for name, h := range map[string]handlerFunc{
		"text":     func(context.Context, *api.Request) *api.Response { panic("password " + secret) },
		"error":    func(context.Context, *api.Request) *api.Response { panic(errors.New(secret)) },
		"runtime":  func(_ context.Context, r *api.Request) *api.Response { r.Query = nil; r.Query["a"] = nil; return nil },
		"no reply": func(context.Context, *api.Request) *api.Response { return nil },
		"status":   func(context.Context, *api.Request) *api.Response { return &api.Response{Status: 101} },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := New(api.Routes{noteRoute: h})
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			out, err := s.Invoke(t.Context(), golden(t, "request.json"))
			var reply events.APIGatewayV2HTTPResponse
			if err != nil || json.Unmarshal(out, &reply) != nil {
				t.Fatalf("Invoke = %s, %v", out, err)
			}
			if reply.StatusCode != 500 || reply.Body != `{"detail":"Internal server error."}` || reply.Headers["X-Content-Type-Options"] != "nosniff" {
				t.Errorf("reply = %+v", reply)
			}
			if strings.Contains(log.String()+string(out), secret) {
				t.Errorf("the secret got out: %s %s", &log, out)
			}
			panicked := name != "no reply" && name != "status"
			if panicked && (!strings.Contains(log.String(), noteRoute) || !strings.Contains(log.String(), "lambdahttp_test.go")) {
				t.Errorf("log = %s", &log)
			}
		})
	}
}

func TestRefuseIsAHook(t *testing.T) {
	s := New(api.Routes{})
	s.Refuse = func(status int, detail string) *api.Response {
		return &api.Response{Status: status, Body: []byte("<" + detail + ">")}
	}
	out, err := s.Invoke(t.Context(), golden(t, "request.json"))
	if err != nil || !bytes.Contains(out, []byte("<Not found.>")) {
		t.Errorf("reply = %s, %v", out, err)
	}
}

// O11: what did not come from the HTTP API reaches no handler.
func TestO11_ForeignEventsAreRejected(t *testing.T) {
	set := func(key string, v any) func(map[string]any) { return func(e map[string]any) { e[key] = v } }
	inContext := func(key string, v any) func(map[string]any) {
		return func(e map[string]any) { e["requestContext"].(map[string]any)[key] = v }
	}
	payloads := map[string][]byte{
		"empty": nil, "null": []byte("null"), "text": []byte(`"x"`), "two": []byte("{}{}"),
		"queue":             []byte(`{"Records":[{"messageId":"1","body":"{\"version\":\"2.0\",\"routeKey\":\"GET /\"}"}]}`),
		"schedule":          []byte(`{"version":"0","id":"1","detail-type":"Scheduled Event","detail":{}}`),
		"REST API":          changed(t, "request.json", set("version", "1.0")),
		"no version":        changed(t, "request.json", set("version", nil)),
		"authorizer event":  golden(t, "authorizer.json"),
		"no route key":      changed(t, "request.json", set("routeKey", "")),
		"two route keys":    changed(t, "request.json", set("routeKey", "GET /other")),
		"no path":           changed(t, "request.json", set("rawPath", "")),
		"no http":           changed(t, "request.json", inContext("http", map[string]string{})),
		"no source address": changed(t, "request.json", inContext("http", map[string]string{"method": "GET"})),
	}
	for name, payload := range payloads {
		s := New(api.Routes{noteRoute: handlerFunc(func(context.Context, *api.Request) *api.Response {
			t.Errorf("%s reached the handler", name)
			return nil
		})})
		if out, err := s.Invoke(t.Context(), payload); !errors.Is(err, ErrEvent) || out != nil {
			t.Errorf("%s: %s, %v", name, out, err)
		}
	}
	if _, err := Authorizer(nil).Invoke(t.Context(), golden(t, "request.json")); !errors.Is(err, ErrEvent) {
		t.Errorf("authorizer took a request event: %v", err)
	}
}

// FuzzEvent: no payload panics, and whatever is taken gives a reply that the gateway
// can read.
func FuzzEvent(f *testing.F) {
	f.Add(golden(f, "request.json"))
	f.Add(golden(f, "authorizer.json"))
	f.Add([]byte(`{"version":"2.0","routeKey":"$default","rawPath":"/","requestContext":{"routeKey":"$default","http":{"method":"GET","sourceIp":"x"}}}`))
	echo := handlerFunc(func(_ context.Context, r *api.Request) *api.Response {
		return &api.Response{Status: 200, Header: r.Header, Body: r.Body}
	})
	s := New(api.Routes{noteRoute: echo, "$default": echo})
	who := Authorizer(func(_ context.Context, r *api.Request) (map[string]any, error) {
		return map[string]any{"method": r.Method}, nil
	})
	f.Fuzz(func(t *testing.T, payload []byte) {
		defer bound.Of(t)()
		for _, fn := range []Function{s, who} {
			out, err := fn.Invoke(t.Context(), payload)
			if err == nil && !json.Valid(out) {
				t.Errorf("reply %q", out)
			}
		}
	})
}
