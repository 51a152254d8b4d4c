package overload

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

const password = "quarry lantern 58 mosaic"

// person has an account, and the requests that they send, ready to be written.
type person struct {
	signIn []byte
	cheap  []byte
}

// prepare makes accounts, signs each of them in once, and makes the requests of the
// load. That first sign-in replaces the imported hash by one of production, makes
// the browser a known one, and leaves the session of the cheap requests.
func (s *server) prepare(ctx context.Context, o Options) (*generator, error) {
	var lines bytes.Buffer
	hash, err := djangoHash()
	if err != nil {
		return nil, err
	}
	for n := range o.Accounts {
		if err := json.NewEncoder(&lines).Encode(map[string]any{"username": name(n), "email": name(n) + "@example.com",
			"groups": []string{"user"}, "password": hash}); err != nil {
			return nil, err
		}
	}
	if err := s.importUsers(ctx, o, &lines); err != nil {
		return nil, err
	}
	g := &generator{addr: s.addr, server: s.cpu, people: make([]person, o.Accounts)}
	return g, g.meet(ctx)
}

func name(n int) string { return fmt.Sprintf("load.%05d", n) }

// djangoHash is the password as Django keeps it, with so little work that the import
// is nothing; see prepare.
func djangoHash() (string, error) {
	const salt, iterations = "overload", 1000
	sum, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, 32)
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", iterations, salt, base64.StdEncoding.EncodeToString(sum)), err
}

// meet signs everybody in.
func (g *generator) meet(ctx context.Context) error {
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		once  sync.Once
		first error
	)
	for range runtime.NumCPU() {
		wg.Go(func() {
			l := &line{addr: g.addr}
			defer l.hangUp()
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(g.people) {
					return
				}
				var err error
				if g.people[n], err = g.introduce(l, n); err != nil {
					once.Do(func() { first = fmt.Errorf("%s: %w", name(n), err) })
					return
				}
			}
		})
	}
	wg.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}

func (g *generator) introduce(l *line, n int) (person, error) {
	res, err := l.do(g.signInRequest(n, ""))
	if err != nil {
		return person{}, err
	}
	var session, device string
	for _, c := range res.Cookies() {
		switch c.Name {
		case "sessionid":
			session = c.Name + "=" + c.Value
		case "gh_device":
			device = c.Name + "=" + c.Value
		}
	}
	if res.StatusCode != http.StatusOK || session == "" || device == "" {
		return person{}, fmt.Errorf("first sign-in: status %d, cookies %q", res.StatusCode, res.Header["Set-Cookie"])
	}
	return person{signIn: g.signInRequest(n, device), cheap: g.request(n, "GET", "/api/users/self", session, "")}, nil
}

func (g *generator) signInRequest(n int, cookie string) []byte {
	return g.request(n, "POST", "/api/auth/login", cookie, fmt.Sprintf(`{"username":%q,"password":%q}`, name(n), password))
}

// request is what somebody sends through the proxy, which tells the network that
// they are in: everybody has one of their own.
func (g *generator) request(n int, method, path, cookie, body string) []byte {
	var b strings.Builder
	_, port, _ := strings.Cut(g.addr, ":")
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: localhost:%s\r\nX-Forwarded-For: 10.%d.%d.1\r\n", method, path, port, n/256, n%256)
	if cookie != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookie)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return []byte(b.String() + "\r\n" + body)
}
