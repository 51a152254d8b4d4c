package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/mail/mailbox"
	"gatehouse/internal/store"
)

func TestStartAndStop(t *testing.T) {
	s := serving(t)
	t.Logf("first answer after %v", s.started)
	if s.started > 5*time.Second {
		t.Errorf("first answer after %v", s.started)
	}
	began := time.Now()
	for strings.Count(s.out.String(), "\n") < 2 && time.Since(began) < 5*time.Second {
		time.Sleep(time.Millisecond) // what is written comes through a pipe
	}
	if want := fmt.Sprintf("Gatehouse is at %s\nMails are at     %s/_dev/mail\n", s.url, s.url); !strings.Contains(s.out.String(), want) {
		t.Errorf("says\n%s\nwant\n%s", s.out, want)
	}
	s.client().Get("/api/server/about").Is(200).Has(`"name":"Gatehouse"`)
	s.client().Get("/api/nothing").Is(404)
	s.client().Do("PUT", "/api/auth/login", nil).Is(405)
	s.client().Get("/auth/login").Is(200).Has("<form")
	began = time.Now()
	s.stop()
	t.Logf("stopped after %v", time.Since(began))
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("stopped after %v", d)
	}
}

// TestStopSendsMail: a registration that was acknowledged just before the signal
// has its mail when the process has ended, not only after the next start.
func TestStopSendsMail(t *testing.T) {
	s := serving(t, "GATEHOUSE_RATE_LIMITS=off")
	for n := range 15 {
		name := fmt.Sprintf("late.%04d", n)
		s.client().Post("/api/auth/register", apptest.Form(name, name+"@example.com")).Is(201)
		time.Sleep(time.Duration(n) * 5 * time.Millisecond) // before, while and after it is sent
		s.stop()
		s.inside(0, func(_ *installation, table *store.Table) {
			mails, err := mailbox.New(table).List(t.Context(), name+"@example.com", 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(mails) != 1 {
				t.Errorf("%s: %d mails when the process had ended, want 1", name, len(mails))
			}
		})
		s.start()
		if mails := s.mails(name + "@example.com"); len(mails) != 1 {
			t.Errorf("%s: %d mails after the next start, want 1", name, len(mails))
		}
	}
}

// TestStopFinishesRequests: a request that runs when the signal comes is answered.
func TestStopFinishesRequests(t *testing.T) {
	s := serving(t, "GATEHOUSE_HASH_MEMORY_KIB=131072", "GATEHOUSE_HASH_TIME=5")
	type answer struct {
		status int
		err    error
	}
	got := make(chan answer, 1)
	go func() {
		status, err := s.register(1, new(atomic.Bool))
		got <- answer{status, err}
	}()
	time.Sleep(100 * time.Millisecond) // the hash takes longer
	s.stop()
	if a := <-got; a.err != nil || a.status != 201 {
		t.Errorf("status %d, %v", a.status, a.err)
	}
}

func TestTwoServersOnePort(t *testing.T) {
	s := serving(t)
	tool(t, "", nil, "serve", "--listen", s.addr, "--data", filepath.Join(t.TempDir(), "other")).
		is(t, 1, "GATEHOUSE_LISTEN", s.addr, "address already in use")
}

// TestAnyPort: port 0 is whichever is free, and what is printed leads there.
func TestAnyPort(t *testing.T) {
	s := &machine{TB: t, out: &text{}}
	cmd := exec.Command(binary(t), "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	cmd.Env, cmd.Stdout = environment(), s.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !strings.Contains(s.out.String(), "/_dev/mail\n") && time.Since(began) < 10*time.Second; {
		time.Sleep(5 * time.Millisecond)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	first, _, _ := strings.Cut(s.out.String(), "\n")
	s.url, _ = strings.CutPrefix(first, "Gatehouse is at ")
	s.client().Get("/api/server/about").Is(200).Has(s.url + "/static/logo.svg")
	s.join("ada.byron", "ada@example.com") // by a link that begins with the address
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Mode().Perm()
}

// TestModes: whatever the umask, only the owner reads the store and the secret.
func TestModes(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	addr := fmt.Sprintf("127.0.0.1:%d", port(t))
	cmd := exec.Command("/bin/sh", "-c", `umask 0; exec "$0" serve --listen "$1" --data "$2"`, binary(t), addr, data)
	cmd.Env = environment()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if res, err := http.Get("http://" + addr + "/api/server/health"); err == nil {
			res.Body.Close()
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Error("no answer")
			break
		}
	}
	files, err := filepath.Glob(filepath.Join(data, "*"))
	if err != nil || len(files) < 2 {
		t.Errorf("%v, %v", files, err)
	}
	for _, f := range files {
		if m := mode(t, f); m != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", f, m)
		}
	}
	if m := mode(t, data); m != 0o700 {
		t.Errorf("%s has mode %04o, want 0700", data, m)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	key := filepath.Join(data, "root.key")
	for _, m := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(key, m); err != nil {
			t.Fatal(err)
		}
		tool(t, "", nil, "serve", "--listen", addr, "--data", data).is(t, 1, key, fmt.Sprintf("%04o", m), "0600")
		tool(t, "", nil, "admin", "rotate-keys", "--data", data).is(t, 1, key, fmt.Sprintf("%04o", m), "0600")
	}
}

// TestSecretStays: a start never replaces a root secret, and a damaged one stops it.
func TestSecretStays(t *testing.T) {
	s := serving(t)
	key := filepath.Join(s.data, "root.key")
	before, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	s.restart(syscall.SIGTERM)
	if after, _ := os.ReadFile(key); string(after) != string(before) {
		t.Error("another root secret after a restart")
	}
	s.stop()
	for _, bad := range []string{"", "nonsense", "k1:AAAA"} {
		if err := os.WriteFile(key, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		r := tool(t, "", nil, "serve", "--listen", s.addr, "--data", s.data)
		r.is(t, 1, key, "base64 of 32 bytes")
		if bad != "" && strings.Contains(r.out+r.err, bad) {
			t.Errorf("shows the secret: %s%s", r.out, r.err)
		}
	}
}
