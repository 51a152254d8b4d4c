package lambdatest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/lambdatest"
)

var _ lambdahttp.Function = (*lambdatest.Runtime)(nil)

// build makes the bootstrap binary of testdata/echo.
func build(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", out, "./testdata/echo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	return out
}

func TestRuntime(t *testing.T) {
	bootstrap := build(t)
	r := lambdatest.Start(t, bootstrap, []string{"GREETING=hello"})
	if r.Init <= 0 || r.PID <= 0 {
		t.Errorf("Init = %v, PID = %d", r.Init, r.PID)
	}
	ctx := t.Context()

	t.Run("replies", func(t *testing.T) {
		payload := []byte(`{"n":1,"text":"` + strings.Repeat("é", 1<<20) + `"}`)
		out, err := r.Invoke(ctx, payload)
		if err != nil || !bytes.Equal(out, payload) {
			t.Fatalf("Invoke = %d bytes, %v", len(out), err)
		}
	})
	t.Run("tells deadline, id and its own environment only", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(ctx, 17*time.Second)
		defer cancel()
		out, err := r.Invoke(ctx, []byte(`"context"`))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Seconds            int
			ID, Greeting, Home string
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.Seconds != 17 || got.ID == "" || got.Greeting != "hello" || got.Home != "" {
			t.Errorf("function saw %s", out)
		}
	})
	t.Run("reports an error and goes on", func(t *testing.T) {
		_, err := r.Invoke(ctx, []byte(`"fail"`))
		fe, ok := errors.AsType[*lambdatest.FunctionError](err)
		if !ok || fe.Message != "as asked" {
			t.Fatalf("err = %v", err)
		}
		if _, err := r.Invoke(ctx, []byte(`1`)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("one at a time", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				want := fmt.Sprint(i)
				if out, err := r.Invoke(ctx, []byte(want)); err != nil || string(out) != want {
					t.Errorf("Invoke(%s) = %s, %v", want, out, err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("gives up at the deadline, and the function goes on", func(t *testing.T) {
		short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
		// The function may be told of the deadline before the caller is.
		if out, err := r.Invoke(short, []byte(`"wait"`)); err == nil {
			t.Fatalf("Invoke = %s", out)
		}
		if _, err := r.Invoke(ctx, []byte(`2`)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestProcessEnds(t *testing.T) {
	bootstrap := build(t)
	for payload, want := range map[string]string{`"panic"`: "as asked", `"exit"`: "exit status 3"} {
		r := lambdatest.Start(t, bootstrap, nil)
		_, err := r.Invoke(t.Context(), []byte(payload))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want %q", payload, err, want)
		}
		if _, err := r.Invoke(t.Context(), []byte(`1`)); err == nil {
			t.Errorf("%s: the next invocation was served", payload)
		}
		if payload == `"exit"` && !strings.Contains(r.Output(), "going") {
			t.Errorf("output = %q", r.Output())
		}
	}
}

// recorder is a testing.TB that takes Fatalf without ending the test.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	panic(r)
}

func TestStartFails(t *testing.T) {
	bootstrap := build(t)
	for name, path := range map[string]string{"refusing to start": bootstrap, "no such file": bootstrap + "-missing"} {
		rec := &recorder{TB: t}
		func() {
			defer func() { _ = recover() }()
			lambdatest.Start(rec, path, []string{"REFUSE=1"})
		}()
		if !strings.Contains(rec.failed, name) {
			t.Errorf("Start said %q, want %q", rec.failed, name)
		}
	}
}
