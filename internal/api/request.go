package api

import (
	"context"
	"net/url"
	"slices"
)

// Request is one HTTP request as API Gateway has already routed it. lambdahttp
// makes it of an event; nothing here is taken from forwarding headers.
type Request struct {
	ID         string // the gateway's request id
	Method     string
	Route      string // route key, e.g. "GET /api/users/{id}" or "$default"
	Path       string // decoded; for messages, never for routing
	RawQuery   string
	Query      url.Values        // parsed from RawQuery
	Params     map[string]string // path parameters, decoded
	Header     map[string]string // names in lower case; repeated headers joined by commas
	Cookies    []Cookie          // in the order sent, duplicates kept
	Body       []byte            // decoded from base64 where the gateway encoded it
	SourceIP   string            // the peer that the gateway saw
	Authorizer map[string]any    // the authorizer's context; nil if none ran
}

// Cookie is one name and value of a Cookie header.
type Cookie struct{ Name, Value string }

// Cookie returns the value of the only cookie of that name. Several of one name
// are refused, because a sibling domain may have planted one of them.
func (r *Request) Cookie(name string) (string, bool) {
	value, n := "", 0
	for _, c := range r.Cookies {
		if c.Name == name {
			value, n = c.Value, n+1
		}
	}
	return value, n == 1
}

// bound drops the twins without a prefix of our own cookies where people come by
// https: a sibling domain may have planted them.
func (g *Gate) bound(r *Request) {
	if g.Secure() {
		r.Cookies = slices.DeleteFunc(slices.Clone(r.Cookies), func(c Cookie) bool { return c.Name == flowCookie || c.Name == deviceCookie })
	}
}

// Response is what goes back. Cookies are Set-Cookie values, one each.
type Response struct {
	Status  int
	Header  map[string]string // names in their usual spelling
	Cookies []string
	Body    []byte
}

// Handler serves one route.
type Handler interface {
	Serve(ctx context.Context, r *Request) *Response
}

// Routes are the handlers of one function by route key.
type Routes map[string]Handler
