package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// raw sends bytes to a real server, as attackers do.
func (w *world) raw(request string) (status int, body string) {
	w.t.Helper()
	srv := httptest.NewServer(w.handler)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		w.t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// By whatever host name a route is reached, it is the same route with the same
// authorizer.
func TestOtherHostIsTheSameRoute(t *testing.T) {
	for _, host := range []string{"abc.execute-api.us-east-1.amazonaws.com", "127.0.0.1:1", "[::1]:8080", "evil.example"} {
		w := newWorld(t, Options{})
		w.raw("GET /api/users/self HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
		if w.function != "account" || len(w.asked) != 1 {
			t.Errorf("%s: %s, authorizer asked %d times", host, w.function, len(w.asked))
		}
	}
}

// O2, J11: another spelling of a protected path is either the same route, behind the
// same authorizer, or the edge.
func TestO2_J11_OtherSpellings(t *testing.T) {
	for _, path := range []string{
		"/api/users/self/", "//api/users/self", "/api//users/self", "/API/users/self", "/api/users/SELF", "/api/users/self/.",
		"/./api/users/self", "/x/../api/users/self", "/%2e%2e/api/users/self", "/api/users%2Fself", "/api%2fusers%2fself",
		"/api/users/self%00", "/api/users/self%3f", "/api/users/self;a=b", "/api/users/%73elf", "/%61pi/users/self",
		"/$default/api/users/self", "/prod/api/users/self", "/api/users/self%20", "/api/users/%C1%B3elf", "/api/users/self%5c",
		"/api/users/self?x=/api/auth/register", "/api/auth/register/../../users/self", "/api/users/1/", "/api/users/..%2fself",
		"/%5fdev/mail", "/_dev/../api/users/self",
	} {
		w := newWorld(t, Options{})
		w.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		switch {
		case w.function == "account" && len(w.asked) == 1 && w.last().RequestContext.Authorizer != nil:
		case w.function == "edge" && w.last().RouteKey == "$default":
		default:
			t.Errorf("%s reached %s, authorizer asked %d times", path, w.function, len(w.asked))
		}
	}
}

// O2: a method that no key names does not come by the one of another.
func TestO2_OtherMethods(t *testing.T) {
	for _, method := range []string{"HEAD", "POST", "PROPFIND", "get", "ANY"} {
		w := newWorld(t, Options{})
		w.raw(method + " /api/users/self HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: GET\r\nConnection: close\r\n\r\n")
		if w.function != "edge" {
			t.Errorf("%s reached %s", method, w.function)
		}
	}
}

// O3: what a client says of its own address is not believed.
func TestO3_ASVS4_1_3_ASVS15_3_4_SourceAddress(t *testing.T) {
	forwarded := []string{"X-Forwarded-For: 10.0.0.1, 198.51.100.7", "X-Forwarded-For: 203.0.113.9", "Forwarded: for=10.0.0.1", "X-Real-Ip: 10.0.0.1"}
	for _, tc := range []struct {
		name   string
		opts   Options
		header []string
		want   string
	}{
		{"reached directly", Options{}, forwarded, "192.0.2.1"},
		{"one proxy", Options{TrustProxyHops: 1}, forwarded, "203.0.113.9"},
		{"two proxies", Options{TrustProxyHops: 2}, forwarded, "198.51.100.7"},
		{"past the proxies", Options{TrustProxyHops: 4}, forwarded, "192.0.2.1"},
		{"no header", Options{TrustProxyHops: 1}, nil, "192.0.2.1"},
		{"no address", Options{TrustProxyHops: 1}, []string{"X-Forwarded-For: 10.0.0.1, unknown"}, "192.0.2.1"},
		{"empty", Options{TrustProxyHops: 1}, []string{"X-Forwarded-For: "}, "192.0.2.1"},
		{"with port", Options{TrustProxyHops: 1}, []string{"X-Forwarded-For: 203.0.113.9:4711"}, "203.0.113.9"},
		{"one spelling", Options{TrustProxyHops: 1}, []string{"X-Forwarded-For: ::ffff:203.0.113.9"}, "203.0.113.9"},
		{"one spelling of IPv6", Options{TrustProxyHops: 1}, []string{"X-Forwarded-For: [2001:DB8:0::1]:80"}, "2001:db8::1"},
		{"own rule", Options{Peer: func(*http.Request) string { return "203.0.113.1" }}, forwarded, "203.0.113.1"},
	} {
		w := newWorld(t, tc.opts)
		w.do("GET", "/api/users/self", "", tc.header...)
		if got := w.last().RequestContext.HTTP.SourceIP; got != tc.want || w.asked[0].RequestContext.HTTP.SourceIP != got {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// O4: repeated headers arrive joined by a comma, where a function can see it.
func TestO4_RepeatedHeaders(t *testing.T) {
	w := newWorld(t, Options{})
	w.raw("GET /api/users/self HTTP/1.1\r\nHost: x\r\nAuthorization: Token a\r\nauthorization: Token b\r\nCookie: sessionid=a\r\nCookie: sessionid=b\r\nConnection: close\r\n\r\n")
	e := w.last()
	if e.Headers["authorization"] != "Token a,Token b" || text1(e.Cookies) != `["sessionid=a","sessionid=b"]` || e.Headers["cookie"] != "" {
		t.Errorf("headers %v, cookies %v", e.Headers, e.Cookies)
	}
	if status, _ := newWorld(t, Options{}).raw("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n"); status != 400 {
		t.Errorf("two hosts: %d", status)
	}
}

// O5, J1: the limit is on the bytes, however they are sent.
func TestO5_J1_BodyLimit(t *testing.T) {
	const tooLarge = `{"message":"Request Entity Too Large"}`
	chunk := strings.Repeat("x", 1<<20)
	w := newWorld(t, Options{})
	wantReply(t, "one byte more", w.do("POST", "/api/auth/register", strings.Repeat("x", maxBody+1), "Content-Type: text/plain"), 413, tooLarge)
	wantReply(t, "more than Lambda takes", w.do("POST", "/api/auth/register", strings.Repeat(chunk, 6), "Content-Type: text/plain"), 413, tooLarge)
	wantReply(t, "more than Lambda takes in base64", w.do("POST", "/api/auth/register", strings.Repeat(chunk, 5)), 413, tooLarge)
	if len(w.got) != 0 {
		t.Fatal("a function was called")
	}
	wantReply(t, "5 MB of text", w.do("POST", "/api/auth/register", strings.Repeat(chunk, 5), "Content-Type: text/plain"), 200, "done")

	var chunks strings.Builder
	for range maxBody/len(chunk) + 1 {
		fmt.Fprintf(&chunks, "%x\r\n%s\r\n", len(chunk), chunk)
	}
	w = newWorld(t, Options{})
	status, body := w.raw("POST /api/auth/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks.String() + "0\r\n\r\n")
	if status != 413 || body != tooLarge || len(w.got) != 0 {
		t.Errorf("chunked: %d %s", status, body)
	}
}

// O7: see TestO7_Timeouts and TestO7_ClientHasGone.

// O8: the request line and all headers count, and 10,240 bytes are the most.
func TestO8_HeaderLimit(t *testing.T) {
	base := len("GET /api/users/self HTTP/1.1\r\nHost: example.com\r\nCookie: \r\n")
	for _, tc := range []struct{ size, status int }{{maxHeader, 200}, {maxHeader + 1, 431}} {
		w := newWorld(t, Options{})
		rec := w.do("GET", "/api/users/self", "", "Cookie: "+strings.Repeat("c", tc.size-base))
		if rec.Code != tc.status {
			t.Errorf("%d bytes: %d, want %d", tc.size, rec.Code, tc.status)
		}
	}
	w := newWorld(t, Options{})
	wantReply(t, "long target", w.do("GET", "/"+strings.Repeat("a", maxHeader), ""), 431, `{"message":"Request Header Fields Too Large"}`)
}

// J8: a compressed body is passed on as it is; nothing here unpacks it.
func TestJ8_GO20231664_CVE202326483_CompressedBody(t *testing.T) {
	w := newWorld(t, Options{})
	w.do("POST", "/api/auth/register", "\x1f\x8b\x08", "Content-Encoding: gzip", "Content-Type: application/json")
	if e := w.last(); !e.IsBase64Encoded || e.Body != "H4sI" || e.Headers["content-encoding"] != "gzip" {
		t.Errorf("event = %+v", e)
	}
}

// J12: all values of a name reach the function.
func TestJ12_RepeatedQuery(t *testing.T) {
	w := newWorld(t, Options{})
	w.do("GET", "/api/users/self?org=a&org=b&a[]=1&a.b=2&x=1;y=2", "")
	if e := w.last(); e.RawQueryString != "org=a&org=b&a[]=1&a.b=2&x=1;y=2" || e.QueryStringParameters["org"] != "a,b" || e.QueryStringParameters["x"] != "1;y=2" {
		t.Errorf("query = %q, %v", e.RawQueryString, e.QueryStringParameters)
	}
}

func TestBadRequests(t *testing.T) {
	for _, request := range []string{
		"GET /api/users/self?a=%zz HTTP/1.1\r\nHost: x\r\n",
		"GET /api/users/self?%f HTTP/1.1\r\nHost: x\r\n",
		"GET /api/users/%zz HTTP/1.1\r\nHost: x\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n",
		"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n",
		"GET / HTTP/1.1\r\n",
		"POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
		"POST /api/auth/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
	} {
		w := newWorld(t, Options{})
		if status, body := w.raw(request + "Connection: close\r\n\r\n"); status != 400 && (status != 200 || body != "") {
			t.Errorf("%q: %d %s", request, status, body)
		}
		if len(w.got) != 0 {
			t.Errorf("%q reached %s", request, w.function)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.URL = &url.URL{Path: "relative"}
	rec := httptest.NewRecorder()
	newWorld(t, Options{}).handler.ServeHTTP(rec, r)
	wantReply(t, "relative", rec, 400, `{"message":"Bad Request"}`)
}

func TestHeadHasNoBody(t *testing.T) {
	w := newWorld(t, Options{})
	rec := w.do("HEAD", "/api/users/self", "")
	if rec.Code != 200 || rec.Body.Len() != 0 || rec.Header().Get("Content-Length") != "4" || w.function != "edge" {
		t.Errorf("%d %q %v by %s", rec.Code, rec.Body, rec.Header(), w.function)
	}
}
