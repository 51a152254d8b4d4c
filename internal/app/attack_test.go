package app_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// limitsOff starts worlds whose rate limits are not the subject.
var limitsOff = apptest.Env("GATEHOUSE_RATE_LIMITS", "off")

// behindProxy starts worlds that take the address of a client from X-Forwarded-For.
var behindProxy = apptest.Env("GATEHOUSE_TRUST_PROXY_HOPS", "1")

// from is a new client at an address.
func from(w *apptest.World, ip string) *apptest.Client {
	return w.Client().With("X-Forwarded-For", ip)
}

type object = map[string]any

// operator makes an account without anything that a registration leaves behind.
func operator(w *apptest.World, name string, active bool, groups ...string) int64 {
	w.Helper()
	if groups == nil {
		groups = []string{"user"}
	}
	uid, err := w.Accounts.CreateUser(w.Context(), account.NewUser{Username: name, Email: name + "@example.com",
		First: "Ada", Last: "Byron", Groups: groups, Active: &active, Password: apptest.Password})
	if err != nil {
		w.Fatal(err)
	}
	return uid
}

// parallel runs f n times at once and tells how often each of its results came.
func parallel[T comparable](n int, f func(i int) T) map[T]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	start, got := make(chan struct{}), map[T]int{}
	for i := range n {
		wg.Go(func() {
			<-start
			v := f(i)
			mu.Lock()
			got[v]++
			mu.Unlock()
		})
	}
	close(start)
	wg.Wait()
	return got
}

// patient repeats a request that the installation was too busy for.
func patient(do func() *apptest.Answer) *apptest.Answer {
	a := do()
	for a.Status == 503 && a.Header.Get("Retry-After") != "" {
		a = do()
	}
	return a
}

// seen is everything that somebody outside, or beside the store, sees of a request.
type seen struct {
	status       int
	body, header string
	calls        []string
}

// observe notes what a request does. What the request itself says is taken out of
// the answer. With reads the sizes of what was read count too.
func observe(w *apptest.World, reads bool, names []string, do func() *apptest.Answer) seen {
	w.Helper()
	w.Recorder.Reset()
	a := do()
	s := seen{status: a.Status, body: a.Body}
	for _, n := range names {
		s.body = strings.ReplaceAll(s.body, n, "NAME")
	}
	h := a.Header.Clone()
	h.Del("Date")
	h.Del("X-Request-Id")
	h.Del("Apigw-Requestid")
	s.header = cookieValues.ReplaceAllString(headerText(h), "$1=…;")
	for _, c := range w.Recorder.Calls() {
		s.calls = append(s.calls, trace(c, reads))
	}
	return s
}

var cookieValues = regexp.MustCompile(`(sessionid|csrftoken|gh_device)=[^;]*;`)

func headerText(h http.Header) string {
	var lines []string
	for k, v := range h {
		lines = append(lines, fmt.Sprint(k, v))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// trace is a call of the store without the names of the rows.
func trace(c storetest.Call, reads bool) string {
	t := fmt.Sprint(c.Name, " ", len(c.Keys), " keys ", verbs(c.Verbs), " limit ", c.Query.Limit, " err ", c.Err != nil)
	if c.Name == storetest.TransactCall || reads {
		t += fmt.Sprint(" sizes ", c.Sizes)
	}
	return t
}

func verbs(v []store.Verb) string { return fmt.Sprint(v) }

// same fails the test unless all classes look the same.
func same(t *testing.T, got map[string]seen) {
	t.Helper()
	var first string
	for name := range got {
		if first == "" || name < first {
			first = name
		}
	}
	want := got[first]
	for name, s := range got {
		if s.status != want.status || s.body != want.body {
			t.Errorf("%s: %d %s\n%s: %d %s", first, want.status, want.body, name, s.status, s.body)
		}
		if s.header != want.header {
			t.Errorf("headers of %s:\n%s\nof %s:\n%s", first, want.header, name, s.header)
		}
		if !slices.Equal(s.calls, want.calls) {
			t.Errorf("calls of %s:\n%s\nof %s:\n%s", first, strings.Join(want.calls, "\n"), name, strings.Join(s.calls, "\n"))
		}
	}
}
