package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"gatehouse/internal/store"
)

// readError gives the error of a read its meaning in the contract. A read that
// its own caller ended is just that.
func readError(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("dynamo: %w", ended)
	}
	return meaning(err)
}

// writeError gives the error of a write its meaning; places says which op of the
// transaction each item of the call was.
func writeError(ctx context.Context, err error, places []int) error {
	if err == nil {
		return nil
	}
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return cancellation(cancelled, places)
	}
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return &store.ConflictError{Ops: places}
	}
	if _, answered := errors.AsType[smithy.APIError](err); !answered && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", store.ErrUnknownOutcome, err)
	}
	return meaning(err)
}

// cancellation reads why each item of a transaction failed. A condition that
// failed decides, whatever else was the matter: repeating would not help.
func cancellation(c *types.TransactionCanceledException, places []int) error {
	var lost []int
	contended, throttled := false, false
	for n, r := range c.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed":
			if n < len(places) {
				lost = append(lost, places[n])
			}
		case "TransactionConflict":
			contended = true
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			throttled = true
		}
	}
	switch {
	case lost != nil:
		return &store.ConflictError{Ops: lost}
	case contended:
		return fmt.Errorf("%w: %w", store.ErrContended, c)
	case throttled:
		return fmt.Errorf("%w: %w", store.ErrThrottled, c)
	}
	return fmt.Errorf("dynamo: %w", c)
}

func meaning(err error) error {
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return fmt.Errorf("dynamo: %w", err)
}

// kindOf is the error of the contract that err is, or nil for a final one.
func kindOf(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		switch api.ErrorCode() {
		// In progress: our own earlier try is still at work; the token tells it.
		case "TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException":
			return store.ErrContended
		case "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "ThrottlingError":
			return store.ErrThrottled
		// The token was used already, so an earlier try may have been applied.
		case "IdempotentParameterMismatchException", "InternalServerError", "InternalFailure", "ServiceUnavailable":
			return store.ErrUnknownOutcome
		}
	}
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && r.HTTPStatusCode() >= 500 {
		return store.ErrUnknownOutcome
	}
	_, unsent := errors.AsType[*smithyhttp.RequestSendError](err)
	_, garbled := errors.AsType[*smithy.DeserializationError](err)
	_, network := errors.AsType[net.Error](err)
	if unsent || garbled || network {
		return store.ErrUnknownOutcome
	}
	return nil
}
