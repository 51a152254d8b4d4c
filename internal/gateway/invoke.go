package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// maxPayload is what Lambda takes and gives in one synchronous invocation.
const maxPayload = 6 << 20

var (
	errForbidden          = errors.New("authorizer refused")
	errIntegrationTimeout = errors.New("integration timed out")
	errFunctionTimeout    = errors.New("function timed out")
	errTooLarge           = errors.New("event is larger than Lambda takes")
)

// ask calls the authorizer and returns what it tells about the caller.
func (g *gateway) ask(ctx context.Context, to target, m message) (*events.APIGatewayV2HTTPRequestContextAuthorizerDescription, error) {
	out, err := g.call(ctx, to, authorizerLimit, m.authorizerEvent())
	if err != nil {
		return nil, err
	}
	// The pointer tells a refusal from an answer that is not one.
	var answer struct {
		IsAuthorized *bool          `json:"isAuthorized"`
		Context      map[string]any `json:"context"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.IsAuthorized == nil {
		return nil, errors.New("authorizer's answer has no isAuthorized")
	}
	if !*answer.IsAuthorized {
		return nil, errForbidden
	}
	return &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{Lambda: answer.Context}, nil
}

// call invokes a function within the gateway's limit and the function's own. Which of
// the two ran out makes a difference to the client: 503 or 500.
func (g *gateway) call(ctx context.Context, to target, limit time.Duration, event any) ([]byte, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	if len(payload) > maxPayload {
		return nil, errTooLarge
	}
	cause := errIntegrationTimeout
	if to.timeout > 0 && to.timeout < limit {
		limit, cause = to.timeout, errFunctionTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, cause)
	defer cancel()
	out, err := invoke(ctx, to, payload)
	if err == nil && len(out) > maxPayload {
		return nil, errors.New("reply is larger than Lambda gives")
	}
	return out, err
}

// invoke waits for the function or for the end of the context, as a function may
// pay no attention to it.
func invoke(ctx context.Context, to target, payload []byte) ([]byte, error) {
	type result struct {
		out []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil { // Lambda would report a function error
				r = result{err: fmt.Errorf("function panicked: %T", v)}
			}
			done <- r
		}()
		r.out, r.err = to.fn.Invoke(ctx, payload)
	}()
	select {
	case r := <-done:
		return r.out, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
