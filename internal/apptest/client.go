package apptest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Client is a browser, or a program, with cookies of its own. It sends the CSRF
// token along as CVAT's clients do.
type Client struct {
	w      *World
	http   *http.Client
	Header http.Header // sent with every request
}

// Client makes a client without cookies.
func (w *World) Client() *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	return &Client{w: w, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, Header: http.Header{}}
}

// With is the same client, cookies included, with one more header.
func (c *Client) With(name, value string) *Client {
	h := c.Header.Clone()
	h.Set(name, value)
	return &Client{c.w, c.http, h}
}

// Answer is a reply, read whole.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

// Do sends a request. body is nothing if nil, as it is if a string, and JSON of
// it otherwise.
func (c *Client) Do(method, path string, body any) *Answer {
	c.w.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.w.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(c.w.Context(), method, c.w.URL+path, r)
	if err != nil {
		c.w.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if v := c.Cookie("csrftoken"); v != "" {
		req.Header.Set("X-CSRFToken", v)
	}
	for k, v := range c.Header {
		req.Header[k] = v
		if len(v) == 1 && v[0] == "" {
			delete(req.Header, k)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.w.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.w.Fatal(err)
	}
	return &Answer{c.w, res.StatusCode, res.Header, string(b)}
}

// Get, Post, Patch and Delete are short for Do.
func (c *Client) Get(path string) *Answer { return c.Do("GET", path, nil) }

// Post sends JSON.
func (c *Client) Post(path string, body any) *Answer { return c.Do("POST", path, body) }

// Patch sends JSON.
func (c *Client) Patch(path string, body any) *Answer { return c.Do("PATCH", path, body) }

// Delete sends nothing.
func (c *Client) Delete(path string) *Answer { return c.Do("DELETE", path, nil) }

// Cookie is the value of a cookie that the client holds.
func (c *Client) Cookie(name string) string {
	u, _ := url.Parse(c.w.URL)
	for _, k := range c.http.Jar.Cookies(u) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// Is fails the test unless the status is the expected one.
func (a *Answer) Is(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Says fails the test unless the body is exactly this.
func (a *Answer) Says(body string) *Answer {
	a.t.Helper()
	if a.Body != body {
		a.t.Fatalf("body %s\nwant %s", a.Body, body)
	}
	return a
}

// Has fails the test unless the body has this in it.
func (a *Answer) Has(part string) *Answer {
	a.t.Helper()
	if !strings.Contains(a.Body, part) {
		a.t.Fatalf("body %s\nlacks %s", a.Body, part)
	}
	return a
}

// JSON decodes the body.
func (a *Answer) JSON() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
	return v
}

// String is a member of the body that is text.
func (a *Answer) String(name string) string {
	a.t.Helper()
	s, ok := a.JSON()[name].(string)
	if !ok {
		a.t.Fatalf("no text %q in %s", name, a.Body)
	}
	return s
}

// Form is a registration.
func Form(username, email string) map[string]any {
	return map[string]any{"username": username, "email": email, "password1": Password, "password2": Password, "first_name": "Ada", "last_name": "Byron"}
}

// Key is the secret in the first link of a mail.
func Key(w *World, link string) string {
	w.Helper()
	u, err := url.Parse(link)
	if err != nil {
		w.Fatal(err)
	}
	return u.Query().Get("key")
}

// Join registers and confirms an account.
func (w *World) Join(username, email string) {
	w.Helper()
	w.Client().Post("/api/auth/register", Form(username, email)).Is(201)
	m := w.Mail(email, "confirm")
	w.Client().Post("/api/auth/verify-email", map[string]any{"key": Key(w, m.Links[0])}).Is(200)
}

// SignIn is a client with a session of an account.
func (w *World) SignIn(name string) *Client {
	w.Helper()
	c := w.Client()
	c.Post("/api/auth/login", map[string]any{"username": name, "password": Password}).Is(200)
	return c
}

// Int is a member of the body that is a whole number.
func (a *Answer) Int(name string) int64 {
	a.t.Helper()
	n, ok := a.JSON()[name].(float64)
	if !ok {
		a.t.Fatalf("no number %q in %s", name, a.Body)
	}
	return int64(n)
}

// At is the same client, cookies included, in another world: a copy of its own.
func (c *Client) At(w *World) *Client { return &Client{w, c.http, c.Header} }
