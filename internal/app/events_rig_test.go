package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// refusal is a request with the status that it gets and the event that it logs; ""
// is none.
type refusal struct {
	name   string
	do     func() *apptest.Answer
	status int
	event  string
}

// logsOf makes a request and gives the lines of the log that have an event.
func logsOf(w *apptest.World, do func() *apptest.Answer) (a *apptest.Answer, events []string) {
	w.Helper()
	before := len(w.Logged.String())
	a = do()
	for line := range strings.Lines(w.Logged.String()[before:]) {
		var l struct {
			Msg, Event string
			Status     int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			w.Fatal(err)
		}
		if l.Event != "" {
			events = append(events, l.Event)
		}
		if l.Msg == "request" && l.Event != "" && l.Status != a.Status {
			w.Errorf("the answer is a %d, the log says %s", a.Status, line)
		}
	}
	return a, events
}

func (r refusal) check(t *testing.T, w *apptest.World) {
	t.Helper()
	a, events := logsOf(w, r.do)
	want := []string{r.event}
	if r.event == "" {
		want = nil
	}
	if a.Status != r.status || fmt.Sprint(events) != fmt.Sprint(want) {
		t.Errorf("%s: %d, events %q; want %d, %q: %.200s", r.name, a.Status, events, r.status, want, a.Body)
	}
}

func send(c *apptest.Client, method, path string, body any) func() *apptest.Answer {
	return func() *apptest.Answer { return c.Do(method, path, body) }
}

func post(c *apptest.Client, path string, body any) func() *apptest.Answer {
	return send(c, "POST", path, body)
}

func submit(w *apptest.World, c *apptest.Client, path string, fields ...string) func() *apptest.Answer {
	return func() *apptest.Answer { return form(c, w, path, fields...) }
}

// follows opens a mail link in a browser of its own, and sends the form behind it.
func follows(w *apptest.World, link, path string, fields ...string) func() *apptest.Answer {
	c := w.Client()
	c.Get(link).Is(303)
	return submit(w, c, path, fields...)
}
