// Package lambdatest runs a built function as Lambda does, without AWS: it starts the
// bootstrap binary and speaks the Runtime API to it over loopback. It is for tests
// and measurements; nothing that is deployed imports it.
//
//	test ── Invoke ──▶ Runtime ◀── GET next, POST response or error ── bootstrap
//
// The protocol is that of "Using the Lambda runtime API for custom runtimes" in the
// AWS Lambda Developer Guide, version 2018-06-01. Like an execution environment, a
// Runtime has one process and gives it one event at a time.
package lambdatest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"
)

const (
	startLimit  = 20 * time.Second // for exec to first poll; Lambda gives 10
	invokeLimit = 30 * time.Second // of an Invoke whose context has no deadline
)

// Runtime is one running function. Its Invoke makes it a lambdahttp.Function.
type Runtime struct {
	// Init is the wall time from the start of the process to its first poll.
	Init time.Duration
	// PID is the process.
	PID int

	calls  chan *call    // handed to whoever polls next
	polled chan struct{} // closed at the first poll
	exited chan struct{} // closed when the process has ended
	output *tail

	mu      sync.Mutex
	next    int              // number of the next request id
	pending map[string]*call // polled and not yet answered
	failure error            // what the process said of its initialisation
	ended   error            // how the process ended
}

type call struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan outcome // buffered: an answer nobody waits for is dropped
}

type outcome struct {
	reply []byte
	err   error
}

// FunctionError is what a function reported in place of a reply.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Start runs the bootstrap binary and waits for its first poll. Its environment is
// env and the variables that Lambda sets, and nothing of the test's own, so that no
// setting of the machine makes a function work. The test fails if the process ends
// or reports an error before it polls. Cleanup kills the process.
func Start(t testing.TB, bootstrap string, env []string) *Runtime {
	t.Helper()
	r := &Runtime{
		calls: make(chan *call), polled: make(chan struct{}), exited: make(chan struct{}),
		pending: map[string]*call{}, output: &tail{},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	srv := &http.Server{Handler: r.handler(), ReadHeaderTimeout: invokeLimit}
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.Serve(l) }() // ends by Close

	cmd := exec.Command(bootstrap)
	cmd.Env = append(environment(l.Addr().String()), env...)
	cmd.Stdout, cmd.Stderr = r.output, r.output
	began := time.Now()
	if err := cmd.Start(); err != nil {
		_ = srv.Close()
		t.Fatalf("lambdatest: %v", err)
	}
	r.PID = cmd.Process.Pid
	go func() { defer close(r.exited); r.end(cmd.Wait()) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // fails if it has ended, which is as good
		<-r.exited
		_ = srv.Close()
		<-served
	})
	if err := r.await(began); err != nil {
		t.Fatalf("lambdatest: %s: %v\n%s", bootstrap, err, r.output)
	}
	return r
}

// environment is what "Defined runtime environment variables" lists and a Go function
// may look at.
func environment(addr string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + addr,
		"AWS_LAMBDA_FUNCTION_NAME=test",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"AWS_REGION=us-east-1",
		"_HANDLER=bootstrap",
		"TZ=:UTC",
	}
}

func (r *Runtime) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended = errors.New("process ended"); err != nil {
		r.ended = fmt.Errorf("process ended: %w", err)
	}
}

// await waits for the first poll and takes the time of it.
func (r *Runtime) await(began time.Time) error {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-r.polled:
		r.Init = time.Since(began)
		return nil
	case <-r.exited:
		return r.why()
	case <-limit.C:
		return fmt.Errorf("did not poll within %v", startLimit)
	}
}

// why the process is of no use any more.
func (r *Runtime) why() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.failure, r.ended)
}

// Invoke gives the function an event and waits for its reply. The function sees the
// deadline of ctx, or one in 30 seconds. An error the function reports is a
// *FunctionError; others are the end of ctx or of the process. Invocations at the
// same time wait for each other.
func (r *Runtime) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(invokeLimit)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	c := &call{id: r.newID(), payload: payload, deadline: deadline, done: make(chan outcome, 1)}
	select {
	case r.calls <- c:
	case <-r.exited:
		return nil, r.why()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case o := <-c.done:
		return o.reply, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.exited:
	}
	select { // a function that panics reports the error and ends
	case o := <-c.done:
		return o.reply, o.err
	default:
		return nil, r.why()
	}
}

// Output is the end of what the process wrote to standard output and error.
func (r *Runtime) Output() string { return r.output.String() }
