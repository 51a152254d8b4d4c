package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"gatehouse/internal/gateway/route"
)

// Sample is a request of which SampleEvent makes an event.
type Sample struct {
	Route      string // route key, "GET /api/users/{id}" or "$default"
	Method     string
	Target     string // path and query as sent: "/api/users/7?org=acme"
	Header     http.Header
	Body       []byte
	Authorizer map[string]any // its context; nil on a route without authorizer
}

// SampleEvent writes the event, indented, that the route's function gets for a
// request: for `sam local invoke`, and as a golden file. Address, time and request id
// are always the same. It fails if the route does not match the request.
func SampleEvent(s Sample) ([]byte, error) {
	m, err := s.message()
	if err != nil {
		return nil, err
	}
	e := m.event()
	if s.Authorizer != nil {
		e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{Lambda: s.Authorizer}
	}
	return indented(e)
}

// SampleAuthorizerEvent is SampleEvent for what the authorizer gets before the
// function; the body is no part of it.
func SampleAuthorizerEvent(s Sample) ([]byte, error) {
	m, err := s.message()
	if err != nil {
		return nil, err
	}
	return indented(m.authorizerEvent())
}

func (s Sample) message() (message, error) {
	key, err := route.Parse(s.Route)
	if err != nil {
		return message{}, err
	}
	r, err := http.NewRequest(s.Method, "https://api.example.com"+s.Target, nil)
	if err != nil {
		return message{}, fmt.Errorf("sample: %w", err)
	}
	if s.Header != nil {
		r.Header = s.Header
	}
	set, err := route.New([]route.Key{key})
	if err != nil {
		return message{}, err
	}
	_, params, ok := set.Match(s.Method, r.URL.EscapedPath())
	if !ok {
		return message{}, fmt.Errorf("sample: route %s does not match %s %s", s.Route, s.Method, s.Target)
	}
	query, err := queryParameters(r.URL.RawQuery)
	if err != nil {
		return message{}, fmt.Errorf("sample: %w", err)
	}
	return message{
		request: r, body: s.Body, query: query, route: s.Route, params: params,
		peer: "203.0.113.7", // RFC 5737: for documentation
		id:   "00000000-0000-4000-8000-000000000000",
		now:  time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC),
	}, nil
}

func indented(event any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(event); err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	return out.Bytes(), nil
}
