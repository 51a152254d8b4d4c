package lambdatest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

const (
	base       = "/2018-06-01/runtime"
	maxPayload = 6 << 20 // Lambda's, of a reply
	arn        = "arn:aws:lambda:us-east-1:000000000000:function:test"
)

func (r *Runtime) handler() http.Handler {
	var first sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/invocation/next", func(w http.ResponseWriter, req *http.Request) {
		first.Do(func() { close(r.polled) })
		r.serveNext(w, req)
	})
	mux.HandleFunc("POST "+base+"/invocation/{id}/response", func(w http.ResponseWriter, req *http.Request) {
		r.serveAnswer(w, req, func(body []byte) outcome { return outcome{reply: body} })
	})
	mux.HandleFunc("POST "+base+"/invocation/{id}/error", func(w http.ResponseWriter, req *http.Request) {
		r.serveAnswer(w, req, func(body []byte) outcome { return outcome{err: functionError(body)} })
	})
	mux.HandleFunc("POST "+base+"/init/error", func(w http.ResponseWriter, req *http.Request) {
		body, err := read(w, req)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.failure = functionError(body)
		r.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// serveNext holds the poll until there is an event or the process has gone.
func (r *Runtime) serveNext(w http.ResponseWriter, req *http.Request) {
	select {
	case c := <-r.calls:
		r.mu.Lock()
		r.pending[c.id] = c
		r.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", c.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(c.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", arn)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		_, _ = w.Write(c.payload) // a process that has gone is noticed by its end
	case <-req.Context().Done():
	}
}

func (r *Runtime) serveAnswer(w http.ResponseWriter, req *http.Request, of func([]byte) outcome) {
	id := req.PathValue("id")
	r.mu.Lock()
	c, ok := r.pending[id]
	delete(r.pending, id)
	r.mu.Unlock()
	if !ok {
		http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"no such invocation"}`, http.StatusBadRequest)
		return
	}
	body, err := read(w, req)
	if err != nil {
		c.done <- outcome{err: err}
		return
	}
	c.done <- of(body)
	w.WriteHeader(http.StatusAccepted)
}

// read takes the body, or answers as the Runtime API does to one that is too large.
func read(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxPayload))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return nil, fmt.Errorf("reply: %w", err)
	}
	return body, nil
}

func functionError(body []byte) error {
	e := &FunctionError{}
	if err := json.Unmarshal(body, e); err != nil {
		return &FunctionError{Type: "Unknown", Message: string(body)}
	}
	return e
}

func (r *Runtime) newID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", r.next)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const maxTail = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - maxTail; extra > 0 {
		t.buf = t.buf[extra:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
