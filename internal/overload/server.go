package overload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is the binary under load.
type server struct {
	cmd  *exec.Cmd
	addr string
	logs *os.File
}

// environment is that of an installation in production behind one proxy, that hashes
// on every core, and whose mails would go nowhere: no request of the load queues one.
// Rate limits are on, as production demands.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "GATEHOUSE_MAIL=ses", "GATEHOUSE_TRUST_PROXY_HOPS=1",
		"GATEHOUSE_HASH_SLOTS=" + strconv.Itoa(min(runtime.NumCPU(), 64)),
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_ENDPOINT_URL_SESV2=http://127.0.0.1:9"}
}

// start starts the server and waits until it says where it is.
func start(ctx context.Context, o Options) (*server, error) {
	if err := os.Mkdir(o.Data, 0o700); err != nil {
		return nil, err
	}
	logs, err := os.Create(filepath.Join(o.Data, "log"))
	if err != nil {
		return nil, err
	}
	s := &server{logs: logs, cmd: exec.Command(o.Server, "serve", "--production", "--listen", "127.0.0.1:0", "--data", o.Data)}
	s.cmd.Env, s.cmd.Stderr = environment(), logs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		said <- line
	}()
	select {
	case line := <-said:
		if _, port, ok := strings.Cut(strings.TrimSpace(line), "http://localhost:"); ok {
			s.addr = "127.0.0.1:" + port
			return s, nil
		}
		err = fmt.Errorf("the server said %q", line)
	case <-time.After(10 * time.Second):
		err = errors.New("the server did not say where it is")
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.stop()
	return nil, fmt.Errorf("%w\n%s", err, s.last())
}

// stop ends the server, by force if it does not end by itself.
func (s *server) stop() {
	force := time.AfterFunc(25*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer force.Stop()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	s.logs.Close()
}

// last is the end of what the server has logged.
func (s *server) last() string {
	b, err := os.ReadFile(s.logs.Name())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// importUsers makes accounts by the tool of the operator, beside the server.
func (s *server) importUsers(ctx context.Context, o Options, lines io.Reader) error {
	name := filepath.Join(o.Data, "accounts.jsonl")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, lines)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, o.Server, "admin", "import-users", "--data", o.Data, name)
	cmd.Env = environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("import-users: %w\n%s", err, out)
	}
	return nil
}
