package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/app"
	"gatehouse/internal/config"
	"gatehouse/internal/gateway"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/mail/mailbox"
	"gatehouse/internal/policy"
	"gatehouse/internal/policy/compile"
)

// stopWithin bounds how long requests may still run after a signal to stop.
const stopWithin = 10 * time.Second

func serve(ctx context.Context, io streams, args []string) error {
	fs := flag.NewFlagSet("gatehouse serve", flag.ContinueOnError)
	flags := settingFlags(fs)
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	c, err := config.Read(os.LookupEnv, flags())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_LISTEN is %q: %w", c.Listen, err)
	}
	defer l.Close()
	if c.BaseURL.Port() == "0" { // whichever was free
		_, port, _ := net.SplitHostPort(l.Addr().String())
		c.BaseURL.Host = net.JoinHostPort(c.BaseURL.Hostname(), port)
	}
	log := slog.New(slog.NewJSONHandler(io.err, nil))
	for _, name := range config.Unknown(os.Environ()) {
		log.Warn("there is no such setting; gatehouse config lists them", "event", "config.unknown", "name", name)
	}
	in, err := open(c, log, true)
	if err != nil {
		return err
	}
	defer in.close()
	if in.parts.Policy, err = rules(c); err != nil {
		return err
	}
	if in.box != nil && !c.Production && !c.Loopback() {
		log.Warn("mails, with the secrets in them, can be read at "+mailbox.Path+" by whoever reaches this machine directly; a public installation needs --production", "event", "config.mailbox")
	}
	s, err := newServer(in, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Gatehouse is at %s\n", c.BaseURL)
	if in.box != nil {
		fmt.Fprintf(io.out, "Mails are at     %s%s\n", c.BaseURL, mailbox.Path)
	}
	return s.run(ctx, l)
}

// rules are those of the installation: compiled now, read as they were compiled, or
// the built-in ones. Wrong ones stop the start.
func rules(c *config.Config) (*policy.Table, error) {
	switch {
	case c.PolicyDir != "":
		t, err := compile.Load(c.PolicyDir)
		if err != nil {
			return nil, fmt.Errorf("POLICY_DIR is %q: its rules cannot be used\n%w", c.PolicyDir, err)
		}
		return t, nil
	case c.PolicyTable != "":
		b, err := os.ReadFile(c.PolicyTable)
		if err != nil {
			return nil, fmt.Errorf("GATEHOUSE_POLICY_TABLE is %q: %w", c.PolicyTable, err)
		}
		t, err := policy.Load(b)
		if err != nil {
			return nil, fmt.Errorf("GATEHOUSE_POLICY_TABLE is %q: %w; expected a file that gatehouse policy compile made", c.PolicyTable, err)
		}
		return t, nil
	}
	return policy.Default(), nil
}

// localServer runs all functions in one process, and what AWS would do around
// them: the gateway, the schedules, and the stream that wakes the outbox.
type localServer struct {
	in        *installation
	table     *gateway.Table
	functions map[string]lambdahttp.Function
	http      *http.Server
	log       *slog.Logger
}

func newServer(in *installation, log *slog.Logger) (*localServer, error) {
	t, err := gateway.Read(gatehouse.Template)
	if err != nil {
		return nil, err
	}
	s := &localServer{in: in, table: t, functions: map[string]lambdahttp.Function{}, log: log}
	for name, make := range app.Functions() {
		if s.functions[name], err = make(in.parts); err != nil {
			return nil, fmt.Errorf("function %s: %w", name, err)
		}
	}
	opts := gateway.Options{TrustProxyHops: in.parts.Config.ProxyHops, Log: log}
	if in.box != nil && !in.parts.Config.Production {
		opts.Dev = s.dev()
	}
	h, err := gateway.New(t, s.functions, opts)
	if err != nil {
		return nil, err
	}
	s.http = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 40 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	return s, nil
}

// dev serves what only a laptop has. A name that is not this installation's may
// have been made to point here by a stranger's page: it gets nothing.
func (s *localServer) dev() http.Handler {
	page := mailbox.Page(s.in.box)
	base := s.in.parts.Config.BaseURL
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(r.Host); err == nil {
			host = h
		}
		ip := net.ParseIP(host)
		if !local(r) {
			http.Error(w, "this is served to the machine itself only", http.StatusForbidden)
			return
		}
		if r.Host != base.Host && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this host is not served", http.StatusMisdirectedRequest)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// local reports whether a request comes from this machine and from no proxy on it:
// mails hold secrets, and their readers must be able to read the disk as well.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

// run serves until ctx ends, then lets requests finish and sends what mail is due.
func (s *localServer) run(ctx context.Context, l net.Listener) error {
	background, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.outbox(background) })
	for _, sch := range s.table.Schedules {
		wg.Go(func() { s.schedule(background, sch) })
	}
	if s.in.lite != nil {
		wg.Go(func() { s.expire(background) })
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		stop, end := context.WithTimeout(context.Background(), stopWithin)
		err = s.http.Shutdown(stop)
		end()
	}
	cancel()
	wg.Wait()
	last, end := context.WithTimeout(context.Background(), stopWithin)
	defer end()
	_, drained := s.functions["outbox"].Invoke(last, []byte("{}"))
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, drained)
}

// outbox stands in for the stream: it drains after changes, and every second
// because another process may write too. Changes that come close together are
// looked at once.
func (s *localServer) outbox(ctx context.Context) {
	for ctx.Err() == nil {
		var changed <-chan struct{}
		if s.in.lite != nil {
			changed = s.in.lite.Changed()
		}
		s.invoke(ctx, "outbox", "{}")
		select {
		case <-changed:
			time.Sleep(outboxPause)
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// outboxPause is how soon after a change the outbox is looked at.
const outboxPause = 50 * time.Millisecond

func (s *localServer) schedule(ctx context.Context, sch gateway.Schedule) {
	s.invoke(ctx, sch.Function, sch.Input)
	for at := sch.Next(time.Now()); ; at = sch.Next(at) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(at)):
			s.invoke(ctx, sch.Function, sch.Input)
		}
	}
}

// expire removes what has expired, as DynamoDB does by itself.
func (s *localServer) expire(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
		if _, err := s.in.lite.Sweep(ctx, time.Now(), 1000); err != nil && ctx.Err() == nil {
			s.log.Warn("expired rows were not removed", "event", "sweep.failed", "err", err.Error())
		}
	}
}

// invoke runs a function to its end. When ctx ends it still has stopWithin: a mail
// that is cut off while it is sent would be put off.
func (s *localServer) invoke(ctx context.Context, function, input string) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopWithin, cancel) })()
	if _, err := s.functions[function].Invoke(work, []byte(input)); err != nil && ctx.Err() == nil {
		s.log.Error("function failed", "event", "function.failed", "function", function, "err", err.Error())
	}
}
