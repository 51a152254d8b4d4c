// Package lambdahttp carries one HTTP request through a Lambda function: the
// event that API Gateway sends becomes an api.Request, the handler of the event's
// route key serves it, and its api.Response becomes the reply.
//
//	event (payload 2.0) → api.Request → api.Routes[routeKey] → api.Response → reply
//
// API Gateway has already chosen the route, so there is no second router here that
// could disagree with the first. The package owns the two shapes and nothing else:
// who may call, how a body is decoded and what headers an answer has belong to api.
//
// The shapes follow "Working with AWS Lambda proxy integrations for HTTP APIs" and
// "Control access to HTTP APIs with AWS Lambda authorizers" of the API Gateway
// Developer Guide. They are declared here, with the fields that are read, because
// aws-lambda-go/events links a great deal that every cold start would pay for.
package lambdahttp

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
)

// Function is a Lambda function: an event in, a reply out, both JSON. It is the
// same interface as lambda.Handler of aws-lambda-go.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Func lets an ordinary func be a Function.
type Func func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke calls f.
func (f Func) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

// Server serves the routes of one function. It is safe for concurrent use once its
// fields are set.
type Server struct {
	// Refuse words the answers that no handler gave: 400, 404 and 500. Nil means
	// {"detail": …} with the headers that every answer of the product has.
	Refuse func(status int, detail string) *api.Response
	// Log takes one line per panic and per request that no handler saw; nil means
	// slog.Default.
	Log *slog.Logger

	routes api.Routes
}

// How long a request, and finding out who makes it, may take: less than the functions
// have, and those less than the gateway waits, so that whoever waits in vain hears it in
// our words. A write that is on its way by then is found by its Idempotency-Key.
const (
	Limit           = 20 * time.Second
	AuthorizerLimit = 7 * time.Second
)

// New serves routes, each under its route key.
func New(routes api.Routes) *Server { return &Server{routes: routes} }

// Invoke serves one event. It fails, which Lambda reports as a function error, only
// for a payload that no HTTP API sent (ErrEvent). Everything a client can cause,
// and a panic of a handler, ends in a reply.
func (s *Server) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := parse(payload, "")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	return encode(s.serve(ctx, e), s.refuse)
}

func (s *Server) serve(ctx context.Context, e *event) (res *api.Response) {
	defer func() {
		if v := recover(); v != nil {
			s.logPanic(ctx, e, v)
			res = s.refuse(500, "Internal server error.")
		}
	}()
	h, ok := s.routes[e.RouteKey]
	if !ok {
		return s.refuse(404, "Not found.")
	}
	r, problem := e.request()
	if problem != "" {
		s.logProblem(ctx, r, problem)
		return s.refuse(400, problem)
	}
	return h.Serve(ctx, r)
}

func (s *Server) refuse(status int, detail string) *api.Response {
	if s.Refuse != nil {
		return s.Refuse(status, detail)
	}
	return refusal(status, detail)
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// logProblem writes the line of a request that no handler saw.
func (s *Server) logProblem(ctx context.Context, r *api.Request, problem string) {
	attrs := []slog.Attr{slog.String("request", r.ID), slog.String("route", r.Route), slog.Int("status", 400),
		slog.String("network", api.Network(r.SourceIP)), slog.Int64("us", 0), slog.String("code", "malformed_request")}
	if problem == authorizationTwice {
		attrs = append(attrs, slog.String("event", string(fault.AuthenticationRefused)))
	}
	s.log().LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
}

func (s *Server) logPanic(ctx context.Context, e *event, v any) {
	s.log().LogAttrs(ctx, slog.LevelError, "handler panicked",
		slog.String("route", e.RouteKey),
		slog.String("request", e.RequestContext.RequestID),
		slog.String("panic", describe(v)),
		slog.String("stack", strings.Join(stack(), " < ")))
}

// Authorize tells who makes a request. Its answer, which may be empty, becomes the
// authorizer's context; it must hold what JSON can say.
type Authorize func(ctx context.Context, r *api.Request) (map[string]any, error)

// Authorizer is the function behind a Lambda authorizer of payload 2.0 with simple
// responses. It always answers isAuthorized true, because API Gateway's own refusal
// is a fixed 403: the function behind the route refuses, with the right body and
// challenge, whoever the context does not name. An error or a panic of f, and a
// payload that is no authorizer request (ErrEvent), is a function error, which the
// gateway turns into a 500.
func Authorizer(f Authorize) Function {
	return Func(func(ctx context.Context, payload []byte) (reply []byte, err error) {
		e, err := parse(payload, authorizerType)
		if err != nil {
			return nil, err
		}
		defer func() {
			if v := recover(); v != nil {
				reply, err = nil, fmt.Errorf("lambdahttp: authorizer panicked: %s in %s", describe(v), strings.Join(stack(), " < "))
			}
		}()
		// What is wrong with the request otherwise is for the route's function to
		// say; an authorizer could only answer 500.
		r, _ := e.request()
		ctx, cancel := context.WithTimeout(ctx, AuthorizerLimit)
		defer cancel()
		who, err := f(ctx, r)
		if err != nil {
			return nil, err
		}
		return marshal(decision{IsAuthorized: true, Context: who})
	})
}

type decision struct {
	IsAuthorized bool           `json:"isAuthorized"`
	Context      map[string]any `json:"context"`
}
