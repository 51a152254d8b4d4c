package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/config"
	"gatehouse/internal/mail/mailbox"
	"gatehouse/internal/store"
)

// The tests here run the program itself: its processes, signals and files.

var built struct {
	dir  string
	path func() (string, error)
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehouse-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir = dir
	built.path = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "gatehouse")
		if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return path, nil
	})
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func binary(t testing.TB) string {
	t.Helper()
	path, err := built.path()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// environment is that of a program: nothing of the test's own but what finds
// programs and temporary files, so that no setting of the machine comes in.
func environment(env ...string) []string {
	out := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	if tmp := os.Getenv("TMPDIR"); tmp != "" {
		out = append(out, "TMPDIR="+tmp)
	}
	return append(out, env...)
}

// result is how a program ended.
type result struct {
	code     int
	out, err string
}

// tool runs the program to its end, within 20 seconds.
func tool(t testing.TB, stdin string, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), args...)
	cmd.Env, cmd.Dir, cmd.Stdin = environment(env...), t.TempDir(), strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("gatehouse %s did not end\n%s%s", strings.Join(args, " "), out.String(), errs.String())
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// is fails the test unless the program ended with a code and said all of parts.
func (r result) is(t testing.TB, code int, parts ...string) {
	t.Helper()
	if r.code != code {
		t.Fatalf("code %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	for _, p := range parts {
		if !strings.Contains(r.out+r.err, p) {
			t.Errorf("does not say %q:\n%s%s", p, r.out, r.err)
		}
	}
}

// machine is an installation and, most of the time, its process.
type machine struct {
	testing.TB
	data, addr, url string
	env             []string

	cmd     *exec.Cmd
	out     *text
	exited  chan struct{}
	started time.Duration // until it answered
}

// text is what a process writes.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// port is a free one, from below the range that the system gives to outgoing
// connections, so that it is still free after a restart.
func port(t testing.TB) int {
	t.Helper()
	for range 100 {
		n := 10000 + rand.IntN(10000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n))
		if err == nil {
			l.Close()
			return n
		}
	}
	t.Fatal("no free port")
	return 0
}

// serving starts a new installation.
func serving(t testing.TB, env ...string) *machine {
	t.Helper()
	n := port(t)
	s := &machine{TB: t, data: filepath.Join(t.TempDir(), "data"), addr: fmt.Sprintf("127.0.0.1:%d", n), url: fmt.Sprintf("http://localhost:%d", n), env: env}
	t.Cleanup(func() {
		if s.cmd != nil {
			s.kill(syscall.SIGKILL)
		}
	})
	s.start()
	return s
}

// start runs the process and waits until it answers.
func (s *machine) start() {
	s.Helper()
	began := time.Now()
	s.cmd = exec.Command(binary(s), "serve", "--listen", s.addr, "--data", s.data)
	s.out, s.exited = &text{}, make(chan struct{})
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = environment(s.env...), s.out, s.out
	if err := s.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func(cmd *exec.Cmd, exited chan struct{}) { cmd.Wait(); close(exited) }(s.cmd, s.exited)
	for {
		res, err := http.Get(s.url + "/api/server/health")
		if err == nil {
			res.Body.Close()
			s.started = time.Since(began)
			return
		}
		select {
		case <-s.exited:
			s.Fatalf("the server ended:\n%s", s.out)
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > 20*time.Second {
			s.Fatalf("the server does not answer:\n%s", s.out)
		}
	}
}

// kill ends the process by a signal and says how it ended.
func (s *machine) kill(sig syscall.Signal) *os.ProcessState {
	s.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(25 * time.Second):
		s.cmd.Process.Kill()
		s.Fatalf("the server does not end after %v:\n%s", sig, s.out)
	}
	state := s.cmd.ProcessState
	s.cmd = nil
	http.DefaultClient.CloseIdleConnections() // they lead nowhere
	return state
}

// stop ends the process as an operator does.
func (s *machine) stop() {
	s.Helper()
	if state := s.kill(syscall.SIGTERM); state.ExitCode() != 0 {
		s.Fatalf("stopped with %v:\n%s", state, s.out)
	}
}

func (s *machine) restart(sig syscall.Signal) {
	s.Helper()
	if sig == syscall.SIGTERM {
		s.stop()
	} else {
		s.kill(sig)
	}
	s.start()
}

// client is a browser or a program that uses the server.
func (s *machine) client() *apptest.Client {
	return (&apptest.World{TB: s.TB, URL: s.url}).Client()
}

// admin runs a command of the operator on the installation.
func (s *machine) admin(stdin string, args ...string) result {
	s.Helper()
	return tool(s, stdin, s.env, append([]string{"admin", args[0], "--data", s.data}, args[1:]...)...)
}

// inside opens the store of an installation whose process has ended, after a time
// has passed, and closes it again.
func (s *machine) inside(later time.Duration, do func(*installation, *store.Table)) {
	s.Helper()
	if s.cmd != nil {
		s.Fatal("the server runs")
	}
	env := map[string]string{"GATEHOUSE_DATA": s.data, "GATEHOUSE_LISTEN": s.addr}
	c, err := config.Read(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, nil)
	if err != nil {
		s.Fatal(err)
	}
	in, err := open(c, slog.New(slog.DiscardHandler), false)
	if err != nil {
		s.Fatal(err)
	}
	defer in.close()
	do(in, store.New(in.lite, func() time.Time { return time.Now().Add(later) }))
}

// drainLater sends what the outbox of a killed process still has when its leases
// have run out, without waiting for that.
func (s *machine) drainLater() {
	s.Helper()
	s.inside(2*time.Minute, func(in *installation, table *store.Table) {
		p := *in.parts
		p.Table, p.Sender = table, mailbox.New(table)
		outbox, err := app.Outbox(&p)
		if err != nil {
			s.Fatal(err)
		}
		if _, err := outbox.Invoke(s.Context(), []byte("{}")); err != nil {
			s.Fatal(err)
		}
	})
}

// link waits for a mail to an address and answers with the newest link to a path.
// A mail that was being sent when its process was killed is repeated after a minute.
func (s *machine) link(to, path string) string {
	s.Helper()
	began := time.Now()
	for time.Since(began) < 75*time.Second {
		for _, m := range s.mails(to) {
			for _, l := range m.Links {
				if strings.HasPrefix(l, s.url+path+"?") {
					return l
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.Fatalf("no mail to %s with a link to %s:\n%s", to, path, s.out)
	return ""
}

func (s *machine) mails(to string) []mailbox.Mail {
	s.Helper()
	var list []mailbox.Mail
	decode(s, s.client().With("Accept", "application/json").Get("/_dev/mail?to="+to).Is(200).Body, &list)
	return list
}

// join makes an account over HTTP.
func (s *machine) join(name, email string) {
	s.Helper()
	s.client().Post("/api/auth/register", apptest.Form(name, email)).Is(201)
	s.client().Post("/api/auth/verify-email", map[string]any{"key": parameter(s, s.link(email, "/auth/verify"), "key")}).Is(200)
}

// signIn is a client with a session.
func (s *machine) signIn(name, password string) *apptest.Client {
	s.Helper()
	c := s.client()
	c.Post("/api/auth/login", map[string]any{"username": name, "password": password}).Is(200)
	return c
}
