package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// TestRefuses: what the engines would take differently reaches neither.
func TestRefuses(t *testing.T) {
	long := strings.Repeat("k", 1001)
	put := note.Put(key, "x", store.Absent)
	change := func(f func(*store.Op)) []store.Op {
		o := put
		f(&o)
		return []store.Op{o}
	}
	var many, large []store.Op
	for i := range 100 {
		many = append(many, note.Put(store.Key{PK: "p", SK: fmt.Sprint(i)}, "x", store.Absent))
		if i < 10 {
			large = append(large, note.Put(store.Key{PK: "p", SK: fmt.Sprint(i)}, strings.Repeat("x", 340_000), store.Absent))
		}
	}
	for name, ops := range map[string][]store.Op{
		"nothing":             {},
		"too many":            many,
		"too large together":  large,
		"a key twice":         {put, store.Check(key, store.Present)},
		"no partition":        change(func(o *store.Op) { o.Key.PK = "" }),
		"no sort key":         change(func(o *store.Op) { o.Key.SK = "" }),
		"a long key":          change(func(o *store.Op) { o.Key.SK = long }),
		"a key not in UTF-8":  change(func(o *store.Op) { o.Key.SK = "\xff" }),
		"a body not in UTF-8": change(func(o *store.Op) { o.Body = []byte("\"\xff\"") }),
		"no body":             change(func(o *store.Op) { o.Body = nil }),
		"no kind":             change(func(o *store.Op) { o.Kind = "" }),
		"too large":           {note.Put(key, strings.Repeat("x", store.MaxItem), store.Absent)},
		"no such index":       {put.In("nowhere", key)},
		"a bad index key":     {put.In(store.ByRecipient, store.Key{PK: "p"})},
		"no such verb":        change(func(o *store.Op) { o.Verb = 9 }),
		"no such condition":   change(func(o *store.Op) { o.If = -3 }),
		"an add of nothing":   {store.Add(key, "count", "", 1, 0, 1)},
		"an add to no kind":   {store.Add(key, "", "n", 1, 0, 1)},
		"impossible bounds":   {store.Add(key, "count", "n", 1, 2, 1)},
		"an add in an index":  {store.Add(key, "count", "n", 1, 0, 1).In(store.ByRecipient, key)},
	} {
		r := storetest.NewRecorder(file(t))
		if err := table(r).Transact(t.Context(), ops...); err == nil || r.Count("") != 0 {
			t.Errorf("%s: %v after %d calls", name, err, r.Count(""))
		}
	}
	for name, q := range map[string]store.Query{
		"no limit":           {PK: "p"},
		"a limit too large":  {PK: "p", Limit: 1001},
		"no partition":       {Limit: 1},
		"no such index":      {PK: "p", Index: "nowhere", Limit: 1},
		"prefix and bounds":  {PK: "p", Prefix: "a", To: "b", Limit: 1},
		"a prefix not UTF-8": {PK: "p", Prefix: "\xff", Limit: 1},
	} {
		if _, err := table(file(t)).Query(t.Context(), q); err == nil {
			t.Errorf("query with %s went through", name)
		}
	}
	if _, err := table(file(t)).Get(t.Context(), make([]store.Key, 101)...); err == nil {
		t.Error("101 keys in one read")
	}
	if _, err := table(file(t)).Get(t.Context(), store.Key{PK: "p"}); err == nil {
		t.Error("a read without a sort key")
	}
}

func TestSum(t *testing.T) {
	for _, c := range []struct {
		old, delta, min, max int64
		ok                   bool
	}{
		{0, 1, 0, 1, true}, {0, 2, 0, 1, false}, {0, 0, 0, 0, true}, {1, -2, 0, 1, false},
		{math.MaxInt64, 1, math.MinInt64, math.MaxInt64, false},
		{math.MinInt64, -1, math.MinInt64, math.MaxInt64, false},
		{math.MinInt64, math.MaxInt64, -1, -1, true},
		{math.MaxInt64, math.MinInt64, -1, -1, true},
	} {
		if sum, ok := (store.Op{Delta: c.delta, Min: c.min, Max: c.max}).Sum(c.old); ok != c.ok || ok && sum != c.old+c.delta {
			t.Errorf("%+v: %d, %t", c, sum, ok)
		}
	}
}

type person struct{ First, Last string }

// people is in its third shape: "name", then {"name": …}, then first and last.
var people = store.Kind[person]{Name: "person", Schema: 3, Up: map[int]func(json.RawMessage) (json.RawMessage, error){
	1: func(b json.RawMessage) (json.RawMessage, error) {
		return json.Marshal(map[string]json.RawMessage{"name": b})
	},
	2: func(b json.RawMessage) (json.RawMessage, error) {
		var v struct{ Name string }
		if err := json.Unmarshal(b, &v); err != nil {
			return nil, err
		}
		first, last, ok := strings.Cut(v.Name, " ")
		if !ok {
			return nil, errors.New("one name only")
		}
		return json.Marshal(person{first, last})
	},
}}

func TestKind(t *testing.T) {
	item := func(kind string, schema int, body string) store.Item {
		return store.Item{Key: key, Kind: kind, Schema: schema, Version: 1, Body: []byte(body)}
	}
	ada := person{"Ada", "Lovelace"}
	for name, c := range map[string]struct {
		item store.Item
		want person
		ok   bool
	}{
		"now":                {item("person", 3, `{"First":"Ada","Last":"Lovelace"}`), ada, true},
		"one before":         {item("person", 2, `{"name":"Ada Lovelace"}`), ada, true},
		"two before":         {item("person", 1, `"Ada Lovelace"`), ada, true},
		"no longer readable": {item("person", 0, `1`), person{}, false},
		"does not convert":   {item("person", 1, `"Ada"`), person{}, false},
		"newer":              {item("person", 4, `{}`), person{}, false},
		"something else":     {item("dog", 3, `{}`), person{}, false},
		"damaged":            {item("person", 3, `{`), person{}, false},
		"missing":            {store.Item{Key: key}, person{}, true},
		"made by an add":     {item("person", 3, ``), person{}, true},
	} {
		if got, err := people.Of(c.item); got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	o := people.Put(key, ada, store.Absent).Until(time.Unix(100, 5))
	if got, err := people.Of(store.Item{Key: key, Kind: o.Kind, Schema: o.Schema, Version: 1, Body: o.Body}); got != ada || err != nil || o.Expires.Nanosecond() != 0 {
		t.Errorf("%+v, %v, until %v", got, err, o.Expires)
	}
}

func TestInDoesNotShare(t *testing.T) {
	a := note.Put(key, "x", store.Absent).In(store.ByRecipient, key)
	b := a.In(store.ByRecipient, more)
	if a.Index[store.ByRecipient] != key || b.Index[store.ByRecipient] != more {
		t.Errorf("%v, %v", a.Index, b.Index)
	}
}
