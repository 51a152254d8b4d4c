package gateway

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestASVS4_2_2_Replies(t *testing.T) {
	for name, tc := range map[string]struct {
		reply, body string
		status      int
		header      map[string]string
	}{
		"text": {`{"statusCode":201,"headers":{"Content-Type":"text/html","X-A":"1","Content-Length":"99","Connection":"close"},"cookies":["a=1","b=2"],"body":"<p>"}`,
			"<p>", 201, map[string]string{"Content-Type": "text/html", "X-A": "1", "Content-Length": "3", "Connection": "", "Set-Cookie": "a=1|b=2"}},
		"base64":         {`{"statusCode":200,"body":"/wD+","isBase64Encoded":true}`, "\xff\x00\xfe", 200, map[string]string{"Content-Type": "text/plain; charset=utf-8"}},
		"no content":     {`{"statusCode":204,"body":""}`, "", 204, map[string]string{"Content-Type": "", "Content-Length": ""}},
		"no status":      {`{"body":"x"}`, `{"message":"Internal Server Error"}`, 500, nil},
		"early status":   {`{"statusCode":103}`, `{"message":"Internal Server Error"}`, 500, nil},
		"no object":      {`"x"`, `{"message":"Internal Server Error"}`, 500, nil},
		"no JSON":        {`x`, `{"message":"Internal Server Error"}`, 500, nil},
		"not base64":     {`{"statusCode":200,"body":"=","isBase64Encoded":true,"headers":{"X-A":"1"}}`, `{"message":"Internal Server Error"}`, 500, map[string]string{"X-A": ""}},
		"more than 6 MB": {`{"statusCode":200,"body":"` + strings.Repeat("x", maxPayload) + `"}`, `{"message":"Internal Server Error"}`, 500, nil},
	} {
		w := newWorld(t, Options{})
		w.reply = func(context.Context, []byte) ([]byte, error) { return []byte(tc.reply), nil }
		rec := w.do("POST", "/api/auth/register", "")
		wantReply(t, name, rec, tc.status, tc.body)
		for key, want := range tc.header {
			if got := strings.Join(rec.Header()[key], "|"); got != want {
				t.Errorf("%s: %s = %q, want %q", name, key, got, want)
			}
		}
	}
}

func TestASVS16_5_4_FunctionFails(t *testing.T) {
	w := newWorld(t, Options{})
	w.reply = func(context.Context, []byte) ([]byte, error) { return nil, errors.New("broken") }
	wantReply(t, "error", w.do("POST", "/api/auth/register", ""), 500, `{"message":"Internal Server Error"}`)
	if log := w.log.String(); !strings.Contains(log, "function=signup") || !strings.Contains(log, "broken") {
		t.Errorf("log = %s", log)
	}
	w.reply = func(context.Context, []byte) ([]byte, error) { panic("hunter2") }
	wantReply(t, "panic", w.do("POST", "/api/auth/register", ""), 500, `{"message":"Internal Server Error"}`)
	if strings.Contains(w.log.String(), "hunter2") {
		t.Errorf("log = %s", &w.log)
	}
}

// A function that ignores its deadline does not hold the client up, and one whose
// client has gone is not cancelled.
func TestO7_Timeouts(t *testing.T) {
	for _, tc := range []struct {
		name   string
		limit  time.Duration
		after  time.Duration
		status int
		body   string
	}{
		{"the function's own", 0, 25 * time.Second, 500, `{"message":"Internal Server Error"}`},
		{"the gateway's", 20 * time.Second, 20 * time.Second, 503, `{"message":"Service Unavailable"}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{IntegrationTimeout: tc.limit})
			w.reply = func(context.Context, []byte) ([]byte, error) { time.Sleep(time.Minute); return nil, nil }
			began := time.Now()
			wantReply(t, tc.name, w.do("POST", "/api/auth/register", ""), tc.status, tc.body)
			if took := time.Since(began); took != tc.after {
				t.Errorf("%s: took %v", tc.name, took)
			}
			time.Sleep(time.Hour) // let the function end
		})
	}
}

func TestO7_ClientHasGone(t *testing.T) {
	w := newWorld(t, Options{})
	w.reply = func(ctx context.Context, _ []byte) ([]byte, error) {
		if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
			t.Errorf("deadline %v, err %v", ok, ctx.Err())
		}
		return []byte(`{"statusCode":200}`), nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, "POST", "/api/auth/register", nil))
	wantReply(t, "reply", rec, 200, "")
}
