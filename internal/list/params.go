package list

import (
	"math"
	"net/url"
	"slices"
	"strings"
)

const (
	defaultPageSize    = 10
	defaultMaxPageSize = 1000
	// lastPage stands for page=last, whose number is known only to Eval.
	lastPage = 0
)

// Params is a query that was found valid for a Spec.
type Params struct {
	page         int
	size         int
	where        []predicate
	terms        []string // folded
	searched     []int    // fields that search looks at
	order        []sortKey
	idDescending bool
}

// sortKey is one part of an order.
type sortKey struct {
	field      int
	descending bool
}

// column is what parsing has to know about a field, free of the row type.
type column struct {
	index  int
	name   string
	kind   Kind
	enum   []string
	search bool
	sort   bool
	simple bool
	filter bool
}

// Parse reads the query of a list. Of a repeated parameter the last value
// counts; parameters it does not know it leaves alone. The error is an *Error.
//
// Where a query is wrong in several ways, the simple filters complain first
// (all at once), then search, filter and page.
func Parse[R any](spec Spec[R], q url.Values) (Params, error) {
	columns := make([]column, len(spec.Fields))
	for i, f := range spec.Fields {
		columns[i] = column{index: i, name: f.Name, kind: f.Kind, enum: f.Enum,
			search: f.Search, sort: f.Sort, simple: f.Simple, filter: f.Filter}
	}
	var p Params
	var err error
	if p.where, err = parseSimple(columns, q); err != nil {
		return Params{}, err
	}
	if p.terms, err = parseSearch(last(q, "search")); err != nil {
		return Params{}, err
	}
	for _, c := range columns {
		if c.search {
			p.searched = append(p.searched, c.index)
		}
	}
	if text := last(q, "filter"); text != "" {
		ok, err := parseFilter(columns, text)
		if err != nil {
			return Params{}, err
		}
		p.where = append(p.where, ok)
	}
	p.order, p.idDescending = parseSort(columns, last(q, "sort"), spec.Default)
	p.size = parsePageSize(last(q, "page_size"), spec.MaxPageSize)
	if p.page, err = parsePage(last(q, "page")); err != nil {
		return Params{}, err
	}
	return p, nil
}

// last gives the last value of a parameter, with what is not UTF-8 replaced.
func last(q url.Values, name string) string {
	values := q[name]
	if len(values) == 0 {
		return ""
	}
	return strings.ToValidUTF8(values[len(values)-1], "\uFFFD")
}

// parseSimple reads the ?name=value filters. It returns error, not *Error, so
// that no typed nil leaks into an interface.
func parseSimple(columns []column, q url.Values) ([]predicate, error) {
	var where []predicate
	var faults []fieldError
	for _, c := range columns {
		if !c.simple {
			continue
		}
		ok, fault := simpleFilter(c, last(q, c.name))
		if fault != "" {
			faults = append(faults, fieldError{c.name, fault})
		} else if ok != nil {
			where = append(where, ok)
		}
	}
	if len(faults) > 0 {
		return nil, refuseFields(faults)
	}
	return where, nil
}

// simpleFilter gives the condition, or the fault, or neither when the value
// asks for nothing. Blanks around a value do not count, except for an
// enumeration, as in Django's forms.
func simpleFilter(c column, raw string) (ok predicate, fault string) {
	trimmed := strings.TrimFunc(raw, isSpace)
	switch {
	case raw == "" || trimmed == "" && c.kind != Enum:
		return nil, ""
	case c.kind == Int:
		n, valid := decimal(trimmed)
		if !valid {
			return nil, "Enter a number."
		}
		return compareInt(c.index, "==", n), ""
	case c.kind == Bool:
		return simpleBool(c, raw), ""
	case c.kind == Time:
		t, valid := parseTime(trimmed)
		if !valid {
			return nil, "Enter a valid date/time."
		}
		return compare(c.index, "==", OfTime(t)), ""
	case c.kind == Enum:
		if !slices.Contains(c.enum, raw) {
			return nil, "Select a valid choice. " + raw + " is not one of the available choices."
		}
		return compare(c.index, "==", OfString(raw)), ""
	case strings.ContainsRune(trimmed, 0):
		return nil, "Null characters are not allowed."
	}
	return compare(c.index, "==", OfString(trimmed)), ""
}

// simpleBool ignores what it does not know. 2 and 3 are what Django's
// three-state selection used to send.
func simpleBool(c column, raw string) predicate {
	switch raw {
	case "true", "True", "2":
		return compare(c.index, "==", OfBool(true))
	case "false", "False", "3":
		return compare(c.index, "==", OfBool(false))
	}
	return nil
}

// parseSort keeps the known fields of text, or takes the default order. A
// field named twice counts once: the second time it cannot decide anything.
func parseSort(columns []column, text, fallback string) (keys []sortKey, idDescending bool) {
	for part := range strings.SplitSeq(text, ",") {
		name, descending := strings.CutPrefix(strings.TrimFunc(part, isSpace), "-")
		at := slices.IndexFunc(columns, func(c column) bool { return c.sort && c.name == name })
		if at < 0 || slices.ContainsFunc(keys, func(k sortKey) bool { return k.field == at }) {
			continue
		}
		keys = append(keys, sortKey{at, descending})
	}
	name, idDescending := strings.CutPrefix(fallback, "-")
	if len(keys) > 0 {
		return keys, idDescending
	}
	at := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
	if at >= 0 {
		keys = append(keys, sortKey{at, idDescending})
	}
	return keys, idDescending
}

func parsePageSize(text string, limit int) int {
	if limit <= 0 {
		limit = defaultMaxPageSize
	}
	if text == "all" {
		return limit
	}
	n, ok := integer(text)
	if !ok || n.sign() <= 0 {
		return min(defaultPageSize, limit)
	}
	if n.beyond > 0 || n.floor > int64(limit) {
		return limit
	}
	return int(n.floor)
}

func parsePage(text string) (int, error) {
	switch text {
	case "":
		return 1, nil
	case "last":
		return lastPage, nil
	}
	n, ok := integer(text)
	// No list has that many pages, and page*size must not overflow.
	if !ok || n.sign() <= 0 || n.beyond != 0 || n.floor > math.MaxInt32 {
		return 0, invalidPage()
	}
	return int(n.floor), nil
}
