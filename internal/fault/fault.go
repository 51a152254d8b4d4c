// Package fault is the one kind of error that a client may see.
//
// An operation returns a *Fault for everything that it wants to say to the
// caller; any other error is an internal one, whose cause is logged and never
// sent. The shapes are those of the baseline API: {"detail": …}, field errors
// {"field": ["…"]}, and the bare list or bare string that some of its answers are.
package fault

import (
	"context"
	"errors"
	"time"
)

// Fault is an answer that is not a success.
type Fault struct {
	Status int
	Code   string // stable and machine readable
	Detail string // what {"detail"} says
	Body   any    // if set, the whole body instead of {"detail", "code"}
	After  time.Duration
	Scheme string // WWW-Authenticate of a 401
	Event  Event  // for the log; "" leaves it to the status
	About  int64  // for the log: the account, where nobody has signed in
	cause  error
}

func (f *Fault) Error() string {
	s := f.Code
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if f.cause != nil {
		s += ": " + f.cause.Error()
	}
	return s
}

func (f *Fault) Unwrap() error { return f.cause }

// Because notes the cause for the log.
func (f *Fault) Because(err error) *Fault {
	f.cause = err
	return f
}

// New is a fault with a detail.
func New(status int, code, detail string) *Fault {
	return &Fault{Status: status, Code: code, Detail: detail}
}

// Of finds the fault in err; what took too long is a 503, and anything else internal.
func Of(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable(err)
	}
	return New(500, "internal", "Internal server error.").Because(err)
}

// Unauthenticated is the answer to who has not signed in, or not with this.
func Unauthenticated(code, detail string) *Fault {
	return &Fault{Status: 401, Code: code, Detail: detail, Scheme: "Token"}
}

// NoCredentials is the 401 for a request without any.
func NoCredentials() *Fault {
	return Unauthenticated("not_authenticated", "Authentication credentials were not provided.")
}

// Forbidden is the 403 that gives no reason.
func Forbidden() *Fault {
	return New(403, "permission_denied", "You do not have permission to perform this action.")
}

// NotFound is the 404 for an object, e.g. NotFound("User").
func NotFound(what string) *Fault {
	return New(404, "not_found", "No "+what+" matches the given query.")
}

// Invalid is a 400 whose body is a bare list of messages.
func Invalid(code string, messages ...string) *Fault {
	return &Fault{Status: 400, Code: code, Body: messages}
}

// Throttled is a 429; after says when to try again.
func Throttled(after time.Duration) *Fault {
	after = max(after, time.Second).Round(time.Second)
	unit := " seconds."
	if after == time.Second {
		unit = " second."
	}
	return &Fault{Status: 429, Code: "throttled", After: after,
		Detail: "Request was throttled. Expected available in " + itoa(int(after.Seconds())) + unit}
}

// Unavailable is a 503: our own trouble, worth another try.
func Unavailable(err error) *Fault {
	f := New(503, "unavailable", "The service is busy. Try again in a moment.").Because(err)
	f.After = 2 * time.Second
	return f
}
