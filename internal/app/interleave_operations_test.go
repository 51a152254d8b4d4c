package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"gatehouse/internal/apptest"
)

// operation is a request, or the event of a job, as somebody in the scene sends it.
type operation struct {
	name   string
	route  string // key in the template, or of a job the function and its input
	job    string // function that is called with body; "" for a request
	path   string
	header http.Header
	body   string
}

// operations are all operations, in the order of the lists.
func (s *scene) operations() []operation {
	s.all = slices.Concat(s.signUps(), s.signIns(), s.credentials(), s.accounts(), s.organizations(), s.memberships(), s.invitations(), s.work(), s.links(), s.forms(), s.jobs())
	return s.all
}

// as are the headers of somebody of the scene; of "" nobody's.
func (s *scene) as(who string) http.Header {
	if who == "" {
		return http.Header{}
	}
	c, ok := s.clients[who]
	if !ok {
		s.Fatalf("there is no %q in the scene", who)
	}
	return headersOf(c)
}

// headersOf are the cookies and further headers that a client sends.
func headersOf(c *apptest.Client) http.Header {
	h := http.Header{}
	for _, name := range []string{"sessionid", "csrftoken", "gh_device", "gh_flow"} {
		if v := c.Cookie(name); v != "" {
			h.Add("Cookie", name+"="+v)
		}
	}
	if v := c.Cookie("csrftoken"); v != "" {
		h.Set("X-CSRFToken", v)
	}
	maps.Copy(h, c.Header)
	return h
}

// json makes an operation of a request of the API.
func (s *scene) json(name, who, route, path string, body any) operation {
	o := operation{name: name, route: route, path: path, header: s.as(who)}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		o.body = string(b)
		o.header.Set("Content-Type", "application/json")
	}
	return o
}

// in is an operation that names the organization of the scene.
func (s *scene) in(o operation) operation { return o.within(s.acme.Slug) }

// within is an operation that names an organization.
func (o operation) within(slug string) operation {
	o.header.Set("X-Organization", slug)
	return o
}

// keyed is an operation that is sent with a key, and may be repeated by it.
func keyed(o operation) operation {
	o.name += ", with a key"
	o.header = o.header.Clone()
	o.header.Set("Idempotency-Key", "once-and-for-all")
	return o
}

// form makes an operation of the form of a page, as the browser c sends it.
func (s *scene) form(name string, c *apptest.Client, path string, fields map[string]string) operation {
	v := url.Values{"once": {"form-number"}}
	for k, text := range fields {
		v.Set(k, text)
	}
	o := operation{name: name, route: "POST " + path, path: path, header: headersOf(c), body: v.Encode()}
	o.header.Set("Content-Type", "application/x-www-form-urlencoded")
	o.header.Set("Origin", s.URL)
	return o
}

// jobs are the inputs of schedules and streams.
func (s *scene) jobs() (all []operation) {
	table, err := apptest.Template()
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range table.Schedules {
		o := operation{name: fmt.Sprintf("job %s %s", c.Function, c.Input), route: fmt.Sprintf("%s %s", c.Function, c.Input), job: c.Function, body: c.Input}
		if !slices.ContainsFunc(all, func(b operation) bool { return b.name == o.name }) {
			all = append(all, o)
		}
	}
	return all
}
