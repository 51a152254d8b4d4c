package lambdahttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path"
	"runtime"
	"unicode/utf8"

	"gatehouse/internal/api"
)

// reply is the answer of payload 2.0. Cookies must be nowhere but in their list.
type reply struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies,omitempty"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// encode writes the reply. A handler that gave no answer, or one with a status that
// no client should get, has failed.
func encode(r *api.Response, refuse func(int, string) *api.Response) ([]byte, error) {
	if r == nil || r.Status < 200 || r.Status > 599 {
		r = refuse(500, "Internal server error.")
	}
	out := reply{StatusCode: r.Status, Headers: r.Header, Cookies: r.Cookies}
	if utf8.Valid(r.Body) {
		out.Body = string(r.Body)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(r.Body), true
	}
	return marshal(out)
}

// marshal leaves <, > and & as they are: the reply is no HTML, and pages are full of them.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("lambdahttp: reply: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// refusal is the baseline's shape of an error with the headers that api gives to JSON.
// Browsers ignore Strict-Transport-Security where there is no TLS.
func refusal(status int, detail string) *api.Response {
	body, err := marshal(map[string]string{"detail": detail})
	if err != nil { // a map of strings always encodes
		body = nil
	}
	return &api.Response{Status: status, Body: body, Header: map[string]string{
		"Content-Type":                 "application/json",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"Vary":                         "Accept, Origin, Cookie",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	}}
}

// describe names a panic without its value, which may hold anything a request held.
// What the runtime itself says is about indexes and types.
func describe(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

// stack is where the panic came from, innermost first: names and lines, no arguments.
func stack() []string {
	const depth, own = 12, 3 // own: Callers, stack and the deferred func
	pc := make([]uintptr, depth+own)
	frames := runtime.CallersFrames(pc[:runtime.Callers(own, pc)])
	var out []string
	for {
		f, more := frames.Next()
		if f.Function != "" && len(out) < depth {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, path.Base(f.File), f.Line))
		}
		if !more {
			return out
		}
	}
}
