// Package gateway stands in for an API Gateway HTTP API on a laptop and in the
// self-hosted edition. It has no routes of its own: it reads them, with schedules
// and streams, from the SAM template that is also deployed.
//
//	HTTP request → route key → event (payload 2.0) → authorizer → function → HTTP reply
//
// Every request becomes the JSON event that API Gateway would send, so the functions
// behave as they do on AWS: base64 bodies, cookies in a list of their own, headers
// joined by commas, the authorizer's context. Limits and the wording of refusals are
// the gateway's as well; where AWS documents no behaviour, the stricter one is taken
// and said so. CORS configuration, throttling and custom domains are not imitated.
//
// Sources: API Gateway Developer Guide, "Create routes for HTTP APIs", "Working with
// AWS Lambda proxy integrations for HTTP APIs", "Control access to HTTP APIs with AWS
// Lambda authorizers", "Quotas for configuring and running an HTTP API"; AWS Lambda
// Developer Guide, "Lambda quotas".
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/gateway/route"
	"gatehouse/internal/lambdahttp"
)

const (
	maxHeader        = 10_240   // bytes of request line and headers
	maxBody          = 10 << 20 // bytes of a request body
	integrationLimit = 30 * time.Second
	authorizerLimit  = 10 * time.Second
	devPrefix        = "/_dev/"
	badRequest       = "Bad Request"
	bodyTooLarge     = "Request Entity Too Large"
)

// Options are what the template does not say. The zero value is a gateway that is
// reached directly.
type Options struct {
	// Peer names the address a request comes from. Nil takes the connection's, or
	// what TrustProxyHops says.
	Peer func(*http.Request) string
	// TrustProxyHops is the number of reverse proxies in front, each of which
	// appends its peer to X-Forwarded-For: the value that many places from the
	// right is taken. 0 never reads that header.
	TrustProxyHops int
	// Dev serves what is under /_dev/, past all routes. Nil: nothing is there.
	Dev http.Handler
	// Log takes the failures of functions; nil means slog.Default.
	Log *slog.Logger
	// Now is the clock of events; nil means time.Now.
	Now func() time.Time
	// IntegrationTimeout shortens the gateway's 30 seconds; 0 leaves them.
	IntegrationTimeout time.Duration
}

type gateway struct {
	opts      Options
	set       *route.Set
	routes    map[string]endpoint // by route key
	authorize map[string]target   // by function name
}

type endpoint struct {
	Route
	target
}

// target is a function and how long it may take.
type target struct {
	name    string
	fn      lambdahttp.Function
	timeout time.Duration
}

// New serves the routes of a table by functions, which are named as in
// Table.Functions. It fails if a function that a route or an authorizer needs is
// missing. Listening, its time limits and TLS are the caller's.
//
// As on AWS a function is not cancelled when the client goes away, and one that
// outlives its deadline is left to itself after the client got its 503.
func New(t *Table, functions map[string]lambdahttp.Function, opts Options) (http.Handler, error) {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.IntegrationTimeout == 0 {
		opts.IntegrationTimeout = integrationLimit
	}
	if opts.Peer == nil {
		opts.Peer = peer(opts.TrustProxyHops)
	}
	g := &gateway{opts: opts, set: t.set, routes: map[string]endpoint{}, authorize: map[string]target{}}
	timeouts := map[string]time.Duration{}
	for _, f := range t.Functions {
		timeouts[f.Name] = f.Timeout
	}
	for _, r := range t.Routes {
		for _, name := range []string{r.Function, r.Authorizer} {
			if name != "" && functions[name] == nil {
				return nil, fmt.Errorf("gateway: route %s needs the function %q, which is missing", r.Key, name)
			}
		}
		g.routes[r.Key] = endpoint{r, target{r.Function, functions[r.Function], timeouts[r.Function]}}
		if r.Authorizer != "" {
			g.authorize[r.Authorizer] = target{r.Authorizer, functions[r.Authorizer], timeouts[r.Authorizer]}
		}
	}
	return g, nil
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.opts.Dev != nil && strings.HasPrefix(r.URL.Path, devPrefix) {
		g.opts.Dev.ServeHTTP(w, r)
		return
	}
	if headerSize(r) > maxHeader {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	query, err := queryParameters(r.URL.RawQuery)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/") {
		refuse(w, http.StatusBadRequest, badRequest)
		return
	}
	key, params, ok := g.set.Match(r.Method, r.URL.EscapedPath())
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuse(w, http.StatusRequestEntityTooLarge, bodyTooLarge)
		return
	} else if err != nil {
		refuse(w, http.StatusBadRequest, badRequest)
		return
	}
	g.serve(w, r, g.routes[key.String()], message{
		request: r, body: body, query: query, route: key.String(), params: params,
		peer: g.opts.Peer(r), id: newID(), now: g.opts.Now(),
	})
}

// serve asks the authorizer, if the route has one, and then the function.
func (g *gateway) serve(w http.ResponseWriter, r *http.Request, to endpoint, m message) {
	// Whoever sent the request may leave; the work goes on, as it does on Lambda.
	ctx := context.WithoutCancel(r.Context())
	w.Header().Set("Apigw-Requestid", m.id)
	e := m.event()
	if to.Authorizer != "" {
		who, err := g.ask(ctx, g.authorize[to.Authorizer], m)
		switch {
		case errors.Is(err, errForbidden):
			refuse(w, http.StatusForbidden, "Forbidden")
			return
		case err != nil:
			g.failed(ctx, w, m, to.Authorizer, err)
			return
		}
		e.RequestContext.Authorizer = who
	}
	out, err := g.call(ctx, to.target, g.opts.IntegrationTimeout, e)
	if err != nil {
		g.failed(ctx, w, m, to.Function, err)
		return
	}
	if err := writeReply(w, r, out); err != nil {
		g.failed(ctx, w, m, to.Function, err)
	}
}

// failed logs why a function gave no reply and tells the client nothing of it.
func (g *gateway) failed(ctx context.Context, w http.ResponseWriter, m message, function string, err error) {
	if errors.Is(err, errTooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, bodyTooLarge)
		return
	}
	g.opts.Log.LogAttrs(ctx, slog.LevelError, "function failed", slog.String("function", function),
		slog.String("route", m.route), slog.String("request", m.id), slog.String("error", err.Error()))
	if errors.Is(err, errIntegrationTimeout) {
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	refuse(w, http.StatusInternalServerError, "Internal Server Error")
}

// headerSize is what the quota counts: the request line and each header line.
func headerSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("  \r\n")
	n += len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// queryParameters are the decoded values of each name, joined by commas. Unlike
// url.ParseQuery it takes a semicolon for a character like any other.
func queryParameters(raw string) (map[string]string, error) {
	var out map[string]string
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(k)
		if err != nil {
			return nil, err
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = map[string]string{}
		}
		if other, ok := out[name]; ok {
			value = other + "," + value
		}
		out[name] = value
	}
	return out, nil
}
