// Package apptest runs the whole product in a test: every function behind the
// local gateway, on a store in a file, with a clock that the test moves and mails
// that it reads. Requests go over real HTTP.
//
// It is imported by tests only.
package apptest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/app"
	"gatehouse/internal/config"
	"gatehouse/internal/gateway"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

// Password is one that no policy refuses.
const Password = "quarry lantern 58 mosaic"

// World is a running installation.
type World struct {
	testing.TB
	URL       string
	Clock     *Clock
	DB        *sqlite.DB
	Recorder  *storetest.Recorder
	Parts     *app.Parts
	Accounts  *account.Service
	Functions map[string]lambdahttp.Function
	Logged    *Log

	mu    sync.Mutex
	mails []mail.Message
	fail  error
}

// Option changes the world before it starts.
type Option func(*options)

type options struct {
	env    map[string]string
	driver func(store.Driver) store.Driver
	params password.Params
	dir    string
	open   func(string) (*sqlite.DB, error)
}

// Env sets a setting.
func Env(name, value string) Option { return func(o *options) { o.env[name] = value } }

// Driver wraps the store's driver.
func Driver(wrap func(store.Driver) store.Driver) Option {
	return func(o *options) { o.driver = wrap }
}

// RealHash uses the parameters of production for passwords.
func RealHash(o *options) { o.params = password.Default }

// Durable syncs the store's file as production does; without it a test would
// wait for the disk.
func Durable(o *options) { o.open = sqlite.Open }

// Dir keeps the store in a folder of the test's own, so that another world can
// open it later.
func Dir(dir string) Option { return func(o *options) { o.dir = dir } }

// Clock is the world's time. It moves only when told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the world's present.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log collects log lines.
type Log struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var _ io.Writer = (*Log)(nil)

// rootKey is the same in every world, so that a second one can open what the
// first has written.
const rootKey = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// New starts a world. Rate limits are on; address confirmation is mandatory.
func New(t testing.TB, opts ...Option) *World {
	t.Helper()
	o := options{env: map[string]string{}, params: password.ForTests(), driver: func(d store.Driver) store.Driver { return d }, dir: t.TempDir(), open: sqlite.OpenScratch}
	for _, f := range opts {
		f(&o)
	}
	w := &World{TB: t, Clock: &Clock{now: time.Now().UTC().Truncate(time.Second)}, Functions: map[string]lambdahttp.Function{}, Logged: &Log{}}
	srv := httptest.NewUnstartedServer(nil)
	w.URL = "http://" + srv.Listener.Addr().String()
	if _, ok := o.env["GATEHOUSE_BASE_URL"]; !ok {
		o.env["GATEHOUSE_BASE_URL"] = w.URL
	}
	c, err := config.Read(func(name string) (string, bool) { v, ok := o.env[name]; return v, ok }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.DB, err = o.open(filepath.Join(o.dir, "gatehouse.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.DB.Close() })
	w.Recorder = storetest.NewRecorder(o.driver(w.DB))
	keys, err := secret.Parse(rootKey)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(w.Logged, nil))
	w.Parts = &app.Parts{Config: c, Table: store.New(w.Recorder, w.Clock.Now), Secrets: secret.Static(keys),
		Hasher: password.New(o.params, 2, password.Peppers{}), Sender: w, Policy: policy.Default(), Log: log}
	w.Accounts = w.Parts.Accounts()
	for name, make := range app.Functions() {
		if w.Functions[name], err = make(w.Parts); err != nil {
			t.Fatal(err)
		}
	}
	table, err := gateway.Read(gatehouse.Template)
	if err != nil {
		t.Fatal(err)
	}
	if srv.Config.Handler, err = gateway.New(table, w.Functions, gateway.Options{Log: log, Now: w.Clock.Now, TrustProxyHops: c.ProxyHops}); err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return w
}

// Send implements mail.Sender.
func (w *World) Send(_ context.Context, m mail.Message) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return "", w.fail
	}
	w.mails = append(w.mails, m)
	return "carrier-" + m.ID, nil
}

// FailMail makes the carrier answer with err; nil ends that.
func (w *World) FailMail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

// Drain sends the mails that are due.
func (w *World) Drain() {
	w.Helper()
	w.mu.Lock()
	failing := w.fail != nil
	w.mu.Unlock()
	if _, err := w.Functions["outbox"].Invoke(w.Context(), []byte("{}")); err != nil && !failing {
		w.Fatal(err)
	}
}

// Mails are the mails that went to an address, oldest first, after what is due
// has been sent.
func (w *World) Mails(to string) []mail.Message {
	w.Helper()
	w.Drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []mail.Message
	for _, m := range w.mails {
		if to == "" || m.To == to {
			out = append(out, m)
		}
	}
	return out
}

// Mail is the newest mail of a kind to an address.
func (w *World) Mail(to, kind string) mail.Message {
	w.Helper()
	all := w.Mails(to)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind == kind {
			return all[i]
		}
	}
	w.Fatalf("no mail %q to %q among %d", kind, to, len(all))
	return mail.Message{}
}

// Sweep runs a job of the sweep function.
func (w *World) Sweep(job string) {
	w.Helper()
	if _, err := w.Functions["sweep"].Invoke(w.Context(), []byte(`{"job":"`+job+`"}`)); err != nil {
		w.Fatal(err)
	}
}

// Dump is the content of the store as text: equal texts are equal stores.
func (w *World) Dump() string {
	w.Helper()
	var b strings.Builder
	if err := w.DB.Dump(w.Context(), &b); err != nil {
		w.Fatal(err)
	}
	return b.String()
}

// ErrDown is a carrier that does not answer.
var ErrDown = errors.New("apptest: the carrier is down")
