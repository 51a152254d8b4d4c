package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// MaxRoster bounds a list that is read whole.
const MaxRoster = 100_000

// ListRequest is a list's query parameters.
type ListRequest struct {
	Query string `query:"*"`
}

// Listing is a page of a list, as the baseline has them.
type Listing[T any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

// List evaluates a list over rows: the page that the request asks for, and its
// shape with links at the address base. The caller fills in the results.
func List[R, T any](base string, spec list.Spec[R], rows []R, in ListRequest) (list.Page[R], Listing[T], error) {
	q := list.Query(in.Query)
	params, err := list.Parse(spec, q)
	if err != nil {
		return list.Page[R]{}, Listing[T]{}, listFault(err)
	}
	page, err := list.Eval(spec, rows, params)
	if err != nil {
		return page, Listing[T]{}, listFault(err)
	}
	l, err := shape[R, T](base, q, page)
	return page, l, err
}

// Window is the page that a request asks for of a list of count rows that is in its
// own order: the rows from and to, and its shape as List makes it.
func Window[R, T any](base string, spec list.Spec[R], count int, in ListRequest) (from, to int, l Listing[T], err error) {
	q := list.Query(in.Query)
	params, err := list.Parse(spec, q)
	if err != nil {
		return 0, 0, l, listFault(err)
	}
	page, from, to, err := list.Window[R](params, count)
	if err != nil {
		return 0, 0, l, listFault(err)
	}
	l, err = shape[R, T](base, q, page)
	return from, to, l, err
}

// shape is a page without its results.
func shape[R, T any](base string, q url.Values, page list.Page[R]) (Listing[T], error) {
	l := Listing[T]{Count: page.Count, Results: make([]T, 0, len(page.Rows))}
	u, err := url.Parse(base)
	if err != nil {
		return l, err
	}
	u.RawQuery = q.Encode()
	if next, previous := page.Links(u); next != "" || previous != "" {
		l.Next, l.Previous = orNull(next), orNull(previous)
	}
	return l, nil
}

// CheckList refuses a list's parameters before anything is read.
func CheckList[R any](spec list.Spec[R], in ListRequest) error {
	_, err := list.Parse(spec, list.Query(in.Query))
	return listFault(err)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func listFault(err error) error {
	if e, ok := err.(*list.Error); ok {
		return &fault.Fault{Status: e.Status, Code: "invalid_list", Body: json.RawMessage(e.Body)}
	}
	return err
}

// Cursor are the parameters of a list that goes by cursor.
type Cursor struct {
	Cursor string
	Size   string // 1 to 100; 50 if not given
	Since  string // RFC 3339; rows from then on
	Until  string // and before
}

// CursorPage is a page of a list without a count; Next goes on from it.
type CursorPage[T any] struct {
	Results []T     `json:"results"`
	Next    *string `json:"next"` // a cursor
}

// Bound limits q, whose sort keys begin with a time, as the parameters say.
func (c Cursor) Bound(q *store.Query) error {
	q.Limit = 50
	if c.Size != "" {
		n, err := strconv.Atoi(c.Size)
		if err != nil || n < 1 || n > 100 {
			return fault.Field("page_size", "A number from 1 to 100 is expected.")
		}
		q.Limit = n
	}
	since, err := Moment("since", c.Since)
	if err != nil {
		return err
	}
	until, err := Moment("until", c.Until)
	if err != nil {
		return err
	}
	if !since.IsZero() {
		q.From = store.TimeText(since)
	}
	if !until.IsZero() {
		q.To = store.TimeText(until)
	}
	return nil
}

// Moment reads a parameter that is a time; empty is the zero time.
func Moment(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fault.Field(field, "A date and time is expected, as in 2026-11-23T07:40:42Z.")
	}
	return t, nil
}

// Paging is what cursors are made with.
type Paging struct {
	Table   *store.Table
	Secrets *secret.Source
}

// ReadPage reads one page of q and seals where it ended. scope says whose list of
// what it is: a cursor is good for nothing else. view shows a row, or leaves it out.
func ReadPage[T any](ctx context.Context, p Paging, q store.Query, scope, cursor string, view func(store.Item) (T, bool, error)) (CursorPage[T], error) {
	out := CursorPage[T]{Results: []T{}}
	k, err := p.Secrets.Keys(ctx)
	if err != nil {
		return out, fault.Unavailable(err)
	}
	pages := store.NewPages(k.Derive("page token"), p.Table.Now)
	if q.After, err = pages.ReadPageToken(q, scope, cursor); err != nil {
		return out, fault.Field("cursor", "The cursor is not valid here, or too old. Start again without it.")
	}
	page, err := p.Table.Query(ctx, q)
	if err != nil {
		return out, err
	}
	for _, it := range page.Items {
		v, keep, err := view(it)
		if err != nil {
			return out, err
		}
		if keep {
			out.Results = append(out.Results, v)
		}
	}
	out.Next = orNull(pages.PageToken(q, scope, page.Next))
	return out, nil
}
