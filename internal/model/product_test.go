package model

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/config"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/policy"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

const base = "http://gatehouse.example.org"

// mistake is a product that does one thing wrong.
type mistake struct {
	forget func(store.Tx, store.Op) bool
	wrap   func(http.Handler) http.Handler
	send   func(mail.Message) []mail.Message
}

// product is the whole product, in this process and without a socket.
type product struct {
	wrong mistake
	d     *driver
	table *store.Table
	parts app.Parts
	now   time.Time

	process *apptest.Process
	http    http.Handler
	sent    []mail.Message
	known   map[string]bool // ids of sent: a mail that goes out again is the same mail
}

func newProduct(limits string, wrong mistake) (*product, error) {
	p := &product{wrong: wrong, d: &driver{Memory: storetest.NewMemory(), forget: wrong.forget}, known: map[string]bool{},
		now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	p.table = store.New(p.d, p.clock)
	env := map[string]string{"GATEHOUSE_BASE_URL": base, "GATEHOUSE_RATE_LIMITS": limits, "GATEHOUSE_OWNERSHIP_TRANSFER": "on"}
	c, err := config.Read(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, nil)
	if err != nil {
		return nil, err
	}
	keys, err := secret.Parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		return nil, err
	}
	p.parts = app.Parts{Config: c, Table: p.table, Secrets: secret.Static(keys), Hasher: password.New(password.ForTests(), 2, password.Peppers{}),
		Sender: p, Policy: policy.Default(), Log: slog.New(slog.DiscardHandler)}
	return p, p.start()
}

func (p *product) clock() time.Time { return p.now }

// start begins a new process on what the store holds.
func (p *product) start() error {
	parts := p.parts
	process, err := apptest.Start(app.Functions(), func() *app.Parts { return &parts }, p.clock)
	if err != nil {
		return err
	}
	p.process, p.http = process, process.Handler
	if p.wrong.wrap != nil {
		p.http = p.wrong.wrap(p.http)
	}
	return nil
}

// Send implements mail.Sender.
func (p *product) Send(_ context.Context, m mail.Message) (string, error) {
	all := []mail.Message{m}
	if p.wrong.send != nil {
		all = p.wrong.send(m)
	}
	for _, m := range all {
		if !p.known[m.ID] {
			p.known[m.ID] = true
			p.sent = append(p.sent, m)
		}
	}
	return "carrier-" + m.ID, nil
}

// request is what a client sends.
type request struct {
	method, path string
	body         any
	header       map[string]string
	cookies      map[string]string
}

// answer is what it hears.
type answer struct {
	status  int
	body    string
	cookies map[string]string
}

// send makes one try. nil is no answer at all.
func (p *product) send(r request, f trouble) (*answer, error) {
	p.d.arm(f)
	defer p.d.disarm()
	rec := httptest.NewRecorder()
	p.http.ServeHTTP(rec, r.http())
	if !p.d.heard() {
		if f.crash() {
			return nil, p.start()
		}
		return nil, nil
	}
	a := &answer{status: rec.Code, body: rec.Body.String(), cookies: map[string]string{}}
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge >= 0 && c.Value != "" {
			a.cookies[c.Name] = c.Value
		}
	}
	return a, nil
}

// disarm ends a try and keeps what was counted.
func (d *driver) disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trouble, d.dead = trouble{}, false
}

func (r request) http() *http.Request {
	body := ""
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			panic(err) // bodies are plain
		}
		body = string(b)
	}
	req := httptest.NewRequest(r.method, base+r.path, strings.NewReader(body))
	req.RemoteAddr = "203.0.113.7:1"
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	return req
}

func (r request) with(name, value string) request {
	r.header = maps.Clone(r.header)
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[name] = value
	return r
}

// invoke runs a function of a schedule or a stream; it must not fail.
func (p *product) invoke(name, event string, f trouble) (heard bool, err error) {
	p.d.arm(f)
	defer p.d.disarm()
	_, err = p.process.Functions[name].Invoke(context.Background(), []byte(event))
	if !p.d.heard() {
		return false, p.start()
	}
	return true, err
}

// uid is the id of the account that has a user name.
func (p *product) uid(name string) (int64, error) {
	items, err := p.table.Get(context.Background(), account.Keys.Username(name))
	if err != nil {
		return 0, err
	}
	c, err := account.Rows.Claims.Of(items[0])
	if err == nil && c.UID == 0 {
		err = fmt.Errorf("nobody is called %s", name)
	}
	return c.UID, err
}

// operator makes the account of an administrator.
func (p *product) operator(name string) (int64, error) {
	active := true
	return p.parts.Accounts().CreateUser(context.Background(), account.NewUser{Username: name, Email: name + "@example.org",
		First: "Ada", Last: "Byron", Groups: []string{"admin"}, Active: &active, Password: apptest.Password})
}

// decode reads the body.
func (a *answer) decode(v any) error { return json.Unmarshal([]byte(a.body), v) }
