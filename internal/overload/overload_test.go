package overload

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestQuantile(t *testing.T) {
	var list []time.Duration
	for n := range 200 {
		list = append(list, time.Duration(200-n)*ms)
	}
	if got, want := latency(list), (Latency{200, 100, 198}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := latency([]time.Duration{7 * ms}), (Latency{1, 7, 7}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := latency(nil); got != (Latency{}) {
		t.Errorf("%v of nothing", got)
	}
}

func TestLevel(t *testing.T) {
	const d = 10 * time.Second
	p := &played{samples: []sample{
		{took: 100 * ms, status: 200},
		{took: 1001 * ms, status: 200},                      // accepted, and no good
		{due: d - 50*ms, took: 100 * ms, status: 200},       // accepted after the end
		{due: d, took: 1, status: 500},                      // of the next level
		{took: 20 * ms, status: 503, retry: true},           // refused as it should be
		{took: 20 * ms, status: 429, retry: true},           // and so
		{took: 20 * ms, status: 503},                        // without Retry-After
		{took: 20 * ms, status: 400, retry: true},           // for no reason
		{took: 30 * ms, status: 200, cheap: true},           //
		{took: 40 * ms, status: 401, cheap: true, late: ms}, //
		{status: 500}, {status: 502}, {status: 504, retry: true}, {status: 0}, {status: 500, cheap: true},
	}}
	want := Level{Factor: 3, Offered: 1.1, Cheap: 0.3, Goodput: 0.1, Accepted: Latency{3, 100, 1001}, Refused: Latency{5, 20, 40},
		Proper: 2, OwnFaults: 5, CheapDone: Latency{1, 30, 30}, Late: 1}
	if got := p.level(3, d); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestRecovery(t *testing.T) {
	const end, after = 5 * time.Second, 4 * time.Second
	at := func(second float64, took time.Duration, status int) sample {
		return sample{due: end + time.Duration(second*float64(time.Second)), took: took, status: status}
	}
	slow, normal := at(0.5, 500*ms, 200), 100.0
	for _, c := range []struct {
		name    string
		samples []sample
		want    string
	}{
		{"at once", []sample{{due: 1, took: time.Hour, status: 500}, at(0, 150*ms, 200), at(1, 900*ms, 200)}, "1"},
		{"half more and a bit", []sample{at(0, 151*ms, 200), at(1.9, 150*ms, 200)}, "2"},
		{"refused", []sample{at(0.1, ms, 503), at(1.1, 10*ms, 200), at(1.2, ms, 503), at(2, 10*ms, 200)}, "3"},
		{"cheap ones say nothing", []sample{slow, {cheap: true, due: end + time.Second, took: ms, status: 200}, at(3.9, 10*ms, 200)}, "4"},
		{"never", []sample{slow, at(1, 500*ms, 200), at(2, 500*ms, 200), at(3, 500*ms, 200), at(4, ms, 200)}, "NaN"},
	} {
		if got := fmt.Sprint((&played{samples: c.samples}).recovery(normal, end, after)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// holding is a result in which every bar holds by as little as it may.
func holding() *Result {
	r := &Result{Peak: 100, Recovery: 10}
	for _, f := range Factors {
		r.Levels = append(r.Levels, Level{Factor: f, Goodput: 90, Accepted: Latency{900, 500, 1000}, Refused: Latency{7, 20, 249}, Proper: 7})
	}
	r.Levels[1].Goodput = 100
	return r
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Result)
		want  string
	}{
		"nothing":             {func(*Result) {}, ""},
		"goodput":             {func(r *Result) { r.Levels[3].Goodput = 89.9 }, "3 times the peak: goodput is 90 % of the peak, want at least 90"},
		"goodput of the most": {func(r *Result) { r.Levels[2].Goodput = 101 }, "3 times the peak: goodput is 89 % of the peak, want at least 90"},
		"accepted":            {func(r *Result) { r.Levels[0].Accepted.P99 = 1001 }, "0.5 times the peak: p99 of accepted sign-ins 1001 ms, want at most 1000"},
		"refusals":            {func(r *Result) { r.Levels[3].Refused.P99 = 250 }, "3 times the peak: 7 refusals, p99 250 ms, want some and less than 250"},
		"no refusals":         {func(r *Result) { r.Levels[3].Refused, r.Levels[3].Proper = Latency{}, 0 }, "3 times the peak: 0 refusals, p99 0 ms, want some and less than 250"},
		"their form":          {func(r *Result) { r.Levels[4].Proper-- }, "5 times the peak: 6 of 7 refusals have 429 or 503 and Retry-After, want all"},
		"own faults":          {func(r *Result) { r.Levels[4].OwnFaults = 1 }, "5 times the peak: 1 own faults, want none"},
		"recovery":            {func(r *Result) { r.Recovery = 11 }, "normal again after 11 s, want at most 10"},
		"no recovery":         {func(r *Result) { r.Recovery = (&played{}).recovery(1, 0, calm) }, "normal again after -1 s, want at most 10"},
	} {
		r := holding()
		c.spoil(r)
		r.finish()
		if got := strings.Join(r.Failed, "; "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if c.want != "" && !strings.Contains(r.Table(), c.want) {
			t.Errorf("%s: the table does not say so", name)
		}
	}
}

func TestMix(t *testing.T) {
	const from, to = 3 * time.Second, 103 * time.Second
	list := mix(80, from, to)
	cheap := 0
	for _, a := range list {
		if a.due < from || a.due >= to {
			t.Fatalf("due at %v", a.due)
		}
		if a.cheap {
			cheap++
		}
	}
	if n := len(list); n < 9700 || n > 10300 || cheap < n*19/100 || cheap > n*21/100 {
		t.Errorf("%d arrivals, %d of them cheap, want about 10000 and 2000", n, cheap)
	}
	if !reflect.DeepEqual(list, mix(80, from, to)) {
		t.Error("another schedule for the same numbers")
	}
}

// TestPlay: every request of a schedule is sent, and what comes of it is noted,
// whichever way it ends.
func TestPlay(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy":
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(503)
		case "/soon":
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(503)
		case "/gone":
			panic(http.ErrAbortHandler)
		}
	}))
	defer srv.Close()
	g := &generator{addr: srv.Listener.Addr().String(), server: func() time.Duration { return 0 }}
	for _, path := range []string{"/", "/busy", "/soon", "/gone"} {
		raw := []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
		g.people = append(g.people, person{raw, raw})
	}
	schedule := make([]arrival, 400) // all at once, and more than there are connections
	got := map[string]int{}
	for _, s := range g.play(t.Context(), schedule).samples {
		if s.took <= 0 || s.took < s.late {
			t.Fatalf("not sent, or not counted from when it was due: %+v", s)
		}
		got[fmt.Sprint(s.status, s.retry)]++
	}
	if want := map[string]int{"200 false": 100, "503 true": 100, "503 false": 100, "0 false": 100}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRequests: what is sent is HTTP, from a network of one's own.
func TestRequests(t *testing.T) {
	g := &generator{addr: "127.0.0.1:8123"}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(g.signInRequest(258, "gh_device=x")))))
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(body); string(body) != `{"username":"load.00258","password":"`+password+`"}` {
		t.Errorf("%s, %v", body, err)
	}
	if r.Host != "localhost:8123" || r.Header.Get("X-Forwarded-For") != "10.1.2.1" || r.Header.Get("Cookie") != "gh_device=x" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %v", r.Host, r.Header)
	}
}

func TestInto(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	r := holding()
	r.finish()
	for range 2 { // the second time replaces the first table
		if err := os.WriteFile(name, []byte("before\n"+begin+"an old table\n"+end+"after\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Into(name); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(name); err != nil || string(b) != "before\n"+begin+r.Table()+end+"after\n" {
			t.Errorf("%v\n%s", err, b)
		}
	}
	if err := os.WriteFile(name, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Into(name); err == nil {
		t.Error("a file without marks was written to")
	}
}
