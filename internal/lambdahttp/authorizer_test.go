package lambdahttp

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"gatehouse/internal/api"
)

func TestAuthorizer(t *testing.T) {
	f := Authorizer(func(_ context.Context, r *api.Request) (map[string]any, error) {
		if r.Method != "GET" || r.Route != "GET /api/users/self" || r.Header["authorization"] != "Bearer x.y.z" || r.SourceIP != "203.0.113.7" {
			t.Errorf("request = %+v", r)
		}
		v, _ := r.Cookie("sessionid")
		return map[string]any{"uid": 7, "cookie": v}, nil
	})
	out, err := f.Invoke(t.Context(), golden(t, "authorizer.json"))
	if err != nil || string(out) != `{"isAuthorized":true,"context":{"cookie":"one","uid":7}}` {
		t.Errorf("answer = %s, %v", out, err)
	}
}

func TestAuthorizerFailures(t *testing.T) {
	boom := errors.New("store is away")
	fail := Authorizer(func(context.Context, *api.Request) (map[string]any, error) { return map[string]any{"uid": 1}, boom })
	if out, err := fail.Invoke(t.Context(), golden(t, "authorizer.json")); !errors.Is(err, boom) || out != nil {
		t.Errorf("error: %s, %v", out, err)
	}
	panics := Authorizer(func(context.Context, *api.Request) (map[string]any, error) { panic("hunter2") })
	out, err := panics.Invoke(t.Context(), golden(t, "authorizer.json"))
	if err == nil || out != nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("panic: %s, %v", out, err)
	}
	odd := changed(t, "authorizer.json", func(e map[string]any) { e["rawQueryString"] = "%zz" })
	who := Authorizer(func(context.Context, *api.Request) (map[string]any, error) { return nil, nil })
	if out, err := who.Invoke(t.Context(), odd); err != nil || !bytes.Contains(out, []byte(`"isAuthorized":true`)) {
		t.Errorf("odd query: %s, %v", out, err)
	}
}
