package list

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The model below says the same as the package in the plainest words: it never
// parses a query, but is given what the query was written from; it compares
// with == and <, sorts by picking the least row again and again, and finds the
// page by counting.

// wish is what a query asks for, before it is written as one.
type wish struct {
	simple   map[string]string
	terms    []string
	sort     []string
	filter   *clause
	page     int // 0 is "last"
	pageSize int // 0 is absent, -1 is "all"
}

// clause is a filter expression.
type clause struct {
	op    string
	field string
	value any
	high  any // of a range, whose lower bound is value
	kids  []*clause
}

func (c *clause) json() any {
	variable := map[string]any{"var": c.field}
	switch c.op {
	case "and", "or":
		kids := []any{}
		for _, k := range c.kids {
			kids = append(kids, k.json())
		}
		return map[string]any{c.op: kids}
	case "!", "!!":
		return map[string]any{c.op: c.kids[0].json()}
	case "var":
		return variable
	case "range":
		return map[string]any{"<=": []any{c.value, variable, c.high}}
	case "contains":
		return map[string]any{"in": []any{c.value, variable}}
	}
	return map[string]any{c.op: []any{variable, c.value}}
}

// cell gives a field as float64, string, bool, or nil for null.
func cell(p person, field string) any {
	switch {
	case field == "id":
		return float64(p.id)
	case field == "name":
		return p.name
	case field == "owner" && p.owner != nil:
		return *p.owner
	case field == "role":
		return p.role
	case field == "active":
		return p.active
	case field == "user_id" && p.user != nil:
		return float64(*p.user)
	case field == "seen" && p.seen != nil:
		return p.seen.UTC().Format(time.RFC3339) // sorts as the times do
	}
	return nil
}

// less orders cells; null is least.
func less(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b != nil
	}
	switch a := a.(type) {
	case float64:
		return a < b.(float64)
	case bool:
		return !a && b.(bool)
	}
	return lessRunes([]rune(a.(string)), []rune(b.(string)))
}

func lessRunes(a, b []rune) bool {
	for i := range a {
		if i == len(b) || a[i] > b[i] {
			return false
		}
		if a[i] < b[i] {
			return true
		}
	}
	return len(a) < len(b)
}

func (c *clause) holds(p person) bool {
	have := cell(p, c.field)
	switch c.op {
	case "and":
		return c.kids[0].holds(p) && c.kids[1].holds(p)
	case "or":
		return c.kids[0].holds(p) || c.kids[1].holds(p)
	case "!":
		return !c.kids[0].holds(p)
	case "!!":
		return c.kids[0].holds(p)
	case "var":
		return have != nil
	case "==":
		return have == c.value
	case "in":
		for _, v := range c.value.([]any) {
			if have != nil && have == v {
				return true
			}
		}
		return false
	case "contains":
		return have != nil && strings.Contains(fmt.Sprint(have), c.value.(string))
	}
	if have == nil {
		return false
	}
	below, above := less(have, c.value), less(c.value, have)
	switch c.op {
	case "<":
		return below
	case "<=":
		return !above
	case ">":
		return above
	case ">=":
		return !below
	}
	return !below && !less(c.high, have)
}

func (w wish) keeps(p person) bool {
	for field, value := range w.simple {
		have := cell(p, field)
		if have == nil || fmt.Sprint(have) != value {
			return false
		}
	}
	for _, term := range w.terms {
		in := strings.Contains(strings.ToUpper(p.name), strings.ToUpper(term))
		if p.owner != nil {
			in = in || strings.Contains(strings.ToUpper(*p.owner), strings.ToUpper(term))
		}
		if !in {
			return false
		}
	}
	return w.filter == nil || w.filter.holds(p)
}

// before tells whether a comes before b.
func (w wish) before(a, b person) bool {
	for _, key := range append(w.sort[:len(w.sort):len(w.sort)], "-id") {
		name := strings.TrimPrefix(key, "-")
		x, y := cell(a, name), cell(b, name)
		if key != name {
			x, y = y, x
		}
		if less(x, y) {
			return true
		}
		if less(y, x) {
			return false
		}
	}
	return false
}

// eval gives the ids of the page, and false when there is no such page.
func (w wish) eval(rows []person) (ids []int64, count int, ok bool) {
	var left, sorted []person
	for _, p := range rows {
		if w.keeps(p) {
			left = append(left, p)
		}
	}
	for len(left) > 0 {
		least := 0
		for i := range left {
			if w.before(left[i], left[least]) {
				least = i
			}
		}
		sorted = append(sorted, left[least])
		left = append(left[:least:least], left[least+1:]...)
	}
	size := map[int]int{0: 10, -1: 1000}[w.pageSize] + max(0, w.pageSize)
	pages := [][]int64{{}}
	for i, p := range sorted {
		if i > 0 && i%size == 0 {
			pages = append(pages, nil)
		}
		pages[len(pages)-1] = append(pages[len(pages)-1], p.id)
	}
	at := w.page
	if at == 0 {
		at = len(pages)
	}
	if at > len(pages) {
		return nil, 0, false
	}
	return pages[at-1], len(sorted), true
}

func (w wish) query(t *rapid.T) string {
	q := url.Values{}
	for name, value := range w.simple {
		q.Set(name, value)
	}
	var terms []string
	for _, term := range w.terms {
		if strings.ContainsAny(term, ", ") || rapid.Bool().Draw(t, "quoted") {
			term = `"` + term + `"`
		}
		terms = append(terms, term)
	}
	q.Set("search", strings.Join(terms, rapid.SampledFrom([]string{" ", "  ", " ,"}).Draw(t, "separator")))
	q.Set("sort", strings.Join(w.sort, ","))
	if w.filter != nil {
		text, err := json.Marshal(w.filter.json())
		if err != nil {
			t.Fatal(err)
		}
		q.Set("filter", string(text))
	}
	q.Set("page", fmt.Sprint(w.page))
	if w.page == 0 {
		q.Set("page", "last")
	}
	switch {
	case w.pageSize < 0:
		q.Set("page_size", "all")
	case w.pageSize > 0:
		q.Set("page_size", fmt.Sprint(w.pageSize))
	}
	return q.Encode()
}

// TestModel compares a thousand random queries with the model.
func TestModel(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("1000"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		rows, w := drawRows(t), drawWish(t)
		raw := w.query(t)
		ids, count, ok := w.eval(rows)
		p, err := Parse(people, Query(raw))
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		page, err := Eval(people, rows, p)
		if (err == nil) != ok || err != nil && err.(*Error).Status != 404 {
			t.Fatalf("%s: error %v, model %v", raw, err, ok)
		}
		var got []int64
		for _, row := range page.Rows {
			got = append(got, row.id)
		}
		if fmt.Sprint(got) != fmt.Sprint(ids) || page.Count != count {
			t.Fatalf("%s:\n got %v of %d\nwant %v of %d", raw, got, page.Count, ids, count)
		}
	})
}
