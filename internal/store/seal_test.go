package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/bound"
	"gatehouse/internal/store"
)

func TestG17_GO20264801_PageToken(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tab := store.NewPages([]byte("a key"), func() time.Time { return now })
	other := store.NewPages([]byte("another key"), func() time.Time { return now })
	q := store.Query{PK: "p", Prefix: "M#", Limit: 10}
	long := strings.Repeat("<", 1000)
	for _, p := range []store.Place{{SK: "M#1"}, {SK: "M#é", Key: store.Key{PK: "x", SK: "y"}}, {SK: long, Key: store.Key{PK: long, SK: long}}} {
		token := tab.PageToken(q, "user 1", p)
		if got, err := tab.ReadPageToken(q, "user 1", token); got != p || err != nil {
			t.Errorf("%.20q: %.20q, %v", p, got, err)
		}
		if strings.Contains(token, "M#") || token == tab.PageToken(q, "user 1", p) {
			t.Errorf("token %q is not opaque", token)
		}
		larger := q
		larger.Limit, larger.After = 50, store.Place{SK: "M#0"}
		if _, err := tab.ReadPageToken(larger, "user 1", token); err != nil {
			t.Errorf("with another page size: %v", err)
		}
		for name, read := range map[string]func() (store.Place, error){
			"another query": func() (store.Place, error) {
				return tab.ReadPageToken(store.Query{PK: "p", Prefix: "N#"}, "user 1", token)
			},
			"another partition": func() (store.Place, error) {
				return tab.ReadPageToken(store.Query{PK: "P", Prefix: "M#"}, "user 1", token)
			},
			"another bound": func() (store.Place, error) {
				return tab.ReadPageToken(store.Query{PK: "p", From: "M#"}, "user 1", token)
			},
			"an index": func() (store.Place, error) {
				return tab.ReadPageToken(store.Query{PK: "p", Prefix: "M#", Index: store.ByRecipient}, "user 1", token)
			},
			"the other way": func() (store.Place, error) {
				return tab.ReadPageToken(store.Query{PK: "p", Prefix: "M#", Reverse: true}, "user 1", token)
			},
			"another scope": func() (store.Place, error) { return tab.ReadPageToken(q, "user 2", token) },
			"another key":   func() (store.Place, error) { return other.ReadPageToken(q, "user 1", token) },
			"cut":           func() (store.Place, error) { return tab.ReadPageToken(q, "user 1", token[:len(token)-4]) },
			"changed":       func() (store.Place, error) { return tab.ReadPageToken(q, "user 1", flip(token)) },
			"longer":        func() (store.Place, error) { return tab.ReadPageToken(q, "user 1", token+"AAAA") },
			"with a space":  func() (store.Place, error) { return tab.ReadPageToken(q, "user 1", token+"\n") },
		} {
			if got, err := read(); !errors.Is(err, store.ErrPageToken) || got != (store.Place{}) {
				t.Errorf("%s: %.20q, %v", name, got, err)
			}
		}
	}
	token := tab.PageToken(q, "", store.Place{SK: "M#1"})
	now = now.Add(time.Hour - time.Second)
	if _, err := tab.ReadPageToken(q, "", token); err != nil {
		t.Errorf("within its hour: %v", err)
	}
	now = now.Add(time.Second)
	if _, err := tab.ReadPageToken(q, "", token); !errors.Is(err, store.ErrPageToken) {
		t.Errorf("after its hour: %v", err)
	}
	if p, err := tab.ReadPageToken(q, "", ""); p != (store.Place{}) || err != nil {
		t.Errorf("no token: %v, %v", p, err)
	}
	if tok := tab.PageToken(q, "", store.Place{}); tok != "" {
		t.Errorf("the end has the token %q", tok)
	}
}

// flip changes one character in the middle.
func flip(token string) string {
	b := []byte(token)
	i := len(b) / 2
	if b[i]++; b[i] == 'Z'+1 || b[i] == 'z'+1 || b[i] == '9'+1 || b[i] == '-'+1 || b[i] == '_'+1 {
		b[i] = 'A'
	}
	return string(b)
}

// FuzzPageToken: no text but the token itself reads as one, and none panics.
func FuzzPageToken(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	tab := store.NewPages([]byte("a key"), func() time.Time { return now })
	q := store.Query{PK: "p", Limit: 10}
	f.Add("")
	f.Add("AAAA")
	f.Add(strings.Repeat("A", 100))
	f.Add(tab.PageToken(q, "somebody else", store.Place{SK: "1"}))
	f.Add(strings.Repeat("%", 40_000))
	f.Fuzz(func(t *testing.T, token string) {
		defer bound.Of(t)()
		if p, err := tab.ReadPageToken(q, "me", token); token != "" && (!errors.Is(err, store.ErrPageToken) || p != (store.Place{})) {
			t.Errorf("%q was read as %q, %v", token, p, err)
		}
	})
}
