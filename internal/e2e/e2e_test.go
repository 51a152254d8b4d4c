// Package e2e has stories as text: requests that people make, one a line, with what
// they get. Each file of testdata is one, and runs on an installation of its own.
//
//	join ada                              registers and confirms ada@example.org, and signs in
//	admin root                            makes an administrator
//	as ada POST /api/x {"a":1} -> 201 id=org "text" `"a":1`
//	                                      sends a request; keeps member id as {org}; the answer has these texts
//	as ada in acme GET /api/y -> 200      names an organization
//	mail ada invitation t=secret          keeps parameter t of the first link of her newest such mail as {secret}
//	mail ada work-unassigned              fails if she has no such mail
//	nobody POST …                         without credentials
//	wait 8d                               moves the clock, and signs everybody in again
//	forget ada                            whose account is gone: she does not sign in again
//	sweep organizations                   runs a job of the sweep
package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
)

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := &story{T: t, w: apptest.New(t, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on")),
				people: map[string]*apptest.Client{}, vars: map[string]string{}}
			lines := bufio.NewScanner(f)
			for n := 1; lines.Scan(); n++ {
				s.at = fmt.Sprintf("%s:%d", file, n)
				if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
					s.line(line)
				}
			}
			if err := lines.Err(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

type story struct {
	*testing.T
	w      *apptest.World
	at     string
	people map[string]*apptest.Client
	vars   map[string]string
}

func (s *story) fail(format string, a ...any) {
	s.Helper()
	s.Fatalf("%s: %s", s.at, fmt.Sprintf(format, a...))
}

func (s *story) line(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "join":
		s.w.Join(rest, rest+"@example.org")
		s.people[rest] = s.w.SignIn(rest)
	case "admin":
		active := true
		if _, err := s.w.Accounts.CreateUser(s.w.Context(), account.NewUser{Username: rest, Email: rest + "@example.org", Groups: []string{"admin"}, Active: &active, Password: apptest.Password}); err != nil {
			s.fail("%v", err)
		}
		s.people[rest] = s.w.SignIn(rest)
	case "mail":
		s.mail(strings.Fields(rest))
	case "wait":
		days, err := strconv.Atoi(strings.TrimSuffix(rest, "d"))
		if err != nil {
			s.fail("wait %s: days are expected, as in 8d", rest)
		}
		s.w.Clock.Add(time.Duration(days) * 24 * time.Hour)
		for name := range s.people { // their sessions have ended
			s.people[name] = s.w.SignIn(name)
		}
	case "forget":
		delete(s.people, rest)
	case "sweep":
		s.w.Sweep(rest)
	case "as", "nobody":
		s.request(line)
	default:
		s.fail("no verb %q", verb)
	}
}

var request = regexp.MustCompile(`^(?:as (\S+)|nobody)(?: in (\S+))? ([A-Z]+) (\S+)(?: ([\[{].*?[\]}]))? -> (\d+)(.*)$`)

func (s *story) request(line string) {
	m := request.FindStringSubmatch(line)
	if m == nil {
		s.fail("not understood: %s", line)
	}
	c := s.w.Client()
	if m[1] != "" {
		if c = s.people[m[1]]; c == nil {
			s.fail("nobody is called %q", m[1])
		}
	}
	if m[2] != "" {
		c = c.With("X-Organization", m[2])
	}
	var body any
	if m[5] != "" {
		body = s.fill(m[5])
	}
	a := c.Do(m[3], s.fill(m[4]), body)
	if strconv.Itoa(a.Status) != m[6] {
		s.fail("%s: %d %s", line, a.Status, a.Body)
	}
	s.keep(a, m[7])
}

var expectation = regexp.MustCompile("(\\w+)=(\\w+)|\"([^\"]*)\"|`([^`]*)`")

// keep takes what a line wants to know of an answer, and checks what it expects.
func (s *story) keep(a *apptest.Answer, rest string) {
	for _, m := range expectation.FindAllStringSubmatch(rest, -1) {
		if m[1] == "" {
			if want := s.fill(m[3] + m[4]); !strings.Contains(a.Body, want) {
				s.fail("the answer has no %q: %s", want, a.Body)
			}
			continue
		}
		var body map[string]json.RawMessage
		if err := json.Unmarshal([]byte(a.Body), &body); err != nil || body[m[1]] == nil {
			s.fail("the answer has no member %q: %s", m[1], a.Body)
		}
		s.vars[m[2]] = strings.Trim(string(body[m[1]]), `"`)
	}
}

func (s *story) mail(f []string) {
	m := s.w.Mail(f[0]+"@example.org", f[1])
	if len(f) == 2 {
		return // that there is one is enough
	}
	u, err := url.Parse(m.Links[0])
	if err != nil {
		s.fail("%v", err)
	}
	for _, pair := range f[2:] {
		name, as, _ := strings.Cut(pair, "=")
		if s.vars[as] = u.Query().Get(name); s.vars[as] == "" {
			s.fail("the link has no %q: %s", name, u.Path)
		}
	}
}

var variable = regexp.MustCompile(`\{(\w+)\}`)

// fill puts what was kept in the place of its name.
func (s *story) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		value, ok := s.vars[v[1:len(v)-1]]
		if !ok {
			s.fail("nothing is kept as %s", v)
		}
		return value
	})
}
