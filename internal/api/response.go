package api

import (
	"strconv"
	"strings"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

const (
	mediaJSON = "application/json"
	mediaCVAT = "application/vnd.cvat+json"
)

// negotiate chooses between the two names that our JSON has. Plain JSON is for
// whoever takes it; the baseline's name is for whoever asks for that.
func negotiate(r *Request) (string, error) {
	accept := r.Header["accept"]
	if strings.TrimSpace(accept) == "" {
		return mediaJSON, nil
	}
	cvat := false
	for _, part := range strings.Split(accept, ",") {
		media, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case mediaJSON, "*/*", "application/*":
			return mediaJSON, nil
		case mediaCVAT:
			if !versionOK(params) {
				return "", fault.New(406, "not_acceptable", `Invalid version in "Accept" header.`)
			}
			cvat = true
		}
	}
	if cvat {
		return mediaCVAT, nil
	}
	return "", fault.New(406, "not_acceptable", "Could not satisfy the request Accept header.")
}

func versionOK(params string) bool {
	for _, p := range strings.Split(params, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if name == "version" && v != "2" && v != "2.0" {
			return false
		}
	}
	return true
}

// SetsCookies is implemented by outputs that set cookies.
type SetsCookies interface {
	SetCookies(c *Cookies)
}

// Cookies collects Set-Cookie values.
type Cookies struct {
	gate *Gate
	list []string
}

// Coded is an answer that says its own status, among those of success.
type Coded interface{ StatusCode() int }

// Text is a body that is not JSON made of a struct: text as it is, of a media type.
type Text struct {
	Media string
	Body  []byte
	Cache string // Cache-Control; "" is no-store
}

func (rt *route) render(media string, out any) (*Response, error) {
	res := &Response{Status: rt.status, Header: rt.gate.headers(media)}
	if c, ok := out.(Coded); ok && c.StatusCode() != 0 {
		res.Status = c.StatusCode()
	}
	if s, ok := out.(SetsCookies); ok {
		c := &Cookies{gate: rt.gate}
		s.SetCookies(c)
		res.Cookies = c.list
	}
	if t, ok := out.(Text); ok {
		res.Body = t.Body
		res.Header["Content-Type"] = t.Media
		if t.Cache != "" {
			res.Header["Cache-Control"] = t.Cache
		}
		return res, nil
	}
	if rt.status == 204 {
		delete(res.Header, "Content-Type")
		return res, nil
	}
	var err error
	res.Body, err = encode(out)
	return res, err
}

// headers are on every answer.
func (g *Gate) headers(media string) map[string]string {
	h := map[string]string{
		"Content-Type":                 media,
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Vary":                         "Accept, Origin, Cookie",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	}
	if g.Secure() {
		h["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return h
}

// fail renders an error.
func (g *Gate) fail(baseline bool, media string, err error) *Response {
	f := fault.Of(err)
	res := &Response{Status: f.Status, Header: g.headers(media)}
	if f.Scheme != "" {
		res.Header["WWW-Authenticate"] = f.Scheme
	}
	if f.After > 0 {
		res.Header["Retry-After"] = strconv.Itoa(int(f.After.Seconds()))
	}
	body := f.Body
	if body == nil {
		d := map[string]string{"detail": f.Detail}
		if !baseline && f.Code != "" {
			d["code"] = f.Code
		}
		body = d
	}
	res.Body, err = encode(body)
	if err != nil {
		res.Body = []byte(`{"detail":"Internal server error."}`)
	}
	return res
}

// deviceCookie marks a known browser; on https its name has the prefix __Host-.
const deviceCookie = "gh_device"

// own is the name of a cookie of ours: bound to the host where that is possible.
func (g *Gate) own(name string) string {
	if g.Secure() {
		return "__Host-" + name
	}
	return name
}

// Session sets the cookies of a session. Secure and HttpOnly stand before the
// last attribute: cvat-sdk joins Set-Cookie lines and cannot read a bare flag
// at the end.
func (c *Cookies) Session(cookie, csrf string) {
	c.set("sessionid", cookie, true, int(session.Absolute.Seconds()))
	c.set("csrftoken", csrf, false, 31449600)
}

// Device marks the browser as known for 180 days.
func (c *Cookies) Device(value string) {
	c.set(c.gate.own(deviceCookie), value, true, 180*24*3600)
}

// ClearSession removes the session's cookies.
func (c *Cookies) ClearSession() {
	c.set("sessionid", "", true, 0)
	c.set("csrftoken", "", false, 0)
}

func (c *Cookies) set(name, value string, httpOnly bool, maxAge int) {
	s := name + "=" + value + "; Path=/"
	if c.gate.Secure() {
		s += "; Secure"
	}
	if httpOnly {
		s += "; HttpOnly"
	}
	c.list = append(c.list, s+"; Max-Age="+strconv.Itoa(maxAge)+"; SameSite=Lax")
}

// Refuse words an answer that no handler gave, for lambdahttp.
func (g *Gate) Refuse(status int, detail string) *Response {
	return g.fail(true, mediaJSON, fault.New(status, "", detail))
}
