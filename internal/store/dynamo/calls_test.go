package dynamo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// TestCalls: which call each transaction becomes.
func TestCalls(t *testing.T) {
	add := store.Add(more, "count", "n", 1, 0, 5)
	for _, c := range []struct {
		ops  []store.Op
		want string
	}{
		{[]store.Op{note.Put(key, "x", store.Absent)}, "PutItem"},
		{[]store.Op{store.Delete(key, store.Always)}, "DeleteItem"},
		{[]store.Op{add}, "UpdateItem"},
		{[]store.Op{store.Check(key, store.Absent)}, "GetItem"},
		{[]store.Op{note.Put(key, "x", store.Absent), add}, "TransactWriteItems"},
		{[]store.Op{store.Check(key, store.Always), store.Check(more, store.Always)}, ""},
	} {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })
		if err := s.db(t, nil).Transact(t.Context(), store.Tx{ID: id, Version: 1, Ops: c.ops}); err != nil {
			t.Error(err)
		}
		if got := strings.Join(s.ops(), " "); got != c.want {
			t.Errorf("%+v became %q, want %q", c.ops, got, c.want)
		}
	}
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })
	d := s.db(t, nil)
	if _, err := d.Get(t.Context(), []store.Key{key}); err != nil {
		t.Error(err)
	}
	if _, err := d.Query(t.Context(), store.Query{PK: "p", From: "b", To: "b", Limit: 1}); err != nil {
		t.Error(err)
	}
	if _, err := d.Query(t.Context(), store.Query{PK: "p", Limit: 1}); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.ops(), " "); got != "GetItem Query" {
		t.Errorf("calls %q", got)
	}
	for _, b := range s.asked() {
		if !strings.Contains(b, `"ConsistentRead":true`) {
			t.Errorf("not consistent: %s", b)
		}
	}
}

// TestASVS1_2_4_Expressions: what a caller gives never becomes part of an expression, and
// every attribute in one stands behind a placeholder.
func TestASVS1_2_4_Expressions(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })
	d := s.db(t, nil)
	evil := store.Key{PK: "EVIL = :x OR", SK: "EVIL"}
	put := note.Put(evil, "EVIL", store.Present).In(store.ByRecipient, evil).Until(time.Unix(9, 0))
	add := store.Add(store.Key{PK: "EVIL", SK: "2"}, "EVIL", "EVIL", 1, 0, 5).Until(time.Unix(9, 0))
	add.Schema = 1
	for _, ops := range [][]store.Op{
		{put}, {add}, {store.Delete(evil, store.Absent)},
		{put, add, store.Delete(store.Key{PK: "EVIL", SK: "3"}, 5), store.Check(store.Key{PK: "EVIL", SK: "4"}, store.Absent)},
	} {
		if err := d.Transact(t.Context(), store.Tx{ID: id, Version: 1, Ops: ops}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []store.Query{
		{}, {Prefix: "EVIL"}, {From: "EVIL"}, {To: "EVIL"}, {From: "EVIL", To: "EVIM"},
		{Index: store.ByRecipient, Prefix: "EVIL", After: store.Place{SK: "EVIL", Key: evil}},
	} {
		q.PK, q.Limit = "EVIL", 5
		if _, err := d.Query(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	expressions := regexp.MustCompile(`"(\w*Expression)":"([^"]*)"`)
	plain := regexp.MustCompile(`^([#:]\w+|attribute_exists|attribute_not_exists|begins_with|if_not_exists|BETWEEN|AND|OR|SET|ADD|=|>=|<)$`)
	n := 0
	for _, b := range s.asked() {
		var raw json.RawMessage
		if err := json.Unmarshal([]byte(b), &raw); err != nil {
			t.Fatal(err)
		}
		for _, e := range expressions.FindAllStringSubmatch(b, -1) {
			n++
			text := strings.NewReplacer(`\u003e`, ">", `\u003c`, "<").Replace(e[2])
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" (),", r) }) {
				if !plain.MatchString(word) {
					t.Errorf("%s: %q has the word %q", e[1], text, word)
				}
			}
		}
	}
	if n < 12 {
		t.Errorf("%d expressions found", n)
	}
}

// TestBatch: each key is asked for once, what is left out is asked for again, and
// that has an end.
func TestBatch(t *testing.T) {
	item := func(k store.Key) string {
		return fmt.Sprintf(`{"pk":{"S":%q},"sk":{"S":%q},"kind":{"S":"note"},"sch":{"N":"1"},"ver":{"N":"3"},"tx":{"S":"t"},"body":{"S":"1"}}`, k.PK, k.SK)
	}
	left := fmt.Sprintf(`"UnprocessedKeys":{"table":{"ConsistentRead":true,"Keys":[{"pk":{"S":%q},"sk":{"S":%q}}]}}`, more.PK, more.SK)
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			fmt.Fprintf(w, `{"Responses":{"table":[%s]},%s}`, item(key), left)
		case 2:
			fmt.Fprintf(w, `{"Responses":{},%s}`, left)
		default:
			fmt.Fprintf(w, `{"Responses":{"table":[%s]},"UnprocessedKeys":{}}`, item(more))
		}
	})
	none := store.Key{PK: "p", SK: "none"}
	items, err := s.db(t, nil).Get(t.Context(), []store.Key{key, none, more, key})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []store.Key{key, none, more, key} {
		if items[i].Key != want || items[i].Exists() != (want != none) {
			t.Errorf("place %d: %+v", i, items[i])
		}
	}
	if len(s.ops()) != 3 || strings.Count(s.asked()[0], `"sk"`) != 3 || strings.Count(s.asked()[1], `"sk"`) != 1 {
		t.Errorf("asked %q", s.asked())
	}
	s = serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"Responses":{},%s}`, left) })
	if _, err := s.db(t, nil).Get(t.Context(), []store.Key{key, more}); !errors.Is(err, store.ErrThrottled) || len(s.ops()) != rounds {
		t.Errorf("never answered: %v after %d calls", err, len(s.ops()))
	}
}

// TestDecode: items of other makers are refused, or read as far as they are known.
func TestDecode(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"pk":{"S":"p"},"sk":{"S":"a"},"ver":{"N":"3"},"new":{"BOOL":true}}`: true,
		`{"pk":{"S":"p"},"sk":{"S":"a"},"ver":{"S":"3"}}`:                     false,
		`{"pk":{"S":"p"},"sk":{"S":"a"},"ver":{"N":"1.5"}}`:                   false,
		`{"pk":{"S":"p"},"sk":{"S":"a"},"ver":{"N":"3"},"n_x":{"S":"1"}}`:     false,
		`{"pk":{"S":"p"},"sk":{"S":"a"},"ver":{"N":"3"},"body":{"B":"AAAA"}}`: false,
	} {
		s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"Item":%s}`, body) })
		items, err := s.db(t, nil).Get(t.Context(), []store.Key{key})
		if (err == nil) != ok || ok && items[0].Version != 3 {
			t.Errorf("%s: %+v, %v", body, items, err)
		}
	}
}

// TestEmptyPages: a page that DynamoDB leaves empty is passed on with its next.
func TestEmptyPages(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			fmt.Fprint(w, `{"Items":[],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"S":"a"}}}`)
			return
		}
		fmt.Fprint(w, `{"Items":[{"pk":{"S":"p"},"sk":{"S":"b"},"kind":{"S":"note"},"ver":{"N":"3"}}]}`)
	})
	items, err := store.New(s.db(t, nil), time.Now).All(t.Context(), store.Query{PK: "p"}, 5)
	if err != nil || len(items) != 1 || !slices.Equal(s.ops(), []string{"Query", "Query"}) || !strings.Contains(s.asked()[1], `"ExclusiveStartKey"`) {
		t.Errorf("%+v, %v after %q", items, err, s.asked())
	}
}
