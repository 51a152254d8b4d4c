package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gatehouse/internal/api"
	"gatehouse/internal/lambdahttp"
)

type handlerFunc func(ctx context.Context, r *api.Request) *api.Response

func (f handlerFunc) Serve(ctx context.Context, r *api.Request) *api.Response { return f(ctx, r) }

// mirror is a server in which everything but the client is ours: a handler behind
// lambdahttp behind the gateway. It notes what arrives and answers what it is told.
type mirror struct {
	client   *http.Client
	url      string
	got, saw *api.Request // by the handler, by the authorizer
	answer   *api.Response
}

func newMirror(t *testing.T) *mirror {
	m := &mirror{}
	h := handlerFunc(func(_ context.Context, r *api.Request) *api.Response { m.got = r; return m.answer })
	fn := lambdahttp.New(api.Routes{"PATCH /api/users/{id}": h})
	functions := map[string]lambdahttp.Function{"signup": fn, "account": fn, "stripewebhook": fn, "edge": fn,
		"authorizer": lambdahttp.Authorizer(func(_ context.Context, r *api.Request) (map[string]any, error) {
			m.saw = r
			return map[string]any{"uid": 1<<53 - 1, "kind": "session", "fresh": true}, nil
		})}
	gw, err := New(read(t, template), functions, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gw)
	t.Cleanup(srv.Close)
	m.client, m.url = srv.Client(), srv.URL
	return m
}

// What is drawn: any bytes where HTTP allows them.
var (
	token       = rapid.StringMatching(`[A-Za-z0-9_-]{1,12}`)
	value       = rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`)
	cookieValue = rapid.StringMatching(`[!#-+\--:<-\[\]-~]{0,20}`)
	pathValue   = rapid.StringMatching(`[a-zA-Z0-9 ;,=+&%é☃-]{1,12}`)
	content     = rapid.SliceOfN(rapid.Byte(), 0, 200)
	mediaType   = rapid.SampledFrom([]string{"", "application/json", "text/plain; charset=utf-8",
		"application/x-www-form-urlencoded", "application/octet-stream", "application/vnd.cvat+json"})
)

// TestRoundTrip: what a client sends is what a handler gets, and the reverse, through
// every encoding on the way.
func TestRoundTrip(t *testing.T) {
	m := newMirror(t)
	rapid.Check(t, func(rt *rapid.T) {
		r, want := drawRequest(rt, m.url)
		m.answer = &api.Response{
			Status:  rapid.IntRange(200, 599).Filter(func(s int) bool { return s != 204 && s != 304 }).Draw(rt, "status"),
			Header:  map[string]string{"X-Answer": value.Draw(rt, "answer header"), "Content-Type": "text/html"},
			Cookies: rapid.SliceOfN(value, 0, 3).Draw(rt, "answer cookies"),
			Body:    content.Draw(rt, "answer body"),
		}
		res, err := m.client.Do(r)
		if err != nil {
			rt.Fatal(err)
		}
		defer res.Body.Close()
		back, err := io.ReadAll(res.Body)
		if err != nil {
			rt.Fatal(err)
		}
		checkRequest(rt, m.got, want)
		if m.saw == nil || m.saw.ID != m.got.ID || len(m.saw.Body) != 0 || !reflect.DeepEqual(m.saw.Header, m.got.Header) {
			rt.Fatalf("the authorizer saw %+v", m.saw)
		}
		if res.StatusCode != m.answer.Status || !bytes.Equal(back, m.answer.Body) || res.Header.Get("X-Answer") != m.answer.Header["X-Answer"] ||
			res.Header.Get("Content-Type") != "text/html" || strings.Join(res.Header["Set-Cookie"], "\n") != strings.Join(m.answer.Cookies, "\n") {
			rt.Fatalf("answer %d %v %q, want %+v", res.StatusCode, res.Header, back, m.answer)
		}
	})
}

// drawRequest makes a request and what the handler is to get of it.
func drawRequest(rt *rapid.T, base string) (*http.Request, *api.Request) {
	query := url.Values(rapid.MapOfN(token, rapid.SliceOfN(rapid.String(), 1, 3), 0, 3).Draw(rt, "query"))
	user, body := pathValue.Draw(rt, "id"), content.Draw(rt, "body")
	r, err := http.NewRequest("PATCH", base+"/api/users/"+url.PathEscape(user)+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		rt.Fatal(err)
	}
	want := &api.Request{
		Method: "PATCH", Route: "PATCH /api/users/{id}", Path: "/api/users/" + user, RawQuery: query.Encode(), Query: query,
		Params: map[string]string{"id": user}, Header: map[string]string{}, Cookies: []api.Cookie{}, Body: body, SourceIP: "127.0.0.1",
		Authorizer: map[string]any{"uid": float64(1<<53 - 1), "kind": "session", "fresh": true},
	}
	for name, values := range rapid.MapOfN(token, rapid.SliceOfN(value, 1, 3), 0, 4).Draw(rt, "headers") {
		lower := "x-" + strings.ToLower(name)
		if _, twice := want.Header[lower]; twice {
			rt.Skip("one name in two spellings: the order of their lines is not kept")
		}
		r.Header["X-"+name], want.Header[lower] = values, strings.Join(values, ",")
	}
	if media := mediaType.Draw(rt, "content type"); media != "" {
		r.Header.Set("Content-Type", media)
		want.Header["content-type"] = media
	}
	var pairs []string
	for _, name := range rapid.SliceOfN(token, 0, 4).Draw(rt, "cookie names") {
		v := cookieValue.Draw(rt, "cookie value")
		pairs = append(pairs, name+"="+v)
		want.Cookies = append(want.Cookies, api.Cookie{Name: name, Value: v})
	}
	if len(pairs) > 0 {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return r, want
}

// checkRequest compares all that the test sent; the client and the gateway add an id
// and headers of their own.
func checkRequest(rt *rapid.T, got, want *api.Request) {
	if got == nil {
		rt.Fatal("the handler was not called")
	}
	g := *got
	g.ID, g.Header = "", map[string]string{}
	for name := range want.Header {
		g.Header[name] = got.Header[name]
	}
	if len(g.Query) == 0 {
		g.Query = want.Query
	}
	if got.ID == "" || !reflect.DeepEqual(&g, want) {
		rt.Fatalf("request\n got %+v\nwant %+v", &g, want)
	}
}

func TestSampleEvent(t *testing.T) {
	sample := Sample{
		Route: "PATCH /api/users/{id}", Method: "PATCH", Target: "/api/users/7?org=acme", Body: []byte(`{"first_name":"Ada"}`),
		Header:     http.Header{"Content-Type": {"application/json"}, "Cookie": {"sessionid=x; csrftoken=y"}},
		Authorizer: map[string]any{"kind": "session"},
	}
	out, err := SampleEvent(sample)
	if err != nil {
		t.Fatal(err)
	}
	again, err := SampleEvent(sample)
	if err != nil || !bytes.Equal(out, again) {
		t.Error("not the same twice")
	}
	var got *api.Request
	h := handlerFunc(func(_ context.Context, r *api.Request) *api.Response { got = r; return &api.Response{Status: 200} })
	reply, err := lambdahttp.New(api.Routes{sample.Route: h}).Invoke(t.Context(), out)
	if err != nil || !json.Valid(reply) || got == nil {
		t.Fatalf("lambdahttp refused the sample: %s, %v", reply, err)
	}
	if got.Params["id"] != "7" || got.Query.Get("org") != "acme" || len(got.Cookies) != 2 || string(got.Body) != string(sample.Body) || got.Authorizer["kind"] != "session" {
		t.Errorf("request = %+v", got)
	}
	for name, bad := range map[string]Sample{
		"other route": {Route: "GET /a", Method: "GET", Target: "/b"},
		"no route":    {Route: "GET /a/", Method: "GET", Target: "/a/"},
		"bad target":  {Route: "$default", Method: "GET", Target: "/%zz"},
		"bad query":   {Route: "$default", Method: "GET", Target: "/?%zz"},
	} {
		if out, err := SampleEvent(bad); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}
