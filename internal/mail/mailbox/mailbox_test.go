package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 23, 7, 40, 42, 996354000, time.UTC)}
}

func open(t *testing.T, path string, c *clock) (*Box, func()) {
	t.Helper()
	db, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return New(store.New(db, c.Now)), func() { _ = db.Close() }
}

func newBox(t *testing.T) (*Box, *clock) {
	t.Helper()
	c := newClock()
	b, closeBox := open(t, filepath.Join(t.TempDir(), "store.db"), c)
	t.Cleanup(closeBox)
	return b, c
}

func message(c *clock, id, to string) mail.Message {
	return mail.Message{
		ID: id, Tag: mail.Tag(c.Now().UnixMilli(), id), Kind: mail.KindConfirm, From: "Gatehouse <no-reply@gatehouse.example>", To: to,
		Subject: "[Gatehouse] Subject of " + id, Text: "text", HTML: "<!doctype html>\n<html><head></head><body>html</body></html>",
		Links: []string{"http://localhost:8080/x?t=" + id},
	}
}

func send(t *testing.T, b *Box, m mail.Message) {
	t.Helper()
	if _, err := b.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, b *Box, to string, limit int) []string {
	t.Helper()
	mails, err := b.List(t.Context(), to, limit)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range mails {
		out = append(out, m.ID)
	}
	return out
}

func TestListsNewestFirst(t *testing.T) {
	b, c := newBox(t)
	for i, to := range []string{"ada@example.org", "bob@example.org", "Ada@Example.org", "eve@example.org"} {
		send(t, b, message(c, fmt.Sprintf("m%d", i), to))
		c.turn(time.Second)
	}
	for _, q := range []struct {
		to    string
		limit int
		want  []string
	}{
		{"", 100, []string{"m3", "m2", "m1", "m0"}},
		{"", 2, []string{"m3", "m2"}},
		{"", 0, nil},
		{"ada@example.org", 100, []string{"m2", "m0"}},
		{"ADA@example.org", 1, []string{"m2"}},
		{"da@example.org", 100, nil},
	} {
		if got := ids(t, b, q.to, q.limit); !slices.Equal(got, q.want) {
			t.Errorf("to %q, at most %d: %v, want %v", q.to, q.limit, got, q.want)
		}
	}
}

func TestSentAgainIsOneMail(t *testing.T) {
	b, c := newBox(t)
	first := message(c, "m0", "ada@example.org")
	send(t, b, first)
	c.turn(time.Second)
	send(t, b, message(c, "m1", "ada@example.org"))
	c.turn(time.Minute)
	send(t, b, first)
	untagged := first
	untagged.ID, untagged.Tag = "m2", ""
	for range 2 {
		c.turn(time.Minute)
		send(t, b, untagged)
	}
	if got := ids(t, b, "", 10); !slices.Equal(got, []string{"m2", "m0", "m1"}) {
		t.Errorf("box holds %v", got)
	}
}

func TestSurvivesRestart(t *testing.T) {
	path, c := filepath.Join(t.TempDir(), "store.db"), newClock()
	b, closeBox := open(t, path, c)
	send(t, b, message(c, "m0", "ada@example.org"))
	closeBox()
	b, closeBox = open(t, path, c)
	defer closeBox()
	if got := ids(t, b, "ada@example.org", 10); !slices.Equal(got, []string{"m0"}) {
		t.Errorf("box holds %v", got)
	}
	c.turn(keepFor)
	if got := ids(t, b, "", 10); got != nil {
		t.Errorf("after a week it holds %v", got)
	}
}

func TestJSON(t *testing.T) {
	b, c := newBox(t)
	m := message(c, "m0", "ada@example.org")
	m.Links = nil
	send(t, b, m)
	mails, err := b.List(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(mails)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"id": "m0", "to": m.To, "from": m.From, "subject": m.Subject, "text": m.Text, "html": m.HTML,
		"links": []any{}, "sent_at": "2026-11-23T07:40:42.996354Z",
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestEmptyAndBounds(t *testing.T) {
	b, c := newBox(t)
	if err := b.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	const n = MaxShown + 50
	for i := range n {
		send(t, b, message(c, fmt.Sprintf("m%d", i), "ada@example.org"))
		c.turn(time.Second)
	}
	for _, to := range []string{"", "ada@example.org"} {
		got := ids(t, b, to, 5000)
		if len(got) != MaxShown || got[0] != fmt.Sprintf("m%d", n-1) {
			t.Errorf("to %q: %d mails, first %v", to, len(got), got[0])
		}
	}
	if err := b.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, b, "", 10); got != nil {
		t.Errorf("emptied, it holds %v", got)
	}
}

func TestFails(t *testing.T) {
	b, c := newBox(t)
	down := errors.New("down")
	b.Fail(func(m mail.Message) error {
		if m.To == "ada@example.org" {
			return down
		}
		return nil
	})
	if _, err := b.Send(t.Context(), message(c, "m0", "ada@example.org")); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
	send(t, b, message(c, "m1", "bob@example.org"))
	b.Fail(nil)
	send(t, b, message(c, "m0", "ada@example.org"))
	if got := ids(t, b, "", 10); len(got) != 2 {
		t.Errorf("box holds %v", got)
	}
	if _, err := b.Send(t.Context(), message(c, "m2", "ada@example.org, bob@example.org")); !errors.Is(err, mail.ErrRejected) {
		t.Errorf("two recipients: %v", err)
	}
	if _, err := b.Send(t.Context(), mail.Message{To: "ada@example.org"}); err == nil {
		t.Error("a mail without id was taken")
	}
}
