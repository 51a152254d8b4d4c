// Package list turns rows in memory into one page of a list, as clients of
// the CVAT server expect it: the query parameters page, page_size, search,
// sort, filter and the simple equality filters, the counts, the links to the
// neighbouring pages and the exact texts of refusals.
//
// It is pure. It knows no store and no request; it gets the query and the
// rows and gives back a page or an *Error whose body is ready to be sent.
//
// Work is bounded by what is given: each row is looked at once, matching rows
// are sorted once, and the parts a caller controls (terms of a search, sort
// keys, depth and size of a filter expression) have limits. No regular
// expression and no recursion without a bound ever sees user input.
//
// Order: strings by code point, false before true, null before everything
// else when ascending and after it when descending. Rows that are equal in
// all sort keys are ordered by their id in the direction of the default
// order, so that pages neither repeat nor lose rows.
package list

import (
	"cmp"
	"slices"
	"time"
)

// Kind is the type of a column: it decides how query text is read for it.
type Kind int

// The kinds of columns.
const (
	String Kind = iota // any text, compared case-sensitively
	Int                // 64-bit integer
	Bool               // true or false
	Time               // point in time, to the microsecond
	Enum               // text out of Field.Enum
)

// Value is one cell. The zero Value is the empty string, not null. Values of
// one column must all be made by the constructor of the column's kind, or be
// Null.
type Value struct {
	s    string
	n    int64
	null bool
}

// Null is the absent value.
func Null() Value { return Value{null: true} }

// OfString is the value of a String or Enum column.
func OfString(s string) Value { return Value{s: s} }

// OfInt is the value of an Int column.
func OfInt(n int64) Value { return Value{n: n} }

// OfBool is the value of a Bool column.
func OfBool(b bool) Value {
	if b {
		return Value{n: 1}
	}
	return Value{}
}

// OfTime is the value of a Time column. What is finer than a microsecond is
// cut off, because the wire format does not show it either.
func OfTime(t time.Time) Value { return Value{n: t.UnixMicro()} }

// IsNull tells whether v is Null.
func (v Value) IsNull() bool { return v.null }

// compare orders values of one kind. A value uses either n or s and leaves
// the other at zero, so comparing both needs no kind.
func (v Value) compare(o Value) int {
	switch {
	case v.null && o.null:
		return 0
	case v.null:
		return -1
	case o.null:
		return 1
	case v.n != o.n:
		return cmp.Compare(v.n, o.n)
	}
	return cmp.Compare(v.s, o.s)
}

// Field describes one column that a list may search, sort or filter by.
type Field[R any] struct {
	Name   string
	Kind   Kind
	Search bool // looked at by search; String and Enum columns only
	Sort   bool // allowed in sort
	Simple bool // allowed as ?name=value
	Filter bool // allowed as {"var": name} in filter
	Enum   []string
	Get    func(R) Value
}

// Spec describes a list.
type Spec[R any] struct {
	Fields []Field[R]
	// Default is the order when sort names no valid field: a field's name,
	// with "-" in front for descending. A name that is not among Fields
	// orders by ID alone.
	Default string
	// ID is the unique key of a row: an integer, or text for rows known by
	// a key. It breaks ties.
	ID func(R) Value
	// MaxPageSize bounds page_size; 0 means 1000.
	MaxPageSize int
}

// Page is one page of the rows that match.
type Page[R any] struct {
	Rows        []R
	Count       int // of all matching rows
	Number      int // of this page, from 1
	Last        int // number of the last page, at least 1
	HasNext     bool
	HasPrevious bool
}

// Eval gives the page that p asks for. p must come from Parse with the same
// spec. rows stay as they are. The only error is an *Error for a page that
// does not exist.
func Eval[R any](spec Spec[R], rows []R, p Params) (Page[R], error) {
	kept := match(spec, rows, p)
	page, from, to, err := Window[R](p, len(kept))
	if err != nil {
		return page, err
	}
	order(spec, rows, kept, p)
	page.Rows = make([]R, 0, to-from)
	for _, at := range kept[from:to] {
		page.Rows = append(page.Rows, rows[at])
	}
	return page, nil
}

// Window says which of count rows, in their order, make the page that p asks for: from
// inclusive, to exclusive. The page has no rows yet. The only error is an *Error.
func Window[R any](p Params, count int) (page Page[R], from, to int, err error) {
	page = Page[R]{Count: count, Number: p.page, Last: max(1, (count+p.size-1)/p.size)}
	if p.page == lastPage {
		page.Number = page.Last
	}
	if page.Number > page.Last {
		return Page[R]{}, 0, 0, invalidPage()
	}
	page.HasNext = page.Number < page.Last
	page.HasPrevious = page.Number > 1
	from = (page.Number - 1) * p.size
	return page, from, min(from+p.size, count), nil
}

// match returns the indexes of the rows that pass all conditions of p.
func match[R any](spec Spec[R], rows []R, p Params) []int {
	var current R
	get := func(field int) Value { return spec.Fields[field].Get(current) }
	search := newSearcher(p.terms, p.searched)
	kept := make([]int, 0, len(rows))
next:
	for at, row := range rows {
		current = row
		for _, ok := range p.where {
			if !ok(get) {
				continue next
			}
		}
		if search.matches(get) {
			kept = append(kept, at)
		}
	}
	return kept
}

// order sorts the indexes in kept. Each key is read once per row, since Get
// may have to compute it.
func order[R any](spec Spec[R], rows []R, kept []int, p Params) {
	type entry struct{ at, key int }
	width := len(p.order) + 1
	keys := make([]Value, 0, len(kept)*width)
	entries := make([]entry, len(kept))
	for i, at := range kept {
		entries[i] = entry{at: at, key: i * width}
		for _, k := range p.order {
			keys = append(keys, spec.Fields[k.field].Get(rows[at]))
		}
		keys = append(keys, spec.ID(rows[at]))
	}
	directions := append(slices.Clone(p.order), sortKey{descending: p.idDescending})
	slices.SortFunc(entries, func(a, b entry) int {
		for i, k := range directions {
			c := keys[a.key+i].compare(keys[b.key+i])
			if c == 0 {
				continue
			}
			if k.descending {
				return -c
			}
			return c
		}
		return 0
	})
	for i, e := range entries {
		kept[i] = e.at
	}
}
