package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

const (
	version   = "2.0"
	stage     = "$default"
	account   = "000000000000"
	apiID     = "local"
	routeARN  = "arn:aws:execute-api:local:" + account + ":" + apiID + "/" + stage + "/"
	timeStyle = "02/Jan/2006:15:04:05 -0700"
)

// message is a routed request, complete: all that its events are made of.
type message struct {
	request *http.Request
	body    []byte
	query   map[string]string
	route   string
	params  map[string]string
	peer    string
	id      string
	now     time.Time
}

// event is what the function gets.
func (m message) event() events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{
		Version: version, RouteKey: m.route, RawPath: m.path(), RawQueryString: m.request.URL.RawQuery,
		Cookies: cookies(m.request), Headers: m.headers(),
		QueryStringParameters: m.query, PathParameters: m.params, RequestContext: m.context(),
	}
	e.Body, e.IsBase64Encoded = encodeBody(m.request.Header.Get("Content-Type"), m.body)
	return e
}

// authorizerEvent is what the authorizer gets: the same without the body.
func (m message) authorizerEvent() events.APIGatewayV2CustomAuthorizerV2Request {
	return events.APIGatewayV2CustomAuthorizerV2Request{
		Version: version, Type: "REQUEST", RouteKey: m.route, RawPath: m.path(), RawQueryString: m.request.URL.RawQuery,
		RouteArn: routeARN + strings.Replace(m.route, " /", "/", 1),
		Cookies:  cookies(m.request), Headers: m.headers(),
		QueryStringParameters: m.query, PathParameters: m.params, RequestContext: m.context(),
	}
}

func (m message) context() events.APIGatewayV2HTTPRequestContext {
	domain := hostname(m.request.Host)
	prefix, _, _ := strings.Cut(domain, ".")
	now := m.now.UTC()
	return events.APIGatewayV2HTTPRequestContext{
		RouteKey: m.route, AccountID: account, APIID: apiID, Stage: stage, RequestID: m.id,
		DomainName: domain, DomainPrefix: prefix,
		Time: now.Format(timeStyle), TimeEpoch: now.UnixMilli(),
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
			Method: m.request.Method, Path: m.path(), Protocol: m.request.Proto,
			SourceIP: m.peer, UserAgent: m.request.UserAgent(),
		},
	}
}

// path is decoded, and cut at an encoded "?", as the gateway's rawPath is.
func (m message) path() string {
	path, _, _ := strings.Cut(m.request.URL.Path, "?")
	return path
}

// headers are lower-cased and joined by commas, without cookies and without what
// belongs to the connection. The forwarding headers are those the gateway adds.
func (m message) headers() map[string]string {
	out := map[string]string{"host": m.request.Host}
	for name, values := range m.request.Header {
		if name != "Cookie" && !ofConnection(name) {
			out[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	if len(m.body) > 0 {
		out["content-length"] = strconv.Itoa(len(m.body))
	}
	via := m.peer
	if before := out["x-forwarded-for"]; before != "" {
		via = before + ", " + m.peer
	}
	out["x-forwarded-for"] = via
	out["x-forwarded-proto"], out["x-forwarded-port"] = "http", "80"
	if m.request.TLS != nil {
		out["x-forwarded-proto"], out["x-forwarded-port"] = "https", "443"
	}
	if _, port, err := net.SplitHostPort(m.request.Host); err == nil {
		out["x-forwarded-port"] = port
	}
	return out
}

// ofConnection: RFC 9110, section 7.6.1.
func ofConnection(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// cookies are the pairs of all Cookie headers, in the order sent.
func cookies(r *http.Request) []string {
	var out []string
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if pair = strings.Trim(pair, " \t"); pair != "" {
				out = append(out, pair)
			}
		}
	}
	return out
}

// encodeBody leaves the few media types as they are that API Gateway takes for text
// (measured on AWS: forms, "+json" types and a missing Content-Type are not among
// them). What AWS does to such a body that is not UTF-8 is not documented; base64
// keeps its bytes, so that the function can refuse it.
func encodeBody(contentType string, body []byte) (text string, encoded bool) {
	if len(body) == 0 || isText(contentType) && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

func isText(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch media {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(media, "text/")
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// newID is a random UUID (RFC 9562, section 5.4).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
