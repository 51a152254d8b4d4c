package lambdahttp

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gatehouse/internal/api"
)

// ErrEvent is returned (wrapped) for a payload that is not the expected event, by
// its shape: whoever may invoke the function by other ways than the HTTP API must
// not reach a handler.
var ErrEvent = errors.New("lambdahttp: not an HTTP API event of payload 2.0")

const (
	payloadVersion = "2.0"
	authorizerType = "REQUEST" // only authorizer requests have a type
)

// event is what is read of an HTTP request event and of an authorizer request; the
// latter has a type and no body. Left out are the comma-joined query (rawQueryString
// keeps what was sent) and the gateway's own names, which nothing may depend on.
type event struct {
	Version         string            `json:"version"`
	Type            string            `json:"type"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies"`
	Headers         map[string]string `json:"headers"`
	PathParameters  map[string]string `json:"pathParameters"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		RouteKey   string `json:"routeKey"`
		RequestID  string `json:"requestId"`
		Authorizer *struct {
			Lambda map[string]any `json:"lambda"`
		} `json:"authorizer"`
		HTTP struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

// parse reads an event of the type and refuses every other.
func parse(payload []byte, kind string) (*event, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("%w: no such JSON", ErrEvent) // the cause would quote the payload
	}
	c := &e.RequestContext
	switch {
	case e.Version != payloadVersion:
		return nil, fmt.Errorf("%w: version", ErrEvent)
	case e.Type != kind:
		return nil, fmt.Errorf("%w: type", ErrEvent)
	case e.RouteKey == "" || e.RouteKey != c.RouteKey:
		return nil, fmt.Errorf("%w: routeKey", ErrEvent)
	case !strings.HasPrefix(e.RawPath, "/"):
		return nil, fmt.Errorf("%w: rawPath", ErrEvent)
	case c.HTTP.Method == "" || c.HTTP.SourceIP == "":
		return nil, fmt.Errorf("%w: requestContext.http", ErrEvent)
	}
	return &e, nil
}

// request makes the api.Request. A problem is a sentence for the client, "" for
// none; the request is there in any case, without the part that could not be read.
func (e *event) request() (r *api.Request, problem string) {
	r = &api.Request{
		ID:       e.RequestContext.RequestID,
		Method:   e.RequestContext.HTTP.Method,
		Route:    e.RouteKey,
		Path:     e.RawPath,
		RawQuery: e.RawQueryString,
		Params:   e.PathParameters,
		Header:   headers(e.Headers),
		Cookies:  cookies(e.Cookies),
		SourceIP: e.RequestContext.HTTP.SourceIP,
	}
	if a := e.RequestContext.Authorizer; a != nil {
		r.Authorizer = a.Lambda
	}
	if r.Query, problem = query(e.RawQueryString); problem != "" {
		return r, problem
	}
	if r.Body, problem = e.body(); problem != "" {
		return r, problem
	}
	return r, repeated(r.Header)
}

// query also refuses the semicolon, which some take for a separator.
func query(raw string) (url.Values, string) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, "Malformed query string."
	}
	return q, ""
}

// body decodes once: what is base64 after that was sent as base64.
func (e *event) body() ([]byte, string) {
	if !e.IsBase64Encoded {
		return []byte(e.Body), ""
	}
	b, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, "Malformed request body."
	}
	return b, ""
}

// headers lowers the names. The gateway has done so already, and has moved cookies
// out of the headers, so that there is one place to read each from.
func headers(in map[string]string) map[string]string {
	out := make(map[string]string, len(in))
	for name, value := range in {
		name = strings.ToLower(name)
		if name == "cookie" {
			continue
		}
		if other, ok := out[name]; ok {
			value = min(other, value) + "," + max(other, value) // in an order that does not depend on the map's
		}
		out[name] = value
	}
	return out
}

// cookies splits each entry at its first "="; one without is no cookie of ours. Names
// are taken exactly: browsers keep the prefix __Host- for the host alone, but not
// with a blank of another alphabet before it.
func cookies(in []string) []api.Cookie {
	out := make([]api.Cookie, 0, len(in))
	for _, entry := range in {
		if name, value, ok := strings.Cut(entry, "="); ok {
			out = append(out, api.Cookie{Name: strings.TrimLeft(name, " \t"), Value: strings.Trim(value, " \t")})
		}
	}
	return out
}

// repeated refuses headers that decide who calls and where, sent twice: the gateway
// joins them with a comma, which none of them may otherwise contain here.
func repeated(h map[string]string) (problem string) {
	switch {
	case strings.Contains(h["authorization"], ","):
		return authorizationTwice
	case strings.Contains(h["host"], ","):
		return "Host header must be sent once."
	}
	return ""
}

const authorizationTwice = "Authorization header must be sent once."
