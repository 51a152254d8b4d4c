package lambdahttp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// TestO7_RequestsEndInTime: what takes longer than a request may is answered in our
// words, and says when to try again.
func TestO7_RequestsEndInTime(t *testing.T) {
	for name, fail := range map[string]func(context.Context) error{
		"as it is":           func(ctx context.Context) error { return ctx.Err() },
		"told by the driver": func(ctx context.Context) error { return fmt.Errorf("store: %w", ctx.Err()) },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &api.Gate{Table: store.New(storetest.NewMemory(), time.Now), Base: &url.URL{Scheme: "https", Host: "id.example"}, Log: slog.New(slog.DiscardHandler)}
			slow := api.Public(g, func(ctx context.Context, _ struct{}) (struct{}, error) {
				<-ctx.Done()
				return struct{}{}, fail(ctx)
			})
			began := time.Now()
			reply := serve(t, changed(t, "request.json", func(e map[string]any) {
				e["body"], e["rawQueryString"], e["isBase64Encoded"] = "", "", false
				delete(e["requestContext"].(map[string]any), "authorizer")
			}), slow.Serve)
			if reply.StatusCode != 503 || reply.Headers["Retry-After"] == "" || !strings.Contains(reply.Body, `"detail":"`) || time.Since(began) != Limit {
				t.Errorf("%s: %+v after %v", name, reply, time.Since(began))
			}
		})
	}
}

// TestO7_AuthorizersEndInTime: so is what takes longer to find out who it is.
func TestO7_AuthorizersEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		slow := Authorizer(func(ctx context.Context, _ *api.Request) (map[string]any, error) {
			<-ctx.Done()
			return map[string]any{"code": "unavailable"}, nil
		})
		if out, err := slow.Invoke(t.Context(), golden(t, "authorizer.json")); err != nil || time.Since(began) != AuthorizerLimit {
			t.Errorf("%s, %v after %v", out, err, time.Since(began))
		}
	})
}

// TestO4_RefusalsAreLogged: a request that no handler saw has its line all the same, and
// one with two credentials its event.
func TestO4_RefusalsAreLogged(t *testing.T) {
	for header, event := range map[string]string{"authorization": `"event":"authentication_refused"`, "host": `"code":"malformed_request"`} {
		var log bytes.Buffer
		s := New(api.Routes{noteRoute: handlerFunc(ok)})
		s.Log = slog.New(slog.NewJSONHandler(&log, nil))
		payload := changed(t, "request.json", func(e map[string]any) { e["headers"] = map[string]string{header: "one,two"} })
		if _, err := s.Invoke(t.Context(), payload); err != nil {
			t.Fatal(err)
		}
		if line := log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, event) || !strings.Contains(line, `"msg":"request"`) || strings.Contains(line, "one") {
			t.Errorf("%s: %s", header, line)
		}
	}
}
