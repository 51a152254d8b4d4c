package api

import (
	"context"
	"net/url"
	"sort"
	"strings"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// Fallback answers what the gateway cannot route: public addresses that end in a
// slash, which no route key may, methods that a path does not have, OPTIONS, and
// everything that there is not. It never leads into a protected operation.
type Fallback struct {
	Gate *Gate
	// Paths are all routes: for each path pattern its methods, and whether it is
	// open to anyone.
	Paths map[string]map[string]bool
	// Slashed are the public addresses with a slash at the end, by pattern; a
	// pattern may have one variable.
	Slashed map[string]Handler
}

// maxSlashed is longer than any such address that was ever mailed: what is longer is
// not led on, because it would come back as a header.
const maxSlashed = 300

// Serve implements Handler.
func (f *Fallback) Serve(ctx context.Context, r *Request) (res *Response) {
	for pattern, h := range f.Slashed {
		if len(r.Path) > maxSlashed {
			break
		}
		params, ok := matchPath(pattern, r.Path)
		if ok && r.Method == "GET" {
			r.Params = params
			return h.Serve(ctx, r)
		}
		if _, ok := matchPath(pattern, r.Path+"/"); ok && strings.Contains(pattern, "{") && r.Method == "GET" {
			res := f.Gate.renderPage(&PageAnswer{Location: (&url.URL{Path: r.Path + "/"}).EscapedPath()})
			res.Status = 301
			return res
		}
	}
	start := time.Now()
	var err error
	defer func() { f.Gate.finish(ctx, r, res, session.Caller{}, err, time.Since(start)) }()
	methods := f.methods(r.Path)
	if methods == nil {
		err = fault.New(404, "not_found", "Not found.")
		res := f.Gate.renderPage(&PageAnswer{Status: 404, HTML: []byte("<!doctype html><title>Not Found</title><h1>Not Found</h1><p>The requested resource was not found on this server.</p>")})
		return res
	}
	var names []string
	open := false
	for m, public := range methods {
		names, open = append(names, m), open || public
	}
	sort.Strings(names)
	allow := strings.Join(append(names, "OPTIONS"), ", ")
	if !open {
		if err = f.known(ctx, r); err != nil {
			return f.Gate.fail(true, mediaJSON, err)
		}
	}
	if r.Method == "OPTIONS" {
		res := &Response{Status: 200, Header: f.Gate.headers(mediaJSON)}
		delete(res.Header, "Content-Type")
		res.Header["Allow"] = allow
		return res
	}
	err = fault.New(405, "method_not_allowed", `Method "`+shorten(r.Method, 20)+`" not allowed.`)
	res = f.Gate.fail(true, mediaJSON, err)
	res.Header["Allow"] = allow
	return res
}

// known refuses whoever has no good credential.
func (f *Fallback) known(ctx context.Context, r *Request) error {
	t, ok := session.ReadTicket(r.Authorizer)
	if !ok {
		return fault.NoCredentials()
	}
	safeRequest := *r
	safeRequest.Method = "GET" // nothing is done: no CSRF to speak of
	c, err := f.Gate.identify(ctx, &safeRequest, t, false)
	if err == nil && c.UID == 0 {
		err = fault.NoCredentials()
	}
	return err
}

func (f *Fallback) methods(path string) map[string]bool {
	if m, ok := f.Paths[path]; ok {
		return m
	}
	for pattern, m := range f.Paths {
		if _, ok := matchPath(pattern, path); ok {
			return m
		}
	}
	return nil
}

// matchPath matches a path with a pattern, whose variables take one whole
// segment that is not empty.
func matchPath(pattern, path string) (map[string]string, bool) {
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return nil, false
	}
	params := map[string]string{}
	for i := range a {
		if name, ok := strings.CutPrefix(a[i], "{"); ok && b[i] != "" {
			params[strings.TrimSuffix(name, "}")] = b[i]
		} else if a[i] != b[i] {
			return nil, false
		}
	}
	return params, true
}
