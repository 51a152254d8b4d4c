package faults

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// world is one run: a copy of the base, and what was sent from it.
type world struct {
	base *base
	in   *injector
	now  time.Time
	proc *apptest.Process
	jar  map[string]string
	sent []mail.Message

	lastNames []string // of the calls of the last try
	judged    int      // writes that the rules have been held against
}

// base is what every run of a case begins with.
type base struct {
	*apptest.World
	items   *storetest.Memory
	now     time.Time
	jar     map[string]string
	request request
	change  []func(*app.Parts)
	make    apptest.Makers
}

func (b *base) fresh(later time.Duration) (*world, error) {
	w := &world{base: b, in: &injector{Memory: b.items.Clone()}, now: b.now.Add(later), jar: maps.Clone(b.jar)}
	w.in.now = w.clock
	return w, w.start()
}

// clock is right.
func (w *world) clock() time.Time { return w.now }

// rootKey is that of every world.
const rootKey = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// start begins a new process on what the store holds. As on Lambda, every function
// has caches and keys of its own.
func (w *world) start() (err error) {
	from := w.base.Parts
	w.proc, err = apptest.Start(w.base.make, func() *app.Parts {
		parts := &app.Parts{Config: from.Config, Table: store.New(w.in, w.in.clock), Secrets: secret.NewSource(w.in.load),
			Hasher: password.New(password.ForTests(), 2, password.Peppers{}), Sender: w, Policy: from.Policy, Log: slog.New(slog.DiscardHandler)}
		for _, change := range w.base.change {
			change(parts)
		}
		return parts
	}, w.clock)
	return err
}

var errCarrier = errors.New("the carrier did not answer")

// Send implements mail.Sender. It counts as a call like those of the store.
func (w *world) Send(_ context.Context, m mail.Message) (string, error) {
	mode, err := w.in.next(callSend)
	if err != nil {
		return "", err
	}
	switch mode {
	case none:
	case crashBefore:
		return "", errCrash
	case throttled, contended, timeoutBefore, outageBefore, selfConflict:
		return "", errCarrier
	}
	w.sent = append(w.sent, m)
	switch mode {
	case crashAfter:
		return "", errCrash
	case timeoutAfter, outageAfter:
		return "", errCarrier
	}
	return "carrier-" + m.ID, nil
}

// request is what a client sends, or for a function behind no route its event.
type request struct {
	from   *apptest.Client // whose cookies and headers; nil is nobody's
	method string
	path   string
	body   string
	media  string
	header map[string]string
	invoke string // function
}

// answer is what the client hears. Status 0 is nothing at all.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes one try of the request with a fault in it.
func (w *world) send(f fault) (a answer, hit bool, err error) {
	w.in.arm(f)
	r := w.base.request
	var set []*http.Cookie
	if r.invoke != "" {
		a = w.invoke(r)
	} else {
		a, set = w.serve(r)
	}
	hit, dead, names := w.in.state()
	w.lastNames = names
	if dead {
		a = answer{}
	}
	if dead || hit && f.skews() {
		err = w.start()
	}
	if f.mode == lostReply {
		a, hit = answer{}, true
	}
	if a.status != 0 {
		for _, c := range set {
			w.keep(c)
		}
	}
	w.in.arm(fault{})
	return a, hit, err
}

func (w *world) keep(c *http.Cookie) {
	if c.MaxAge < 0 || c.Value == "" {
		delete(w.jar, c.Name)
		return
	}
	w.jar[c.Name] = c.Value
}

func (w *world) serve(r request) (answer, []*http.Cookie) {
	req := httptest.NewRequest(r.method, w.base.URL+r.path, strings.NewReader(r.body))
	req.RemoteAddr = "127.0.0.1:1"
	if r.body != "" {
		req.Header.Set("Content-Type", r.media)
	}
	if v := w.jar["csrftoken"]; v != "" {
		req.Header.Set("X-CSRFToken", v)
	}
	for name, value := range w.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if r.from != nil {
		maps.Copy(req.Header, r.from.Header)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.proc.Handler.ServeHTTP(rec, req)
	res := rec.Result()
	return answer{res.StatusCode, res.Header, rec.Body.String()}, res.Cookies()
}

// invoke is how a schedule or a stream calls: an error is a try that failed, and
// there will be another.
func (w *world) invoke(r request) answer {
	out, err := w.proc.Functions[r.invoke].Invoke(w.base.Context(), []byte(r.body))
	if err != nil {
		return answer{status: 500, body: "function error"}
	}
	return answer{status: 200, body: string(out)}
}

// jarOf are the cookies that a client of the base holds.
func jarOf(c *apptest.Client) map[string]string {
	jar := map[string]string{}
	if c == nil {
		return jar
	}
	for _, name := range []string{"sessionid", "csrftoken", "gh_device", "gh_flow"} {
		if v := c.Cookie(name); v != "" {
			jar[name] = v
		}
	}
	return jar
}

// encoded is a form as a browser sends it.
func encoded(fields map[string]string) string {
	v := url.Values{}
	for name, value := range fields {
		v.Set(name, value)
	}
	return v.Encode()
}
