package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"gatehouse/internal/lambdahttp"
)

// world is a gateway over the test's template, whose functions note what they get.
type world struct {
	t       testing.TB
	handler http.Handler
	log     bytes.Buffer

	asked    []events.APIGatewayV2CustomAuthorizerV2Request
	got      []events.APIGatewayV2HTTPRequest
	function string // the last one called

	authorize lambdahttp.Func // in place of a yes
	reply     lambdahttp.Func // in place of a 200 from every function
}

const allowed = `{"isAuthorized":true,"context":{"kind":"session","uid":1099511627777}}`

func newWorld(t testing.TB, opts Options) *world {
	t.Helper()
	w := &world{t: t}
	w.authorize = func(context.Context, []byte) ([]byte, error) { return []byte(allowed), nil }
	w.reply = func(context.Context, []byte) ([]byte, error) {
		return []byte(`{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"done"}`), nil
	}
	functions := map[string]lambdahttp.Function{
		"authorizer": lambdahttp.Func(func(ctx context.Context, p []byte) ([]byte, error) {
			w.asked = append(w.asked, decode[events.APIGatewayV2CustomAuthorizerV2Request](t, p))
			return w.authorize(ctx, p)
		}),
	}
	for _, name := range []string{"signup", "account", "stripewebhook", "edge"} {
		functions[name] = lambdahttp.Func(func(ctx context.Context, p []byte) ([]byte, error) {
			w.got, w.function = append(w.got, decode[events.APIGatewayV2HTTPRequest](t, p)), name
			return w.reply(ctx, p)
		})
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(&w.log, nil))
	}
	h, err := New(read(t, template), functions, opts)
	if err != nil {
		t.Fatal(err)
	}
	w.handler = h
	return w
}

func decode[T any](t testing.TB, payload []byte) (v T) {
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Error(err)
	}
	return v
}

// do sends a request; header lines are "Name: value".
func (w *world) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// last is the event that a function got last.
func (w *world) last() events.APIGatewayV2HTTPRequest {
	w.t.Helper()
	if len(w.got) == 0 {
		w.t.Fatal("no function was called")
	}
	return w.got[len(w.got)-1]
}

func wantReply(t testing.TB, what string, rec *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if rec.Code != status || rec.Body.String() != body {
		t.Errorf("%s: %d %s, want %d %s", what, rec.Code, rec.Body, status, body)
	}
}

func TestEvent(t *testing.T) {
	now := time.Date(2026, 3, 12, 20, 3, 58, 390e6, time.FixedZone("", 3600))
	w := newWorld(t, Options{Now: func() time.Time { return now }})
	rec := w.do("PATCH", "http://api.example.com:8080/api/users/a%20b?x=1&y=%2C&x=2&z", `{"a":1}`,
		"Content-Type: application/json; charset=utf-8", "X-Two: a", "X-Two: b", "Cookie: a=1; b=2", "Cookie: a=3;; c",
		"User-Agent: test", "Connection: keep-alive", "X-Forwarded-For: 10.9.8.7")
	wantReply(t, "reply", rec, 200, "done")

	e := w.last()
	c := e.RequestContext
	for what, pair := range map[string][2]any{
		"version":         {e.Version, "2.0"},
		"routeKey":        {e.RouteKey + "|" + c.RouteKey, "PATCH /api/users/{id}|PATCH /api/users/{id}"},
		"rawPath":         {e.RawPath + "|" + c.HTTP.Path, "/api/users/a b|/api/users/a b"},
		"rawQueryString":  {e.RawQueryString, "x=1&y=%2C&x=2&z"},
		"query":           {text1(e.QueryStringParameters), `{"x":"1,2","y":",","z":""}`},
		"pathParameters":  {text1(e.PathParameters), `{"id":"a b"}`},
		"cookies":         {text1(e.Cookies), `["a=1","b=2","a=3","c"]`},
		"body":            {e.Body, `{"a":1}`},
		"isBase64Encoded": {e.IsBase64Encoded, false},
		"headers": {text1(e.Headers), `{"content-length":"7","content-type":"application/json; charset=utf-8","host":"api.example.com:8080",` +
			`"user-agent":"test","x-forwarded-for":"10.9.8.7, 192.0.2.1","x-forwarded-port":"8080","x-forwarded-proto":"http","x-two":"a,b"}`},
		"http":   {text1(c.HTTP), `{"method":"PATCH","path":"/api/users/a b","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"test"}`},
		"domain": {c.DomainName + "|" + c.DomainPrefix, "api.example.com|api"},
		"stage":  {c.Stage, "$default"},
		"time":   {c.Time, "12/Mar/2026:19:03:58 +0000"},
		"epoch":  {c.TimeEpoch, now.UnixMilli()},
		"id":     {c.RequestID, rec.Header().Get("Apigw-Requestid")},
		"who":    {text1(c.Authorizer), `{"lambda":{"kind":"session","uid":1099511627777}}`},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s\n got %v\nwant %v", what, pair[0], pair[1])
		}
	}
	if len(w.asked) != 1 {
		t.Fatalf("the authorizer was asked %d times", len(w.asked))
	}
	a := w.asked[0]
	if a.Type != "REQUEST" || a.Version != "2.0" || a.RouteKey != e.RouteKey || a.RouteArn != routeARN+"PATCH/api/users/{id}" ||
		text1(a.Headers) != text1(e.Headers) || text1(a.Cookies) != text1(e.Cookies) || a.RequestContext.RequestID != c.RequestID {
		t.Errorf("authorizer event = %+v", a)
	}
}

func text1(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestBodyEncoding(t *testing.T) {
	for _, tc := range []struct {
		contentType, body string
		encoded           bool
	}{
		{"application/json", "{}", false},
		{"Application/JSON;charset=utf-8", "{}", false},
		{"application/xml", "<a/>", false},
		{"application/javascript", "1", false},
		{"text/plain", "é", false},
		{"text/csv; header=present", "a", false},
		{"application/x-www-form-urlencoded", "a=b", true},
		{"application/vnd.cvat+json", "{}", true},
		{"multipart/form-data; boundary=x", "--x", true},
		{"application/octet-stream", "\xff\x00", true},
		{"", "a", true},
		{"application/json", "\xff", true}, // AWS does not say; the function is to see the bytes
		{"", "", false},
	} {
		w := newWorld(t, Options{})
		var header []string
		if tc.contentType != "" {
			header = []string{"Content-Type: " + tc.contentType}
		}
		w.do("POST", "/api/auth/register", tc.body, header...)
		e := w.last()
		want, _ := encodeBody("application/json", []byte(tc.body))
		if tc.encoded {
			want, _ = encodeBody("", []byte(tc.body))
		}
		if e.Body != want || e.IsBase64Encoded != tc.encoded {
			t.Errorf("%s %q: body %q, %v, want %q, %v", tc.contentType, tc.body, e.Body, e.IsBase64Encoded, want, tc.encoded)
		}
	}
}

func TestAuthorizerAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		err    error
		status int
		body   string
	}{
		"yes":            {allowed, nil, 200, "done"},
		"yes, no more":   {`{"isAuthorized":true}`, nil, 200, "done"},
		"no":             {`{"isAuthorized":false,"context":{"uid":1}}`, nil, 403, `{"message":"Forbidden"}`},
		"error":          {"", errors.New("broken"), 500, `{"message":"Internal Server Error"}`},
		"nothing":        {"", nil, 500, `{"message":"Internal Server Error"}`},
		"no answer":      {`{}`, nil, 500, `{"message":"Internal Server Error"}`},
		"null":           {`null`, nil, 500, `{"message":"Internal Server Error"}`},
		"a text":         {`{"isAuthorized":"true"}`, nil, 500, `{"message":"Internal Server Error"}`},
		"no context map": {`{"isAuthorized":true,"context":7}`, nil, 500, `{"message":"Internal Server Error"}`},
	} {
		w := newWorld(t, Options{})
		w.authorize = func(context.Context, []byte) ([]byte, error) { return []byte(tc.answer), tc.err }
		wantReply(t, name, w.do("GET", "/api/users/self", ""), tc.status, tc.body)
		if called := len(w.got) > 0; called != (tc.status == 200) {
			t.Errorf("%s: function called: %v", name, called)
		}
	}
}

func TestOpenRouteHasNoAuthorizer(t *testing.T) {
	w := newWorld(t, Options{})
	for _, request := range []string{"POST /api/auth/register", "OPTIONS /api/users/1", "GET /nowhere"} {
		method, target, _ := strings.Cut(request, " ")
		w.do(method, target, "")
		if len(w.asked) != 0 || w.last().RequestContext.Authorizer != nil {
			t.Errorf("%s: authorizer asked", request)
		}
	}
}

func TestNotFoundWithoutDefault(t *testing.T) {
	text := strings.Replace(template, "ApiId: !Ref Api, Auth: { Authorizer: NONE } } }\n  Sweep", "ApiId: !Ref Api, Path: /x, Method: GET, Auth: { Authorizer: NONE } } }\n  Sweep", 1)
	f := lambdahttp.Func(func(context.Context, []byte) ([]byte, error) { return nil, nil })
	h, err := New(read(t, text), map[string]lambdahttp.Function{"authorizer": f, "signup": f, "account": f, "stripewebhook": f, "edge": f}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/nowhere", nil))
	wantReply(t, "no route", rec, 404, `{"message":"Not Found"}`)
}

func TestMissingFunction(t *testing.T) {
	if _, err := New(read(t, template), nil, Options{}); err == nil || !strings.Contains(err.Error(), "signup") {
		t.Errorf("err = %v", err)
	}
}

func TestDevHandler(t *testing.T) {
	dev := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "dev "+r.URL.Path) })
	w := newWorld(t, Options{Dev: dev})
	wantReply(t, "dev", w.do("GET", "/_dev/mail", ""), 200, "dev /_dev/mail")
	wantReply(t, "not dev", w.do("GET", "/_device", ""), 200, "done")
	w = newWorld(t, Options{})
	wantReply(t, "off", w.do("GET", "/_dev/mail", ""), 200, "done")
	if w.function != "edge" {
		t.Errorf("function = %s", w.function)
	}
}
