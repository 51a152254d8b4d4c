package list

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/bound"
)

// checkRefusal fails unless err is a refusal that can be sent.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Status != 400 && refusal.Status != 404 || !json.Valid(refusal.Body) {
		t.Fatalf("no proper refusal: %T %v", err, err)
	}
}

// FuzzFilter: no expression crashes, and what is accepted splits the rows in
// two parts, those of the expression and those of its negation.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		`{"and":[{"==":[{"var":"name"},"anna"]},{"!":{"var":"owner"}}]}`,
		`{"or":[{"<=":[1,{"var":"id"},3.5]},{"in":["a",{"var":"owner"}]}]}`,
		`{"in":[{"var":"user_id"},[1,"2",null,1e99]]}`, `{"<":[{"var":"seen"},"2026-11-23T12:00:00Z"]}`,
		`{"!!":{"==":[{"var":"active"},true]}}`, `{}`, `[`, `{"foo":[1,2.5,"\u0000'\""]}`, `{"var":5}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer bound.Of(t)()
		count := func(text string) int {
			p, err := Parse(people, url.Values{"filter": {text}})
			if err != nil {
				checkRefusal(t, err)
				// Printing lengthens a text, but only by a constant.
				if n := len(err.Error()); n > 8*maxFilterSize {
					t.Fatalf("refusal of %d bytes", n)
				}
				return -1
			}
			page, err := Eval(people, crowd, p)
			if err != nil {
				t.Fatal(err)
			}
			return page.Count
		}
		kept := count(text)
		if kept < 0 || text == "" {
			return
		}
		if others := count(`{"!":` + text + `}`); others >= 0 && kept+others != len(crowd) {
			t.Fatalf("%d rows and %d others", kept, others)
		}
	})
}

// FuzzQuery: no query crashes, and the links lead to the neighbouring pages
// of the same rows.
func FuzzQuery(f *testing.F) {
	for _, raw := range []string{
		"", "page=2&page_size=1", "page=last&page_size=2&search=a", "search=\"a b\" 'c&sort=-name,id", "user_id=1e5&role=owner",
		"active=true&seen=2026-11-23&x=%zz;&page_size=1", "search=%5c%22+%5C%22&page=%20last",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		defer bound.Of(t)()
		eval := func(raw string) (Page[person], bool) {
			p, err := Parse(people, Query(raw))
			if err != nil {
				checkRefusal(t, err)
				return Page[person]{}, false
			}
			page, err := Eval(people, crowd, p)
			if err != nil {
				checkRefusal(t, err)
				return page, false
			}
			return page, true
		}
		page, ok := eval(raw)
		if !ok {
			return
		}
		next, previous := page.Links(&url.URL{Scheme: "https", Host: "h", Path: "/p", RawQuery: raw})
		for link, number := range map[string]int{next: page.Number + 1, previous: page.Number - 1} {
			if link == "" {
				continue
			}
			_, query, _ := strings.Cut(link, "?")
			if there, ok := eval(query); !ok || there.Number != number || there.Count != page.Count {
				t.Fatalf("%q leads to %+v", link, there)
			}
		}
	})
}

// benchRows are n rows as a directory of people would have them.
func benchRows(n int) []person {
	rows := make([]person, n)
	for i := range rows {
		k := i * 7919 % n
		rows[i] = person{id: int64(i), name: fmt.Sprintf("User %06d of Department %d", k, k%50), role: "worker",
			owner: ptr(fmt.Sprintf("person%d@example.com", k))}
	}
	return rows
}

// BenchmarkEval asks for the first page out of 100,000 rows.
func BenchmarkEval(b *testing.B) {
	rows := benchRows(100_000)
	for _, c := range []struct{ name, raw string }{
		{"default", ""},
		{"search a fifth, sort", "search=department+2&sort=name"},
		{"search all, sort", "search=user&sort=name"},
		{"search none", "search=nobody"},
		{"sort", "sort=name"},
		{"filter", "filter=" + url.QueryEscape(`{"and":[{"in":["Department 4",{"var":"name"}]},{">":[{"var":"id"},5000]}]}`)},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := Parse(people, Query(c.raw))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Eval(people, rows, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
