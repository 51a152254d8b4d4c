package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// server answers as DynamoDB's endpoint and keeps what it was asked.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []string // operations
	bodies []string
}

func serve(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		s.mu.Lock()
		s.calls = append(s.calls, op)
		s.bodies = append(s.bodies, string(b))
		n := len(s.calls)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// ops and asked are the operations called, and the bodies of the calls. A call that
// its client gave up may still be arriving.
func (s *server) ops() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bodies)
}

func (s *server) db(t *testing.T, h *http.Client) *DB {
	c, err := Client(local(s.URL), h)
	if err != nil {
		t.Fatal(err)
	}
	return New(c, "table")
}

// refuse answers with an error of DynamoDB.
func refuse(w http.ResponseWriter, status int, kind string, reasons ...string) {
	body := map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "told so"}
	if reasons != nil {
		var list []map[string]string
		for _, r := range reasons {
			list = append(list, map[string]string{"Code": r})
		}
		body["CancellationReasons"] = list
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

var (
	note = store.Kind[string]{Name: "note", Schema: 1}
	key  = store.Key{PK: "p", SK: "a"}
	more = store.Key{PK: "p", SK: "b"}
	id   = strings.Repeat("0123456789abcdef", 2)

	one = store.Tx{ID: id, Version: 5, Ops: []store.Op{note.Put(key, "x", store.Absent)}}
	two = store.Tx{ID: id, Version: 5, Ops: []store.Op{
		store.Check(store.Key{PK: "p", SK: "c"}, store.Always), // not sent: places must not shift
		note.Put(key, "x", store.Absent), note.Put(more, "x", store.Absent),
	}}
)

// TestErrors: what DynamoDB answers, and what the contract calls it.
func TestErrors(t *testing.T) {
	final := errors.New("final")
	const cancelled = "TransactionCanceledException"
	for _, c := range []struct {
		tx      store.Tx
		status  int
		kind    string
		reasons []string
		want    error
		ops     []int
		calls   int // how often the SDK tried
	}{
		{one, 400, "ConditionalCheckFailedException", nil, nil, []int{0}, 1},
		{one, 400, "TransactionConflictException", nil, store.ErrContended, nil, 1},
		{one, 400, "ReplicatedWriteConflictException", nil, store.ErrContended, nil, 1},
		{one, 400, "ProvisionedThroughputExceededException", nil, store.ErrThrottled, nil, 1},
		{one, 400, "RequestLimitExceeded", nil, store.ErrThrottled, nil, 1},
		{one, 400, "ThrottlingException", nil, store.ErrThrottled, nil, 1},
		{one, 500, "InternalServerError", nil, store.ErrUnknownOutcome, nil, 1},
		{one, 503, "ServiceUnavailable", nil, store.ErrUnknownOutcome, nil, 1},
		{one, 502, "SomethingNew", nil, store.ErrUnknownOutcome, nil, 1},
		{one, 400, "ValidationException", nil, final, nil, 1},
		{one, 400, "ResourceNotFoundException", nil, final, nil, 1},
		{one, 400, "ItemCollectionSizeLimitExceededException", nil, final, nil, 1},
		{one, 400, "AccessDeniedException", nil, final, nil, 1},
		{two, 400, cancelled, []string{"ConditionalCheckFailed", "None"}, nil, []int{1}, 1},
		{two, 400, cancelled, []string{"None", "ConditionalCheckFailed"}, nil, []int{2}, 1},
		{two, 400, cancelled, []string{"ConditionalCheckFailed", "ConditionalCheckFailed"}, nil, []int{1, 2}, 1},
		{two, 400, cancelled, []string{"ConditionalCheckFailed", "TransactionConflict"}, nil, []int{1}, 1},
		{two, 400, cancelled, []string{"ThrottlingError", "ConditionalCheckFailed"}, nil, []int{2}, 1},
		{two, 400, cancelled, []string{"None", "TransactionConflict"}, store.ErrContended, nil, 1},
		{two, 400, cancelled, []string{"ThrottlingError", "TransactionConflict"}, store.ErrContended, nil, 1},
		{two, 400, cancelled, []string{"None", "ThrottlingError"}, store.ErrThrottled, nil, 1},
		{two, 400, cancelled, []string{"ProvisionedThroughputExceeded", "None"}, store.ErrThrottled, nil, 1},
		{two, 400, cancelled, []string{"None", "ValidationError"}, final, nil, 1},
		{two, 400, cancelled, []string{"None", "ItemCollectionSizeLimitExceeded"}, final, nil, 1},
		{two, 400, "TransactionInProgressException", nil, store.ErrContended, nil, 2},
		{two, 400, "IdempotentParameterMismatchException", nil, store.ErrUnknownOutcome, nil, 1},
		{two, 500, "InternalServerError", nil, store.ErrUnknownOutcome, nil, 2},
		{two, 400, "ThrottlingException", nil, store.ErrThrottled, nil, 2},
	} {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { refuse(w, c.status, c.kind, c.reasons...) })
		err := s.db(t, nil).Transact(t.Context(), c.tx)
		ops, _ := store.Conflict(err)
		right := errors.Is(err, c.want)
		if c.want == final {
			right = err != nil && ops == nil && !isAny(err, store.ErrContended, store.ErrThrottled, store.ErrUnknownOutcome)
		} else if c.want == nil {
			right = ops != nil
		}
		if !right || !slices.Equal(ops, c.ops) {
			t.Errorf("%d ops, %s %v: %v", len(c.tx.Ops), c.kind, c.reasons, err)
		}
		if len(s.ops()) != c.calls {
			t.Errorf("%d ops, %s: %d calls, want %d", len(c.tx.Ops), c.kind, len(s.ops()), c.calls)
		}
	}
}

func isAny(err error, list ...error) bool {
	return slices.ContainsFunc(list, func(e error) bool { return errors.Is(err, e) })
}

// TestLostAnswers: a write whose answer does not come is of unknown outcome. One
// that has a token is tried again under the same, one that has none is not.
func TestLostAnswers(t *testing.T) {
	quick := &http.Client{Timeout: 100 * time.Millisecond}
	for name, c := range map[string]struct {
		http   *http.Client
		answer func(int, http.ResponseWriter, *http.Request)
	}{
		"cut off": {nil, func(_ int, w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}},
		"cut short": {nil, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte(`{"Attr`))
		}},
		"garbled": {nil, func(_ int, w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"ItemCollectionMetrics":[`)) }},
		"late":    {quick, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		for _, tx := range []store.Tx{one, {ID: id, Version: 5, Ops: []store.Op{store.Add(key, "count", "n", 1, 0, 5)}}, two} {
			s := serve(t, c.answer)
			err := s.db(t, c.http).Transact(t.Context(), tx)
			if !errors.Is(err, store.ErrUnknownOutcome) {
				t.Errorf("%s: %v", name, err)
			}
			if len(tx.Ops) == 1 && len(s.ops()) != 1 {
				t.Errorf("%s: a call without a token was made %d times", name, len(s.ops()))
			}
			for _, b := range s.asked() {
				if len(tx.Ops) > 1 && !strings.Contains(b, `"ClientRequestToken":"`+id+`"`) {
					t.Errorf("%s: no token in %s", name, b)
				}
			}
		}
		s := serve(t, c.answer)
		if _, err := s.db(t, c.http).Get(t.Context(), []store.Key{key}); !errors.Is(err, store.ErrUnknownOutcome) && name != "garbled" {
			t.Errorf("%s: read: %v", name, err)
		}
	}
}

// TestCallerEnds: a write that its caller gave up may have been done; a read is
// just over.
func TestCallerEnds(t *testing.T) {
	for _, tx := range []store.Tx{one, two} {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		if err := s.db(t, nil).Transact(ctx, tx); !errors.Is(err, store.ErrUnknownOutcome) {
			t.Errorf("write: %v", err)
		}
		if len(s.ops()) != 1 {
			t.Errorf("write: %d calls", len(s.ops()))
		}
	}
	s := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.db(t, nil).Get(ctx, []store.Key{key}); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrUnknownOutcome) {
		t.Errorf("read: %v", err)
	}
}

// TestTransactionIsFoundOut: table and driver together, with an answer lost.
func TestTransactionIsFoundOut(t *testing.T) {
	var marker string
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1, 2:
			refuse(w, 500, "InternalServerError")
		default:
			fmt.Fprintf(w, `{"Item":{"pk":{"S":"TX#x"},"sk":{"S":"T"},"kind":{"S":"tx"},"ver":{"N":"1"},"tx":{"S":%q}}}`, marker)
		}
	})
	d := &spy{DB: s.db(t, nil), id: &marker}
	err := store.New(d, time.Now).Transact(t.Context(), note.Put(key, "x", store.Absent), note.Put(more, "x", store.Absent))
	if err != nil || !slices.Equal(s.ops(), []string{"TransactWriteItems", "TransactWriteItems", "GetItem"}) {
		t.Errorf("%v after %v", err, s.ops())
	}
}

// spy notes the id of the transaction.
type spy struct {
	*DB
	id *string
}

func (s *spy) Transact(ctx context.Context, tx store.Tx) error {
	*s.id = tx.ID
	return s.DB.Transact(ctx, tx)
}

func TestClient(t *testing.T) {
	if _, err := Client(func(string) string { return "" }, nil); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("without a region: %v", err)
	}
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get("Authorization"); !strings.Contains(a, "/local-1/dynamodb/") || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("signed as %q, token %q", a, r.Header.Get("X-Amz-Security-Token"))
		}
		w.Write([]byte("{}"))
	})
	env := map[string]string{
		"AWS_DEFAULT_REGION": "local-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL_DYNAMODB": s.URL,
	}
	c, err := Client(func(n string) string { return env[n] }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := New(c, "table").Get(t.Context(), []store.Key{key}); err != nil || i[0].Exists() || i[0].Key != key {
		t.Errorf("%+v, %v", i, err)
	}
	delete(env, "AWS_ACCESS_KEY_ID")
	err = New(c, "table").Transact(t.Context(), one)
	if err == nil || isAny(err, store.ErrUnknownOutcome, store.ErrThrottled) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without credentials: %v", err)
	}
	if n := len(s.ops()); n != 1 {
		t.Errorf("%d calls", n)
	}
}
