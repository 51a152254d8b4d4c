package linear

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// run is a copy of a stage with a process of its own.
type run struct {
	*stage
	kind   int // of store
	notes  notes
	driver store.Driver
	table  *store.Table
	http   http.Handler
	later  atomic.Int64 // by how much the clock has moved since the beginning
	cuts   bool         // some requests are cut off
	close  func() error
	log    apptest.Log // of errors
}

// The stores that histories run on.
const (
	memory = iota
	lagging
	losing
	file
	stores
)

var storeNames = [stores]string{"memory", "lag", "faulty", "sqlite"}

// wrong is what a test of the bites puts in the place of something right; nil is
// nothing.
type wrong struct {
	driver  func(store.Driver) store.Driver
	handler func(http.Handler) http.Handler
}

// hashSlots is enough that nobody is refused for want of a slot.
const hashSlots = 16

// start makes a copy of the stage on a store, in a folder if it needs one.
func (s *stage) start(kind int, dir string, seed uint64, bug *wrong) (*run, error) {
	r := &run{stage: s, kind: kind, close: func() error { return nil }}
	var d store.Driver = s.items.Clone()
	switch kind {
	case file:
		db, err := s.open(dir)
		if err != nil {
			return nil, err
		}
		d, r.close = db, db.Close
	case lagging:
		d = storetest.Lag(d, seed)
	case losing:
		d = storetest.Faulty(d, seed)
	}
	d = &restless{d: d, rand: rand.New(rand.NewPCG(seed, 2))}
	if bug != nil && bug.driver != nil {
		d = bug.driver(d)
	}
	r.driver, r.table = d, store.New(d, r.now)
	if err := r.boot(); err != nil {
		return nil, err
	}
	if bug != nil && bug.handler != nil {
		r.http = bug.handler(r.http)
	}
	return r, nil
}

func (r *run) now() time.Time { return r.Clock.Now().Add(r.elapsed()) }

func (r *run) elapsed() time.Duration { return time.Duration(r.later.Load()) }

// wait moves the clock; nobody may be at work.
func (r *run) wait(d time.Duration) { r.later.Add(int64(d)) }

// boot starts the functions behind the gateway, with no cache filled.
func (r *run) boot() error {
	from := r.Parts
	parts := &app.Parts{Config: from.Config, Table: r.table, Secrets: from.Secrets, Sender: nobody{}, Policy: from.Policy,
		Hasher: password.New(password.ForTests(), hashSlots, password.Peppers{}), Log: slog.New(slog.NewJSONHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelError}))}
	p, err := apptest.Start(app.Functions(), func() *app.Parts { return parts }, r.now)
	if err != nil {
		return err
	}
	r.http = p.Handler
	return nil
}

// nobody gets no mail: those of the stage are out.
type nobody struct{}

func (nobody) Send(context.Context, mail.Message) (string, error) { return "", nil }

// answer is what came back.
type answer struct {
	status int
	body   string
	set    map[string]string // cookies
}

// ask sends a request; its headers are pairs of name and value.
func (w *worker) ask(as person, method, path string, body any, headers ...string) answer {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) // plain values
	}
	req := httptest.NewRequest(method, w.URL+path, strings.NewReader(string(text)))
	req.RemoteAddr = "127.0.0.1:1"
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if as.session != "" {
		req.Header.Set("Cookie", "sessionid="+as.session+"; csrftoken="+as.csrf)
		req.Header.Set("X-CSRFToken", as.csrf)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, req.WithContext(w.cutting(context.Background())))
	a := answer{rec.Code, rec.Body.String(), map[string]string{}}
	for _, c := range rec.Result().Cookies() {
		a.set[c.Name] = c.Value
	}
	if a.status >= 500 && a.status != 503 {
		w.spoil("%s %s: %d %s\n%s", method, path, a.status, a.body, w.log.String())
	}
	return a
}

// reply is an answer in words: those of statuses that are expected.
func (a answer) reply(words map[int]string) reply {
	switch word, known := words[a.status]; {
	case a.status == 503:
		return reply{word: unknown}
	case known:
		return reply{word: word}
	case a.status < 300:
		return reply{word: ok}
	}
	return reply{word: fmt.Sprintf("%d %.80s", a.status, a.body)}
}

// giving is the reply with a value, if the answer is a success.
func (a answer) giving(words map[int]string, value func() string) reply {
	r := a.reply(words)
	if r.word == ok {
		r.value = value()
	}
	return r
}

// text is a member of the body, as text, by its path.
func (a answer) text(path ...string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(a.body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return ""
	}
	for _, name := range path {
		m, _ := v.(object)
		v = m[name]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
