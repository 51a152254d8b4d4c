// Package sestest is a server that speaks the SendEmail call of Amazon SES
// version 2, with switches for the ways in which it fails.
package sestest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Email is a SendEmail request as it came over the wire.
type Email struct {
	FromEmailAddress     string
	ConfigurationSetName string
	Destination          struct{ ToAddresses, CcAddresses, BccAddresses []string }
	EmailTags            []Pair
	Content              struct {
		Simple *struct {
			Subject Text
			Body    struct{ Text, Html Text }
			Headers []Pair
		}
		Raw, Template json.RawMessage
	}
}

// Pair is a tag or a header.
type Pair struct{ Name, Value string }

// Text is a text with its character set.
type Text struct{ Data, Charset string }

// Failure is how the server answers a request. The zero value is success.
type Failure struct {
	Status int    // of the answer; 0 is 200
	Code   string // of the error, e.g. "TooManyRequestsException"
	Text   string
	Delay  time.Duration // before the answer
	Drop   bool          // the mail is accepted, then the connection is cut
}

// Server keeps what it accepted. It is safe for concurrent use.
type Server struct {
	URL string

	mu       sync.Mutex
	failure  Failure
	accepted []Email
	calls    int
}

// Start runs a server until the end of the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Fail makes all further requests end as f says.
func (s *Server) Fail(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = f
}

// Accepted are the mails that a recipient gets.
func (s *Server) Accepted() []Email {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Email(nil), s.accepted...)
}

// Calls is how many requests came.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// ServeHTTP implements http.Handler. It is as harsh as SES: unsigned requests,
// other calls and unknown members are errors.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls++
	f := s.failure
	s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	select {
	case <-time.After(f.Delay):
	case <-r.Context().Done():
		return
	}
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails":
		refuse(w, 404, "UnknownOperationException", r.Method+" "+r.URL.Path)
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="):
		refuse(w, 403, "MissingAuthenticationTokenException", "Missing Authentication Token")
	case f.Status != 0:
		refuse(w, f.Status, f.Code, f.Text)
	default:
		s.accept(w, body, f.Drop)
	}
}

func (s *Server) accept(w http.ResponseWriter, body []byte, drop bool) {
	var e Email
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		refuse(w, 400, "BadRequestException", err.Error())
		return
	}
	s.mu.Lock()
	s.accepted = append(s.accepted, e)
	n := len(s.accepted)
	s.mu.Unlock()
	if drop {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"MessageId":"0100-%d"}`, n)
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text}) // the client may have gone
}
