package list

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// person is the row of the tests: columns of every kind, some of them null.
type person struct {
	id     int64
	name   string
	owner  *string
	role   string
	active bool
	user   *int64
	seen   *time.Time
}

func ptr[T any](v T) *T { return &v }

var people = Spec[person]{
	Default: "-id",
	ID:      func(p person) Value { return OfInt(p.id) },
	Fields: []Field[person]{
		{Name: "id", Kind: Int, Sort: true, Filter: true, Get: func(p person) Value { return OfInt(p.id) }},
		{Name: "name", Kind: String, Search: true, Sort: true, Simple: true, Filter: true,
			Get: func(p person) Value { return OfString(p.name) }},
		{Name: "owner", Kind: String, Search: true, Sort: true, Simple: true, Filter: true,
			Get: func(p person) Value {
				if p.owner == nil {
					return Null()
				}
				return OfString(*p.owner)
			}},
		{Name: "role", Kind: Enum, Enum: []string{"worker", "owner"}, Sort: true, Simple: true, Filter: true,
			Get: func(p person) Value { return OfString(p.role) }},
		{Name: "active", Kind: Bool, Sort: true, Simple: true, Filter: true,
			Get: func(p person) Value { return OfBool(p.active) }},
		{Name: "user_id", Kind: Int, Sort: true, Simple: true, Filter: true, Get: func(p person) Value {
			if p.user == nil {
				return Null()
			}
			return OfInt(*p.user)
		}},
		{Name: "seen", Kind: Time, Sort: true, Simple: true, Filter: true, Get: func(p person) Value {
			if p.seen == nil {
				return Null()
			}
			return OfTime(*p.seen)
		}},
		{Name: "secret", Kind: String, Get: func(p person) Value { return OfString(p.name) }},
	},
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// crowd are rows whose ids tell which of them a query gave.
var crowd = []person{
	{id: 1, name: "Anna Smith", owner: ptr("admin"), role: "owner", active: true, user: ptr(int64(10)), seen: ptr(noon)},
	{id: 2, name: "bob, the", owner: nil, role: "worker", active: true, user: nil, seen: nil},
	{id: 3, name: "Émile", owner: ptr("Admin"), role: "worker", active: false, user: ptr(int64(-5)),
		seen: ptr(noon.Add(1500 * time.Microsecond))},
	{id: 4, name: "anna", owner: ptr("true"), role: "worker", active: false, user: ptr(int64(10)),
		seen: ptr(noon.AddDate(0, 0, 1))},
}

// run gives the ids of the page for a raw query, or the refusal's body.
func run(t *testing.T, rows []person, raw string) (ids string, page Page[person]) {
	t.Helper()
	p, err := Parse(people, Query(raw))
	if err == nil {
		page, err = Eval(people, rows, p)
	}
	var refusal *Error
	if errors.As(err, &refusal) {
		return strconv.Itoa(refusal.Status) + " " + refusal.Error(), page
	}
	if err != nil {
		t.Fatalf("%s: error of type %T", raw, err)
	}
	var parts []string
	for _, row := range page.Rows {
		parts = append(parts, strconv.FormatInt(row.id, 10))
	}
	return strings.Join(parts, " "), page
}

// expect runs queries given as name and value against the crowd.
func expect(t *testing.T, name string, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		raw := url.Values{name: {c[0]}}.Encode()
		if got, _ := run(t, crowd, raw); got != c[1] {
			t.Errorf("%s=%s:\n got %s\nwant %s", name, c[0], got, c[1])
		}
	}
}

func numbered(n int) []person {
	rows := make([]person, n)
	for i := range rows {
		rows[i].id = int64(i + 1)
	}
	return rows
}

func TestPageSize(t *testing.T) {
	rows := numbered(1200)
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 10}, {"5", 5}, {" 5 ", 5}, {"+5", 5}, {"1_0", 10}, {"0", 10}, {"-3", 10}, {"x", 10}, {"2.0", 10},
		{"all", 1000}, {"All", 10}, {"1000", 1000}, {"1001", 1000}, {"99999999999999999999", 1000},
		{"-99999999999999999999", 10},
	} {
		_, page := run(t, rows, "page_size="+url.QueryEscape(c.text))
		if len(page.Rows) != c.want || page.Count != 1200 {
			t.Errorf("page_size=%q: %d rows of %d, want %d", c.text, len(page.Rows), page.Count, c.want)
		}
	}
	small := people
	small.MaxPageSize = 7
	for _, raw := range []string{"page_size=all", "page_size=8", ""} {
		p, err := Parse(small, Query(raw))
		if err != nil {
			t.Fatal(err)
		}
		if page, _ := Eval(small, rows, p); len(page.Rows) != 7 {
			t.Errorf("limit 7, %q: %d rows", raw, len(page.Rows))
		}
	}
}

func TestPage(t *testing.T) {
	const invalid = `404 {"detail":"Invalid page."}`
	rows := numbered(5)
	for _, c := range [][2]string{
		{"", "5 4"}, {"1", "5 4"}, {"2", "3 2"}, {"3", "1"}, {"last", "1"}, {" 2 ", "3 2"}, {"02", "3 2"},
		{"4", invalid}, {"0", invalid}, {"-1", invalid}, {"x", invalid}, {"1.0", invalid}, {"Last", invalid},
		{"99999999999999999999", invalid}, {"4294967297", invalid}, {"_1", invalid}, {"1_", invalid}, {"+", invalid},
	} {
		if got, _ := run(t, rows, "page_size=2&page="+url.QueryEscape(c[0])); got != c[1] {
			t.Errorf("page=%q: got %s, want %s", c[0], got, c[1])
		}
	}
	for _, raw := range []string{"", "page=1", "page=last", "page_size=all"} {
		got, page := run(t, nil, raw)
		if got != "" || page.Rows == nil || page.Count != 0 || page.Number != 1 || page.Last != 1 || page.HasNext || page.HasPrevious {
			t.Errorf("empty list, %q: %q %+v", raw, got, page)
		}
	}
	if got, _ := run(t, nil, "page=2"); got != invalid {
		t.Errorf("second page of nothing: %s", got)
	}
	if _, page := run(t, rows, "page_size=2&page=2"); !page.HasNext || !page.HasPrevious || page.Number != 2 || page.Last != 3 {
		t.Errorf("middle page: %+v", page)
	}
}

func TestRepeatedParameterLastWins(t *testing.T) {
	for raw, want := range map[string]string{
		"name=bob&name=anna":   "4",
		"name=anna&name=":      "4 3 2 1",
		"sort=id&sort=-id":     "4 3 2 1",
		"search=zzz&search=em": "",
		"page=9&page=1":        "4 3 2 1",
		"nobody=1&%zz=2;3":     "4 3 2 1",
	} {
		if got, _ := run(t, crowd, raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestSort(t *testing.T) {
	expect(t, "sort", [][2]string{
		{"", "4 3 2 1"},
		{"id", "1 2 3 4"},
		{"-id", "4 3 2 1"},
		{"name", "1 4 2 3"}, // by code point: A < a < b < É
		{"-name", "3 2 4 1"},
		{"active", "4 3 2 1"}, // ties by id, in the direction of the default
		{"-active", "2 1 4 3"},
		{"owner", "2 3 1 4"}, // null first
		{"-owner", "4 1 3 2"},
		{"user_id", "2 3 4 1"},
		{"seen", "2 1 3 4"},
		{"role,id", "1 2 3 4"},
		{" role , -id ", "1 4 3 2"},
		{"nobody,name", "1 4 2 3"},
		{"nobody", "4 3 2 1"},
		{"secret", "4 3 2 1"},
		{"--id", "4 3 2 1"},
		{"id,-id", "1 2 3 4"},
		{",,", "4 3 2 1"},
	})
	byOwner := people
	byOwner.Default = "owner"
	p, err := Parse(byOwner, nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Eval(byOwner, append(crowd[:4:4], person{id: 9}), p)
	if err != nil || page.Rows[0].id != 2 || page.Rows[1].id != 9 {
		t.Errorf("ascending default: %+v %v", page.Rows, err)
	}
	if crowd[0].id != 1 || crowd[3].id != 4 {
		t.Error("rows were reordered")
	}
}

func TestSimpleFilters(t *testing.T) {
	expect(t, "name", [][2]string{
		{"anna", "4"}, {"Anna", ""}, {"ann", ""}, {"", "4 3 2 1"}, {"  ", "4 3 2 1"}, {" anna ", "4"},
		{"a\x00", `400 {"name":["Null characters are not allowed."]}`},
	})
	expect(t, "owner", [][2]string{{"admin", "1"}, {"Admin", "3"}, {"null", ""}})
	expect(t, "secret", [][2]string{{"anna", "4 3 2 1"}})
	expect(t, "role", [][2]string{
		{"worker", "4 3 2"}, {"", "4 3 2 1"},
		{"boss", `400 {"role":["Select a valid choice. boss is not one of the available choices."]}`},
		{"<\"", `400 {"role":["Select a valid choice. <\" is not one of the available choices."]}`},
		{" worker", `400 {"role":["Select a valid choice.  worker is not one of the available choices."]}`},
	})
	expect(t, "active", [][2]string{
		{"true", "2 1"}, {"True", "2 1"}, {"2", "2 1"}, {"false", "4 3"}, {"False", "4 3"}, {"3", "4 3"},
		{"1", "4 3 2 1"}, {"0", "4 3 2 1"}, {"TRUE", "4 3 2 1"}, {"no", "4 3 2 1"}, {"", "4 3 2 1"}, {" true", "4 3 2 1"},
	})
	const number = `400 {"user_id":["Enter a number."]}`
	expect(t, "user_id", [][2]string{
		{"10", "4 1"}, {" 10 ", "4 1"}, {"-5", "3"}, {"10.0", "4 1"}, {"1e1", "4 1"}, {"10.5", ""}, {"", "4 3 2 1"},
		{"99999999999999999999", ""}, {"-1e30", ""}, {"abc", number}, {"0x0a", number}, {"NaN", number}, {"inf", number},
		{"1e", number}, {"--1", number}, {"1\x00", number},
	})
	expect(t, "seen", [][2]string{
		{"2026-11-23T12:00:00Z", "1"}, {"2026-11-23 13:00:00+01:00", "1"}, {"2026-11-23T12:00:00.0015", "3"},
		{"2026-11-24T12:00", "4"}, {"2026-11-23", ""}, {"soon", `400 {"seen":["Enter a valid date/time."]}`},
	})
	got, _ := run(t, crowd, "user_id=x&role=boss")
	want := `400 {"role":["Select a valid choice. boss is not one of the available choices."],"user_id":["Enter a number."]}`
	if got != want {
		t.Errorf("two faults: %s", got)
	}
}

// The first complaint is the one that is sent: simple filters, search, filter,
// page.
func TestOrderOfComplaints(t *testing.T) {
	raw := []string{"user_id=x", "search=%00", "filter=0", "page=x"}
	want := []string{"400 {", "400 [\"Null", "400 [\"filter", "404 {"}
	for i := range raw {
		if got, _ := run(t, crowd, strings.Join(raw[i:], "&")); !strings.HasPrefix(got, want[i]) {
			t.Errorf("%v: %s", raw[i:], got)
		}
	}
}

// A list of rows that are known by text, not by number.
func TestTextID(t *testing.T) {
	spec := Spec[string]{Default: "-missing", ID: OfString}
	p, err := Parse(spec, Query("sort=x&search=y"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := Eval(spec, []string{"b", "c", "a"}, p)
	if err != nil || strings.Join(page.Rows, "") != "cba" {
		t.Errorf("%v %v", page.Rows, err)
	}
	if !Null().IsNull() || OfString("").IsNull() {
		t.Error("IsNull")
	}
}
